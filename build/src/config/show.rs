// SPDX-License-Identifier: GPL-2.0
//! A whole configuration as TOML: every key with its value, whoever states it, and
//! a comment that says who. Read again, it is the same configuration.
//!
//! Without the comments it depends on the configuration alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use toml::Spanned;

use super::raw::{
    Given,
    Item,
    RawConfig,
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
    Config,
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
    let shown = sources.named().map_or_else(String::new, &name);
    let mut page = Page {
        text: format!(
            "# {}, whole: each key with the place that it comes from.\n",
            one_line(&shown)
        ),
        origins: Some((sources, name)),
    };
    page.whole(config, raw);
    let scripts = raw.script.iter().flat_map(|scripts| &scripts.get_ref().0);
    for (script, given) in config.scripts.iter().zip(scripts) {
        let given = &given.get_ref().0;
        if let Some(item) = &given.file
            && let Item::String(path) = item.get_ref()
            && let Some((source, _)) = sources.line(&item.span())
        {
            page.script(script, given, &file(script, source, path));
        }
    }
    page.text
}

/// The configuration without a word on where it is from. Scripts are called as a flavour's directory
/// has them, and their text is told by its sum.
pub fn plain(config: &Config) -> String {
    let mut page = Page::<fn(&Source) -> String> {
        text: String::new(),
        origins: None,
    };
    page.whole(config, &RawConfig::default());
    for script in &config.scripts {
        page.script(script, &RawScript::default(), &script.path("lua"));
        if let Some(sum) = &script.sum {
            page.line(&format!("{SUM}{sum}"));
        }
    }
    page.text.trim_start().to_owned()
}

/// What stands before the sum of a script's text in [`plain`].
const SUM: &str = "# The file's SHA-256: ";

/// The sum that a line of [`plain`] tells.
pub fn stated_sum(line: &str) -> Option<String> {
    let sum = line.strip_prefix(SUM)?;
    let digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    (sum.len() == 64 && sum.chars().all(digit)).then(|| sum.to_owned())
}

struct Page<'a, F> {
    text: String,
    /// The files, and what one is called in a comment.
    origins: Option<(&'a Sources, F)>,
}

impl<F: Fn(&Source) -> String> Page<'_, F> {
    fn whole(&mut self, config: &Config, raw: &RawConfig) {
        let tables = raw.table.as_ref();
        if config.tables.is_empty() {
            let origin = tables.map(|tables| self.place(&tables.span()));
            self.entry("table", "[]", origin.unwrap_or_default());
        }

        let (module, given) = (&config.module, &raw.module.0);
        self.line("\n[module]");
        self.key(&given.name, "name", quoted(&module.name));
        self.key(
            &given.description,
            "description",
            quoted(&module.description),
        );
        self.key(&given.embed_config, "embed-config", module.embed_config);

        let (device, given) = (&config.device, &raw.device.0);
        self.line("\n[device]");
        self.key(&given.name, "name", quoted(&device.name));
        self.key(&given.mode, "mode", format!("0o{:03o}", device.mode));
        self.key(&given.group, "group", quoted(&device.group));
        self.key(&given.capability, "capability", word(device.capability));

        let (exec, given) = (&config.exec, &raw.exec.0);
        self.line("\n[exec]");
        self.key(&given.states, "states", exec.states);
        self.key(&given.when_busy, "when-busy", word(exec.when_busy));
        self.key(&given.script_max, "script-max", size(exec.script_max));
        self.key(&given.memory_limit, "memory-limit", size(exec.memory_limit));
        let instructions = exec.instruction_limit;
        self.key(&given.instruction_limit, "instruction-limit", instructions);
        let time = quoted(&show_time(exec.time_limit));
        self.key(&given.time_limit, "time-limit", time);
        self.key(&given.output_limit, "output-limit", size(exec.output_limit));
        self.key(
            &given.stack_reserve,
            "stack-reserve",
            size(exec.stack_reserve),
        );

        let (lua, given) = (&config.lua, &raw.lua.0);
        self.line("\n[lua]");
        let libraries = lua.libraries.iter().map(|library| library.word());
        self.key(&given.libraries, "libraries", list(libraries));
        let stdlib = lua.stdlib.iter().map(String::as_str);
        self.key(&given.stdlib, "stdlib", list(stdlib));
        self.key(&given.compiler, "compiler", lua.compiler);
        self.key(&given.debug_info, "debug-info", lua.debug_info);

        let (build, given) = (&config.build, &raw.build.0);
        self.line("\n[build]");
        self.key(&given.optimize, "optimize", word(build.optimize));
        self.key(&given.strip, "strip", build.strip);
        self.key(&given.tracebacks, "tracebacks", build.tracebacks);
        self.key(&given.tracepoints, "tracepoints", build.tracepoints);

        let (budget, given) = (&config.budget, &raw.budget.0);
        let budgets = [
            (&given.memory, "memory", budget.memory),
            (&given.ko, "ko", budget.ko),
            (&given.state, "state", budget.state),
            (&given.total, "total", budget.total),
        ];
        if budgets.iter().any(|(_, _, value)| value.is_some()) {
            self.line("\n[budget]");
        }
        for (given, key, value) in budgets {
            if let Some(value) = value {
                self.key(given, key, size(value));
            }
        }

        let default = RawTable::default();
        for (number, table) in config.tables.iter().enumerate() {
            let given = tables.and_then(|tables| tables.get_ref().0.get(number));
            self.table(table, given.map_or(&default, |table| &table.get_ref().0));
        }
    }

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
        for (key, value) in &table.init {
            let value = match value {
                Initial::Integer(number) => number.to_string(),
                Initial::Boolean(truth) => truth.to_string(),
                Initial::String(string) => quoted(string),
            };
            let written = entries(&given.init).find(|(name, _)| name.get_ref() == key);
            let origin = written.map(|(_, value)| self.place(&value.span()));
            self.entry(&quoted(key), &value, origin.unwrap_or_default());
        }
    }

    /// `file` is what the script's is called.
    fn script(&mut self, script: &Script, given: &RawScript, file: &str) {
        self.line("\n[[script]]");
        self.key(&given.name, "name", quoted(&script.name));
        self.key(&given.file, "file", quoted(file));
        self.key(&given.at_load, "at-load", script.at_load);
    }

    fn key(&mut self, given: &Given, key: &str, value: impl ToString) {
        let origin = match given {
            Some(item) => self.origin(item),
            None => "default".to_owned(),
        };
        self.entry(key, &value.to_string(), origin);
    }

    fn entry(&mut self, key: &str, value: &str, origin: String) {
        match self.origins {
            Some(_) => self.line(&format!("{key} = {value} # {origin}")),
            None => self.line(&format!("{key} = {value}")),
        }
    }

    /// The place of a value, and one in each other file that a part of it is from.
    fn origin(&self, item: &Spanned<Item>) -> String {
        let parts = match item.get_ref() {
            Item::Array(parts) => parts.as_slice(),
            _ => &[],
        };
        let Some((sources, _)) = &self.origins else {
            return String::new();
        };
        let mut files = BTreeSet::new();
        let places = [item].into_iter().chain(parts).map(Spanned::span);
        let firsts = places.filter(|place| {
            let source = sources.line(place).map(|(source, _)| &source.path);
            files.insert(source)
        });
        let origins: Vec<_> = firsts.map(|place| self.place(&place)).collect();
        origins.join(", ")
    }

    fn place(&self, place: &Range<usize>) -> String {
        let found = self.origins.as_ref().and_then(|(sources, name)| {
            let (source, line) = sources.line(place)?;
            Some(format!("{}:{line}", one_line(&name(source))))
        });
        found.unwrap_or_default()
    }
}

/// A file's name for a comment, which ends with its line.
fn one_line(name: &str) -> String {
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
