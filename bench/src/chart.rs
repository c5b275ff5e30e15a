// SPDX-License-Identifier: GPL-2.0
//! The picture: a bar for each row, drawn so that where it must end is one line
//! for all of them. A shorter bar is better in every row.

use lunatik_build::page::{bar, finished, picture, text};
use svg::node::element::{Group, Line};

use crate::report::{number, what};
use crate::rows::{Bound, Row, Verdict};

const WIDTH: f64 = 920.0;
const LEFT: f64 = 430.0;
const RIGHT: f64 = 70.0;
const TOP: f64 = 56.0;
const STEP: f64 = 34.0;
const BAR: f64 = 18.0;
/// Where the axis ends, in multiples of what must be.
const MOST: f64 = 2.0;

/// Draws the rows that were measured.
pub fn draw(rows: &[Row]) -> String {
    let drawn: Vec<_> = rows.iter().filter_map(Bar::of).collect();
    let height = TOP + STEP * drawn.len() as f64 + 30.0;
    let mut document = picture("Lunatik: make bench", WIDTH, height)
        .add(text(LEFT, 20.0, "what must be = 1; shorter is better").set("font-weight", "bold"));
    for mark in [0.0, 0.5, 1.0, 1.5, 2.0] {
        let must = mark == 1.0;
        document = document
            .add(
                Line::new()
                    .set("x1", x(mark))
                    .set("x2", x(mark))
                    .set("y1", TOP - 10.0)
                    .set("y2", height - 24.0)
                    .set("stroke", if must { "black" } else { "#ccc" })
                    .set("stroke-width", if must { 2 } else { 1 }),
            )
            .add(text(x(mark), TOP - 16.0, &format!("{mark}")).set("text-anchor", "middle"));
    }
    for (index, bar) in drawn.iter().enumerate() {
        document = document.add(bar.draw(TOP + STEP * index as f64));
    }
    document = document.add(text(
        LEFT,
        height - 8.0,
        "green: the aim is met (a tick marks it); amber: what must be is; red: it is not",
    ));
    finished(&document)
}

/// What is drawn of a row, in multiples of what must be.
struct Bar<'a> {
    row: &'a Row,
    worst: f64,
    length: f64,
    aim: f64,
}

impl<'a> Bar<'a> {
    fn of(row: &'a Row) -> Option<Self> {
        let worst = row.measured.as_ref()?.worst;
        let unit = row.must.unwrap_or(row.aim).limit();
        // Where more is better, the bar is how much is missing.
        let relative = |value: f64| match row.aim {
            Bound::AtMost(_) => value / unit,
            Bound::AtLeast(_) => unit / value,
        };
        Some(Self {
            row,
            worst,
            length: relative(worst),
            aim: relative(row.aim.limit()),
        })
    }

    fn draw(&self, y: f64) -> Group {
        let colour = match self.row.verdict {
            Verdict::Aim => "#2e9e5b",
            Verdict::Must => "#e0a526",
            Verdict::Missed | Verdict::Unknown => "#cc4b4b",
        };
        let end = x(self.length);
        let middle = y + BAR - 5.0;
        let mut group = Group::new()
            .add(
                text(LEFT - 10.0, middle, &what(self.row))
                    .set("text-anchor", "end")
                    .set("font-size", 11),
            )
            .add(bar(LEFT, y, end - LEFT, BAR, colour))
            .add(text(end + 6.0, middle, &number(self.worst)));
        group = group.add(
            Line::new()
                .set("x1", x(self.aim))
                .set("x2", x(self.aim))
                .set("y1", y - 4.0)
                .set("y2", y + BAR + 4.0)
                .set("stroke", "black"),
        );
        group
    }
}

fn x(multiple: f64) -> f64 {
    let x = LEFT + (WIDTH - LEFT - RIGHT) * multiple.clamp(0.0, MOST) / MOST;
    (x * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{By, Measured};

    fn row(what: &'static str, aim: Bound, worst: Option<f64>) -> Row {
        Row {
            what,
            must: None,
            aim,
            verdict: Verdict::Aim,
            measured: worst.map(|worst| Measured {
                by: By::Instructions,
                worst,
                parts: Vec::new(),
                controls: Vec::new(),
            }),
            native: None,
        }
    }

    #[test]
    fn the_picture_is_well_formed_whatever_a_row_is_called() {
        let rows = [
            row("a < b & \"c\" ÷ `d`", Bound::AtMost(1.0), Some(0.5)),
            row("far beyond the axis", Bound::AtMost(0.01), Some(1e9)),
            row("more is better", Bound::AtLeast(1.9), Some(0.0)),
            row("not measured", Bound::AtMost(1.0), None),
        ];
        let drawn = draw(&rows);
        let document = roxmltree::Document::parse(&drawn).unwrap();
        let texts: Vec<_> = document
            .descendants()
            .filter_map(|node| node.text())
            .collect();
        assert!(
            texts.iter().any(|text| text.contains("a < b & \"c\"")),
            "{drawn}"
        );
        assert!(!drawn.contains("not measured"));
        let bars = document
            .descendants()
            .filter(|node| node.has_tag_name("rect"));
        for bar in bars.filter(|bar| bar.has_attribute("x")) {
            let width: f64 = bar.attribute("width").unwrap().parse().unwrap();
            assert!((0.0..WIDTH).contains(&width), "{width}");
        }
    }
}
