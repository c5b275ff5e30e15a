// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::script::Script;
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
        code: crate::script::Code::Chunk(
            &crate::script::Aligned(*include_bytes!("../stdlib/counter.luac")),
        ),
        native: &[],
    },
];

/// Their names, for an error.
pub(crate) const STDLIB_NAMES: &CStr = c"counter";

/// The scripts that the module contains.
pub(crate) static SCRIPTS: &[Script] = &[
    Script {
        name: c"one",
        at_load: true,
        code: crate::script::Code::Chunk(
            &crate::script::Aligned(*include_bytes!("../scripts/one.luac")),
        ),
    },
    Script {
        name: c"two-2",
        at_load: false,
        code: crate::script::Code::Chunk(
            &crate::script::Aligned(*include_bytes!("../scripts/two-2.luac")),
        ),
    },
];

/// Gives back what libraries keep for as long as the module is loaded.
pub(crate) fn unload() {}
