// SPDX-License-Identifier: GPL-2.0
//! Sizes as text: for a terminal, as the block of a Markdown file, and what differs
//! from sizes that were saved.

use std::fmt::Write as _;

use super::{
    Flavour,
    Part,
    Piece,
    Saved,
    Sizes, //
};
use crate::page::{
    columns,
    markdown_table, //
};

/// The lines of a Markdown file between which the block stands.
pub const BEGIN: &str = "<!-- make size ARGS=--write -->";
pub const END: &str = "<!-- end -->";

const HEAD: [&str; 7] = ["", "text", "rodata", "data", "bss", "all", "kernel's"];

fn row(name: &str, sizes: Sizes) -> [String; 7] {
    let Sizes {
        text,
        rodata,
        data,
        bss,
        kernels,
    } = sizes;
    let [text, rodata, data, bss, all, kernels] =
        [text, rodata, data, bss, sizes.total(), kernels].map(|size| size.to_string());
    [name.to_owned(), text, rodata, data, bss, all, kernels]
}

/// The tables for a terminal.
pub fn terminal(flavours: &[Flavour]) -> String {
    let mut out = String::new();
    for flavour in flavours {
        if !out.is_empty() {
            out.push('\n');
        }
        let mut rows = vec![HEAD.map(str::to_owned)];
        flavour.module.clone_into(&mut rows[0][0]);
        let parts = flavour.parts.iter();
        rows.extend(parts.map(|part| row(&format!("  {}", part.part), part.sizes)));
        rows.push(row("  all", flavour.total()));
        out.push_str(&columns(&rows, |column| column > 0));
        for line in memory(flavour) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

/// What else there is to say of a flavour.
fn memory(flavour: &Flavour) -> Vec<String> {
    let mut lines = vec![
        "(kernel's: of all these, its tables and room for its mitigations and unwinder)".to_owned(),
        format!("{} bytes of file", flavour.file),
    ];
    let Some(memory) = &flavour.memory else {
        return lines;
    };
    lines.push(format!("{} bytes in an idle state", memory.state));
    lines.push(format!(
        "{} bytes in tables that have just been loaded, beside their first buckets",
        memory.tables
    ));
    for (table, element) in &memory.elements {
        lines.push(format!(
            "{element} bytes in an element of {table}, {} in the table without any",
            flavour.tables.get(table).copied().unwrap_or_default()
        ));
    }
    if let Some(idle) = flavour.idle() {
        lines.push(format!(
            "{idle} bytes in all with its states idle (states: {})",
            flavour.states
        ));
    }
    lines
}

/// The largest pieces of a module, each symbol by itself.
pub fn symbols(pieces: &[Piece]) -> String {
    let mut sums = std::collections::BTreeMap::<_, Sizes>::new();
    for piece in pieces {
        let name = (&piece.part, &piece.symbol);
        *sums.entry(name).or_default() += piece.sizes();
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sizes)| std::cmp::Reverse(sizes.total()));
    let rows = sums.into_iter().map(|((part, symbol), sizes)| {
        let symbol = format!("{:#}", rustc_demangle::demangle(symbol));
        let [_, text, rodata, data, bss, all, _] = row("", sizes);
        [all, text, rodata, data, bss, part.to_string(), symbol]
    });
    let head = ["all", "text", "rodata", "data", "bss", "part", "symbol"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    columns(&rows, |column| column < 5)
}

/// What has changed since `saved`: the parts of each flavour, what grew most first.
pub fn comparison(flavours: &[Flavour], saved: &Saved) -> String {
    let mut out = String::new();
    for flavour in flavours {
        let Some(before) = saved.get(&flavour.module) else {
            let _ = writeln!(out, "{}: not saved before", flavour.module);
            continue;
        };
        let size = |flavour: &Flavour, name: &str| {
            let part = flavour.parts.iter().find(|part| part.part == name);
            part.map_or(0, |part| part.sizes.total())
        };
        let mut names: Vec<_> = before.parts.iter().map(|part| &part.part).collect();
        names.extend(flavour.parts.iter().map(|part| &part.part));
        names.sort();
        names.dedup();
        let parts = names
            .into_iter()
            .map(|name| (name.as_str(), size(before, name), size(flavour, name)));
        let mut changed: Vec<_> = parts.filter(|(_, was, is)| was != is).collect();
        changed.sort_by_key(|(_, was, is)| i128::from(*was) - i128::from(*is));
        changed.push(("all", before.total().total(), flavour.total().total()));
        if let (Some(was), Some(is)) = (&before.memory, &flavour.memory) {
            changed.push(("an idle state", was.state, is.state));
        }
        let rows = changed.into_iter().map(|(name, was, is)| {
            let difference = i128::from(is) - i128::from(was);
            [
                format!("  {name}"),
                was.to_string(),
                is.to_string(),
                format!("{difference:+}"),
            ]
        });
        let head = [flavour.module.as_str(), "saved", "now", "difference"].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
        out.push_str(&columns(&rows, |column| column > 0));
    }
    out
}

/// The block for a Markdown file, its marks included. `machine` says what it was measured with.
pub fn markdown(flavours: &[Flavour], machine: &str) -> String {
    let mut out = format!("{BEGIN}\n\nMeasured by `make size` with {machine}.\n\n");
    let table = |head: &[&str], mut rows: Vec<Vec<String>>| {
        rows.insert(0, head.iter().map(|cell| (*cell).to_owned()).collect());
        markdown_table(&rows)
    };
    let modules: Vec<_> = flavours
        .iter()
        .map(|flavour| flavour.module.as_str())
        .collect();

    let sections = flavours
        .iter()
        .map(|flavour| {
            let mut cells = row(&flavour.module, flavour.total()).to_vec();
            cells.push(flavour.file.to_string());
            cells
        })
        .collect();
    let head = [
        "bytes",
        "text",
        "rodata",
        "data",
        "bss",
        "all",
        "the kernel's",
        "file",
    ];
    out.push_str(&table(&head, sections));

    out.push_str("\n### In memory\n\n");
    let known = flavours.iter().filter_map(|flavour| {
        let memory = flavour.memory.as_ref()?;
        let each = |bytes: &dyn Fn(&str, u64) -> u64| {
            let elements = memory.elements.iter();
            let each =
                elements.map(|(table, element)| format!("{table} {}", bytes(table, *element)));
            each.collect::<Vec<_>>().join(", ")
        };
        Some(vec![
            flavour.module.clone(),
            memory.state.to_string(),
            flavour.states.to_string(),
            each(&|table, _| flavour.tables.get(table).copied().unwrap_or_default()),
            each(&|_, element| element),
            flavour.idle()?.to_string(),
        ])
    });
    let head = [
        "bytes",
        "an idle state",
        "states",
        "a table, empty",
        "an element",
        "all, idle",
    ];
    out.push_str(&table(&head, known.collect()));

    out.push_str("\n### By part\n\n");
    let mut names: Vec<&str> = Vec::new();
    for flavour in flavours {
        // Each flavour has them in the same order: a new one goes behind what it follows.
        let mut at = 0;
        for part in &flavour.parts {
            match names.iter().position(|name| *name == part.part) {
                Some(found) => at = found + 1,
                None => {
                    names.insert(at, &part.part);
                    at += 1;
                }
            }
        }
    }
    let parts = names.into_iter().map(|name| {
        let cells = flavours.iter().map(|flavour| {
            let part = flavour.parts.iter().find(|part| part.part == name);
            part.map_or_else(String::new, |Part { sizes, .. }| match sizes.kernels {
                0 => sizes.total().to_string(),
                kernels => format!("{} ({kernels})", sizes.total()),
            })
        });
        std::iter::once(name.to_owned()).chain(cells).collect()
    });
    let head: Vec<_> = std::iter::once("bytes").chain(modules).collect();
    out.push_str(&table(&head, parts.collect()));
    let _ = write!(out, "\n{END}");
    out
}

#[cfg(test)]
mod tests {
    use super::super::Memory;
    use super::*;

    fn flavour(module: &str, parts: &[(&str, u64, u64)]) -> Flavour {
        let part = |(name, text, bss): &(&str, u64, u64)| Part {
            part: (*name).to_owned(),
            sizes: Sizes {
                text: *text,
                bss: *bss,
                kernels: *text / 4,
                ..Sizes::default()
            },
        };
        Flavour {
            module: module.to_owned(),
            states: 2,
            parts: parts.iter().map(part).collect(),
            tables: [("rcu".to_owned(), 160)].into(),
            file: 4096,
            memory: Some(Memory {
                state: 6000,
                tables: 100,
                elements: [("rcu".to_owned(), 40)].into(),
            }),
        }
    }

    #[test]
    fn the_table_has_parts_and_their_sum() {
        let table = terminal(&[flavour("m", &[("Lua core", 100, 1), ("device", 20, 2000)])]);
        let lines: Vec<Vec<_>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            lines[0],
            HEAD.map(|cell| if cell.is_empty() { "m" } else { cell })
        );
        assert_eq!(lines[2], ["device", "20", "0", "0", "2000", "2020", "5"]);
        assert_eq!(lines[3], ["all", "120", "0", "0", "2001", "2121", "30"]);
        assert!(table.contains("  6000 bytes in an idle state\n"), "{table}");
        assert!(table.contains("  14221 bytes in all"), "{table}");
    }

    #[test]
    fn what_grew_is_said_with_what_grew_most_first() {
        let saved = Saved {
            flavours: vec![flavour("m", &[("a", 10, 0), ("b", 10, 0), ("gone", 5, 0)])],
        };
        let mut now = flavour("m", &[("a", 11, 0), ("b", 10, 0), ("new", 7, 0)]);
        now.memory.as_mut().unwrap().state = 5000;
        let text = comparison(&[now, flavour("other", &[])], &saved);
        let lines: Vec<Vec<_>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(lines[1], ["new", "0", "7", "+7"], "{text}");
        assert_eq!(lines[2], ["a", "10", "11", "+1"]);
        assert_eq!(lines[3], ["gone", "5", "0", "-5"]);
        assert_eq!(lines[4], ["all", "25", "28", "+3"]);
        assert_eq!(lines[5], ["an", "idle", "state", "6000", "5000", "-1000"]);
        assert!(text.ends_with("other: not saved before\n"));
    }

    #[test]
    fn every_table_of_the_block_has_its_columns() {
        let flavours = [
            flavour("m", &[("Lua core", 100, 1), ("device", 20, 2)]),
            flavour(
                "n",
                &[
                    ("Lua core", 90, 1),
                    ("library math", 7, 0),
                    ("device", 20, 2),
                ],
            ),
        ];
        let block = markdown(&flavours, "Linux 7.3");
        let mut columns = 0;
        for line in block.lines() {
            let bars = line.matches('|').count();
            if bars > 0 && columns > 0 {
                assert_eq!(bars, columns, "{line}");
            }
            columns = bars;
        }
        assert!(
            block.contains(
                "| Lua core | 101 (25) | 91 (22) |\n| library math |  | 7 (1) |\n\
                 | device | 22 (5) | 22 (5) |\n"
            ),
            "{block}"
        );
        assert!(block.starts_with(BEGIN) && block.ends_with(END));
    }
}
