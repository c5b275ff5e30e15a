// SPDX-License-Identifier: GPL-2.0
//! The report as text: for a terminal, and as the block of a Markdown file.

use std::fmt::Write as _;

use lunatik_build::page::columns;
use serde::Serialize;

use crate::rows::{All, Bound, By, Measured, Row, Step, Verdict};

/// Everything there is to report; as JSON it is this.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub command: String,
    /// What it was measured with: a name and a version each.
    pub machine: Vec<(String, String)>,
    pub rows: Vec<Row>,
    pub steps: Option<Vec<Step>>,
    pub figures: All,
}

/// The lines of a Markdown file between which the block stands.
pub const BEGIN: &str = "<!-- make bench ARGS=--write -->";
pub const END: &str = "<!-- end -->";

/// A row's name without Markdown.
pub fn what(row: &Row) -> String {
    row.what.replace('`', "")
}

/// Three digits or so.
pub fn number(value: f64) -> String {
    if value.abs() >= 20.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::AtMost(limit) => format!("≤ {limit}"),
        Bound::AtLeast(limit) => format!("≥ {limit}"),
    }
}

fn by(by: By) -> &'static str {
    match by {
        By::Instructions => "instructions",
        By::TwoCpus => "time, 2 CPUs",
        By::Bytes => "bytes",
        By::Native => "time, native",
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Aim => "aim",
        Verdict::Must => "must",
        Verdict::Missed => "no",
        Verdict::Unknown => "?",
    }
}

/// "1.32 (integer 1.20, miss 1.32)"
fn values(measured: &Measured) -> String {
    let mut out = number(measured.worst);
    if measured.parts.len() > 1 {
        let parts = measured.parts.iter();
        let parts: Vec<_> = parts
            .map(|part| format!("{} {}", part.what, number(part.value)))
            .collect();
        let _ = write!(out, " ({}", parts.join(", "));
        for control in &measured.controls {
            let _ = write!(out, "; {} {}", control.what, number(control.value));
        }
        out.push(')');
    }
    out
}

/// The cells of a row.
fn cells(row: &Row) -> [String; 6] {
    [
        what(row),
        row.measured
            .as_ref()
            .map_or_else(|| "–".to_owned(), |m| number(m.worst)),
        row.native
            .as_ref()
            .map_or_else(String::new, |m| number(m.worst)),
        row.must.map_or_else(String::new, bound),
        bound(row.aim),
        verdict(row.verdict).to_owned(),
    ]
}

const HEAD: [&str; 6] = ["what", "measured", "native", "must", "aim", "met"];

/// The table for a terminal, what each row is made of below it.
pub fn terminal(report: &Report) -> String {
    let head = HEAD.map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head)
        .chain(report.rows.iter().map(cells))
        .collect();
    // Numbers to the right, words to the left.
    let mut out = columns(&rows, |column| matches!(column, 1 | 2));
    out.push_str("\nWhat each is the worst of:\n");
    for row in &report.rows {
        for measured in row.measured.iter().chain(&row.native) {
            if measured.parts.len() > 1 {
                let _ = writeln!(
                    out,
                    "  {}: {} [{}]",
                    what(row),
                    values(measured),
                    by(measured.by)
                );
            }
        }
    }
    if let Some(steps) = &report.steps {
        out.push_str("\nWhere the instructions of a read go:\n");
        for step in steps {
            let _ = writeln!(
                out,
                "  {:>5}  {}",
                number(step.cost),
                step.what.replace('`', "")
            );
        }
    }
    out
}

/// The block for a Markdown file, its marks included.
pub fn markdown(report: &Report) -> String {
    let mut out = format!("{BEGIN}\n\nMeasured by `{}` with", report.command);
    let machine: Vec<_> = report
        .machine
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let _ = writeln!(out, " {}.\n", machine.join("; "));
    out.push_str(
        "| what | measured | by | native | must | aim | met |\n|---|---|---|---|---|---|---|\n",
    );
    for row in &report.rows {
        let [_, _, _, must, aim, met] = cells(row);
        let measured = row.measured.as_ref();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {must} | {aim} | {met} |",
            row.what,
            measured.map_or_else(|| "–".to_owned(), values),
            measured.map_or("", |measured| by(measured.by)),
            row.native.as_ref().map_or_else(String::new, values),
        );
    }
    if let Some(steps) = &report.steps {
        out.push_str(
            "\n### Where the instructions of a read go\n\n\
             A hit, an integer, by a constant key:\n\n| step | instructions | measured as |\n|---|---|---|\n",
        );
        for step in steps {
            let _ = writeln!(
                out,
                "| {} | {} | {} |",
                step.what,
                number(step.cost),
                step.from
            );
        }
        let whole: f64 = steps.iter().map(|step| step.cost).sum();
        let _ = writeln!(out, "| **the whole** | **{}** | |", number(whole));
        let figures = &report.figures.instructions;
        let get = |name: &str| figures.get(name).copied();
        if let (Some(bare), Some(floor), Some(keyed), Some(checked)) = (
            get("bare.get"),
            get("floor.get"),
            get("keyed.get"),
            get("checked.get"),
        ) {
            let _ = writeln!(
                out,
                "\nThe interpreter calls the tables itself. By a metamethod in C, the call alone is {}, the value \
                 pushed {} more, the key fetched {} more, and `luaL_checkudata` {} more.",
                number(bare),
                number(floor - bare),
                number(keyed - floor),
                number(checked - floor),
            );
        }
    }
    out.push_str(
        "\n### Figures\n\nPer operation, the loop's own cost taken off; the names are those of \
         `bench/guest/*.lua`.\n\n| operation | instructions | native ns |\n|---|---|---|\n",
    );
    for (name, value) in &report.figures.instructions {
        if name.contains("slab.") || name == "size.elements" {
            continue;
        }
        let native = report.figures.native.get(name).map(|value| number(*value));
        let native = native.filter(|_| !name.starts_with("bytes."));
        let unit = if name.starts_with("bytes.") {
            " bytes"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "| {name} | {}{unit} | {} |",
            number(*value),
            native.unwrap_or_default()
        );
    }
    if !report.figures.two_cpus.is_empty() {
        out.push_str(
            "\nOn two emulated CPUs, reads a second and nanoseconds:\n\n| what | |\n|---|---|\n",
        );
        for (name, value) in &report.figures.two_cpus {
            if !name.contains("slab.") {
                let _ = writeln!(out, "| {name} | {value:.0} |");
            }
        }
    }
    let _ = write!(out, "\n{END}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;

    fn report() -> Report {
        let mut figures = All::default();
        for (name, value) in [
            ("floor.get", 100.0),
            ("get.string8", 110.0),
            ("get.string40", 150.0),
            ("bytes.beyond.integer", 40.0),
        ] {
            figures.instructions.insert(name.to_owned(), value);
        }
        figures.native.insert("floor.get".to_owned(), 10.0);
        Report {
            command: "make bench".to_owned(),
            machine: vec![("Linux".to_owned(), "7.3".to_owned())],
            rows: rows::rows(&figures),
            steps: rows::steps(&figures.instructions),
            figures,
        }
    }

    #[test]
    fn the_table_says_what_is_met() {
        let table = terminal(&report());
        let line = table
            .lines()
            .find(|line| line.starts_with("read, string of ≤ 40"))
            .unwrap();
        let cells: Vec<_> = line
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        assert_eq!(cells[1..], ["1.50", "≤ 1.6", "≤ 1.2", "must"], "{table}");
        let line = table
            .lines()
            .find(|line| line.starts_with("2 CPUs"))
            .unwrap();
        assert!(line.ends_with('?') && line.contains('–'), "{table}");
        assert!(
            table.contains("1.50 (8 bytes 1.10, 40 bytes 1.50) [instructions]"),
            "{table}"
        );
    }

    #[test]
    fn columns_are_aligned() {
        let table = terminal(&report());
        // The last limit of a line is its aim.
        let aims = table.lines().skip(1).map_while(|line| {
            let backwards = line.chars().rev().position(|c| c == '≤' || c == '≥')?;
            Some(line.chars().count() - backwards)
        });
        let aims: Vec<_> = aims.collect();
        assert!(
            aims.len() > 10 && aims.iter().all(|aim| *aim == aims[0]),
            "{table}"
        );
    }

    #[test]
    fn every_table_of_the_block_has_its_columns() {
        let block = markdown(&report());
        let mut columns = 0;
        for line in block.lines() {
            let bars = line.matches('|').count();
            if bars > 0 && columns > 0 {
                assert_eq!(bars, columns, "{line}");
            }
            columns = bars;
        }
        assert!(block.contains("| floor.get | 100 | 10.00 |"), "{block}");
        assert!(
            block.contains("| bytes.beyond.integer | 40 bytes |  |"),
            "{block}"
        );
    }

    #[test]
    fn json_can_be_read_back() {
        let json = serde_json::to_string_pretty(&report()).unwrap();
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["rows"][2]["verdict"], "must");
        assert_eq!(read["rows"][2]["must"]["at-most"], 1.6);
        assert_eq!(read["rows"][2]["measured"]["parts"][1]["value"], 1.5);
        assert_eq!(
            read["figures"]["instructions"]["bytes.beyond.integer"],
            40.0
        );
    }
}
