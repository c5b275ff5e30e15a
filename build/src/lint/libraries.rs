// SPDX-License-Identifier: GPL-2.0
//! What Lua's libraries have in the kernel, and what they lack there. A test of the crate
//! `lunatik-host` holds the lists equal to what its Lua has.

use crate::config::Library;

/// What `base` defines, beside the names of other libraries.
pub const BASE: &[&str] = &[
    "_G",
    "_VERSION",
    "assert",
    "collectgarbage",
    "error",
    "getmetatable",
    "ipairs",
    "load",
    "next",
    "pairs",
    "pcall",
    "print",
    "rawequal",
    "rawget",
    "rawlen",
    "rawset",
    "require",
    "select",
    "setmetatable",
    "tonumber",
    "tostring",
    "type",
    "warn",
    "xpcall",
];

/// Functions of Lua's that `base` lacks here, and why.
pub const ABSENT: &[(&str, &str)] = &[
    ("dofile", "scripts reach no files from inside the kernel"),
    ("loadfile", "scripts reach no files from inside the kernel"),
];

/// Functions and constants of `math` that give floats.
pub const FLOATS: &[&str] = &[
    "acos", "asin", "atan", "cos", "deg", "exp", "frexp", "huge", "ldexp", "log", "modf", "pi",
    "rad", "sin", "sqrt", "tan",
];

/// The fields of a library's table; `None` for `base`, which has none, and for those that are
/// not Lua's.
pub fn fields(library: Library) -> Option<&'static [&'static str]> {
    match library {
        Library::String => Some(&[
            "byte", "char", "dump", "find", "format", "gmatch", "gsub", "len", "lower", "match",
            "pack", "packsize", "rep", "reverse", "sub", "unpack", "upper",
        ]),
        Library::Table => Some(&[
            "concat", "create", "insert", "move", "pack", "remove", "sort", "unpack",
        ]),
        Library::Math => Some(&[
            "abs",
            "ceil",
            "floor",
            "fmod",
            "max",
            "maxinteger",
            "min",
            "mininteger",
            "random",
            "randomseed",
            "tointeger",
            "type",
            "ult",
        ]),
        Library::Utf8 => Some(&["char", "charpattern", "codepoint", "codes", "len", "offset"]),
        Library::Coroutine => Some(&[
            "close",
            "create",
            "isyieldable",
            "resume",
            "running",
            "status",
            "wrap",
            "yield",
        ]),
        Library::Base | Library::Bench | Library::History => None,
    }
}
