// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::script::{Code, Script};
use crate::state::{Library, Module};
use core::ffi::CStr;

#[path = "../bench.rs"]
pub(crate) mod bench;

/// Lua's libraries in this flavour.
pub(crate) static LIBRARIES: &[Library] = &[
    Library {
        name: c"_G",
        open: mlua_sys::luaopen_base,
    },
    Library {
        name: c"bench",
        open: bench::open,
    },
];

/// The modules that `require` finds.
pub(crate) static STDLIB: &[Module] = &[];

/// Their names, for an error.
pub(crate) const STDLIB_NAMES: &CStr = c"";

/// Whether what the module contains was compiled on the host.
pub(crate) const CHUNKS: bool = false;

/// Whether it contains scripts.
pub(crate) const CONTAINS: bool = false;

/// The scripts that the module contains.
pub(crate) const SCRIPTS: &[Script] = &[];

/// Gives back what libraries keep for as long as the module is loaded.
pub(crate) fn unload() {}
