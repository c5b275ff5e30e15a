// SPDX-License-Identifier: GPL-2.0
//! `generated/config.h`: what the C side has to know of the flavour.

use crate::config::{
    Config,
    Library, //
};

pub fn emit(config: &Config) -> String {
    let module = &config.module.name;
    let stack_reserve = config.exec.stack_reserve;
    let history = if config.lua.libraries.contains(&Library::History) {
        "
/* The device has the file `history`. */
#define LUNATIK_HISTORY
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
#define LUNATIK_MODULE {module}

/* Bytes of the kernel stack that a script leaves free. */
#define LUNATIK_STACK_RESERVE {stack_reserve}
{history}{chunks}{compiler}
#endif
"
    )
}
