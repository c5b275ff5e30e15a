// SPDX-License-Identifier: GPL-2.0
//! The rules of `[table.init]`, what a table begins with: each element by itself,
//! and all of them against the limits of their table.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::super::raw::{
    Entry,
    Given,
    Item,
    RawTable,
    keys, //
};
use super::super::{
    ELEMENT_BYTES,
    Initial,
    PER_BUCKET,
    ValueType,
    Word, //
};
use super::table::{
    KEY_MAX,
    Limits,
    MAX_BYTES,
    STRING_MAX,
    few_buckets,
    more_buckets, //
};
use super::{
    Rules,
    show_size, //
};
use crate::diagnostic::{
    Diagnostic,
    listing, //
};

impl Rules<'_> {
    pub(super) fn init(
        &mut self,
        raw: &RawTable,
        limits: &Limits<'_>,
    ) -> BTreeMap<String, Initial> {
        if let Some(item) = &raw.init
            && !matches!(item.get_ref(), Item::Table(_))
        {
            self.refuse(
                "`table.init` takes a section, headed `[table.init]`, or `{ key = value }`",
                item.span(),
                format!("this is {}", item.get_ref().kind()),
            );
        }
        let mut entries: Vec<_> = entries(&raw.init).collect();
        // The first element too many is to be one that stands behind all that fit.
        entries.sort_by_key(|(key, _)| key.span().start);
        self.init_count(&entries, raw, limits);
        let mut init = BTreeMap::new();
        for (key, value) in &entries {
            self.init_key(key, raw, limits);
            if let Some(value) = self.init_value(key.get_ref(), value, raw, limits) {
                init.insert(key.get_ref().clone(), value);
            }
        }
        self.init_bytes(&entries, &init, raw, limits);
        init
    }

    fn init_count(&mut self, entries: &[&Entry], raw: &RawTable, limits: &Limits<'_>) {
        let Some(most) = limits.max_entries else {
            return;
        };
        let extra = usize::try_from(most)
            .ok()
            .and_then(|most| entries.get(most));
        let Some((key, _)) = extra else {
            return;
        };
        let count = entries.len() as u64;
        let diagnostic = Diagnostic::new(
            format!("`table.init` has {count} elements, and the table holds {most}"),
            key.span(),
            format!("element number {}", most + 1),
        );
        let by_buckets = limits
            .max_buckets
            .map_or(u64::MAX, |buckets| u64::from(buckets) * PER_BUCKET);
        self.diagnostics
            .push(match (&raw.max_entries, limits.max_buckets) {
                (Some(item), _) => diagnostic
                    .related(item.span(), "the limit")
                    .maybe_help(raise("max-entries", count, by_buckets).or(more_buckets(count))),
                (None, Some(buckets)) => {
                    few_buckets(diagnostic, raw, buckets).maybe_help(more_buckets(count))
                }
                (None, None) => diagnostic,
            });
    }

    fn init_key(&mut self, key: &Spanned<String>, raw: &RawTable, limits: &Limits<'_>) {
        let bytes = key.get_ref().len() as u64;
        if let Some(most) = limits.key_max.filter(|most| bytes > *most) {
            let title = format!(
                "a key in `table.init` is longer than `key-max`, {}",
                show_size(most)
            );
            let help = raise("key-max", bytes, *KEY_MAX.end());
            self.past(title, key.span(), bytes, &raw.key_max, help);
        }
    }

    fn init_value(
        &mut self,
        key: &str,
        value: &Spanned<Item>,
        raw: &RawTable,
        limits: &Limits<'_>,
    ) -> Option<Initial> {
        let initial = match value.get_ref() {
            Item::Boolean(truth) => Initial::Boolean(*truth),
            Item::String(string) => Initial::String(string.clone()),
            Item::Integer(number) => match i64::try_from(*number) {
                Ok(number) => Initial::Integer(number),
                Err(_) => {
                    // As Lua reads such a number in hexadecimal.
                    let wrapped = u64::try_from(*number).ok().map(u64::cast_signed);
                    self.diagnostics.push(
                        Diagnostic::new(
                            format!("an integer goes from {} to {}", i64::MIN, i64::MAX),
                            value.span(),
                            "more than 64 bits with a sign",
                        )
                        .maybe_help(wrapped.map(|n| format!("the same 64 bits are {n}"))),
                    );
                    return None;
                }
            },
            other => {
                let diagnostic = not_stored(value.span(), other.kind(), limits);
                self.diagnostics.push(match other {
                    _ if is_table_key(key) => diagnostic.help(above_init(key)),
                    Item::Float => diagnostic.note("numbers are 64-bit integers in the kernel"),
                    Item::Datetime if limits.strings() => {
                        diagnostic.help("in quotes it is a string")
                    }
                    // Mostly the work of a dot, which TOML takes for a level.
                    Item::Table(entries) => {
                        diagnostic.maybe_help(entries.first().map(|(inner, _)| {
                            format!(
                                "a key with a dot in it takes quotes: {:?}",
                                format!("{key}.{}", inner.get_ref())
                            )
                        }))
                    }
                    _ => diagnostic,
                });
                return None;
            }
        };
        let value_type = initial.value_type();
        if limits
            .value_types
            .is_some_and(|types| !types.contains(&value_type))
        {
            let mut diagnostic = not_stored(value.span(), value.get_ref().kind(), limits);
            let word = value_type.word();
            if let Some(types) = &raw.value_types {
                diagnostic = diagnostic.related(types.span(), format!("no `{word}` here"));
            }
            self.diagnostics.push(match is_table_key(key) {
                true => diagnostic.help(above_init(key)),
                false => diagnostic.help(format!("add \"{word}\" to `value-types`")),
            });
            return None;
        }
        if let (Initial::String(string), Some(most)) = (&initial, limits.string_max)
            && string.len() as u64 > most
        {
            let bytes = string.len() as u64;
            let title = format!(
                "a string in `table.init` is longer than `string-max`, {}",
                show_size(most)
            );
            let help = raise("string-max", bytes, *STRING_MAX.end());
            self.past(title, value.span(), bytes, &raw.string_max, help);
            return None;
        }
        Some(initial)
    }

    fn init_bytes(
        &mut self,
        entries: &[&Entry],
        init: &BTreeMap<String, Initial>,
        raw: &RawTable,
        limits: &Limits<'_>,
    ) {
        let Some(most) = limits.max_bytes else {
            return;
        };
        let mut bytes = 0;
        let mut extra = None;
        for (key, value) in entries {
            if let Some(initial) = init.get(key.get_ref()) {
                bytes += initial.bytes(key.get_ref());
                if bytes > most && extra.is_none() {
                    extra = Some((key.span().start..value.span().end, bytes));
                }
            }
        }
        let Some((place, reached)) = extra else {
            return;
        };
        let mut diagnostic = Diagnostic::new(
            format!(
                "`table.init` needs more than `max-bytes`, {}",
                show_size(most)
            ),
            place,
            format!("up to here {reached} bytes"),
        )
        .note(format!(
            "each element counts its key, its string and {ELEMENT_BYTES} bytes"
        ))
        .maybe_help(raise("max-bytes", bytes, *MAX_BYTES.end()));
        if let Some(item) = &raw.max_bytes {
            diagnostic = diagnostic.related(item.span(), "the limit");
        }
        self.diagnostics.push(diagnostic);
    }

    /// Refuses what has more bytes than `limit` says.
    fn past(
        &mut self,
        title: String,
        place: Range<usize>,
        bytes: u64,
        limit: &Given,
        help: Option<String>,
    ) {
        let mut diagnostic =
            Diagnostic::new(title, place, format!("{bytes} bytes")).maybe_help(help);
        if let Some(item) = limit {
            diagnostic = diagnostic.related(item.span(), "the limit");
        }
        self.diagnostics.push(diagnostic);
    }
}

/// The elements of an `init` that is a table.
pub fn entries(init: &Given) -> impl Iterator<Item = &Entry> {
    let entries = match init.as_ref().map(Spanned::get_ref) {
        Some(Item::Table(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter()
}

/// Of a value in `init`, which is `kind`.
fn not_stored(place: Range<usize>, kind: &str, limits: &Limits<'_>) -> Diagnostic {
    let types: Vec<_> = match limits.value_types {
        Some(types) => types.iter().map(|value_type| value_type.word()).collect(),
        None => ValueType::words().collect(),
    };
    let title = format!("`table.init` takes values of type {}", listing(types, "or"));
    Diagnostic::new(title, place, format!("this is {kind}"))
}

fn is_table_key(key: &str) -> bool {
    keys("table").contains(&key)
}

/// In TOML all that follows a heading belongs to it.
pub(super) fn above_init(key: &str) -> String {
    format!("what follows `[table.init]` is an element: write the table's `{key}` above it")
}

fn raise(key: &str, bytes: u64, most: u64) -> Option<String> {
    (bytes <= most).then(|| format!("raise `{key}` to at least {bytes}"))
}
