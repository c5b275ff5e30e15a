// SPDX-License-Identifier: GPL-2.0
//! The files that are written rather than copied: one emitter a file, each a
//! function of the [`Config`] and of nothing else.

mod config_h;
mod config_rs;
mod dkms_conf;
mod info_h;
mod kbuild;
mod kconfig;
mod libraries_rs;
mod makefile;
mod module_rs;
mod rust;
mod tables_rs;
mod udev;

pub use kbuild::{
    library_of_object,
    lua_objects, //
};
pub use kconfig::symbol as kconfig_symbol;

use std::fmt::Write as _;

use quote::quote;

use crate::config::Config;

/// The generated files, by their path in the flavour's directory.
pub fn all(config: &Config) -> Vec<(&'static str, String)> {
    vec![
        ("Kbuild", kbuild::emit(config)),
        ("Kconfig", kconfig::emit(config)),
        ("Makefile", makefile::emit(config)),
        ("dkms.conf", dkms_conf::emit(config)),
        ("udev.rules", udev::emit(config)),
        ("generated/config.h", config_h::emit(config)),
        ("generated/config.rs", rust::file(config_rs::emit(config))),
        ("generated/info.h", info_h::emit(config)),
        (
            "generated/libraries.rs",
            rust::file(libraries_rs::emit(config)),
        ),
        ("generated/mod.rs", rust::file(modules())),
        ("generated/module.rs", module_rs::emit(config)),
        ("generated/tables.rs", rust::file(tables_rs::emit(config))),
    ]
}

/// The generated files that are modules of the crate.
fn modules() -> proc_macro2::TokenStream {
    quote! {
        pub(crate) mod config;
        pub(crate) mod libraries;
        pub(crate) mod tables;
    }
}

/// The first lines of a file whose comments begin with `#`.
const HASH_HEADER: &str = "\
# SPDX-License-Identifier: GPL-2.0
# Generated from lunatik.toml by lunatik-build; edit that file instead.
";

/// A string literal of C.
fn c_string(text: &str) -> String {
    let mut out = String::from('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b'\n' => out.push_str("\\n"),
            b' '..=b'~' => out.push(char::from(byte)),
            // Three digits, so that none that follows is taken for one of them.
            // Writing to a String cannot fail.
            _ => drop(write!(out, "\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn strings_of_c_have_any_byte() {
        assert_eq!(
            super::c_string("a\"\\\n\u{1}1é"),
            r#""a\"\\\n\0011\303\251""#
        );
    }
}
