// SPDX-License-Identifier: GPL-2.0
//! `lunatik.toml` as written: which sections and keys there are, and where each
//! value stands in the file. What a value may be is the business of `rules`.
//!
//! serde stops at its first error. To report every unknown key and misshapen
//! section of a file at once, [`read`] takes what serde refused out of the parsed
//! document and asks again, until serde is content with the rest.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{
    Deserializer,
    MapAccess,
    SeqAccess,
    Visitor,
    value::MapAccessDeserializer, //
};
use toml::Spanned;
use toml::de::{
    DeTable,
    DeValue, //
};

use crate::diagnostic::{
    Diagnostic,
    listing,
    nearest, //
};

/// A value that the file may leave out.
pub type Given = Option<Spanned<Item>>;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RawConfig {
    /// Gone once the files are merged, as is `remove`.
    pub inherit: Given,
    pub module: Section<RawModule>,
    pub device: Section<RawDevice>,
    pub exec: Section<RawExec>,
    pub lua: Section<RawLua>,
    pub build: Section<RawBuild>,
    pub budget: Section<RawBudget>,
    pub table: Option<Spanned<Sections<RawTable>>>,
    pub script: Option<Spanned<Sections<RawScript>>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RawModule {
    pub name: Given,
    pub description: Given,
    pub embed_config: Given,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RawDevice {
    pub name: Given,
    pub mode: Given,
    pub group: Given,
    pub capability: Given,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RawExec {
    pub states: Given,
    pub when_busy: Given,
    pub script_max: Given,
    pub memory_limit: Given,
    pub instruction_limit: Given,
    pub time_limit: Given,
    pub output_limit: Given,
    pub stack_reserve: Given,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RawLua {
    pub libraries: Given,
    pub stdlib: Given,
    pub compiler: Given,
    pub debug_info: Given,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RawBuild {
    pub optimize: Given,
    pub strip: Given,
    pub tracebacks: Given,
    pub tracepoints: Given,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RawBudget {
    pub memory: Given,
    pub ko: Given,
    pub state: Given,
    pub total: Given,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RawTable {
    pub name: Given,
    pub buckets: Given,
    pub max_buckets: Given,
    pub max_entries: Given,
    pub value_types: Given,
    pub key_max: Given,
    pub string_max: Given,
    pub max_bytes: Given,
    pub access: Given,
    /// An [`Item::Table`], if it is right: its keys are for the flavour to choose.
    pub init: Given,
    pub remove: Given,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RawScript {
    pub name: Given,
    pub file: Given,
    pub at_load: Given,
    pub remove: Given,
}

/// Sections of one heading, such as `[[table]]`, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Sections<T>(pub Vec<Spanned<Section<T>>>);

/// A section, which must be a table: on its own, serde would take a list, too,
/// and fill the keys in by their order.
#[derive(Debug, Clone, Default)]
pub struct Section<T>(pub T);

trait Heading {
    const HEADING: &'static str;
}

impl Heading for RawModule {
    const HEADING: &'static str = "[module]";
}

impl Heading for RawDevice {
    const HEADING: &'static str = "[device]";
}

impl Heading for RawExec {
    const HEADING: &'static str = "[exec]";
}

impl Heading for RawLua {
    const HEADING: &'static str = "[lua]";
}

impl Heading for RawBuild {
    const HEADING: &'static str = "[build]";
}

impl Heading for RawBudget {
    const HEADING: &'static str = "[budget]";
}

impl Heading for RawTable {
    const HEADING: &'static str = "[[table]]";
}

impl Heading for RawScript {
    const HEADING: &'static str = "[[script]]";
}

/// The sections and their keys once more, for messages; a test holds them equal
/// to what the structures above accept.
const SECTIONS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "inherit", "module", "device", "exec", "lua", "build", "budget", "table", "script",
        ],
    ),
    ("module", &["name", "description", "embed-config"]),
    ("device", &["name", "mode", "group", "capability"]),
    (
        "exec",
        &[
            "states",
            "when-busy",
            "script-max",
            "memory-limit",
            "instruction-limit",
            "time-limit",
            "output-limit",
            "stack-reserve",
        ],
    ),
    ("lua", &["libraries", "stdlib", "compiler", "debug-info"]),
    ("build", &["optimize", "strip", "tracebacks", "tracepoints"]),
    ("budget", &["memory", "ko", "state", "total"]),
    (
        "table",
        &[
            "name",
            "buckets",
            "max-buckets",
            "max-entries",
            "value-types",
            "key-max",
            "string-max",
            "max-bytes",
            "access",
            "init",
            "remove",
        ],
    ),
    ("script", &["name", "file", "at-load", "remove"]),
];

/// The sections that a file has one of for each thing, `[[table]]`.
pub const MANY: &[&str] = &["table", "script"];

/// The one key that stands under no heading.
pub const INHERIT: &str = "inherit";

/// Any TOML value, its parts with their places.
#[derive(Debug, Clone)]
pub enum Item {
    Boolean(bool),
    Integer(i128),
    Float,
    String(String),
    Datetime,
    Array(Vec<Spanned<Item>>),
    /// In no order that means anything.
    Table(Vec<Entry>),
}

/// A key and its value.
pub type Entry = (Spanned<String>, Spanned<Item>);

impl Item {
    /// What this is, for a message: "this is …".
    pub fn kind(&self) -> &'static str {
        match self {
            Item::Boolean(_) => "a boolean",
            Item::Integer(_) => "an integer",
            Item::Float => "a float",
            Item::String(_) => "a string",
            Item::Datetime => "a date",
            Item::Array(_) => "a list",
            Item::Table(_) => "a table",
        }
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Item, E> {
        Ok(Item::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Item, E> {
        Ok(Item::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Item, E> {
        Ok(Item::Integer(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Item, E> {
        Ok(Item::Integer(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Item, E> {
        // Past every limit there is, either way.
        Ok(Item::Integer(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Item, E> {
        Ok(Item::Float)
    }

    fn visit_str<E>(self, value: &str) -> Result<Item, E> {
        Ok(Item::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Item, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Item::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        let mut entries = Vec::new();
        loop {
            match map.next_key::<Spanned<String>>() {
                Ok(Some(key)) => entries.push((key, map.next_value()?)),
                Ok(None) => return Ok(Item::Table(entries)),
                // toml hands a date to serde as a table, too, but one whose key
                // stands nowhere in the file.
                Err(_) => return Ok(Item::Datetime),
            }
        }
    }
}

impl<'de, T: Deserialize<'de> + Heading> Deserialize<'de> for Section<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SectionVisitor(PhantomData))
    }
}

struct SectionVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Heading> Visitor<'de> for SectionVisitor<T> {
    type Value = Section<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a section, headed `{}`", T::HEADING)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Section<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Section)
    }
}

impl<'de, T: Deserialize<'de> + Heading> Deserialize<'de> for Sections<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SectionsVisitor(PhantomData))
    }
}

struct SectionsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Heading> Visitor<'de> for SectionsVisitor<T> {
    type Value = Sections<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = T::HEADING.trim_matches(['[', ']']);
        write!(f, "a section for each {what}, headed `{}`", T::HEADING)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Sections<T>, A::Error> {
        let mut sections = Vec::new();
        while let Some(section) = seq.next_element()? {
            sections.push(section);
        }
        Ok(Sections(sections))
    }
}

/// How often serde is asked again.
const CUTS_MAX: usize = 50;

/// What a file says that it inherits.
pub fn inherit(text: &str) -> Given {
    let mut document = DeTable::parse(text).ok()?;
    let entry = document.get_mut().remove_entry(INHERIT)?;
    read([entry].into_iter().collect()).ok()?.inherit
}

/// A file by itself.
pub struct Shaped<'a> {
    /// All of it that has the right shape, but `inherit`.
    pub document: DeTable<'a>,
    /// The rest. Of text that is no TOML, the first error.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether `document` says what the file was to say, but for keys that do not exist.
    pub whole: bool,
}

/// Takes apart the text of one file.
pub fn shape(text: &str) -> Shaped<'_> {
    let mut diagnostics = Vec::new();
    let mut document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let place = error.span().unwrap_or(0..0);
            diagnostics.push(Diagnostic::new("this is not TOML", place, error.message()));
            return nothing(diagnostics);
        }
    };
    // More than anyone would correct at once are not worth the time to find.
    while diagnostics.len() < CUTS_MAX {
        let error = match RawConfig::deserialize(toml::Deserializer::from(document.clone())) {
            Ok(_) => {
                let mut document = document.into_inner();
                document.remove(INHERIT);
                return Shaped {
                    document,
                    diagnostics,
                    whole: true,
                };
            }
            Err(error) => error,
        };
        let place = error.span().unwrap_or(0..0);
        match cut(document.get_mut(), &place, "") {
            Some(Cut::Key { section, name }) => {
                diagnostics.push(unknown_key(&section, &name, place));
            }
            Some(Cut::Value { kind }) => {
                diagnostics.push(misshapen(error.message(), kind, place));
            }
            // Nothing that can be taken out: the file is refused with what there is.
            None => {
                diagnostics.push(Diagnostic::new(error.message(), place, ""));
                break;
            }
        }
    }
    nothing(diagnostics)
}

fn nothing<'a>(diagnostics: Vec<Diagnostic>) -> Shaped<'a> {
    Shaped {
        document: DeTable::new(),
        diagnostics,
        whole: false,
    }
}

/// Reads a document whose parts had the right shape.
pub fn read(document: DeTable<'_>) -> Result<RawConfig, Box<Diagnostic>> {
    let document = Spanned::new(0..0, document);
    RawConfig::deserialize(toml::Deserializer::from(document)).map_err(|error| {
        let place = error.span().unwrap_or(0..0);
        Box::new(Diagnostic::new(error.message(), place, ""))
    })
}

/// What [`cut`] took out of the document.
enum Cut {
    Key { section: String, name: String },
    Value { kind: &'static str },
}

/// Takes the key or the value that stands at `place` out of `table`, which is
/// the section called `section`.
fn cut(table: &mut DeTable<'_>, place: &Range<usize>, section: &str) -> Option<Cut> {
    let found = table.iter().find_map(|(key, value)| {
        // `[table.init]` gives its `table` the place of the key.
        let known = keys(section).contains(&key.get_ref().as_ref());
        if key.span() == *place && !(known && value.span() == *place) {
            let (section, name) = (section.to_owned(), key.get_ref().to_string());
            Some((key.clone(), Cut::Key { section, name }))
        } else if value.span() == *place {
            Some((
                key.clone(),
                Cut::Value {
                    kind: kind(value.get_ref()),
                },
            ))
        } else {
            None
        }
    });
    if let Some((key, cut)) = found {
        table.remove(&key);
        return Some(cut);
    }
    table
        .iter_mut()
        .find_map(|(key, value)| cut_inside(value.get_mut(), place, key.get_ref()))
}

fn cut_inside(value: &mut DeValue<'_>, place: &Range<usize>, section: &str) -> Option<Cut> {
    match value {
        DeValue::Table(table) => cut(table, place, section),
        DeValue::Array(array) => {
            if let Some(index) = array.iter().position(|item| item.span() == *place) {
                let kind = kind(array[index].get_ref());
                let rest = array.iter().enumerate().filter(|(at, _)| *at != index);
                *array = rest.map(|(_, item)| item.clone()).collect();
                return Some(Cut::Value { kind });
            }
            array
                .iter_mut()
                .find_map(|item| cut_inside(item.get_mut(), place, section))
        }
        _ => None,
    }
}

/// The keys of a section.
pub fn keys(section: &str) -> &'static [&'static str] {
    SECTIONS
        .iter()
        .find(|(title, _)| *title == section)
        .map_or(&[], |(_, keys)| keys)
}

fn unknown_key(section: &str, name: &str, place: Range<usize>) -> Diagnostic {
    let keys = keys(section);
    let (title, note) = match section {
        "" => (
            format!("there is no section `{name}`"),
            format!(
                "the sections are {}",
                listing(keys.iter().copied().filter(|key| *key != INHERIT), "and")
            ),
        ),
        _ => (
            format!("`{section}` has no key `{name}`"),
            format!("its keys are {}", listing(keys.iter().copied(), "and")),
        ),
    };
    // A key that exists, under the wrong heading, is as usual as a misspelt one.
    let elsewhere = SECTIONS
        .iter()
        .find(|(title, keys)| !title.is_empty() && *title != section && keys.contains(&name))
        .map(|(title, _)| format!("`{name}` belongs under {}", heading(title)))
        .or_else(|| {
            let help = format!("`{INHERIT}` stands above the first section");
            (name == INHERIT).then_some(help)
        });
    let misspelt =
        nearest(name, keys.iter().copied()).map(|known| format!("did you mean `{known}`?"));
    Diagnostic::new(title, place, "not known here")
        .note(note)
        .maybe_help(misspelt.or(elsewhere))
}

/// The line that a section begins with.
fn heading(section: &str) -> String {
    match MANY.contains(&section) {
        true => format!("`[[{section}]]`"),
        false => format!("`[{section}]`"),
    }
}

/// A section that is no section, or a number that no type holds. serde says "invalid type: …, expected …"
/// of the one, and that it "overflowed" of the other.
fn misshapen(message: &str, kind: &str, place: Range<usize>) -> Diagnostic {
    let title = match message.rsplit_once(", expected ") {
        Some((_, wanted)) => format!("this must be {wanted}"),
        None if message.contains("overflow") => "no key takes a number of this size".to_owned(),
        None => message.to_owned(),
    };
    Diagnostic::new(title, place, format!("this is {kind}"))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a single table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// serde's own list of what a structure accepts, out of its message.
    fn accepted(section: &str) -> Vec<String> {
        let text = match section {
            "" => "zzz = 1".to_owned(),
            _ if MANY.contains(&section) => format!("[[{section}]]\nzzz = 1"),
            _ => format!("[{section}]\nzzz = 1"),
        };
        let message = toml::from_str::<RawConfig>(&text)
            .unwrap_err()
            .message()
            .to_owned();
        let (_, keys) = message.split_once(", expected ").unwrap();
        keys.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn the_sections_in_messages_are_those_that_serde_accepts() {
        for (section, keys) in SECTIONS {
            assert_eq!(accepted(section), *keys, "[{section}]");
        }
        let sections: Vec<_> = SECTIONS.iter().skip(1).map(|(title, _)| *title).collect();
        assert_eq!(SECTIONS[0].1[1..], sections);
        assert_eq!(SECTIONS[0].1[0], INHERIT);
    }
}
