// SPDX-License-Identifier: GPL-2.0
//! Makes one document of the files of a flavour: each is laid over what those
//! before it came to. Every part keeps the place that it was written at.
//!
//! Sections are merged key by key, `[[table]]` and `[[script]]` by name and then key by
//! key, `[table.init]` key by key. A list replaces the one before it, or changes it:
//! `{ add = […], remove = […] }`. A `[[table]]` with `remove = true` takes away the
//! table of that name, `table = []` all of them, and so for scripts.
//!
//! What each file may hold by itself was seen to in `raw`, what the whole must hold
//! is for `rules`.

use std::ops::Range;

use toml::Spanned;
use toml::de::{
    DeArray,
    DeString,
    DeTable,
    DeValue, //
};

use super::rules::default_list;
use crate::diagnostic::{
    Diagnostic,
    listing,
    nearest, //
};

type Value<'a> = Spanned<DeValue<'a>>;
type Key<'a> = Spanned<DeString<'a>>;

/// The same document in a text that begins at `start`.
pub fn moved<'a>(table: DeTable<'a>, start: usize) -> DeTable<'a> {
    table
        .into_iter()
        .map(|(key, value)| (moved_part(key, start, |key| key), moved_value(value, start)))
        .collect()
}

fn moved_value(value: Value<'_>, start: usize) -> Value<'_> {
    moved_part(value, start, |value| match value {
        DeValue::Table(table) => DeValue::Table(moved(table, start)),
        DeValue::Array(array) => {
            let items = array.into_iter().map(|item| moved_value(item, start));
            DeValue::Array(items.collect())
        }
        other => other,
    })
}

fn moved_part<T>(part: Spanned<T>, start: usize, inside: impl FnOnce(T) -> T) -> Spanned<T> {
    let place = part.span();
    let place = place.start + start..place.end + start;
    Spanned::new(place, inside(part.into_inner()))
}

/// Lays `layers` over each other, the last one on top.
pub fn merge<'a>(layers: Vec<DeTable<'a>>, diagnostics: &mut Vec<Diagnostic>) -> DeTable<'a> {
    let mut merger = Merger { diagnostics };
    let mut document = DeTable::new();
    for layer in layers {
        for (name, section) in layer {
            merger.section(&mut document, name, section);
        }
    }
    document
}

struct Merger<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Merger<'_> {
    fn section<'a>(&mut self, under: &mut DeTable<'a>, name: Key<'a>, over: Value<'a>) {
        let place = over.span();
        let title = name.get_ref().clone();
        match over.into_inner() {
            DeValue::Table(over) => {
                let empty = DeValue::Table(DeTable::new());
                if let DeValue::Table(under) = present(under, name, place, empty) {
                    self.keys(&title, under, over);
                }
            }
            // None, whatever there was.
            DeValue::Array(over) if over.is_empty() => {
                put(under, name, Spanned::new(place, DeValue::Array(over)));
            }
            DeValue::Array(over) => {
                let empty = DeValue::Array(DeArray::new());
                if let DeValue::Array(under) = present(under, name, place, empty) {
                    let before = std::mem::replace(under, DeArray::new());
                    *under = self.named(&title, before, over);
                }
            }
            other => put(under, name, Spanned::new(place, other)),
        }
    }

    /// Lays the keys of a section over those before it.
    fn keys<'a>(&mut self, section: &str, under: &mut DeTable<'a>, over: DeTable<'a>) {
        for (key, value) in over {
            let place = value.span();
            let name = key.get_ref().clone();
            let before = under.get_mut(name.as_ref());
            let value = match (value.into_inner(), before.map(Spanned::get_mut)) {
                (DeValue::Table(over), Some(DeValue::Table(under))) if name == "init" => {
                    for (key, value) in over {
                        put(under, key, value);
                    }
                    continue;
                }
                (DeValue::Table(changes), before) => match default_list(section, &name) {
                    Some(words) => {
                        let list = match before {
                            Some(DeValue::Array(list)) => std::mem::replace(list, DeArray::new()),
                            // It is wrong by itself.
                            Some(_) => continue,
                            // They stand nowhere else.
                            None => words
                                .into_iter()
                                .map(|word| {
                                    Spanned::new(place.clone(), DeValue::String(word.into()))
                                })
                                .collect(),
                        };
                        let list = self.change(&format!("{section}.{name}"), list, changes);
                        DeValue::Array(list)
                    }
                    None => DeValue::Table(changes),
                },
                (value, _) => value,
            };
            put(under, key, Spanned::new(place, value));
        }
    }

    /// A list with some words more, and others fewer.
    fn change<'a>(
        &mut self,
        key: &str,
        mut list: DeArray<'a>,
        changes: DeTable<'a>,
    ) -> DeArray<'a> {
        let mut added = DeArray::new();
        for (change, words) in changes {
            let place = words.span();
            match (change.get_ref().as_ref(), words.into_inner()) {
                ("add", DeValue::Array(words)) => added = words,
                ("remove", DeValue::Array(words)) => list = self.without(key, list, &words),
                ("add" | "remove", _) => self.no_change(key, place, "this is no list"),
                _ => self.no_change(key, change.span(), "not known here"),
            }
        }
        // What is in it already is then there twice, for which there is a rule.
        list.into_iter().chain(added).collect()
    }

    fn no_change(&mut self, key: &str, place: Range<usize>, label: &str) {
        let title = format!("`{key}` takes a list, or `{{ add = [...], remove = [...] }}`");
        self.diagnostics.push(Diagnostic::new(title, place, label));
    }

    fn without<'a>(&mut self, key: &str, list: DeArray<'a>, words: &DeArray<'_>) -> DeArray<'a> {
        let mut kept: Vec<Value<'_>> = list.into_iter().collect();
        for word in words.iter() {
            let Some(name) = word.get_ref().as_str() else {
                self.no_change(key, word.span(), "this is no name in quotes");
                continue;
            };
            let there = || kept.iter().filter_map(|item| item.get_ref().as_str());
            if !there().any(|other| other == name) {
                let meant = nearest(name, there());
                let title = format!("`{key}` has no `{name}` to remove");
                self.diagnostics.push(
                    Diagnostic::new(title, word.span(), "not in the list")
                        .note(format!("it has {}", listing(there(), "and")))
                        .maybe_help(meant.map(|known| format!("did you mean \"{known}\"?"))),
                );
            }
            kept.retain(|item| item.get_ref().as_str() != Some(name));
        }
        kept.into_iter().collect()
    }

    /// Lays sections that have a name each, such as tables, over those before them. `what` is
    /// their heading.
    fn named<'a>(&mut self, what: &str, under: DeArray<'a>, over: DeArray<'a>) -> DeArray<'a> {
        let mut sections: Vec<Option<Value<'_>>> = under.into_iter().map(Some).collect();
        // A name that one file has twice is not meant to be one table: there is a rule for it.
        let mut inherited: Vec<_> = (0..sections.len()).collect();
        for section in over {
            let place = section.span();
            let DeValue::Table(mut keys) = section.into_inner() else {
                continue;
            };
            let remove = keys.remove("remove");
            let name = name(&keys).map(str::to_owned);
            let same = inherited.iter().position(|number| {
                let section = sections[*number].as_ref().map(Spanned::get_ref);
                let other = section.and_then(DeValue::as_table).and_then(self::name);
                name.is_some() && other == name.as_deref()
            });
            let same = same.map(|at| inherited.remove(at));
            match (remove, name, same) {
                (Some(remove), Some(name), same) => {
                    self.remove(what, &remove, &name, &keys, same.is_some());
                    if let Some(same) = same {
                        sections[same] = None;
                    }
                }
                (_, _, Some(same)) => {
                    let under = sections[same].as_mut().map(Spanned::get_mut);
                    if let Some(DeValue::Table(under)) = under {
                        self.one(what, under, keys);
                    }
                }
                (_, _, None) => {
                    let mut all = DeTable::new();
                    self.one(what, &mut all, keys);
                    sections.push(Some(Spanned::new(place, DeValue::Table(all))));
                }
            }
        }
        sections.into_iter().flatten().collect()
    }

    fn one<'a>(&mut self, what: &str, under: &mut DeTable<'a>, over: DeTable<'a>) {
        let narrowed = over.contains_key("value-types") && !over.contains_key("string-max");
        self.keys(what, under, over);
        // Whoever leaves strings out of an inherited table has nothing to say of their length.
        if narrowed
            && let Some(DeValue::Array(types)) = under.get("value-types").map(Spanned::get_ref)
            && !types
                .iter()
                .any(|word| word.get_ref().as_str() == Some("string"))
        {
            under.remove("string-max");
        }
    }

    /// Looks at what is wrong with a table or a script, which `what` says, that is to be removed.
    fn remove(
        &mut self,
        what: &str,
        remove: &Value<'_>,
        name: &str,
        keys: &DeTable<'_>,
        there: bool,
    ) {
        let other = keys.keys().find(|key| key.get_ref() != "name");
        let diagnostic = if remove.get_ref().as_bool() != Some(true) {
            let title = format!("`{what}.remove` takes `true`");
            Diagnostic::new(title, remove.span(), "this is something else")
                .help(format!("a {what} that is to stay needs no such key"))
        } else if !there {
            let title = format!("there is no {what} `{name}` to remove");
            let place = keys.get("name").map_or(remove.span(), Spanned::span);
            Diagnostic::new(title, place, "not inherited")
        } else if let Some(other) = other {
            let title = format!("the {what} `{name}` is removed, and has no other keys");
            Diagnostic::new(title, other.span(), "without effect")
                .related(remove.span(), "removed here")
                .help(format!(
                    "to replace a {what}, remove it, then add one in a `[[{what}]]` of its own"
                ))
        } else {
            return;
        };
        self.diagnostics.push(diagnostic);
    }
}

/// The name of a table or a script.
fn name<'b>(section: &'b DeTable<'_>) -> Option<&'b str> {
    section.get("name")?.get_ref().as_str()
}

/// The value of `key`, `empty` if there is none yet.
fn present<'a, 'b>(
    under: &'b mut DeTable<'a>,
    key: Key<'a>,
    place: Range<usize>,
    empty: DeValue<'a>,
) -> &'b mut DeValue<'a> {
    under
        .entry(key)
        .or_insert(Spanned::new(place, empty))
        .get_mut()
}

/// Replaces both key and value, so that they are of the same place.
fn put<'a>(under: &mut DeTable<'a>, key: Key<'a>, value: Value<'a>) {
    under.remove(&key);
    under.insert(key, value);
}
