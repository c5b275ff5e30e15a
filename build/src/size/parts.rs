// SPDX-License-Identifier: GPL-2.0
//! The parts that a module has, and which of them a symbol belongs to.

use std::fmt;

use crate::emit::library_of_object;

/// A part, in the order of the report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Lua but for what is below.
    Core,
    /// Lua's parser and generator of code.
    Compiler,
    /// What loads Lua that was compiled on the host.
    Loader,
    Library(&'static str),
    /// A module for `require`: its text, or what that was compiled to.
    Stdlib(String),
    /// A script that the module contains.
    Contained(String),
    /// A shared table: its code, what describes it, its first buckets.
    Table(String),
    /// What the tables share.
    Tables,
    /// States and what runs scripts in them.
    Scripts,
    /// What users and their programs see.
    Device,
    Tracepoints,
    Generated,
    /// C between the kernel and the rest.
    Glue,
    /// What the module compiles of the kernel's crates and of Rust's.
    Crates,
    /// What every module has: its names, what it imports, its structure.
    Frame,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Core => f.write_str("Lua core"),
            Part::Compiler => f.write_str("Lua compiler"),
            Part::Loader => f.write_str("Lua loader"),
            Part::Library(name) => write!(f, "library {name}"),
            Part::Stdlib(name) => write!(f, "stdlib {name}"),
            Part::Contained(name) => write!(f, "script {name}"),
            Part::Table(name) => write!(f, "table {name}"),
            Part::Tables => f.write_str("tables, shared"),
            Part::Scripts => f.write_str("states and scripts"),
            Part::Device => f.write_str("device"),
            Part::Tracepoints => f.write_str("tracepoints"),
            Part::Generated => f.write_str("generated"),
            Part::Glue => f.write_str("glue"),
            Part::Crates => f.write_str("kernel crates"),
            Part::Frame => f.write_str("module frame"),
        }
    }
}

/// The crate that the module's Rust is, and the stem of its object.
pub const CRATE: &str = "lunatik_main";

/// The part of a symbol of the object with this stem.
pub fn of(object: &str, symbol: &str) -> Part {
    match object {
        CRATE => of_rust(symbol),
        "lparser" | "llex" | "lcode" => Part::Compiler,
        "lundump" => Part::Loader,
        "glue" => Part::Glue,
        "trace" => Part::Tracepoints,
        "history" => Part::Library("history"),
        "bench" => Part::Library("bench"),
        // `NAME.mod.c`, and what kbuild links with every module.
        stem if stem.ends_with(".mod") || stem.ends_with("module-common") => Part::Frame,
        stem => library_of_object(stem).map_or(Part::Core, Part::Library),
    }
}

/// Whether a symbol is a way to all tables, into which their own code is compiled: that of the
/// table, where there is one.
pub fn is_dispatch(symbol: &str) -> bool {
    matches!(symbol, "lunatik_index" | "lunatik_newindex")
        || format!("{:#}", rustc_demangle::demangle(symbol))
            .contains("::generated::tables::native_")
}

/// The part of a symbol of Rust's. A generic function is that of what it is made for.
fn of_rust(symbol: &str) -> Part {
    let path = format!("{:#}", rustc_demangle::demangle(symbol));
    if let Some((_, rest)) = path.split_once("::generated::tables::table_") {
        let end = rest.find("::").unwrap_or(rest.len());
        return Part::Table(rest[..end].to_owned());
    }
    // Of `lunatik_main::device::…`, and of `<… as lunatik_main::device::…>`, the first module.
    let module = path.split("lunatik_main::").nth(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        &rest[..end.unwrap_or(rest.len())]
    });
    match module {
        Some("table" | "table_sys" | "binding" | "vm") => Part::Tables,
        Some("device" | "ioctl" | "uapi") => Part::Device,
        Some("generated") => {
            let own = ["bench", "history"];
            let own = own
                .iter()
                .find(|name| path.contains(&format!("generated::libraries::{name}::")));
            if path.contains("::generated::tables::native_") {
                return Part::Tables;
            }
            own.map_or(Part::Generated, |name| Part::Library(name))
        }
        Some(_) => Part::Scripts,
        // C calls these by their name.
        None if path == symbol => match symbol {
            "lunatik_index" | "lunatik_newindex" => Part::Tables,
            "lunatik_count" => Part::Device,
            name if name.starts_with("lunatik_") => Part::Scripts,
            _ => Part::Generated,
        },
        None => Part::Crates,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_parts() {
        assert_eq!(of("lvm", "luaV_execute"), Part::Core);
        assert_eq!(of("setjmp_x86_64", "lunatik_setjmp"), Part::Core);
        assert_eq!(of("llex", "luaX_next"), Part::Compiler);
        assert_eq!(of("lundump", "luaU_undumpown"), Part::Loader);
        assert_eq!(of("lstrlib", "str_rep"), Part::Library("string"));
        assert_eq!(of("lbaselib", "luaB_print"), Part::Library("base"));
        assert_eq!(of("lunatik_tiny.mod", "__this_module"), Part::Frame);
    }

    #[test]
    fn symbols_of_rust_are_parts() {
        for (symbol, part) in [
            ("lunatik_main::job::Job::new", Part::Scripts),
            (
                "<lunatik_main::device::Device as kernel::Trait>::open",
                Part::Device,
            ),
            (
                "lunatik_main::vm::get::<lunatik_main::generated::tables::table_rcu::Face>",
                Part::Table("rcu".to_owned()),
            ),
            (
                "<lunatik_main::table::Table<lunatik_main::generated::tables::table_a__b::Face, _>>::write",
                Part::Table("a__b".to_owned()),
            ),
            ("lunatik_main::table::buckets::lock", Part::Tables),
            (
                "lunatik_main::generated::libraries::LIBRARIES",
                Part::Generated,
            ),
            (
                "lunatik_main::generated::libraries::history::open",
                Part::Library("history"),
            ),
            ("lunatik_refuel", Part::Scripts),
            ("lunatik_index", Part::Tables),
            ("lunatik_main::generated::tables::native_cas", Part::Tables),
            ("lunatik_main::generated::tables::GLOBALS", Part::Generated),
        ] {
            assert_eq!(of_rust(symbol), part, "{symbol}");
        }
        // `core::slice::copy_from_slice_impl::<u8>`, mangled, as this crate made it.
        let core =
            "_RINvNtCs2DxGA1hvVcO_4core5slice20copy_from_slice_implhECs84BRKABOK2j_12lunatik_main";
        assert_eq!(of_rust(core), Part::Crates);
    }
}
