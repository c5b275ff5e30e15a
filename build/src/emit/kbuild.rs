// SPDX-License-Identifier: GPL-2.0
//! `Kbuild`: which objects the module has and how they are compiled.

use std::fmt::Write as _;

use super::HASH_HEADER;
use crate::config::{
    Config,
    Library, //
};

/// The part of Lua that every flavour compiles.
const CORE: &[&str] = &[
    "lapi", "lauxlib", "lcode", "lctype", "ldebug", "ldo", "lfunc", "lgc", "llex", "lmem",
    "lobject", "lopcodes", "lparser", "lstate", "lstring", "ltable", "ltm", "lvm", "lzio",
];

/// The stems of the C files of Lua that the flavour compiles.
pub fn lua_objects(config: &Config) -> impl Iterator<Item = &'static str> {
    let libraries = config
        .lua
        .libraries
        .iter()
        .map(|library| library_object(*library));
    CORE.iter().copied().chain(libraries)
}

fn library_object(library: Library) -> &'static str {
    match library {
        Library::Base => "lbaselib",
        Library::String => "lstrlib",
        Library::Table => "ltablib",
        Library::Math => "lmathlib",
        Library::Utf8 => "lutf8lib",
        Library::Coroutine => "lcorolib",
    }
}

pub fn emit(config: &Config) -> String {
    let mut out = HASH_HEADER.to_owned();
    let _ = writeln!(out, "# {}", config.module.name);
    out
}
