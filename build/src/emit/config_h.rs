// SPDX-License-Identifier: GPL-2.0
//! `generated/config.h`: what the C side has to know of the flavour.

use crate::config::{
    Config,
    Library, //
};

pub fn emit(config: &Config) -> String {
    let module = &config.module.name;
    let stack_reserve = config.exec.stack_reserve;
    let embedded = if config.module.embed_config {
        "
/* The device has the file `config`. */
#define LUNATIK_EMBED_CONFIG
"
    } else {
        ""
    };
    let history = if config.lua.libraries.contains(&Library::History) {
        "
/* The device has the file `history`. */
#define LUNATIK_HISTORY
"
    } else {
        ""
    };
    format!(
        "\
/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from lunatik.toml by lunatik-build; edit that file instead. */
#ifndef LUNATIK_GENERATED_CONFIG_H
#define LUNATIK_GENERATED_CONFIG_H

/* What tracepoints are found under. */
#define LUNATIK_MODULE {module}

/* Bytes of the kernel stack that a script leaves free. */
#define LUNATIK_STACK_RESERVE {stack_reserve}
{embedded}{history}
#endif
"
    )
}
