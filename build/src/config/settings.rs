// SPDX-License-Identifier: GPL-2.0
//! A whole configuration key by key, each with its value and its place, for those who look
//! things up in it. It is what `show` writes, read again.

use toml_edit::{
    DocumentMut,
    Item,
    Table,
    Value, //
};

use super::Accepted;

/// A key that has a value in a flavour, be it by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `exec`, or `table`; empty for what stands above all sections.
    pub section: String,
    /// Which one of the sections of this heading: the table's name.
    pub name: Option<String>,
    /// `states`, or `init."a.b"`.
    pub key: String,
    /// As it would be written.
    pub value: String,
    /// The files and lines, or `default`.
    pub origin: String,
}

impl Setting {
    /// `exec.states`, or `table.rcu.buckets`.
    pub fn path(&self) -> String {
        let parts = [Some(self.section.as_str()), self.name.as_deref()];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        parts
            .chain([self.key.as_str()])
            .collect::<Vec<_>>()
            .join(".")
    }
}

/// The settings of a configuration, in the order of `show`.
pub fn settings(accepted: &Accepted) -> Vec<Setting> {
    let shown = accepted.show().parse::<DocumentMut>();
    let document = shown.expect("what is shown is TOML");
    let mut settings = Vec::new();
    for (title, item) in document.iter() {
        match item {
            Item::Table(table) => add(&mut settings, title, None, "", table),
            Item::ArrayOfTables(tables) => {
                for table in tables {
                    let name = table.get("name").and_then(Item::as_str).map(str::to_owned);
                    add(&mut settings, title, name, "", table);
                }
            }
            Item::Value(value) => settings.push(setting("", None, title.to_owned(), value)),
            Item::None => {}
        }
    }
    settings
}

/// Adds the keys of a section, those of sections inside with `prefix` before them.
fn add(
    settings: &mut Vec<Setting>,
    section: &str,
    name: Option<String>,
    prefix: &str,
    table: &Table,
) {
    for (key, item) in table.iter() {
        // As it is written, in quotes where it needs them.
        let key = table
            .key(key)
            .map_or(key.to_owned(), |key| key.display_repr().into_owned());
        let key = format!("{prefix}{key}");
        match item {
            Item::Value(value) => settings.push(setting(section, name.clone(), key, value)),
            Item::Table(inner) => add(settings, section, name.clone(), &format!("{key}."), inner),
            Item::ArrayOfTables(_) | Item::None => {}
        }
    }
}

fn setting(section: &str, name: Option<String>, key: String, value: &Value) -> Setting {
    let comment = value.decor().suffix().and_then(|suffix| suffix.as_str());
    let origin = comment.unwrap_or("").trim().trim_start_matches('#').trim();
    let mut bare = value.clone();
    bare.decor_mut().clear();
    Setting {
        section: section.to_owned(),
        name,
        key,
        value: bare.to_string(),
        origin: origin.to_owned(),
    }
}
