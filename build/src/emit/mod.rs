// SPDX-License-Identifier: GPL-2.0
//! The files that are written rather than copied: one emitter a file, each a
//! function of the [`Config`] and of nothing else.

pub mod kbuild;
pub mod kconfig;
pub mod makefile;

use crate::config::Config;

/// The generated files, by their path in the flavour's directory.
pub fn all(config: &Config) -> [(&'static str, String); 3] {
    [
        ("Kbuild", kbuild::emit(config)),
        ("Kconfig", kconfig::emit(config)),
        ("Makefile", makefile::emit(config)),
    ]
}

/// The first lines of a file whose comments begin with `#`.
const HASH_HEADER: &str = "\
# SPDX-License-Identifier: GPL-2.0
# Generated from lunatik.toml by lunatik-build; edit that file instead.
";
