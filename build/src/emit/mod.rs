// SPDX-License-Identifier: GPL-2.0
//! The files that are written rather than copied: one emitter a file, each a
//! function of the [`Config`] and of nothing else.

mod config_h;
mod config_rs;
mod kbuild;
mod kconfig;
mod libraries_rs;
mod makefile;
mod module_rs;
mod rust;
mod tables_rs;

pub use kbuild::{
    library_of_object,
    lua_objects, //
};

use quote::quote;

use crate::config::Config;

/// The generated files, by their path in the flavour's directory.
pub fn all(config: &Config) -> Vec<(&'static str, String)> {
    vec![
        ("Kbuild", kbuild::emit(config)),
        ("Kconfig", kconfig::emit(config)),
        ("Makefile", makefile::emit(config)),
        ("generated/config.h", config_h::emit(config)),
        ("generated/config.rs", rust::file(config_rs::emit(config))),
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
