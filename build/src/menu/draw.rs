// SPDX-License-Identifier: GPL-2.0
//! The menu on a screen, of 80 columns and 24 lines or more: the list of keys, beside it what the
//! selected one is, below what comes of the whole.

use ratatui::Frame;
use ratatui::layout::{
    Constraint,
    Layout,
    Position,
    Rect, //
};
use ratatui::style::{
    Modifier,
    Style,
    Stylize as _, //
};
use ratatui::text::{
    Line,
    Span, //
};
use ratatui::widgets::{
    Block,
    Borders,
    Paragraph,
    Wrap, //
};

use super::estimate::human;
use super::state::{
    Menu,
    Mode,
    Row,
    State,
    What, //
};
use crate::config::reference::{
    Key,
    SECTIONS, //
};
use crate::docs::{
    plain,
    wrapped, //
};

/// Columns of the list, and of a key and a value in it.
const LIST: u16 = 49;
const KEY: usize = 18;
const VALUE: usize = 17;

/// Lines of what comes of it, when it is right and when it is not.
const EFFECT: u16 = 5;
const ERRORS: u16 = 11;

pub fn draw(menu: &Menu<'_>, frame: &mut Frame<'_>) {
    if let (Mode::Errors { top }, State::Bad { text, .. }) = (&menu.mode, &menu.state) {
        let [errors, keys] =
            Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(frame.area());
        let top = u16::try_from(*top).unwrap_or(u16::MAX);
        frame.render_widget(Paragraph::new(text.as_str()).scroll((top, 0)), errors);
        frame.render_widget(keys_line("up and down, Esc back"), keys);
        return;
    }
    let below = match menu.state {
        State::Good(_) => EFFECT,
        State::Bad { .. } => ERRORS,
    };
    let [title, body, effect, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(below),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let [list, about] =
        Layout::horizontal([Constraint::Length(LIST), Constraint::Min(10)]).areas(body);
    draw_title(menu, frame, title);
    draw_list(menu, frame, list);
    draw_about(menu, frame, about);
    draw_effect(menu, frame, effect);
    draw_keys(menu, frame, keys);
}

fn draw_title(menu: &Menu<'_>, frame: &mut Frame<'_>, area: Rect) {
    let changed = if menu.is_changed() { "  (changed)" } else { "" };
    let text = format!(" lunatik  {}{changed}", menu.name);
    frame.render_widget(Paragraph::new(text).reversed(), area);
}

fn draw_list(menu: &Menu<'_>, frame: &mut Frame<'_>, area: Rect) {
    let height = usize::from(area.height);
    // The selected line stays in the middle where the list is longer than its place.
    let most = menu.rows.len().saturating_sub(height);
    let top = menu.selected.saturating_sub(height / 2).min(most);
    let rows = menu.rows.iter().enumerate().skip(top).take(height);
    let lines: Vec<_> = rows
        .map(|(number, row)| {
            let line = row_line(row);
            match number == menu.selected {
                true => line.style(Style::new().add_modifier(Modifier::REVERSED)),
                false => line,
            }
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
    if let Mode::Type { text, cursor } = &menu.mode {
        let line = Rect {
            x: area.x + KEY as u16 + 1,
            y: area.y + (menu.selected - top) as u16,
            width: area.width.saturating_sub(KEY as u16 + 2),
            height: 1,
        };
        draw_input(frame, line, text, *cursor);
    }
}

/// A line that is typed; of a long one, what is around the cursor.
fn draw_input(frame: &mut Frame<'_>, area: Rect, text: &str, cursor: usize) {
    let area = area.intersection(frame.area());
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width).saturating_sub(1);
    let skipped = cursor.saturating_sub(width);
    let shown: String = text.chars().skip(skipped).take(width).collect();
    let field = format!("{shown:width$} ");
    frame.render_widget(Paragraph::new(field).underlined(), area);
    let column = area.x + (cursor - skipped) as u16;
    frame.set_cursor_position(Position::new(column, area.y));
}

fn row_line(row: &Row) -> Line<'static> {
    match &row.what {
        What::Heading { .. } => Line::from(row.heading().bold()),
        What::Setting { place, .. } => {
            let key = match place.keys.as_slice() {
                [init, element] => format!("  {init}.{element}"),
                keys => keys.concat(),
            };
            let origin = match row.origin.as_str() {
                "" => String::new(),
                // The file's name says enough: `tiny:17`.
                origin => {
                    let name = origin.rsplit('/').next().unwrap_or(origin);
                    name.replace(".toml:", ":")
                }
            };
            let rest = usize::from(LIST) - KEY - VALUE - 3;
            Line::from(vec![
                Span::raw(format!(" {} ", cut(&key, KEY - 1))),
                Span::raw(format!("{} ", cut(&row.value, VALUE))),
                Span::raw(cut(&origin, rest)).dim(),
            ])
        }
    }
}

/// `text` in exactly `width` columns.
fn cut(text: &str, width: usize) -> String {
    let text: String = text.replace(char::is_control, "?");
    match text.chars().count() <= width {
        true => format!("{text:width$}"),
        false => text.chars().take(width - 1).chain(['…']).collect(),
    }
}

fn draw_about(menu: &Menu<'_>, frame: &mut Frame<'_>, area: Rect) {
    let block = Block::new().borders(Borders::LEFT);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inside.width);
    let lines = match (&menu.mode, menu.row().map(|row| &row.what)) {
        (Mode::Choose { words, at, many }, _) => chosen(words, *at, *many),
        (_, Some(What::Setting { key, .. })) => about(menu, key, width),
        (_, Some(What::Heading { section, .. })) => {
            let about = SECTIONS.iter().find(|(title, ..)| title == section);
            let about = about.map_or("", |(_, _, about)| about);
            wrapped(&plain(about), width)
                .into_iter()
                .map(Line::from)
                .collect()
        }
        (_, None) => Vec::new(),
    };
    frame.render_widget(Paragraph::new(lines), inside);
}

fn chosen(words: &[(String, bool)], at: usize, many: bool) -> Vec<Line<'static>> {
    let words = words.iter().enumerate().map(|(number, (word, chosen))| {
        let mark = match (many, chosen) {
            (true, true) => "[x]",
            (true, false) => "[ ]",
            (false, true) => "(x)",
            (false, false) => "( )",
        };
        let line = Line::from(format!("{mark} {word}"));
        match number == at {
            true => line.style(Style::new().add_modifier(Modifier::REVERSED)),
            false => line,
        }
    });
    words.collect()
}

fn about(menu: &Menu<'_>, key: &Key, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |title: &str, text: &str| {
        if !text.is_empty() {
            let text = match title {
                "" => plain(text),
                _ => format!("{title}: {}", plain(text)),
            };
            lines.extend(wrapped(&text, width).into_iter().map(Line::from));
        }
    };
    add("", key.summary);
    add("takes", &menu.reference.range(key));
    add("default", &menu.reference.default(key));
    add("costs", key.cost);
    add("", key.text);
    lines
}

fn draw_effect(menu: &Menu<'_>, frame: &mut Frame<'_>, area: Rect) {
    let (title, text) = match &menu.state {
        State::Good(_) => (" what it takes ".to_owned(), effect(menu)),
        State::Bad { count, text } => {
            let title = match count {
                1 => " 1 error ".to_owned(),
                count => format!(" {count} errors, e shows all "),
            };
            (title, text.clone())
        }
    };
    let block = Block::new().borders(Borders::TOP).title(title);
    let text = Paragraph::new(text).block(block);
    let text = match menu.state {
        State::Good(_) => text,
        State::Bad { .. } => text.wrap(Wrap { trim: false }),
    };
    frame.render_widget(text, area);
}

/// The estimate, and that of the file as it was.
fn effect(menu: &Menu<'_>) -> String {
    let Some(now) = menu.estimate() else {
        return String::new();
    };
    let lines = now.iter().enumerate().map(|(number, line)| {
        let was = menu.before.as_ref().map(|before| before[number].bytes);
        let was = was.filter(|was| *was != line.bytes);
        let was = was.map_or(String::new(), |was| format!("   was {}", human(was)));
        let (what, bytes) = (line.what, human(line.bytes));
        format!("  {what:<20} {bytes:>10}   {:<26}{was}", line.why)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn draw_keys(menu: &Menu<'_>, frame: &mut Frame<'_>, area: Rect) {
    if let Mode::Add { text, cursor } = &menu.mode {
        let what = match menu.adds() {
            "table" => " add a table, or to init NAME = VALUE: ".to_owned(),
            section => format!(" add a {section}: "),
        };
        frame.render_widget(keys_line(&what), area);
        let used = what.chars().count() as u16;
        let field = Rect {
            x: area.x + used,
            width: area.width.saturating_sub(used),
            ..area
        };
        draw_input(frame, field, text, *cursor);
        return;
    }
    let text = match &menu.mode {
        _ if !menu.message.is_empty() => menu.message.as_str(),
        Mode::Type { .. } => "Enter takes it, Esc leaves it as it was",
        Mode::Choose { many: true, .. } => "Space chooses, Enter takes it, Esc leaves it as it was",
        Mode::Choose { .. } => "up and down choose, Enter takes it, Esc leaves it as it was",
        Mode::Leave => "There are changes: w writes them, q leaves without, Esc goes back",
        _ => "Enter change  d default  a add  x remove  u undo  w write  q quit",
    };
    frame.render_widget(keys_line(text), area);
}

fn keys_line(text: &str) -> Paragraph<'static> {
    Paragraph::new(format!(" {text}")).reversed()
}
