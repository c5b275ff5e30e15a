// SPDX-License-Identifier: GPL-2.0
//! What a flavour takes, as far as that is known before it is built.

use crate::config::Config;
use crate::size::choices::{
    Estimate,
    Figures, //
};
use crate::stdlib::Stdlib;

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub what: &'static str,
    pub bytes: u64,
    /// How that comes about, or what it is held against.
    pub why: String,
}

pub fn estimate(config: &Config, stdlib: &Stdlib, figures: &Figures) -> [Line; 4] {
    let about = Estimate::new(config, stdlib, figures).total();
    let (states, tables) = config.most_memory();
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    let line = |what, bytes: i64, budget: Option<u64>| {
        let bytes = bytes.max(0) as u64;
        let why = match budget {
            None => String::new(),
            Some(budget) if bytes > budget => format!("over the budget, {}", human(budget)),
            Some(budget) => format!("budget {}", human(budget)),
        };
        Line { what, bytes, why }
    };
    [
        line("module, about", about.module, config.budget.ko),
        line("an idle state, about", about.state, config.budget.state),
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
