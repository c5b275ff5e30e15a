// SPDX-License-Identifier: GPL-2.0
//! A flavour's file under change: single values are put in, replaced and taken out, and all
//! else, comments and order included, stays as it is.

use std::str::FromStr as _;

use toml_edit::{
    Array,
    ArrayOfTables,
    Document as Parsed,
    DocumentMut,
    InlineTable,
    Item,
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
        let sections = document.get(section).and_then(Item::as_array_of_tables);
        let sections = sections.into_iter().flatten();
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
            Some(Item::Value(old)) => {
                let decor = old.decor().clone();
                *old = new;
                *old.decor_mut() = decor;
            }
            _ => {
                let before: Vec<_> = section.iter().map(|(key, _)| key.to_owned()).collect();
                section.insert(last, value(new));
                let order = ordered(before, last, &order_of(place.section));
                // One in braces has its new keys at the end.
                if let (true, Some(table)) = (way.is_empty(), headed(&mut document, place)) {
                    sort(table, &order);
                }
            }
        }
        self.0 = document.to_string();
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
        section.remove(last);
        self.0 = document.to_string();
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
        self.0 = document.to_string();
    }

    /// Removes the `[[table]]`, or whatever the section is, of this name from the file; `inherited`:
    /// says that what is inherited under this name goes.
    pub fn remove(&mut self, section: &'static str, which: &str, inherited: bool) {
        let mut document = self.parsed();
        if let Some(Item::ArrayOfTables(sections)) = document.get_mut(section) {
            sections.retain(|one| name(one).as_deref() != Some(which));
            if sections.is_empty() {
                document.remove(section);
            }
        }
        self.0 = document.to_string();
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
    let is_quoted = text.starts_with(['"', '\'']);
    let is_string = matches!(kind, Kind::Name { .. } | Kind::Word(_) | Kind::Path) && !is_quoted;
    let parsed = Value::from_str(text).ok().filter(|_| !is_string);
    // A quote that is not closed yet is no part of what is meant.
    let mut value = parsed.unwrap_or_else(|| Value::from(text.trim_matches('"')));
    value.decor_mut().clear();
    value
}

/// A value as it is written, without what stands around it.
fn bare(value: &Value) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    value.to_string()
}

fn name(table: &Table) -> Option<String> {
    table.get("name").and_then(Item::as_str).map(str::to_owned)
}

fn section<'a>(root: &'a Table, place: &Place) -> Option<&'a dyn TableLike> {
    match (place.section, &place.one) {
        ("", _) => Some(root),
        (title, None) => root.get(title)?.as_table_like(),
        (title, Some(which)) => {
            let mut sections = root.get(title)?.as_array_of_tables()?.iter();
            let found = sections.find(|one| name(one).as_ref() == Some(which));
            found.map(|section| section as &dyn TableLike)
        }
    }
}

fn section_mut<'a>(root: &'a mut Table, place: &Place) -> Option<&'a mut dyn TableLike> {
    match (place.section, &place.one) {
        ("", _) => Some(root),
        (title, None) => root.get_mut(title)?.as_table_like_mut(),
        (title, Some(which)) => {
            let mut sections = root.get_mut(title)?.as_array_of_tables_mut()?.iter_mut();
            let found = sections.find(|one| name(one).as_ref() == Some(which));
            found.map(|section| section as &mut dyn TableLike)
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
            sections.find(|one| name(one).as_ref() == Some(which))
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
