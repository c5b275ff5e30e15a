// SPDX-License-Identifier: GPL-2.0
//! `generated/config.h`: what the C side has to know of the flavour.

use crate::config::{
    Config,
    Library,
    Optimize, //
};

pub fn emit(config: &Config) -> String {
    // A name by itself might be a macro of the kernel's, such as `current`. None begins with `lunatik` or has
    // it at the end, and no two modules get the same.
    let trace_system = match config.module.name.as_str() {
        name if name.starts_with("lunatik") => name.to_owned(),
        name => format!("{name}_lunatik"),
    };
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
    let build = config.build;
    let tracebacks = if build.tracebacks {
        "
/* What ends a script is told with the calls that were under way. */
#define LUNATIK_TRACEBACKS
"
    } else {
        ""
    };
    let small = if build.optimize == Optimize::Size {
        "
/* States are to be small. */
#define LUNATIK_SMALL
"
    } else {
        ""
    };
    let chunks = if config.has_chunks() {
        let order = if cfg!(target_endian = "little") {
            "__ORDER_LITTLE_ENDIAN__"
        } else {
            "__ORDER_BIG_ENDIAN__"
        };
        format!(
            "
/* There is Lua that was compiled on the host, which had this order of bytes. */
#define LUNATIK_BYTECODE {order}
"
        )
    } else {
        String::new()
    };
    let compiler = if config.lua.compiler {
        ""
    } else {
        "
/* That is all that is run. */
#define LUNATIK_NO_COMPILER
"
    };
    format!(
        "\
/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from lunatik.toml by lunatik-build; edit that file instead. */
#ifndef LUNATIK_GENERATED_CONFIG_H
#define LUNATIK_GENERATED_CONFIG_H

/* What tracepoints are found under. */
#define LUNATIK_TRACE_SYSTEM {trace_system}

/* Bytes of the kernel stack that a script leaves free. */
#define LUNATIK_STACK_RESERVE {stack_reserve}
{embedded}{history}{tracebacks}{small}{chunks}{compiler}
#endif
"
    )
}
