// SPDX-License-Identifier: GPL-2.0
//! What a flavour takes, as far as that is known before it is built.

use crate::config::{
    Config,
    Library, //
};
use crate::stdlib::Stdlib;

/// Text and data of a library in bytes, as `size target/flavours/lunatik/lua/src/l*lib.o` says of
/// the default flavour on x86-64.
fn code(library: Library) -> u64 {
    match library {
        Library::Base => 5496,
        Library::String => 19431,
        Library::Table => 4416,
        Library::Math => 3090,
        Library::Utf8 => 3489,
        Library::Coroutine => 2366,
        // Of no product.
        Library::Bench | Library::History => 0,
    }
}

/// Bytes of a bucket.
const BUCKET: u64 = 8;

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub what: &'static str,
    pub bytes: u64,
    /// How that comes about.
    pub why: String,
}

pub fn estimate(config: &Config, stdlib: &Stdlib) -> [Line; 4] {
    let (states, tables) = config.most_memory();
    let buckets: u64 = config
        .tables
        .iter()
        .map(|table| u64::from(table.buckets))
        .sum();
    let modules = config.lua.stdlib.iter().filter_map(|name| stdlib.get(name));
    let modules: usize = modules.map(|module| module.source.len()).sum();
    let scripts: usize = config.scripts.iter().map(|script| script.chunk.len()).sum();
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    let mut parts = vec![
        format!("{} of Lua's", config.lua.libraries.len()),
        count(config.lua.stdlib.len(), "module"),
    ];
    if !config.scripts.is_empty() {
        parts.push(count(config.scripts.len(), "script"));
    }
    [
        Line {
            what: "states, at most",
            bytes: states,
            why: format!(
                "{} of {}",
                count(config.exec.states as usize, "state"),
                human(config.exec.memory_limit)
            ),
        },
        Line {
            what: "tables, at most",
            bytes: tables,
            why: count(config.tables.len(), "table"),
        },
        Line {
            what: "buckets, always",
            bytes: buckets * BUCKET,
            why: format!("{buckets} of {BUCKET} bytes"),
        },
        Line {
            what: "libraries, code",
            bytes: config.lua.libraries.iter().copied().map(code).sum::<u64>()
                + (modules + scripts) as u64,
            why: parts.join(", "),
        },
    ]
}

/// A number of bytes to look at.
pub fn human(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    for (unit, shift) in units {
        if bytes >= 1 << shift {
            let tenths = u128::from(bytes) * 10 / (1 << shift);
            return match tenths % 10 {
                0 => format!("{} {unit}", tenths / 10),
                tenth => format!("{}.{tenth} {unit}", tenths / 10),
            };
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_rounded_to_tenths() {
        let shown = [0, 1023, 1024, 1536, 5 << 20, (2 << 30) + (1 << 28)];
        let shown = shown.map(human);
        assert_eq!(
            shown,
            ["0 B", "1023 B", "1 KiB", "1.5 KiB", "5 MiB", "2.2 GiB"]
        );
    }
}
