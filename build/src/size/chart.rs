// SPDX-License-Identifier: GPL-2.0
//! The picture: a bar for each flavour, in it one piece for each group of parts, and
//! where it may end.

use svg::node::element::{
    Group,
    Line,
    Title, //
};

use super::Flavour;
use crate::page::{
    bar,
    finished,
    picture,
    text, //
};

const WIDTH: f64 = 920.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 48.0;
const STEP: f64 = 44.0;
const BAR: f64 = 24.0;
const KIB: f64 = 1024.0;

/// The groups, in the order of the bars: what their parts begin with, and a colour.
const GROUPS: &[(&str, &[&str], &str)] = &[
    ("Lua core", &["Lua core", "Lua loader"], "#30588c"),
    ("Lua compiler", &["Lua compiler"], "#5c8cc4"),
    ("libraries", &["library "], "#9dc0e6"),
    ("stdlib, scripts", &["stdlib ", "script "], "#d3e2f2"),
    ("tables", &["table ", "tables"], "#2e9e5b"),
    ("states", &["states"], "#e0a526"),
    ("device", &["device"], "#c7702e"),
    ("generated", &["generated"], "#8a6fb0"),
    ("tracepoints", &["tracepoints"], "#b05f78"),
    ("kernel", &["kernel", "glue", "module frame"], "#888888"),
];

/// A flavour to draw, and the bytes that its module may take.
pub struct Drawn<'a> {
    pub flavour: &'a Flavour,
    pub budget: Option<u64>,
}

pub fn draw(flavours: &[Drawn<'_>]) -> String {
    let most = flavours
        .iter()
        .map(|drawn| drawn.flavour.total().total().max(drawn.budget.unwrap_or(0)))
        .max()
        .unwrap_or(0) as f64;
    // A mark each 32 KiB, or so many times that, that there are no more than ten.
    let mark = 32.0 * KIB * (most / (10.0 * 32.0 * KIB)).ceil().max(1.0);
    let most = (most / mark).ceil().max(1.0) * mark;
    let x = |bytes: f64| (LEFT + (WIDTH - LEFT - RIGHT) * bytes / most).round();

    let bottom = TOP + STEP * flavours.len() as f64;
    let legend = bottom + 24.0;
    let height = legend + 20.0 * (GROUPS.len() as f64 / 5.0).ceil() + 24.0;
    let mut document = picture("Lunatik: make size", WIDTH, height);
    for number in 0..=(most / mark) as u32 {
        let bytes = f64::from(number) * mark;
        document = document
            .add(
                Line::new()
                    .set("x1", x(bytes))
                    .set("x2", x(bytes))
                    .set("y1", TOP - 12.0)
                    .set("y2", bottom)
                    .set("stroke", "#ccc"),
            )
            .add(
                text(x(bytes), TOP - 18.0, &format!("{} KiB", bytes / KIB))
                    .set("text-anchor", "middle")
                    .set("font-size", 11),
            );
    }
    for (index, drawn) in flavours.iter().enumerate() {
        document = document.add(flavour(drawn, TOP + STEP * index as f64, x));
    }
    for (index, (name, _, colour)) in GROUPS.iter().enumerate() {
        let (column, line) = (index % 5, index / 5);
        let (left, top) = (LEFT + 140.0 * column as f64, legend + 20.0 * line as f64);
        document = document
            .add(bar(left, top, 12.0, 12.0, colour))
            .add(text(left + 18.0, top + 11.0, name).set("font-size", 12));
    }
    document = document.add(
        text(
            LEFT,
            height - 8.0,
            "text, rodata, data and bss of each module; a black line is its budget",
        )
        .set("font-size", 11),
    );
    finished(&document)
}

fn flavour(drawn: &Drawn<'_>, y: f64, x: impl Fn(f64) -> f64) -> Group {
    let flavour = drawn.flavour;
    let total = flavour.total().total();
    let mut group = Group::new()
        .add(text(LEFT - 10.0, y + BAR - 7.0, &flavour.module).set("text-anchor", "end"));
    let mut from = 0;
    for (name, begins, colour) in GROUPS {
        let parts = flavour.parts.iter();
        let of = parts.filter(|part| begins.iter().any(|begin| part.part.starts_with(begin)));
        let bytes: u64 = of.map(|part| part.sizes.total()).sum();
        let (left, right) = (x(from as f64), x((from + bytes) as f64));
        let said = format!("{name}: {bytes} bytes");
        group = group.add(bar(left, y, right - left, BAR, colour).add(Title::new(said)));
        from += bytes;
    }
    let mut said = format!("{:.1} KiB", total as f64 / KIB);
    if let Some(memory) = &flavour.memory {
        said += &format!(", a state {:.1}", memory.state as f64 / KIB);
    }
    let end = x(total.max(drawn.budget.unwrap_or(0)) as f64);
    group = group.add(text(end + 6.0, y + BAR - 7.0, &said).set("font-size", 12));
    if let Some(budget) = drawn.budget {
        let at = x(budget as f64);
        group = group.add(
            Line::new()
                .set("x1", at)
                .set("x2", at)
                .set("y1", y - 4.0)
                .set("y2", y + BAR + 4.0)
                .set("stroke", "black")
                .set("stroke-width", 2),
        );
    }
    group
}

#[cfg(test)]
mod tests {
    use super::super::parts::Part;
    use super::super::{
        Part as Named,
        Sizes, //
    };
    use super::*;

    /// Every part there can be, each of 1 KiB.
    fn all() -> Flavour {
        let parts = [
            Part::Core,
            Part::Compiler,
            Part::Loader,
            Part::Library("math"),
            Part::Stdlib("memo".to_owned()),
            Part::Contained("watch".to_owned()),
            Part::Table("a_b".to_owned()),
            Part::Tables,
            Part::Scripts,
            Part::Device,
            Part::Tracepoints,
            Part::Generated,
            Part::Glue,
            Part::Crates,
            Part::Frame,
        ];
        let sizes = Sizes {
            text: 1024,
            ..Sizes::default()
        };
        let named = parts.iter().map(|part| Named {
            part: part.to_string(),
            sizes,
        });
        Flavour {
            module: "all".to_owned(),
            states: 1,
            parts: named.collect(),
            tables: [].into(),
            file: 0,
            memory: None,
        }
    }

    #[test]
    fn the_pieces_of_a_bar_are_all_of_it() {
        let flavour = all();
        let budget = Some(1 << 20);
        let drawn = draw(&[
            Drawn {
                flavour: &flavour,
                budget,
            },
            Drawn {
                flavour: &flavour,
                budget: None,
            },
        ]);
        let document = roxmltree::Document::parse(&drawn).unwrap();
        let bytes = document.descendants().filter_map(|node| {
            let text = node.text().filter(|_| node.has_tag_name("title"))?;
            text.split_once(": ")?
                .1
                .strip_suffix(" bytes")?
                .parse::<u64>()
                .ok()
        });
        assert_eq!(bytes.sum::<u64>(), 2 * flavour.total().total());
        for node in document.descendants() {
            for attribute in ["x", "x1", "width"] {
                let Some(value) = node.attribute(attribute) else {
                    continue;
                };
                if let Ok(value) = value.parse::<f64>() {
                    assert!((0.0..=WIDTH).contains(&value), "{attribute} {value}");
                }
            }
        }
    }
}
