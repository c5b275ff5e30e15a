// SPDX-License-Identifier: GPL-2.0
//! `generated/info.h`: what `modinfo` says of the flavour, and the text of its configuration.

use std::fmt::Write as _;

use super::c_string;
use crate::config::{
    Config,
    Script,
    Table,
    Word, //
};

pub fn emit(config: &Config) -> String {
    let mut out = "\
/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from lunatik.toml by lunatik-build; edit that file instead. */
#ifndef LUNATIK_GENERATED_INFO_H
#define LUNATIK_GENERATED_INFO_H

"
    .to_owned();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "MODULE_VERSION(\"{}\");", env!("CARGO_PKG_VERSION"));
    for (field, value) in fields(config) {
        let _ = writeln!(out, "MODULE_INFO({field}, {});", c_string(&value));
    }
    if config.module.embed_config {
        out.push_str("\n/* The whole configuration. config_sha256 is the sum of it. */\n");
        out.push_str("#define LUNATIK_CONFIG");
        for line in config.plain().split_inclusive('\n') {
            let _ = write!(out, " \\\n\t{}", c_string(line));
        }
        out.push('\n');
    }
    out.push_str("\n#endif\n");
    out
}

/// Each field of modinfo with its value; `table` and `script` come once for each of them.
fn fields(config: &Config) -> Vec<(&'static str, String)> {
    let (device, exec) = (&config.device, &config.exec);
    let mut fields = vec![
        ("flavour", config.flavour().to_owned()),
        ("config_sha256", config.sha256()),
        ("device", device.name.clone()),
        ("mode", format!("0{:03o}", device.mode)),
        ("capability", device.capability.word().to_owned()),
        ("states", exec.states.to_string()),
        ("when_busy", exec.when_busy.word().to_owned()),
        ("script_max", exec.script_max.to_string()),
        ("memory_limit", exec.memory_limit.to_string()),
        ("instruction_limit", exec.instruction_limit.to_string()),
        ("time_limit", exec.time_limit.to_string()),
        ("output_limit", exec.output_limit.to_string()),
        ("stack_reserve", exec.stack_reserve.to_string()),
        ("libraries", words(config.lua.libraries.iter().copied())),
        (
            "stdlib",
            Vec::from_iter(config.lua.stdlib.iter().map(String::as_str)).join(","),
        ),
        ("compiler", config.lua.compiler.to_string()),
    ];
    fields.extend(
        config
            .tables
            .iter()
            .map(|table| ("table", self::table(table))),
    );
    let scripts = config.scripts.iter();
    fields.extend(scripts.map(|script| ("script", self::script(script))));
    fields
}

fn table(table: &Table) -> String {
    let mut text = format!(
        "{} buckets={} max_buckets={} max_entries={} value_types={} key_max={}",
        table.name,
        table.buckets,
        table.max_buckets,
        table.max_entries,
        words(table.value_types.iter().copied()),
        table.key_max,
    );
    // Writing to a String cannot fail.
    if let Some(string_max) = table.string_max {
        let _ = write!(text, " string_max={string_max}");
    }
    let _ = write!(
        text,
        " max_bytes={} access={} init={}",
        table.max_bytes,
        table.access.word(),
        table.init.len()
    );
    text
}

fn script(script: &Script) -> String {
    format!(
        "{} at_load={} size={}",
        script.name,
        script.at_load,
        script.chunk.len()
    )
}

fn words<W: Word>(words: impl Iterator<Item = W>) -> String {
    Vec::from_iter(words.map(Word::word)).join(",")
}
