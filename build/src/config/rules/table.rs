// SPDX-License-Identifier: GPL-2.0
//! The rules of `[[table]]`: its name, its limits and what they have to do with
//! each other. What a table begins with is in `init`.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};
use std::ops::{
    Range,
    RangeInclusive, //
};

use toml::Spanned;

use super::super::names::{
    LUA_GLOBALS,
    LUA_KEYWORDS, //
};
use super::super::raw::{
    Given,
    Item,
    RawTable,
    Section, //
};
use super::super::{
    Access,
    PER_BUCKET,
    Table,
    ValueType,
    Word, //
};
use super::{
    Checked,
    GIB,
    KIB,
    MIB,
    NameError,
    Names,
    Refused,
    Rules,
    did_you_mean,
    init,
    integer,
    misshapen,
    show_size,
    size, //
};
use crate::diagnostic::{
    Diagnostic,
    listing, //
};

pub(in crate::config) const TABLE_NAME_MAX: usize = 31;
pub const TABLES_MAX: usize = 64;
pub(in crate::config) const BUCKETS: RangeInclusive<u64> = 1..=65536;
pub(in crate::config) const MAX_BUCKETS: RangeInclusive<u64> = 1..=1 << 24;
/// As far as other keys let it.
pub(in crate::config) const MAX_ENTRIES: RangeInclusive<u64> = 1..=*MAX_BUCKETS.end() * PER_BUCKET;
pub(in crate::config) const KEY_MAX: RangeInclusive<u64> = 1..=4096;
pub(in crate::config) const STRING_MAX: RangeInclusive<u64> = 1..=MIB;
/// As far as other keys let it.
pub(in crate::config) const MAX_BYTES: RangeInclusive<u64> =
    *KEY_MAX.start() + LARGEST_BESIDES..=64 * GIB;
/// What `max-bytes` must leave room for besides a key and a string: an element
/// and its share of the rest.
const LARGEST_BESIDES: u64 = 64;

const DEFAULT_STRING_MAX: u64 = 64 * KIB;

pub(super) fn default_table(name: &str) -> Table {
    Table {
        name: name.to_owned(),
        buckets: 256,
        max_buckets: 256,
        max_entries: 256 * PER_BUCKET,
        value_types: ValueType::ALL
            .iter()
            .map(|(_, value_type)| *value_type)
            .collect(),
        key_max: 255,
        string_max: Some(DEFAULT_STRING_MAX),
        max_bytes: 16 * MIB,
        access: Access::ReadWrite,
        init: BTreeMap::new(),
    }
}

/// The section.
impl Rules<'_> {
    pub(super) fn tables(&mut self, raw: &[Spanned<Section<RawTable>>]) -> Vec<Table> {
        if let Some(extra) = raw.get(TABLES_MAX) {
            self.refuse(
                format!("a module has at most {TABLES_MAX} tables"),
                extra.span(),
                format!("table number {}", TABLES_MAX + 1),
            );
        }
        let mut seen: Names = Vec::new();
        raw.iter().map(|raw| self.table(raw, &mut seen)).collect()
    }

    fn table(&mut self, raw: &Spanned<Section<RawTable>>, seen: &mut Names) -> Table {
        let place = raw.span();
        let raw = &raw.get_ref().0;
        let name = match &raw.name {
            Some(item) => {
                let name = self.name(&raw.name, "table.name", table_name);
                name.map(|name| self.unique("tables", name, item.span(), seen))
            }
            None => {
                let title = "a table needs a `name`";
                let label = "the global that scripts reach this table by";
                let below = init::entries(&raw.init).any(|(key, _)| key.get_ref() == "name");
                self.diagnostics.push(
                    Diagnostic::new(title, place, label)
                        .maybe_help(below.then(|| init::above_init("name"))),
                );
                None
            }
        };
        let value_types = self.list(&raw.value_types, "table.value-types", unknown_value_type);
        let (value_types, strings) = match value_types {
            Checked::Good(types) if types.is_empty() => {
                let item = raw.value_types.as_ref().expect("a checked list was given");
                self.refuse("a table stores at least one type", item.span(), "no type");
                (BTreeSet::new(), None)
            }
            Checked::Good(types) => {
                let types: BTreeSet<_> = types.into_iter().map(|(value, _)| value).collect();
                let strings = types.contains(&ValueType::String);
                (types, Some(strings))
            }
            Checked::Absent => (default_table("").value_types, Some(true)),
            Checked::Bad => (BTreeSet::new(), None),
        };
        let default = default_table("");
        let string_max = self.size(&raw.string_max, "table.string-max", STRING_MAX);
        if let (Some(false), Some(item), Some(types)) = (strings, &raw.string_max, &raw.value_types)
        {
            self.diagnostics.push(
                Diagnostic::new(
                    "`string-max` limits nothing: this table stores no strings",
                    item.span(),
                    "without effect",
                )
                .related(types.span(), "no `string` here")
                .help("leave `string-max` out, or add \"string\" to `value-types`"),
            );
        }
        let string_max = match strings {
            // Nothing to add to what an element needs.
            Some(false) => Some(0),
            Some(true) => or_default(&raw.string_max, string_max, DEFAULT_STRING_MAX),
            None => None,
        };
        let buckets = self.power_of_two(&raw.buckets, "table.buckets", BUCKETS);
        let buckets = or_default(&raw.buckets, buckets, default.buckets);
        let max_buckets = self.max_buckets(raw, buckets);
        let key_max = self.size(&raw.key_max, "table.key-max", KEY_MAX);
        let key_max = or_default(&raw.key_max, key_max, default.key_max);
        let limits = Limits {
            value_types: strings.is_some().then_some(&value_types),
            max_buckets,
            max_entries: self.max_entries(raw, max_buckets),
            key_max,
            string_max,
            max_bytes: self.max_bytes(raw, key_max, string_max),
        };
        Table {
            name: name.unwrap_or_default(),
            buckets: buckets.unwrap_or(default.buckets),
            max_buckets: max_buckets.unwrap_or(default.max_buckets),
            max_entries: limits.max_entries.unwrap_or(default.max_entries),
            key_max: key_max.unwrap_or(default.key_max),
            string_max: string_max.filter(|_| strings == Some(true)),
            max_bytes: limits.max_bytes.unwrap_or(default.max_bytes),
            access: self.access(raw),
            init: self.init(raw, &limits),
            value_types,
        }
    }

    /// Notes a name that no other of `what` may have.
    pub(super) fn unique(
        &mut self,
        what: &str,
        name: String,
        place: Range<usize>,
        seen: &mut Names,
    ) -> String {
        match seen.iter().find(|(other, _)| *other == name) {
            Some((_, first)) => self.diagnostics.push(
                Diagnostic::new(
                    format!("two {what} are called `{name}`"),
                    place,
                    "the same name again",
                )
                .related(first.clone(), "first used here"),
            ),
            None => seen.push((name.clone(), place)),
        }
        name
    }
}

/// What a table's initial contents must keep to. `None` stands for a limit that
/// was itself refused: then nothing is known to break it.
pub(super) struct Limits<'a> {
    pub(super) value_types: Option<&'a BTreeSet<ValueType>>,
    pub(super) max_buckets: Option<u32>,
    pub(super) max_entries: Option<u64>,
    pub(super) key_max: Option<u64>,
    pub(super) string_max: Option<u64>,
    pub(super) max_bytes: Option<u64>,
}

impl Limits<'_> {
    pub(super) fn strings(&self) -> bool {
        self.value_types
            .is_none_or(|types| types.contains(&ValueType::String))
    }
}

/// What the keys of a table have to do with each other.
impl Rules<'_> {
    fn max_buckets(&mut self, raw: &RawTable, buckets: Option<u32>) -> Option<u32> {
        let Some(item) = &raw.max_buckets else {
            return buckets;
        };
        let most = self.power_of_two(&raw.max_buckets, "table.max-buckets", MAX_BUCKETS)?;
        let Some(buckets) = buckets.filter(|buckets| *buckets > most) else {
            return Some(most);
        };
        let diagnostic = Diagnostic::new(
            "`table.max-buckets` cannot be below `buckets`: the table has those from the start",
            item.span(),
            format!("less than {buckets}"),
        );
        self.diagnostics.push(match &raw.buckets {
            Some(item) => diagnostic
                .related(item.span(), "more than it may grow to")
                .help(format!(
                    "raise `max-buckets` to {buckets}, or lower `buckets` to {most}"
                )),
            None => diagnostic
                .note(format!("without a `buckets` key a table has {buckets}"))
                .help(format!(
                    "add `buckets = {most}`, or raise `max-buckets` to {buckets}"
                )),
        });
        None
    }

    fn max_entries(&mut self, raw: &RawTable, max_buckets: Option<u32>) -> Option<u64> {
        let most = max_buckets.map(|buckets| u64::from(buckets) * PER_BUCKET);
        let Some(item) = &raw.max_entries else {
            return most;
        };
        let range = *MAX_ENTRIES.start()..=most.unwrap_or(*MAX_ENTRIES.end());
        match integer(item, "table.max-entries", &range) {
            Ok(entries) => Some(entries),
            Err(refused) => {
                let Refused { diagnostic, number } = *refused;
                let diagnostic = match (max_buckets, number) {
                    (Some(buckets), Some(number)) if number > i128::from(*range.end()) => {
                        let help = u64::try_from(number).ok().and_then(more_buckets);
                        few_buckets(diagnostic, raw, buckets).maybe_help(help)
                    }
                    _ => diagnostic,
                };
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn max_bytes(
        &mut self,
        raw: &RawTable,
        key_max: Option<u64>,
        string_max: Option<u64>,
    ) -> Option<u64> {
        let Some(item) = &raw.max_bytes else {
            return Some(default_table("").max_bytes);
        };
        let largest = key_max.zip(string_max);
        let least = largest.map_or(1, |(key, string)| key + string + LARGEST_BESIDES);
        match size(item, "table.max-bytes", &(least..=*MAX_BYTES.end())) {
            Ok(bytes) => Some(bytes),
            Err(refused) => {
                let Refused {
                    mut diagnostic,
                    number,
                } = *refused;
                if let (Some((key, string)), Some(number)) = (largest, number)
                    && number < i128::from(least)
                {
                    for (given, what, bytes) in [
                        (&raw.key_max, "keys", key),
                        (&raw.string_max, "strings", string),
                    ] {
                        if let Some(item) = given {
                            let label = format!("{what} of up to {}", show_size(bytes));
                            diagnostic = diagnostic.related(item.span(), label);
                        }
                    }
                    let strings = match string {
                        0 => String::new(),
                        _ => format!(", its string {} (`string-max`)", show_size(string)),
                    };
                    diagnostic = diagnostic.note(format!(
                        "the largest element must fit: its key has up to {} (`key-max`){strings}, \
                         and {LARGEST_BESIDES} for the rest",
                        show_size(key)
                    ));
                }
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn access(&mut self, raw: &RawTable) -> Access {
        let access = self
            .word(&raw.access, "table.access")
            .unwrap_or(Access::ReadWrite);
        if let (Access::ReadOnly, Some(item)) = (access, &raw.access) {
            let diagnostic = match &raw.init {
                None => Some(Diagnostic::new(
                    "a table that scripts only read needs a `[table.init]`",
                    item.span(),
                    "it would always be empty",
                )),
                Some(init) => match init.get_ref() {
                    Item::Table(entries) if entries.is_empty() => Some(
                        Diagnostic::new(
                            "a table that scripts only read needs something in its `[table.init]`",
                            item.span(),
                            "it would always be empty",
                        )
                        .related(init.span(), "nothing in here"),
                    ),
                    _ => None,
                },
            };
            self.diagnostics.extend(diagnostic.map(|diagnostic| {
                diagnostic.help(
                    "below `[table.init]` write what it holds, a `key = value` a line; \
                     or let scripts write: `access = \"read-write\"`",
                )
            }));
        }
        access
    }

    fn power_of_two(
        &mut self,
        given: &Given,
        key: &str,
        range: RangeInclusive<u64>,
    ) -> Option<u32> {
        let number = self.integer(given, key, range)?;
        if number.is_power_of_two() {
            return u32::try_from(number).ok();
        }
        let above = number.next_power_of_two();
        let place = given.as_ref()?.span();
        let title = format!("`{key}` takes a power of two");
        self.diagnostics.push(
            Diagnostic::new(title, place, "not a power of two")
                .help(format!("the nearest are {} and {above}", above / 2)),
        );
        None
    }
}

/// Adds why there is no room for more elements.
pub(super) fn few_buckets(diagnostic: Diagnostic, raw: &RawTable, buckets: u32) -> Diagnostic {
    let diagnostic = match raw.max_buckets.as_ref().or(raw.buckets.as_ref()) {
        Some(item) => diagnostic.related(item.span(), "the buckets"),
        None => diagnostic,
    };
    diagnostic.note(format!(
        "{PER_BUCKET} elements a bucket, of which there are {buckets}: \
         longer lists would make reading slow"
    ))
}

/// What a table needs to hold `entries`.
pub(super) fn more_buckets(entries: u64) -> Option<String> {
    let buckets = entries.div_ceil(PER_BUCKET).checked_next_power_of_two()?;
    if BUCKETS.contains(&buckets) {
        Some(format!("raise `buckets` or `max-buckets` to {buckets}"))
    } else {
        MAX_BUCKETS
            .contains(&buckets)
            .then(|| format!("raise `max-buckets` to {buckets}"))
    }
}

/// What a key says: `value` as it was checked, or `default` if the file leaves
/// the key out; `None` if it was refused.
fn or_default<T>(given: &Given, value: Option<T>, default: T) -> Option<T> {
    match given {
        Some(_) => value,
        None => Some(default),
    }
}

fn misshapen_table(name: &str) -> Option<String> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
    misshapen(name, TABLE_NAME_MAX, first, rest)
}

fn table_name(name: &str) -> Result<(), NameError> {
    if let Some(label) = misshapen_table(name) {
        let allowed = format!(
            "`table.name` takes a Lua name: 1 to {TABLE_NAME_MAX} of letters, digits and _, \
             the first no digit"
        );
        let plain = name.replace(['-', ' ', '.'], "_");
        let help = misshapen_table(&plain)
            .is_none()
            .then(|| format!("\"{plain}\" would do"));
        return Err((allowed, label, help));
    }
    let taken = if LUA_KEYWORDS.contains(&name) {
        "a keyword of Lua"
    } else if LUA_GLOBALS.contains(&name) {
        "a global of Lua's own"
    } else {
        return Ok(());
    };
    let title = format!("`{name}` cannot be a table's name");
    Err((title, taken.to_owned(), None))
}

fn unknown_value_type(word: &str, place: Range<usize>) -> Diagnostic {
    let words = ValueType::words;
    Diagnostic::new(
        format!("a table cannot store the type `{word}`"),
        place,
        "unknown",
    )
    .note(format!("it stores {}", listing(words(), "and")))
    .maybe_help(did_you_mean(word, words()))
}
