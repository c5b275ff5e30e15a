// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::script::{Code, Script};
use crate::state::{Library, Module};
use core::ffi::CStr;

/// Lua's libraries in this flavour.
pub(crate) static LIBRARIES: &[Library] = &[
    Library {
        name: c"_G",
        open: mlua_sys::luaopen_base,
    },
    Library {
        name: c"string",
        open: mlua_sys::luaopen_string,
    },
    Library {
        name: c"table",
        open: mlua_sys::luaopen_table,
    },
    Library {
        name: c"math",
        open: mlua_sys::luaopen_math,
    },
    Library {
        name: c"utf8",
        open: mlua_sys::luaopen_utf8,
    },
    Library {
        name: c"coroutine",
        open: mlua_sys::luaopen_coroutine,
    },
];

/// The modules that `require` finds.
pub(crate) static STDLIB: &[Module] = &[
    Module {
        name: b"counter",
        chunk: c"=stdlib/counter.lua",
        code: Code(include_bytes!("../stdlib/counter.lua")),
        native: &[],
    },
    Module {
        name: b"inspect",
        chunk: c"=stdlib/inspect.lua",
        code: Code(include_bytes!("../stdlib/inspect.lua")),
        native: &[],
    },
    Module {
        name: b"memo",
        chunk: c"=stdlib/memo.lua",
        code: Code(include_bytes!("../stdlib/memo.lua")),
        native: &[],
    },
    Module {
        name: b"rcutable",
        chunk: c"=stdlib/rcutable.lua",
        code: Code(include_bytes!("../stdlib/rcutable.lua")),
        native: super::tables::NATIVE,
    },
];

/// Their names, for an error.
pub(crate) const STDLIB_NAMES: &CStr = c"counter, inspect, memo, rcutable";

/// Whether what the module contains was compiled on the host.
pub(crate) const CHUNKS: bool = false;

/// Whether it contains scripts.
pub(crate) const CONTAINS: bool = false;

/// The scripts that the module contains.
pub(crate) const SCRIPTS: &[Script] = &[];

/// Gives back what libraries keep for as long as the module is loaded.
pub(crate) fn unload() {}
