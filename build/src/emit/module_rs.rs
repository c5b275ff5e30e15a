// SPDX-License-Identifier: GPL-2.0
//! `generated/module.rs`: what the module says of itself. It is included into the
//! crate's root, and its lines are the `module!` macro's own grammar.

use proc_macro2::Literal;

use crate::config::Config;

pub fn emit(config: &Config) -> String {
    let name = Literal::string(&config.module.name);
    let description = Literal::string(&config.module.description);
    format!(
        "\
// SPDX-License-Identifier: GPL-2.0

// Generated from lunatik.toml by lunatik-build; edit that file instead.

module! {{
    type: Lunatik,
    name: {name},
    authors: [\"The Lunatik authors\"],
    description: {description},
    license: \"GPL\",
}}
"
    )
}
