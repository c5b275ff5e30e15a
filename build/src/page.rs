// SPDX-License-Identifier: GPL-2.0
//! What commands that measure something write: columns for a terminal, blocks of
//! Markdown files, pictures.

use anyhow::{
    Context,
    Result, //
};
use svg::Document;
use svg::node::element::{
    Rectangle,
    Text,
    Title, //
};

/// Rows as lines of columns, two spaces between them. `right` tells which are aligned to
/// the right, as numbers are.
pub fn columns<const N: usize>(rows: &[[String; N]], right: impl Fn(usize) -> bool) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
            let space = " ".repeat(width - cell.chars().count());
            let (before, behind) = match right(index) {
                true => (space.as_str(), ""),
                false => ("", space.as_str()),
            };
            line.extend([before, cell, behind, "  "]);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Rows as a table of Markdown, numbers behind the first column. The first row is its head.
pub fn markdown_table(rows: &[Vec<String>]) -> String {
    let mut lines: Vec<_> = rows
        .iter()
        .map(|row| format!("| {} |\n", row.join(" | ")))
        .collect();
    let numbers = rows.first().map_or(0, Vec::len).saturating_sub(1);
    lines.insert(1, format!("|---|{}\n", "--:|".repeat(numbers)));
    lines.concat()
}

/// `text` with `block`, which begins with the line `begin` and ends with the line `end`, in
/// the place of the one that it has.
///
/// # Errors
///
/// There is none in it.
pub fn replace_block(text: &str, begin: &str, end: &str, block: &str) -> Result<String> {
    let (before, rest) = text
        .split_once(begin)
        .with_context(|| format!("there is no line {begin}"))?;
    let (_, after) = rest
        .split_once(end)
        .with_context(|| format!("there is no line {end} behind {begin}"))?;
    Ok(format!("{before}{block}{after}"))
}

/// An empty picture.
pub fn picture(title: &str, width: f64, height: f64) -> Document {
    Document::new()
        .set("viewBox", (0, 0, width, height))
        .set("width", width)
        .set("height", height)
        .set("font-family", "sans-serif")
        .set("font-size", 13)
        .add(Title::new(title))
        .add(
            Rectangle::new()
                .set("width", "100%")
                .set("height", "100%")
                .set("fill", "white"),
        )
}

pub fn text(x: f64, y: f64, content: &str) -> Text {
    Text::new(content).set("x", x).set("y", y)
}

/// A filled rectangle.
pub fn bar(x: f64, y: f64, width: f64, height: f64, colour: &str) -> Rectangle {
    Rectangle::new()
        .set("x", x)
        .set("y", y)
        .set("width", width)
        .set("height", height)
        .set("fill", colour)
}

/// The file of a picture.
pub fn finished(picture: &Document) -> String {
    let mut out = picture.to_string();
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [["a", "1", "x"], ["long", "200", ""]];
        let rows = rows.map(|row| row.map(str::to_owned));
        let aligned = columns(&rows, |column| column == 1);
        assert_eq!(aligned, "a       1  x\nlong  200\n");
    }

    #[test]
    fn a_block_replaces_the_one_before_and_nothing_else() {
        let text = "# Title\n\n<!-- b -->\nold\n<!-- e -->\n\nend\n";
        let block = "<!-- b -->\nnew\n<!-- e -->";
        let replace = |text| replace_block(text, "<!-- b -->", "<!-- e -->", block);
        let new = replace(text).unwrap();
        assert_eq!(new, format!("# Title\n\n{block}\n\nend\n"));
        assert_eq!(replace(&new).unwrap(), new);
        replace("nothing here").unwrap_err();
    }
}
