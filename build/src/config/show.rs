// SPDX-License-Identifier: GPL-2.0
//! A whole configuration as TOML: every key with its value, whoever states it, and
//! a comment that says who. Read again, it is the same configuration.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use toml::Spanned;

use super::raw::{
    Given,
    Item,
    RawScript,
    RawTable, //
};
use super::rules::{
    entries,
    show_size,
    show_time, //
};
use super::{
    Accepted,
    Initial,
    Script,
    Table,
    Word, //
};
use crate::diagnostic::{
    Source,
    Sources, //
};

/// `name` is what a file is called in the comments, and `file` what the file of a script is called
/// that a source calls by a name of its own.
pub fn show(
    accepted: &Accepted,
    name: impl Fn(&Source) -> String,
    file: impl Fn(&Script, &Source, &str) -> String,
) -> String {
    let Accepted {
        config,
        sources,
        raw,
    } = accepted;
    let mut page = Page {
        text: String::new(),
        sources,
        name,
    };
    let shown = sources
        .named()
        .map_or_else(String::new, |source| (page.name)(source));
    page.line(&format!(
        "# {}, whole: each key with the place that it comes from.",
        plain(&shown)
    ));
    let tables = raw.table.as_ref();
    if let (Some(tables), true) = (tables, config.tables.is_empty()) {
        let origin = page.place(&tables.span());
        page.line(&format!("table = [] # {origin}"));
    }

    let (module, given) = (&config.module, &raw.module.0);
    page.line("\n[module]");
    page.key(&given.name, "name", quoted(&module.name));
    page.key(
        &given.description,
        "description",
        quoted(&module.description),
    );

    let (device, given) = (&config.device, &raw.device.0);
    page.line("\n[device]");
    page.key(&given.name, "name", quoted(&device.name));
    page.key(&given.mode, "mode", format!("0o{:03o}", device.mode));
    page.key(&given.capability, "capability", word(device.capability));

    let (exec, given) = (&config.exec, &raw.exec.0);
    page.line("\n[exec]");
    page.key(&given.states, "states", exec.states);
    page.key(&given.when_busy, "when-busy", word(exec.when_busy));
    page.key(&given.script_max, "script-max", size(exec.script_max));
    page.key(&given.memory_limit, "memory-limit", size(exec.memory_limit));
    let instructions = exec.instruction_limit;
    page.key(&given.instruction_limit, "instruction-limit", instructions);
    let time = quoted(&show_time(exec.time_limit));
    page.key(&given.time_limit, "time-limit", time);
    page.key(&given.output_limit, "output-limit", size(exec.output_limit));
    page.key(
        &given.stack_reserve,
        "stack-reserve",
        size(exec.stack_reserve),
    );

    let (lua, given) = (&config.lua, &raw.lua.0);
    page.line("\n[lua]");
    let libraries = lua.libraries.iter().map(|library| library.word());
    page.key(&given.libraries, "libraries", list(libraries));
    let stdlib = lua.stdlib.iter().map(String::as_str);
    page.key(&given.stdlib, "stdlib", list(stdlib));
    page.key(&given.compiler, "compiler", lua.compiler);
    page.key(&given.debug_info, "debug-info", lua.debug_info);

    if let Some(memory) = config.budget.memory {
        page.line("\n[budget]");
        page.key(&raw.budget.0.memory, "memory", size(memory));
    }

    let default = RawTable::default();
    for (number, table) in config.tables.iter().enumerate() {
        let given = tables.and_then(|tables| tables.get_ref().0.get(number));
        page.table(table, given.map_or(&default, |table| &table.get_ref().0));
    }
    let scripts = raw.script.iter().flat_map(|scripts| &scripts.get_ref().0);
    for (script, given) in config.scripts.iter().zip(scripts) {
        page.script(script, &given.get_ref().0, &file);
    }
    page.text
}

struct Page<'a, F> {
    text: String,
    sources: &'a Sources,
    name: F,
}

impl<F: Fn(&Source) -> String> Page<'_, F> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn table(&mut self, table: &Table, given: &RawTable) {
        self.line("\n[[table]]");
        self.key(&given.name, "name", quoted(&table.name));
        self.key(&given.buckets, "buckets", table.buckets);
        self.key(&given.max_buckets, "max-buckets", table.max_buckets);
        self.key(&given.max_entries, "max-entries", table.max_entries);
        let types = table.value_types.iter().map(|value_type| value_type.word());
        self.key(&given.value_types, "value-types", list(types));
        self.key(&given.key_max, "key-max", size(table.key_max));
        if let Some(string_max) = table.string_max {
            self.key(&given.string_max, "string-max", size(string_max));
        }
        self.key(&given.max_bytes, "max-bytes", size(table.max_bytes));
        self.key(&given.access, "access", word(table.access));
        if table.init.is_empty() {
            return;
        }
        self.line("\n[table.init]");
        for (key, written) in entries(&given.init) {
            let Some(value) = table.init.get(key.get_ref()) else {
                continue;
            };
            let value = match value {
                Initial::Integer(number) => number.to_string(),
                Initial::Boolean(truth) => truth.to_string(),
                Initial::String(string) => quoted(string),
            };
            let origin = self.place(&written.span());
            self.line(&format!("{} = {value} # {origin}", quoted(key.get_ref())));
        }
    }

    fn script(
        &mut self,
        script: &Script,
        given: &RawScript,
        file: impl Fn(&Script, &Source, &str) -> String,
    ) {
        self.line("\n[[script]]");
        self.key(&given.name, "name", quoted(&script.name));
        if let Some(item) = &given.file
            && let Item::String(path) = item.get_ref()
            && let Some((source, _)) = self.sources.line(&item.span())
        {
            let path = file(script, source, path);
            self.key(&given.file, "file", quoted(&path));
        }
        self.key(&given.at_load, "at-load", script.at_load);
    }

    fn key(&mut self, given: &Given, key: &str, value: impl ToString) {
        let origin = match given {
            Some(item) => self.origin(item),
            None => "default".to_owned(),
        };
        self.line(&format!("{key} = {} # {origin}", value.to_string()));
    }

    /// The place of a value, and one in each other file that a part of it is from.
    fn origin(&self, item: &Spanned<Item>) -> String {
        let parts = match item.get_ref() {
            Item::Array(parts) => parts.as_slice(),
            _ => &[],
        };
        let mut files = BTreeSet::new();
        let places = [item].into_iter().chain(parts).map(Spanned::span);
        let firsts = places.filter(|place| {
            let source = self.sources.line(place).map(|(source, _)| &source.path);
            files.insert(source)
        });
        let origins: Vec<_> = firsts.map(|place| self.place(&place)).collect();
        origins.join(", ")
    }

    fn place(&self, place: &Range<usize>) -> String {
        match self.sources.line(place) {
            Some((source, line)) => format!("{}:{line}", plain(&(self.name)(source))),
            None => String::new(),
        }
    }
}

/// A file's name for a comment, which ends with its line.
fn plain(name: &str) -> String {
    name.replace(|c: char| c.is_control(), "?")
}

fn word(word: impl Word) -> String {
    quoted(word.word())
}

fn size(size: u64) -> String {
    let shown = show_size(size);
    match shown.parse::<u64>() {
        Ok(_) => shown,
        Err(_) => quoted(&shown),
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.map(quoted).collect();
    format!("[{}]", words.join(", "))
}

/// A string or a key of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Writing to a String cannot fail.
            c if c.is_control() => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
