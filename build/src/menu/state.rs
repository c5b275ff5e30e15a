// SPDX-License-Identifier: GPL-2.0
//! What the menu is at any moment, and what a key of the keyboard makes of it. Nothing here knows
//! of a terminal.

use std::fs;
use std::os::unix::fs::{
    MetadataExt as _,
    chown, //
};
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result,
    ensure, //
};
use ratatui::crossterm::event::{
    KeyCode,
    KeyEvent,
    KeyModifiers, //
};

use super::document::{
    Document,
    Place,
    Stated,
    change,
    typed,
    words, //
};
use super::estimate::{
    Line,
    estimate, //
};
use crate::config::reference::{
    KEYS,
    Key,
    Kind,
    SECTIONS,
    heading,
    most, //
};
use crate::config::{
    self,
    Accepted,
    Known,
    Setting, //
};
use crate::diagnostic::Source;
use crate::docs::Reference;
use crate::size::choices::Figures;
use crate::tree;

/// The menu of one file.
pub struct Menu<'a> {
    pub(super) name: String,
    path: PathBuf,
    known: Known<'a>,
    pub(super) reference: Reference<'a>,
    figures: Figures,
    /// As the file has it.
    saved: String,
    pub(super) document: Document,
    /// What was there before each change.
    undo: Vec<Document>,
    pub(super) rows: Vec<Row>,
    pub(super) selected: usize,
    pub(super) mode: Mode,
    pub(super) state: State,
    /// The estimate of the file as it was opened or written.
    pub(super) before: Option<[Line; 4]>,
    /// What was done last, or why it was not.
    pub(super) message: String,
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct Row {
    pub(super) what: What,
    /// What a setting has, as it is written.
    pub(super) value: String,
    /// Where that is from; empty for what the file itself says.
    pub(super) origin: String,
}

impl Row {
    /// What a heading says.
    pub(super) fn heading(&self) -> String {
        let What::Heading { section, one } = &self.what else {
            return String::new();
        };
        match (one, heading(section)) {
            (Some(one), heading) => format!("{heading} {one}"),
            (None, "") => "above the sections".to_owned(),
            (None, heading) => heading.to_owned(),
        }
    }
}

#[derive(Debug, Clone)]
pub enum What {
    /// A section, or a table or a script by its name.
    Heading {
        section: &'static str,
        one: Option<String>,
    },
    Setting {
        key: &'static Key,
        place: Place,
    },
}

/// What comes of the configuration as it is.
pub enum State {
    Good(Box<Accepted>),
    /// What `check` says of it.
    Bad {
        count: usize,
        text: String,
    },
}

/// What keys are for.
#[derive(Debug, Clone)]
pub enum Mode {
    Browse,
    /// A value is typed.
    Type {
        text: String,
        cursor: usize,
    },
    /// Some of several words are chosen.
    Choose {
        words: Vec<(String, bool)>,
        at: usize,
        many: bool,
    },
    /// The name of something new is typed: a table, an element of one, or a script.
    Add {
        text: String,
        cursor: usize,
    },
    /// Whether to leave without writing.
    Leave,
    /// All errors, from this line on.
    Errors {
        top: usize,
    },
}

/// Whether the menu goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Stay,
    Leave,
}

impl<'a> Menu<'a> {
    /// # Errors
    ///
    /// A file that cannot be read, or is no TOML.
    pub fn open(path: &Path, known: Known<'a>) -> Result<Self> {
        let name = path.display().to_string();
        let source = Source::read(path, name.clone())?;
        let document = Document::new(source.text.clone());
        let document = document.with_context(|| format!("{name} is not TOML"))?;
        let mut menu = Self {
            name,
            path: path.to_owned(),
            known,
            reference: Reference::new(known)?,
            figures: Figures::read()?,
            saved: source.text,
            document,
            undo: Vec::new(),
            rows: Vec::new(),
            selected: 0,
            mode: Mode::Browse,
            state: State::Bad {
                count: 0,
                text: String::new(),
            },
            before: None,
            message: String::new(),
        };
        menu.look();
        menu.before = menu.estimate();
        menu.selected = menu.next_setting(0, 1).unwrap_or(0);
        Ok(menu)
    }

    pub fn is_changed(&self) -> bool {
        self.document.text() != self.saved
    }

    pub(super) fn estimate(&self) -> Option<[Line; 4]> {
        match &self.state {
            State::Good(accepted) => {
                Some(estimate(&accepted.config, self.known.stdlib, &self.figures))
            }
            State::Bad { .. } => None,
        }
    }

    fn read(&self, document: &Document) -> State {
        let source = Source {
            name: self.name.clone(),
            path: self.path.clone(),
            text: document.text().to_owned(),
        };
        match config::read(source, self.known) {
            Ok(accepted) => State::Good(Box::new(accepted)),
            Err(refused) => State::Bad {
                count: refused.diagnostics.len(),
                text: refused.render(false),
            },
        }
    }

    /// Looks at the document anew.
    fn look(&mut self) {
        self.state = self.read(&self.document);
        let settings = match &self.state {
            State::Good(accepted) => accepted.settings(),
            // What the files said last that made sense.
            State::Bad { .. } => {
                let last = self
                    .undo
                    .iter()
                    .rev()
                    .find_map(|document| match self.read(document) {
                        State::Good(accepted) => Some(accepted.settings()),
                        State::Bad { .. } => None,
                    });
                last.unwrap_or_default()
            }
        };
        self.rows = rows(&self.document, &settings);
        self.selected = self.selected.min(self.rows.len().saturating_sub(1));
    }

    pub(super) fn row(&self) -> Option<&Row> {
        self.rows.get(self.selected)
    }

    /// The next line with a setting, from `from` on.
    fn next_setting(&self, from: usize, step: isize) -> Option<usize> {
        let mut at = from;
        while let Some(row) = self.rows.get(at) {
            if matches!(row.what, What::Setting { .. }) {
                return Some(at);
            }
            at = at.checked_add_signed(step)?;
        }
        None
    }

    /// Selects a key below the heading that the list shows so; tells whether there is one.
    pub fn select(&mut self, heading: &str, key: &str) -> bool {
        let mut under = String::new();
        let found = self.rows.iter().position(|row| match &row.what {
            What::Heading { .. } => {
                under = row.heading();
                false
            }
            What::Setting { place, .. } => under == heading && place.keys == [key],
        });
        self.selected = found.unwrap_or(self.selected);
        found.is_some()
    }

    /// Does what a key of the keyboard asks for.
    pub fn key(&mut self, key: KeyEvent) -> Next {
        self.message.clear();
        match self.mode.clone() {
            Mode::Browse => return self.browse(key),
            Mode::Type { text, cursor } => match key.code {
                KeyCode::Enter => self.finish(),
                KeyCode::Esc => self.cancel(),
                _ => {
                    let (text, cursor) = line(text, cursor, key);
                    self.try_text(&text);
                    self.mode = Mode::Type { text, cursor };
                }
            },
            Mode::Choose { words, at, many } => self.choose(key, words, at, many),
            Mode::Add { text, cursor } => match key.code {
                KeyCode::Enter => self.add(&text),
                KeyCode::Esc => self.mode = Mode::Browse,
                _ => {
                    let (text, cursor) = line(text, cursor, key);
                    self.mode = Mode::Add { text, cursor };
                }
            },
            Mode::Leave => match key.code {
                KeyCode::Char('w' | 'y') => {
                    self.mode = Mode::Browse;
                    if self.write() {
                        return Next::Leave;
                    }
                }
                KeyCode::Char('q' | 'n') => return Next::Leave,
                _ => self.mode = Mode::Browse,
            },
            Mode::Errors { top } => match key.code {
                KeyCode::Up | KeyCode::Char('k') => {
                    self.mode = Mode::Errors {
                        top: top.saturating_sub(1),
                    };
                }
                KeyCode::Down | KeyCode::Char('j') => {
                    let lines = match &self.state {
                        State::Bad { text, .. } => text.lines().count(),
                        State::Good(_) => 0,
                    };
                    let top = (top + 1).min(lines.saturating_sub(1));
                    self.mode = Mode::Errors { top };
                }
                _ => self.mode = Mode::Browse,
            },
        }
        Next::Stay
    }

    fn browse(&mut self, key: KeyEvent) -> Next {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return self.leave(),
            KeyCode::Char('s') if control => drop(self.write()),
            KeyCode::Char('q') | KeyCode::Esc => return self.leave(),
            KeyCode::Up | KeyCode::Char('k') => self.step(-1),
            KeyCode::Down | KeyCode::Char('j') => self.step(1),
            KeyCode::PageUp => (0..10).for_each(|_| self.step(-1)),
            KeyCode::PageDown => (0..10).for_each(|_| self.step(1)),
            KeyCode::Home => self.selected = 0,
            KeyCode::End => self.selected = self.rows.len().saturating_sub(1),
            KeyCode::Tab => self.section(1),
            KeyCode::BackTab => self.section(-1),
            KeyCode::Enter | KeyCode::Char(' ') => self.begin(),
            KeyCode::Delete | KeyCode::Char('d') => self.reset(),
            KeyCode::Char('a') => {
                self.mode = Mode::Add {
                    text: String::new(),
                    cursor: 0,
                };
            }
            KeyCode::Char('x') => self.remove(),
            KeyCode::Char('u') => match self.undo.pop() {
                Some(document) => {
                    self.document = document;
                    self.look();
                    self.message = "undone".to_owned();
                }
                None => self.message = "nothing to undo".to_owned(),
            },
            KeyCode::Char('e') if matches!(self.state, State::Bad { .. }) => {
                self.mode = Mode::Errors { top: 0 };
            }
            KeyCode::Char('w') => drop(self.write()),
            _ => {}
        }
        Next::Stay
    }

    fn leave(&mut self) -> Next {
        if !self.is_changed() {
            return Next::Leave;
        }
        self.mode = Mode::Leave;
        Next::Stay
    }

    fn step(&mut self, step: isize) {
        let to = self.selected.checked_add_signed(step);
        if let Some(to) = to.filter(|to| *to < self.rows.len()) {
            self.selected = to;
        }
    }

    /// Goes to the heading before or behind.
    fn section(&mut self, step: isize) {
        let is_heading = |at: &usize| matches!(self.rows[*at].what, What::Heading { .. });
        let to = match step {
            1 => (self.selected + 1..self.rows.len()).find(is_heading),
            _ => (0..self.selected).rev().find(is_heading),
        };
        self.selected = to.unwrap_or(self.selected);
    }

    /// Begins to change what is selected.
    fn begin(&mut self) {
        let Some(Row {
            what: What::Setting { key, place },
            value,
            ..
        }) = self.row().cloned()
        else {
            return;
        };
        let mode = match &key.kind {
            Kind::Word(_) | Kind::Boolean => {
                let now = plain_string(&value);
                let words = match &key.kind {
                    Kind::Word(words) => words(),
                    _ => vec!["true", "false"],
                }
                .into_iter();
                let words: Vec<_> = words.map(|word| (word.to_owned(), word == now)).collect();
                let at = words.iter().position(|(_, chosen)| *chosen).unwrap_or(0);
                let many = false;
                Mode::Choose { words, at, many }
            }
            Kind::Words(words) => choice(words(), &value),
            Kind::Modules => choice(self.known.stdlib.names().collect(), &value),
            Kind::Elements if place.keys.len() == 1 => {
                self.message = "a adds an element".to_owned();
                return;
            }
            kind => {
                let text = match kind {
                    // Of these the quotes say something.
                    Kind::Elements | Kind::Paths => value,
                    _ => plain_string(&value),
                };
                Mode::Type {
                    cursor: text.chars().count(),
                    text,
                }
            }
        };
        self.undo.push(self.document.clone());
        self.mode = mode;
    }

    /// The document as it was before what is being typed or chosen.
    fn original(&self) -> Document {
        self.undo.last().unwrap_or(&self.document).clone()
    }

    fn finish(&mut self) {
        if self.undo.last() == Some(&self.document) {
            self.undo.pop();
        }
        self.mode = Mode::Browse;
        self.look();
    }

    fn cancel(&mut self) {
        if let Some(document) = self.undo.pop() {
            self.document = document;
        }
        self.mode = Mode::Browse;
        self.look();
    }

    /// What the file would be with this text for the selected value.
    fn try_text(&mut self, text: &str) {
        let Some(What::Setting { key, place }) = self.row().map(|row| row.what.clone()) else {
            return;
        };
        let mut document = self.original();
        document.set(&place, typed(&key.kind, text));
        self.document = document;
        self.look_at_state();
    }

    /// As [`Self::look`], but with the rows as they are: the selected one keeps its place.
    fn look_at_state(&mut self) {
        self.state = self.read(&self.document);
    }

    fn choose(&mut self, key: KeyEvent, mut words: Vec<(String, bool)>, at: usize, many: bool) {
        match key.code {
            KeyCode::Esc => return self.cancel(),
            KeyCode::Enter => return self.finish(),
            _ => {}
        }
        let at = match key.code {
            KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => (at + 1).min(words.len().saturating_sub(1)),
            _ => at,
        };
        let toggles = match many {
            true => key.code == KeyCode::Char(' '),
            false => true,
        };
        if toggles {
            for (number, (_, chosen)) in words.iter_mut().enumerate() {
                match many {
                    true if number == at => *chosen = !*chosen,
                    true => {}
                    false => *chosen = number == at,
                }
            }
            self.try_words(&words, many);
        }
        self.mode = Mode::Choose { words, at, many };
    }

    fn try_words(&mut self, chosen: &[(String, bool)], many: bool) {
        let Some(What::Setting { key, place }) = self.row().map(|row| row.what.clone()) else {
            return;
        };
        let chosen: Vec<_> = chosen.iter().filter(|(_, chosen)| *chosen).collect();
        let chosen: Vec<_> = chosen.into_iter().map(|(word, _)| word.as_str()).collect();
        let mut document = self.original();
        let value = match many {
            false => typed(&key.kind, chosen.first().copied().unwrap_or_default()),
            true => self.list(&document, &place, &chosen),
        };
        document.set(&place, value);
        self.document = document;
        self.look_at_state();
    }

    /// A list as the file has it: whole, or as a change of what it inherits.
    fn list(&self, document: &Document, place: &Place, chosen: &[&str]) -> toml_edit::Value {
        let inherits = document.inherits();
        let whole = match document.list(place) {
            Some(Stated::List) => true,
            Some(Stated::Change) => false,
            None => !inherits,
        };
        let mut without = document.clone();
        without.unset(place);
        let path = Setting {
            section: place.section.to_owned(),
            name: place.one.clone(),
            key: place.keys.join("."),
            value: String::new(),
            origin: String::new(),
        };
        let settings = match self.read(&without) {
            State::Good(accepted) if !whole => accepted.settings(),
            // What it would be a change of is not known.
            _ => return words(chosen.iter().copied()),
        };
        let base = settings
            .iter()
            .find(|setting| setting.path() == path.path());
        let base = base.map_or_else(Vec::new, |setting| listed(&setting.value));
        let added = chosen.iter().copied();
        let added: Vec<_> = added
            .filter(|word| !base.iter().any(|base| base == word))
            .collect();
        let removed = base.iter().map(String::as_str);
        let removed: Vec<_> = removed.filter(|word| !chosen.contains(word)).collect();
        change(&added, &removed)
    }

    /// Takes what the file states for the selected key out of it.
    fn reset(&mut self) {
        let Some(What::Setting { place, .. }) = self.row().map(|row| row.what.clone()) else {
            return;
        };
        if self.document.stated(&place).is_none() {
            self.message = "the file does not state this".to_owned();
            return;
        }
        if place.keys == ["name"] && place.one.is_some() {
            self.message = format!("x on its heading removes a {}", place.section);
            return;
        }
        self.change(|document| document.unset(&place));
    }

    fn change(&mut self, change: impl FnOnce(&mut Document)) {
        self.undo.push(self.document.clone());
        change(&mut self.document);
        self.look();
    }

    /// The section that the selected line is of, and which one of those of its heading.
    fn selection(&self) -> Option<(&'static str, Option<String>)> {
        Some(match &self.row()?.what {
            What::Heading { section, one } => (section, one.clone()),
            What::Setting { place, .. } => (place.section, place.one.clone()),
        })
    }

    /// What `a` adds where no elements are selected: one more of the section, or a table.
    pub(super) fn adds(&self) -> &'static str {
        let (section, _) = self.selection().unwrap_or_default();
        match most(section) {
            Some(_) => section,
            None => "table",
        }
    }

    /// Adds a table or a script, or an element to the table whose elements are selected.
    fn add(&mut self, text: &str) {
        self.mode = Mode::Browse;
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let elements = match self.row().map(|row| row.what.clone()) {
            Some(What::Setting { key, place }) if matches!(key.kind, Kind::Elements) => Some(place),
            _ => None,
        };
        let Some(mut place) = elements else {
            let new = self.adds();
            self.change(|document| document.add(new, text));
            let row = self.rows.iter().position(|row| match &row.what {
                What::Heading { section, one } => *section == new && one.as_deref() == Some(text),
                What::Setting { .. } => false,
            });
            self.selected = row.unwrap_or(self.selected);
            return;
        };
        let Some((name, value)) = text.split_once('=') else {
            self.message = "an element is NAME = VALUE".to_owned();
            return;
        };
        place.keys.truncate(1);
        place.keys.push(plain_string(name.trim()));
        let value = typed(&Kind::Elements, value);
        self.change(|document| document.set(&place, value));
    }

    fn remove(&mut self) {
        let Some((section, Some(one))) = self.selection() else {
            self.message = "this is no table and no script".to_owned();
            return;
        };
        let mut without = self.document.clone();
        without.remove(section, &one, false);
        let inherited = match self.read(&without) {
            State::Good(accepted) => {
                let config = &accepted.config;
                let stands = match section {
                    "script" => config.scripts.iter().any(|script| script.name == one),
                    _ => config.tables.iter().any(|table| table.name == one),
                };
                // The table that there is without any other is none to remove.
                stands && self.document.inherits()
            }
            State::Bad { .. } => false,
        };
        self.change(|document| document.remove(section, &one, inherited));
    }

    /// Writes the file, if it is right; tells whether it did.
    fn write(&mut self) -> bool {
        if let State::Bad { .. } = self.state {
            self.message = "not written: there are errors".to_owned();
            return false;
        }
        match save(&self.path, &self.saved, self.document.text()) {
            Ok(()) => {
                self.document.text().clone_into(&mut self.saved);
                self.before = self.estimate();
                self.message = format!("{} is written", self.name);
                true
            }
            Err(error) => {
                self.message = format!("not written: {error:#}");
                false
            }
        }
    }
}

/// Replaces the text of a file, if it is still `before`: in one step, but for a file that would have other names or
/// another owner then.
fn save(path: &Path, before: &str, text: &str) -> Result<()> {
    // A link stays one.
    let path = fs::canonicalize(path).with_context(|| format!("{} is gone", path.display()))?;
    let found = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        found == before.as_bytes(),
        "the file was changed by someone else meanwhile"
    );
    let meta = fs::metadata(&path)?;
    ensure!(
        !meta.permissions().readonly(),
        "the file is read-only (chmod u+w)"
    );
    let mut in_place = meta.nlink() > 1;
    if !in_place {
        let replaced = tree::replace(&path, text.as_bytes(), |temporary| {
            let owned = chown(temporary, Some(meta.uid()), Some(meta.gid()));
            owned.inspect_err(|_| in_place = true)?;
            fs::set_permissions(temporary, meta.permissions())?;
            fs::File::open(temporary)?.sync_all()
        });
        if !in_place {
            return Ok(replaced?);
        }
    }
    fs::write(&path, text)?;
    fs::File::open(&path)?.sync_all()?;
    Ok(())
}

/// A line that is typed, after one more key.
fn line(text: String, cursor: usize, key: KeyEvent) -> (String, usize) {
    let mut chars: Vec<_> = text.chars().collect();
    let cursor = cursor.min(chars.len());
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let cursor = match key.code {
        KeyCode::Char('u') if control => {
            chars.clear();
            0
        }
        KeyCode::Char(_) if control => cursor,
        KeyCode::Char(c) => {
            chars.insert(cursor, c);
            cursor + 1
        }
        KeyCode::Backspace if cursor > 0 => {
            chars.remove(cursor - 1);
            cursor - 1
        }
        KeyCode::Delete if cursor < chars.len() => {
            chars.remove(cursor);
            cursor
        }
        KeyCode::Left => cursor.saturating_sub(1),
        KeyCode::Right => (cursor + 1).min(chars.len()),
        KeyCode::Home => 0,
        KeyCode::End => chars.len(),
        _ => cursor,
    };
    (chars.into_iter().collect(), cursor)
}

fn choice(words: Vec<&str>, value: &str) -> Mode {
    let chosen = listed(value);
    Mode::Choose {
        words: words
            .into_iter()
            .map(|word| (word.to_owned(), chosen.iter().any(|chosen| chosen == word)))
            .collect(),
        at: 0,
        many: true,
    }
}

/// The words of a list in TOML.
fn listed(value: &str) -> Vec<String> {
    let value = value.parse::<toml_edit::Value>().ok();
    let items = value.as_ref().and_then(toml_edit::Value::as_array);
    let items = items.into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// A string of TOML without its quotes.
fn plain_string(value: &str) -> String {
    let parsed = value.parse::<toml_edit::Value>().ok();
    let string = parsed.as_ref().and_then(toml_edit::Value::as_str);
    string.unwrap_or(value).to_owned()
}

/// The lines of the list. `settings` are those of the last configuration that was right.
fn rows(document: &Document, settings: &[Setting]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (section, ..) in SECTIONS {
        let names = match most(section) {
            Some(_) => names(document, settings, section),
            None => vec![None],
        };
        let heading = |one| Row {
            what: What::Heading { section, one },
            value: String::new(),
            origin: String::new(),
        };
        // There is a line to add the first one at.
        if names.is_empty() {
            rows.push(heading(None));
        }
        for one in names {
            rows.push(heading(one.clone()));
            for key in KEYS.iter().filter(|key| key.section == *section) {
                add_rows(&mut rows, document, settings, key, one.as_ref());
            }
        }
    }
    rows
}

/// The tables or scripts that there are, and those that the file tells of.
fn names(document: &Document, settings: &[Setting], section: &str) -> Vec<Option<String>> {
    let of_settings = settings.iter().filter(|setting| setting.section == section);
    let mut names: Vec<_> = of_settings.map(|setting| setting.name.clone()).collect();
    names.extend(document.names(section).into_iter().map(Some));
    names.retain(Option::is_some);
    let mut seen = Vec::new();
    names.retain(|name| {
        let new = !seen.contains(name);
        seen.push(name.clone());
        new
    });
    names
}

fn add_rows(
    rows: &mut Vec<Row>,
    document: &Document,
    settings: &[Setting],
    key: &'static Key,
    one: Option<&String>,
) {
    let place = |keys: Vec<String>| Place {
        section: key.section,
        one: one.cloned(),
        keys,
    };
    // What is removed is not there to be shown.
    if matches!(key.kind, Kind::True) {
        return;
    }
    let of_key = settings
        .iter()
        .filter(|setting| setting.section == key.section && setting.name.as_ref() == one);
    let effective = of_key.clone().find(|setting| setting.key == key.name);
    let here = place(vec![key.name.to_owned()]);
    let stated = document.stated(&here);
    let is_list = matches!(key.kind, Kind::Words(_) | Kind::Modules);
    let (value, origin) = match (&stated, effective) {
        // A list is shown as what comes of it.
        (Some(_), Some(effective)) if is_list => (effective.value.clone(), String::new()),
        (Some(stated), _) => (stated.clone(), String::new()),
        (None, Some(effective)) => (effective.value.clone(), effective.origin.clone()),
        (None, None) => (String::new(), key.without.unwrap_or("").to_owned()),
    };
    if !matches!(key.kind, Kind::Elements) {
        rows.push(Row {
            what: What::Setting { key, place: here },
            value,
            origin,
        });
        return;
    }
    let prefix = format!("{}.", key.name);
    let mut elements: Vec<_> = of_key
        .filter_map(|setting| {
            let name = setting.key.strip_prefix(&prefix)?;
            Some((
                plain_string(name),
                setting.value.clone(),
                setting.origin.clone(),
            ))
        })
        .collect();
    for name in document.elements(one.map_or("", String::as_str)) {
        if !elements.iter().any(|(other, ..)| *other == name) {
            elements.push((name, String::new(), String::new()));
        }
    }
    rows.push(Row {
        what: What::Setting { key, place: here },
        value: match elements.len() {
            0 => "empty".to_owned(),
            1 => "1 element".to_owned(),
            number => format!("{number} elements"),
        },
        origin: String::new(),
    });
    for (name, value, origin) in elements {
        let place = place(vec![key.name.to_owned(), name]);
        let stated = document.stated(&place);
        let origin = if stated.is_some() {
            String::new()
        } else {
            origin
        };
        rows.push(Row {
            value: stated.unwrap_or(value),
            what: What::Setting { key, place },
            origin,
        });
    }
}
