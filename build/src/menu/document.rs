// SPDX-License-Identifier: GPL-2.0
//! A flavour's file under change: single values are put in, replaced and taken out, and all
//! else, comments and order included, stays as it is.

use std::str::FromStr as _;

use toml_edit::{
    Array,
    ArrayOfTables,
    Decor,
    Document as Parsed,
    DocumentMut,
    InlineTable,
    Item,
    RawString,
    Table,
    TableLike,
    Value,
    value, //
};

use crate::config::reference::{
    KEYS,
    Kind,
    SECTIONS, //
};

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Empty for what stands above all sections.
    pub section: &'static str,
    /// Which `[[table]]` or `[[script]]`, by its name.
    pub one: Option<String>,
    /// The key, and one inside of it for an element of `[table.init]`.
    pub keys: Vec<String>,
}

/// The text of a file that is TOML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document(String);

/// What some editors put before all text.
const MARK: &str = "\u{feff}";

impl Document {
    /// # Errors
    ///
    /// What is no TOML.
    pub fn new(text: String) -> Result<Self, toml_edit::TomlError> {
        DocumentMut::from_str(&text)?;
        Ok(Self(text))
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    fn parsed(&self) -> DocumentMut {
        DocumentMut::from_str(&self.0).expect("it was TOML before")
    }

    /// The value that the file itself states, as it is written.
    pub fn stated(&self, place: &Place) -> Option<String> {
        let document = self.parsed();
        let (last, way) = place.keys.split_last()?;
        let mut section = section(document.as_table(), place)?;
        for key in way {
            section = section.get(key)?.as_table_like()?;
        }
        match section.get(last)? {
            Item::Value(value) => Some(bare(value)),
            Item::Table(table) => {
                Some(bare(&Value::InlineTable(table.clone().into_inline_table())))
            }
            Item::None | Item::ArrayOfTables(_) => None,
        }
    }

    /// Whether the file inherits something.
    pub fn inherits(&self) -> bool {
        self.parsed().contains_key("inherit")
    }

    /// The names of those that the file has a `[[table]]` for, or another section of which there
    /// can be several.
    pub fn names(&self, section: &str) -> Vec<String> {
        let document = self.parsed();
        let sections = document.get(section).into_iter().flat_map(several);
        sections.filter_map(name).collect()
    }

    /// The keys below `[table.init]` of a table.
    pub fn elements(&self, table: &str) -> Vec<String> {
        let place = Place {
            section: "table",
            one: Some(table.to_owned()),
            keys: Vec::new(),
        };
        let document = self.parsed();
        let init = section(document.as_table(), &place)
            .and_then(|table| table.get("init"))
            .and_then(Item::as_table_like);
        let elements = init.into_iter().flat_map(|init| init.iter());
        elements.map(|(key, _)| key.to_owned()).collect()
    }

    /// The list of words that `place` states, if it is one.
    pub fn list(&self, place: &Place) -> Option<Stated> {
        let stated = self.stated(place)?;
        match Value::from_str(&stated).ok()? {
            Value::Array(_) => Some(Stated::List),
            Value::InlineTable(_) => Some(Stated::Change),
            _ => None,
        }
    }

    /// States `new` at `place`; makes the section if there is none.
    pub fn set(&mut self, place: &Place, new: Value) {
        let mut document = self.parsed();
        let Some((last, way)) = place.keys.split_last() else {
            return;
        };
        let mut section = made(&mut document, place);
        for key in way {
            let inner = section.entry(key).or_insert(value(InlineTable::new()));
            section = match inner.as_table_like_mut() {
                Some(inner) => inner,
                // A value that is no table is wrong there, and replaced.
                None => return,
            };
        }
        match section.get_mut(last) {
            Some(Item::Value(old)) => match (old.as_array_mut(), words_of(&new)) {
                (Some(old), Some(words)) if old.iter().all(Value::is_str) => {
                    change_words(old, &words)
                }
                _ => {
                    let decor = old.decor().clone();
                    *old = new;
                    *old.decor_mut() = decor;
                }
            },
            _ => {
                let before: Vec<_> = section.iter().map(|(key, _)| key.to_owned()).collect();
                // One in braces has a space at its end.
                let mut new = new;
                if let Some((_, Item::Value(end))) = section.iter_mut().last() {
                    let behind = text_of(end.decor().suffix());
                    if behind.trim().is_empty() {
                        end.decor_mut().set_suffix("");
                        new.decor_mut().set_suffix(behind);
                    }
                }
                section.insert(last, Item::Value(new));
                let order = ordered(before, last, &order_of(place.section));
                // One in braces has its new keys at the end.
                if let (true, Some(table)) = (way.is_empty(), headed(&mut document, place)) {
                    sort(table, &order);
                }
            }
        }
        self.keep(&document);
    }

    /// The text becomes that of `document`, which has neither its mark nor its ends of lines.
    fn keep(&mut self, document: &DocumentMut) {
        let mut text = document.to_string().replace("\r\n", "\n");
        let line = self.0.split_inclusive('\n').next().unwrap_or_default();
        if line.ends_with("\r\n") {
            text = text.replace('\n', "\r\n");
        }
        if self.0.starts_with(MARK) && !text.starts_with(MARK) {
            text.insert_str(0, MARK);
        }
        self.0 = text;
    }

    /// Takes out what stands at `place`, if anything does: its lines, and not the comment above.
    pub fn unset(&mut self, place: &Place) {
        let Some((last, way)) = place.keys.split_last() else {
            return;
        };
        if let Some(text) = self.without_lines(place) {
            self.0 = text;
            return;
        }
        // It shares its line with others.
        let mut document = self.parsed();
        let Some(mut section) = section_mut(document.as_table_mut(), place) else {
            return;
        };
        for key in way {
            match section.get_mut(key).and_then(Item::as_table_like_mut) {
                Some(inner) => section = inner,
                None => return,
            }
        }
        let is_end = section.iter().last().is_some_and(|(key, _)| key == last);
        let gone = section.remove(last);
        // The space at the end of one in braces.
        if let (true, Some(Item::Value(gone)), Some((_, Item::Value(end)))) =
            (is_end, gone, section.iter_mut().last())
        {
            let behind = text_of(gone.decor().suffix());
            end.decor_mut().set_suffix(behind);
        }
        self.keep(&document);
    }

    fn without_lines(&self, place: &Place) -> Option<String> {
        let parsed = Parsed::parse(self.0.as_str()).ok()?;
        let (last, way) = place.keys.split_last()?;
        let mut section = section(parsed.as_table(), place)?;
        for key in way {
            section = section.get(key)?.as_table_like()?;
        }
        let (key, item) = section.get_key_value(last)?;
        let (start, end) = (key.span()?.start, item.as_value()?.span()?.end);
        let start = self.0[..start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.0[end..]
            .find('\n')
            .map_or(self.0.len(), |at| end + at + 1);
        let text = format!("{}{}", &self.0[..start], &self.0[end..]);
        // The lines had this one key alone if all else is as it was.
        let mut expected = self.parsed();
        let mut inside = section_mut(expected.as_table_mut(), place)?;
        for key in way {
            inside = inside.get_mut(key)?.as_table_like_mut()?;
        }
        inside.remove(last);
        let same = toml::from_str::<toml::Table>(&text).ok()?
            == toml::from_str::<toml::Table>(&expected.to_string()).ok()?;
        same.then_some(text)
    }

    /// Adds a `[[table]]`, or whatever the section is, of this name and nothing else.
    pub fn add(&mut self, section: &'static str, name: &str) {
        let place = Place {
            section,
            one: Some(name.to_owned()),
            keys: Vec::new(),
        };
        let mut document = self.parsed();
        made(&mut document, &place);
        self.keep(&document);
    }

    /// Removes the `[[table]]`, or whatever the section is, of this name from the file; `inherited`:
    /// says that what is inherited under this name goes.
    pub fn remove(&mut self, section: &'static str, which: &str, inherited: bool) {
        let mut document = self.parsed();
        let is_other = |one: &dyn TableLike| name(one).as_deref() != Some(which);
        let left = match document.get_mut(section) {
            Some(Item::ArrayOfTables(sections)) => {
                sections.retain(|one| is_other(one));
                sections.len()
            }
            Some(Item::Value(Value::Array(sections))) => {
                for at in (0..sections.len()).rev() {
                    let one = sections.get(at).and_then(Value::as_inline_table);
                    if one.is_some_and(|one| !is_other(one)) {
                        take_out(sections, at);
                    }
                }
                sections.len()
            }
            _ => 1,
        };
        if left == 0 {
            document.remove(section);
        }
        self.keep(&document);
        if inherited {
            let place = Place {
                section,
                one: Some(which.to_owned()),
                keys: vec!["remove".to_owned()],
            };
            self.set(&place, Value::from(true));
        }
    }
}

/// How a file states a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// All of it.
    List,
    /// What is added to another one, and removed.
    Change,
}

/// A list of words.
pub fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    Value::Array(words.into_iter().collect::<Array>())
}

/// The words of a list of words.
fn words_of(value: &Value) -> Option<Vec<String>> {
    let words = value.as_array()?.iter();
    words.map(|word| word.as_str().map(str::to_owned)).collect()
}

/// Makes a list that of `words`, and leaves all else in it as it is: what goes takes no comment with it but that
/// behind it, and what is new stands at the end.
fn change_words(list: &mut Array, words: &[String]) {
    let has = |list: &Array, word: &str| list.iter().any(|other| other.as_str() == Some(word));
    let is_meant = |word: &Value| words.iter().any(|other| word.as_str() == Some(other));
    for at in (0..list.len()).rev() {
        if !list.get(at).is_some_and(is_meant) {
            take_out(list, at);
        }
    }
    for word in words {
        if !has(list, word) {
            append(list, word.as_str().into());
        }
    }
}

fn text_of(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// What stands before the line that a text ends in, and that line.
fn at_last_line(text: &str) -> (&str, &str) {
    text.split_at(text.rfind('\n').unwrap_or(0))
}

/// Takes an element out of a list, its line with it if it has one of its own.
fn take_out(list: &mut Array, at: usize) {
    let gone = list.remove(at);
    let before = text_of(gone.decor().prefix());
    let after = match list.get(at) {
        Some(next) => text_of(next.decor().prefix()),
        None => text_of(Some(list.trailing())),
    };
    let after = match (before.contains('\n'), after.find('\n')) {
        // What is behind it on its line goes; what is above it stays.
        (true, Some(end)) => format!("{}{}", at_last_line(&before).0, &after[end..]),
        _ if at == 0 && !list.is_empty() => before,
        _ => after,
    };
    match list.get_mut(at) {
        Some(next) => next.decor_mut().set_prefix(after),
        None => list.set_trailing(after),
    }
}

/// Adds an element to a list, on a line of its own where others have one.
fn append(list: &mut Array, mut new: Value) {
    let Some(last) = list
        .len()
        .checked_sub(1)
        .and_then(|last| list.get_mut(last))
    else {
        new.decor_mut().clear();
        list.push_formatted(new);
        return;
    };
    let before = text_of(last.decor().prefix());
    let behind = text_of(last.decor().suffix());
    last.decor_mut().set_suffix("");
    let trailing = text_of(Some(list.trailing()));
    // A comment behind what was the last stays there.
    let (comment, end) = at_last_line(&trailing);
    let indent = at_last_line(&before).1;
    let lined = indent.starts_with('\n');
    let prefix = if lined {
        format!("{comment}{indent}")
    } else {
        " ".to_owned()
    };
    *new.decor_mut() = Decor::new(prefix, behind);
    if lined {
        list.set_trailing(end);
    }
    list.push_formatted(new);
}

/// `{ add = […], remove = […] }`, without what is empty.
pub fn change(add: &[&str], remove: &[&str]) -> Value {
    let mut table = InlineTable::new();
    for (key, list) in [("add", add), ("remove", remove)] {
        if !list.is_empty() {
            table.insert(key, words(list.iter().copied()));
        }
    }
    Value::InlineTable(table)
}

/// What a user means who types `text` as the value of such a key: quotes can be left out.
pub fn typed(kind: &Kind, text: &str) -> Value {
    let text = text.trim();
    let quoted = text.strip_prefix(['"', '\'']);
    let is_string =
        matches!(kind, Kind::Name { .. } | Kind::Word(_) | Kind::Path) && quoted.is_none();
    let parsed = Value::from_str(text).ok().filter(|_| !is_string);
    // A quote that is not closed yet is no part of what is meant.
    let mut value = parsed.unwrap_or_else(|| Value::from(quoted.unwrap_or(text)));
    value.decor_mut().clear();
    value
}

/// A value as it is written, without what stands around it.
fn bare(value: &Value) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    value.to_string()
}

fn name(table: &dyn TableLike) -> Option<String> {
    table.get("name").and_then(Item::as_str).map(str::to_owned)
}

/// The sections of one heading; in braces they may stand in a list.
fn several(item: &Item) -> Vec<&dyn TableLike> {
    match item {
        Item::ArrayOfTables(sections) => sections.iter().map(|one| one as &dyn TableLike).collect(),
        Item::Value(Value::Array(sections)) => {
            let sections = sections.iter().filter_map(Value::as_inline_table);
            sections.map(|one| one as &dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

fn section<'a>(root: &'a Table, place: &Place) -> Option<&'a dyn TableLike> {
    match (place.section, &place.one) {
        ("", _) => Some(root),
        (title, None) => root.get(title)?.as_table_like(),
        (title, Some(which)) => {
            let mut sections = several(root.get(title)?).into_iter();
            sections.find(|one| name(*one).as_ref() == Some(which))
        }
    }
}

fn section_mut<'a>(root: &'a mut Table, place: &Place) -> Option<&'a mut dyn TableLike> {
    match (place.section, &place.one) {
        ("", _) => Some(root),
        (title, None) => root.get_mut(title)?.as_table_like_mut(),
        (title, Some(which)) => {
            let is_it = |one: &dyn TableLike| name(one).as_ref() == Some(which);
            match root.get_mut(title)? {
                Item::ArrayOfTables(sections) => {
                    let found = sections.iter_mut().find(|one| is_it(*one));
                    found.map(|one| one as &mut dyn TableLike)
                }
                Item::Value(Value::Array(sections)) => {
                    let mut sections = sections.iter_mut().filter_map(Value::as_inline_table_mut);
                    let found = sections.find(|one| is_it(*one));
                    found.map(|one| one as &mut dyn TableLike)
                }
                _ => None,
            }
        }
    }
}

/// The section of `place` if it is one with a heading, or the whole document.
fn headed<'a>(document: &'a mut DocumentMut, place: &Place) -> Option<&'a mut Table> {
    let root = document.as_table_mut();
    match (place.section, &place.one) {
        ("", _) => Some(root),
        (title, None) => root.get_mut(title)?.as_table_mut(),
        (title, Some(which)) => {
            let mut sections = root.get_mut(title)?.as_array_of_tables_mut()?.iter_mut();
            sections.find(|one| name(*one).as_ref() == Some(which))
        }
    }
}

/// The section of `place`, made if there is none.
fn made<'a>(document: &'a mut DocumentMut, place: &Place) -> &'a mut dyn TableLike {
    if section(document.as_table(), place).is_none() {
        make(document, place);
    }
    section_mut(document.as_table_mut(), place).expect("it was made")
}

fn make(document: &mut DocumentMut, place: &Place) {
    if let (Some(name), Some(Item::Value(Value::Array(sections)))) =
        (&place.one, document.get_mut(place.section))
        && !sections.is_empty()
    {
        let mut new = InlineTable::new();
        new.insert("name", name.into());
        append(sections, Value::InlineTable(new));
        return;
    }
    let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
    let root = document.as_table_mut();
    let first = root.is_empty() && trailing.is_empty();
    let mut new = Table::new();
    if let Some(name) = &place.one {
        new.insert("name", value(name.as_str()));
        // `table = []` is no more.
        if !root.contains_array_of_tables(place.section) {
            root.remove(place.section);
            let none = Item::ArrayOfTables(ArrayOfTables::new());
            insert_section(root, place.section, none);
        }
    } else {
        insert_section(root, place.section, Item::Table(Table::new()));
    }
    // What stands at the end of the file is about what was the last there.
    let last = root
        .iter()
        .last()
        .is_some_and(|(title, _)| title == place.section);
    let above = if last { trailing.as_str() } else { "" };
    let prefix = if first {
        String::new()
    } else {
        format!("{above}\n")
    };
    new.decor_mut().set_prefix(prefix);
    match root.get_mut(place.section) {
        Some(Item::ArrayOfTables(sections)) => sections.push(new),
        Some(item) => *item = Item::Table(new),
        None => {}
    }
    if last {
        document.set_trailing("");
    }
}

fn insert_section(root: &mut Table, title: &str, item: Item) {
    let before: Vec<_> = root.iter().map(|(key, _)| key.to_owned()).collect();
    root.insert(title, item);
    let sections: Vec<_> = SECTIONS.iter().map(|(section, ..)| *section).collect();
    let order = ordered(before, title, &sections);
    sort(root, &order);
}

/// The keys of a section as they are told of.
fn order_of(section: &str) -> Vec<&'static str> {
    let keys = KEYS.iter().filter(|key| key.section == section);
    keys.map(|key| key.name).collect()
}

/// `new` put among `before`: behind the last of those that come before it in `usual`.
fn ordered(before: Vec<String>, new: &str, usual: &[&str]) -> Vec<String> {
    let rank = |key: &str| usual.iter().position(|other| *other == key);
    let earlier = |key: &String| rank(key).is_some_and(|at| Some(at) < rank(new));
    let at = before.iter().rposition(earlier).map_or(0, |at| at + 1);
    let at = match rank(new) {
        Some(_) => at,
        None => before.len(),
    };
    let mut order = before;
    order.insert(at, new.to_owned());
    order
}

/// Puts the keys of a section into `order`. What has a heading of its own stays where it is.
fn sort(section: &mut Table, order: &[String]) {
    let rank = |key: &toml_edit::Key| order.iter().position(|other| other == key.get());
    section.sort_values_by(|one, _, other, _| rank(one).cmp(&rank(other)));
}
