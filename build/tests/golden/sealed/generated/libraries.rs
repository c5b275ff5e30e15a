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
        code: Code(&crate::script::Aligned(*include_bytes!("../stdlib/counter.luac")).0),
        native: &[],
    },
];

/// Their names, for an error.
pub(crate) const STDLIB_NAMES: &CStr = c"counter";

/// Whether what the module contains was compiled on the host.
pub(crate) const CHUNKS: bool = true;

/// Whether it contains scripts.
pub(crate) const CONTAINS: bool = true;

/// The scripts that the module contains.
pub(crate) const SCRIPTS: &[Script] = &[
    Script {
        name: c"one",
        at_load: true,
        code: Code(&crate::script::Aligned(*include_bytes!("../scripts/one.luac")).0),
    },
    Script {
        name: c"two-2",
        at_load: false,
        code: Code(&crate::script::Aligned(*include_bytes!("../scripts/two-2.luac")).0),
    },
];

/// Gives back what libraries keep for as long as the module is loaded.
pub(crate) fn unload() {}
