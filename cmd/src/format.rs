// SPDX-License-Identifier: GPL-2.0
//! How numbers, texts and tables appear to people, and how they write sizes and times.

use std::time::Duration;

/// At most 6 characters: `17`, `1023`, `1.5K`, `64.0K`, `1023M`. K is 1024.
pub fn size(bytes: u64) -> String {
    scaled(bytes, 1024, &["", "K", "M", "G", "T", "P", "E"])
}

/// At most 5 characters: `17`, `999`, `1.5k`, `64.0k`, `999M`. k is 1000.
pub fn count(number: u64) -> String {
    scaled(number, 1000, &["", "k", "M", "G", "T", "P", "E"])
}

fn scaled(number: u64, base: u64, units: &[&str]) -> String {
    let (mut unit, mut divisor) = (0, 1);
    while number / divisor >= base {
        divisor *= base;
        unit += 1;
    }
    let whole = number / divisor;
    if unit == 0 || whole >= 100 {
        return format!("{whole}{}", units[unit]);
    }
    let tenth = u128::from(number % divisor) * 10 / u128::from(divisor);
    format!("{whole}.{tenth}{}", units[unit])
}

/// At most 7 characters: `35ms`, `2.4s`, `59.9s`, `1m05s`, `59m59s`, `23h59m`, `12d23h`, `9999d`.
pub fn age(nanoseconds: u64) -> String {
    let milliseconds = nanoseconds / 1_000_000;
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds}ms"),
        1..60 => format!("{seconds}.{}s", milliseconds % 1000 / 100),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        86400..8_640_000 => format!("{}d{:02}h", seconds / 86400, seconds / 3600 % 24),
        _ => format!("{}d", seconds / 86400),
    }
}

/// A text that somebody else chose, fit for a terminal: control characters and what is no UTF-8 as `\xNN`.
pub fn printable(bytes: &[u8]) -> String {
    escaped(bytes, |_| false)
}

/// A string as Lua would have it written: in double quotes.
pub fn quoted(bytes: &[u8]) -> String {
    format!(
        "\"{}\"",
        escaped(bytes, |character| matches!(character, '"' | '\\'))
    )
}

fn escaped(bytes: &[u8], with_backslash: impl Fn(char) -> bool) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                _ if character.is_ascii_control() => {
                    text.push_str(&format!("\\x{:02x}", u32::from(character)));
                }
                // Those of Latin-1 drive some terminals, those of direction and format mislead readers.
                _ if character.is_control() || misleading(character) => {
                    text.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
                }
                _ => {
                    if with_backslash(character) {
                        text.push('\\');
                    }
                    text.push(character);
                }
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

fn misleading(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// How a column of a table stands.
#[derive(Clone, Copy)]
pub enum Align {
    Left,
    Right,
}

/// Lines with a heading; each column as wide as it needs, at least as wide as given; no blanks at the ends.
pub fn columns(headings: &[(&str, Align, usize)], rows: &[Vec<String>]) -> Vec<String> {
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(column, (heading, _, least))| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.chain([heading.len(), *least]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<&str>| {
        let mut line = String::new();
        for ((cell, (_, align, _)), width) in cells.iter().zip(headings).zip(&widths) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let width = *width;
            match align {
                Align::Left => line.push_str(&format!("{cell:<width$}")),
                Align::Right => line.push_str(&format!("{cell:>width$}")),
            }
        }
        line.truncate(line.trim_end().len());
        line
    };
    let heading = line(headings.iter().map(|(heading, _, _)| *heading).collect());
    let rest = rows
        .iter()
        .map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(heading).chain(rest).collect()
}

/// The first `width` characters.
pub fn cut(line: &str, width: usize) -> &str {
    match line.char_indices().nth(width) {
        Some((end, _)) => &line[..end],
        None => line,
    }
}

/// `512`, `64KiB`, `1MiB`, `1GiB`, as in a lunatik.toml.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let (number, factor) = split(
        text,
        &[
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
            ("", 1),
        ],
    );
    positive(number, factor).ok_or_else(|| "a size is like 65536, 64KiB, 1MiB or 1GiB".into())
}

/// `250ms`, `2s`, `1min`, `1h`, as milliseconds.
pub fn parse_time(text: &str) -> Result<u64, String> {
    let (number, factor) = split(
        text,
        &[
            ("ms", 1),
            ("s", 1000),
            ("min", 60_000),
            ("h", 3_600_000),
            ("", 0),
        ],
    );
    positive(number, factor).ok_or_else(|| "a time is like 250ms, 2s, 1min or 1h".into())
}

/// `1000000`, `1_000_000`, `500k`, `10M`, `2G`.
pub fn parse_count(text: &str) -> Result<u64, String> {
    let plain = text.replace('_', "");
    let (number, factor) = split(
        &plain,
        &[("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000), ("", 1)],
    );
    positive(number, factor).ok_or_else(|| "a count is like 1000000, 500k or 10M".into())
}

/// The text without its unit, and what that stands for.
fn split<'a>(text: &'a str, units: &[(&str, u64)]) -> (&'a str, u64) {
    units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
        .unwrap_or((text, 0))
}

/// Nothing for 0, which says "the flavour's" to the device.
fn positive(digits: &str, factor: u64) -> Option<u64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(factor).filter(|number| *number > 0)
}

/// Seconds as `--interval` takes them: `0.5`, `2`.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|seconds| (0.1..=3600.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "an interval is 0.1 to 3600 seconds".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_rounded_down() {
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1536, "1.5K"),
            (102_399, "99.9K"),
            (102_400, "100K"),
            (1_048_575, "1023K"),
            (16 << 20, "16.0M"),
            (u64::MAX, "15.9E"),
        ] {
            assert_eq!(size(bytes), text);
        }
        for (number, text) in [
            (999, "999"),
            (1000, "1.0k"),
            (99_999, "99.9k"),
            (999_999, "999k"),
            (u64::MAX, "18.4E"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn ages_are_short() {
        const SECOND: u64 = 1_000_000_000;
        for (nanoseconds, text) in [
            (0, "0ms"),
            (999_999_999, "999ms"),
            (SECOND, "1.0s"),
            (60 * SECOND - 1, "59.9s"),
            (65 * SECOND, "1m05s"),
            (3600 * SECOND - 1, "59m59s"),
            (3600 * SECOND, "1h00m"),
            (90000 * SECOND, "1d01h"),
            (u64::MAX, "213503d"),
        ] {
            assert_eq!(age(nanoseconds), text);
            assert!(text.len() <= 7);
        }
    }

    #[test]
    fn what_others_chose_cannot_drive_the_terminal() {
        assert_eq!(
            printable(b"a\x1b[2Jb\n\xff\xc3\xa9"),
            "a\\x1b[2Jb\\n\\xff\u{e9}"
        );
        assert_eq!(
            printable("\u{9b}2J \u{202e}x".as_bytes()),
            "\\u{9b}2J \\u{202e}x"
        );
        assert_eq!(printable(b"say \"hi\""), "say \"hi\"");
        assert_eq!(quoted(b"a\"\\\0\n"), r#""a\"\\\x00\n""#);
    }

    #[test]
    fn columns_line_up() {
        let headings = [("ID", Align::Right, 4), ("NAME", Align::Left, 0)];
        let rows = [
            vec!["7".to_owned(), "\u{e9}t\u{e9}".to_owned()],
            vec!["12345".to_owned(), String::new()],
        ];
        assert_eq!(
            columns(&headings, &rows),
            ["   ID  NAME", "    7  \u{e9}t\u{e9}", "12345"]
        );
        assert_eq!(columns(&headings, &[]), ["  ID  NAME"]);
        assert_eq!(cut("\u{e9}t\u{e9}", 2), "\u{e9}t");
        assert_eq!(cut("ab", 80), "ab");
    }

    #[test]
    fn limits_are_written_with_units() {
        assert_eq!(parse_size("512"), Ok(512));
        assert_eq!(parse_size("64KiB"), Ok(65536));
        assert_eq!(parse_size("1GiB"), Ok(1 << 30));
        assert_eq!(parse_time("250ms"), Ok(250));
        assert_eq!(parse_time("2s"), Ok(2000));
        assert_eq!(parse_time("1min"), Ok(60000));
        assert_eq!(parse_time("2h"), Ok(7_200_000));
        assert_eq!(parse_count("1_000"), Ok(1000));
        assert_eq!(parse_count("10M"), Ok(10_000_000));
        for wrong in ["", "0", "-1", "1.5s", "5", "s", "99999999999999999999s"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "0KiB", "1MB", "KiB", "+1", "18446744073709551615KiB"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
        assert!(parse_count("0").is_err() && parse_count("1.5M").is_err());
        assert_eq!(parse_seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["0", "NaN", "inf", "x"] {
            assert!(parse_seconds(wrong).is_err(), "{wrong}");
        }
    }
}
