// SPDX-License-Identifier: GPL-2.0
//! Every rule about a value of `lunatik.toml`, and every default.
//!
//! A rule that is broken adds a diagnostic and goes on with the default, so that
//! one run reports all there is. The rules of tables are in `table` and `init`, those of
//! scripts in `script`.
//! Which keys exist is in `raw`, which names are taken in `names`.

mod init;
pub(super) mod script;
pub(super) mod table;

pub use init::entries;

use std::collections::BTreeSet;
use std::ops::{
    Range,
    RangeInclusive, //
};

use toml::Spanned;

use super::names::{
    DEVICE_NODES,
    KERNEL_NAMES,
    RUST_KEYWORDS, //
};
use super::raw::{
    Given,
    Item,
    RawBudget,
    RawBuild,
    RawConfig,
    RawDevice,
    RawExec,
    RawLua,
    RawModule,
    RawTable, //
};
use super::{
    Budget,
    Build,
    Capability,
    Config,
    Device,
    Exec,
    Known,
    Library,
    Lua,
    Module,
    Optimize,
    Table,
    ValueType,
    WhenBusy,
    Word, //
};
use crate::diagnostic::{
    Diagnostic,
    Sources,
    listing,
    nearest, //
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The kernel's `MODULE_NAME_LEN` on 64 bits is 56, one of which ends the string.
pub(super) const MODULE_NAME_MAX: usize = 55;
pub(super) const DEVICE_NAME_MAX: usize = 31;
/// As `groupadd` has it.
pub(super) const GROUP_NAME_MAX: usize = 32;
pub(super) const DESCRIPTION_MAX: usize = 200;

pub(super) const STATES: RangeInclusive<u64> = 1..=1024;
pub(super) const SCRIPT_MAX: RangeInclusive<u64> = 1..=16 * MIB;
pub(super) const MEMORY_LIMIT: RangeInclusive<u64> = 64 * KIB..=GIB;
pub(super) const INSTRUCTION_LIMIT: RangeInclusive<u64> = 0..=i64::MAX as u64;
pub(super) const TIME_LIMIT: RangeInclusive<u64> = 0..=24 * HOUR;
pub(super) const OUTPUT_LIMIT: RangeInclusive<u64> = KIB..=64 * MIB;
/// Below 4 KiB an interrupt on top of a script may reach the guard page; above
/// 10 KiB of 16 the parser has no room left.
pub(super) const STACK_RESERVE: RangeInclusive<u64> = 4 * KIB..=10 * KIB;
/// Up to all that there can be.
pub(super) const BUDGET_MEMORY: RangeInclusive<u64> = 64 * KIB..=8192 * GIB;
/// There is no module below this, nor a state, and none is anywhere near the upper ends.
pub(super) const BUDGET_KO: RangeInclusive<u64> = 16 * KIB..=64 * MIB;
pub(super) const BUDGET_STATE: RangeInclusive<u64> = KIB..=GIB;
pub(super) const BUDGET_TOTAL: RangeInclusive<u64> = 16 * KIB..=8192 * GIB;
/// Read and write for user, group and others.
pub(super) const MODE_BITS: u16 = 0o666;

const DEFAULT_STDLIB: &[&str] = &["counter", "inspect", "memo", "rcutable"];

/// Libraries of Lua that no flavour can have, and why.
pub const ABSENT_LIBRARIES: &[(&str, &str)] = &[
    ("io", "scripts reach no files from inside the kernel"),
    ("os", "the kernel has no process environment to offer"),
    (
        "debug",
        "it can break the guarantees that keep a script from crashing the kernel",
    ),
    (
        "package",
        "`require` serves the modules that `stdlib` names, and nothing else",
    ),
];

/// Checks `raw`. The result counts only if nothing was added to `diagnostics`.
pub fn check(
    raw: &RawConfig,
    sources: &Sources,
    known: Known<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Config {
    let mut rules = Rules { diagnostics };
    let mut config = Config {
        module: rules.module(&raw.module.0, known.objects),
        device: rules.device(&raw.device.0),
        exec: rules.exec(&raw.exec.0),
        lua: rules.lua(&raw.lua.0, known),
        build: rules.build(&raw.build.0),
        budget: rules.budgets(&raw.budget.0),
        tables: match &raw.table {
            Some(tables) => rules.tables(&tables.get_ref().0),
            None => vec![table::default_table("rcu")],
        },
        scripts: Vec::new(),
    };
    if let Some(scripts) = &raw.script {
        let strip = !config.lua.debug_info;
        let compile = known
            .compiler
            .map(|compiler| move |source: &[u8], name: &str| compiler.compile(source, name, strip));
        config.scripts = rules.scripts(&scripts.get_ref().0, sources, compile);
    }
    // A value that was refused is a default here, and says nothing about the others.
    if rules.diagnostics.is_empty() {
        rules.together(raw, &config);
    }
    config
}

/// What a list has in it if no file states it; `None` if `key` takes no list.
pub fn default_list(section: &str, key: &str) -> Option<Vec<&'static str>> {
    match (section, key) {
        ("lua", "libraries") => Some(Library::of_lua().map(Word::word).collect()),
        ("lua", "stdlib") => Some(DEFAULT_STDLIB.to_vec()),
        ("table", "value-types") => Some(ValueType::words().collect()),
        _ => None,
    }
}

/// Names with their places.
type Names = Vec<(String, Range<usize>)>;

struct Rules<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// The sections.
impl Rules<'_> {
    fn module(&mut self, raw: &RawModule, objects: &BTreeSet<String>) -> Module {
        Module {
            name: self
                .name(&raw.name, "module.name", |name| module_name(name, objects))
                .unwrap_or_else(|| "lunatik".to_owned()),
            description: self
                .name(&raw.description, "module.description", description)
                .unwrap_or_else(|| "Lua scripting of the Linux kernel".to_owned()),
            embed_config: self
                .boolean(&raw.embed_config, "module.embed-config")
                .unwrap_or(true),
        }
    }

    fn device(&mut self, raw: &RawDevice) -> Device {
        Device {
            name: self
                .name(&raw.name, "device.name", device_name)
                .unwrap_or_else(|| "luadrv".to_owned()),
            mode: self.mode(&raw.mode).unwrap_or(0o600),
            group: self
                .name(&raw.group, "device.group", group_name)
                .unwrap_or_else(|| "root".to_owned()),
            capability: self
                .word(&raw.capability, "device.capability")
                .unwrap_or(Capability::SysAdmin),
        }
    }

    fn exec(&mut self, raw: &RawExec) -> Exec {
        Exec {
            states: self
                .integer(&raw.states, "exec.states", STATES)
                .unwrap_or(4) as u32,
            when_busy: self
                .word(&raw.when_busy, "exec.when-busy")
                .unwrap_or(WhenBusy::Wait),
            script_max: self
                .size(&raw.script_max, "exec.script-max", SCRIPT_MAX)
                .unwrap_or(MIB),
            memory_limit: self
                .size(&raw.memory_limit, "exec.memory-limit", MEMORY_LIMIT)
                .unwrap_or(16 * MIB),
            instruction_limit: self
                .integer(
                    &raw.instruction_limit,
                    "exec.instruction-limit",
                    INSTRUCTION_LIMIT,
                )
                .unwrap_or(1_000_000_000),
            time_limit: self
                .time(&raw.time_limit, "exec.time-limit", TIME_LIMIT)
                .unwrap_or(10 * MINUTE),
            output_limit: self
                .size(&raw.output_limit, "exec.output-limit", OUTPUT_LIMIT)
                .unwrap_or(MIB),
            stack_reserve: self
                .size(&raw.stack_reserve, "exec.stack-reserve", STACK_RESERVE)
                .unwrap_or(6 * KIB),
        }
    }

    fn build(&mut self, raw: &RawBuild) -> Build {
        Build {
            optimize: self
                .word(&raw.optimize, "build.optimize")
                .unwrap_or(Optimize::Speed),
            strip: self.boolean(&raw.strip, "build.strip").unwrap_or(false),
            tracebacks: self
                .boolean(&raw.tracebacks, "build.tracebacks")
                .unwrap_or(true),
            tracepoints: self
                .boolean(&raw.tracepoints, "build.tracepoints")
                .unwrap_or(true),
        }
    }

    fn budgets(&mut self, raw: &RawBudget) -> Budget {
        Budget {
            memory: self.size(&raw.memory, "budget.memory", BUDGET_MEMORY),
            ko: self.size(&raw.ko, "budget.ko", BUDGET_KO),
            state: self.size(&raw.state, "budget.state", BUDGET_STATE),
            total: self.size(&raw.total, "budget.total", BUDGET_TOTAL),
        }
    }

    fn lua(&mut self, raw: &RawLua, known: Known<'_>) -> Lua {
        let (libraries, stdlib) = self.lua_lists(raw, known);
        let compiler = self.boolean(&raw.compiler, "lua.compiler");
        let debug_info = self.boolean(&raw.debug_info, "lua.debug-info");
        Lua {
            libraries,
            stdlib,
            compiler: compiler.unwrap_or(true),
            debug_info: debug_info.unwrap_or(true),
        }
    }

    fn lua_lists(
        &mut self,
        raw: &RawLua,
        known: Known<'_>,
    ) -> (BTreeSet<Library>, BTreeSet<String>) {
        let all = || Library::of_lua().collect();
        let libraries = match self.libraries(&raw.libraries) {
            Checked::Good(libraries) => libraries,
            Checked::Absent => all(),
            // What the list was to say is not known: ask no module whether it is content.
            Checked::Bad => {
                self.stdlib(&raw.stdlib, known);
                return (all(), BTreeSet::new());
            }
        };
        let stdlib = match self.stdlib(&raw.stdlib, known) {
            Checked::Good(names) => {
                for (name, place) in &names {
                    self.needs(name, place, &raw.libraries, &libraries, known);
                }
                names.into_iter().map(|(name, _)| name).collect()
            }
            Checked::Absent => self.default_stdlib(&raw.libraries, &libraries, known),
            Checked::Bad => BTreeSet::new(),
        };
        (libraries, stdlib)
    }
}

/// What the sections have to do with each other.
impl Rules<'_> {
    fn together(&mut self, raw: &RawConfig, config: &Config) {
        let tables = raw.table.iter().flat_map(|tables| &tables.get_ref().0);
        let tables: Vec<_> = tables.map(|table| &table.get_ref().0).collect();
        for (raw_table, table) in tables.iter().zip(&config.tables) {
            self.string_in_a_state(raw, raw_table, config, table);
        }
        self.budget(raw, &tables, config);
        self.something_to_run(raw, config);
        self.states_at_load(raw, config);
    }

    fn string_in_a_state(
        &mut self,
        raw: &RawConfig,
        raw_table: &RawTable,
        config: &Config,
        table: &Table,
    ) {
        let limit = config.exec.memory_limit;
        if let (Some(item), Some(most)) = (&raw_table.string_max, table.string_max)
            && most > limit
        {
            let title = "`table.string-max` cannot be above `exec.memory-limit`: \
                         no script could hold such a string";
            let label = format!("more than {}", show_size(limit));
            self.diagnostics.push(related(
                Diagnostic::new(title, item.span(), label),
                &raw.exec.0.memory_limit,
                "what a script may hold",
            ));
        }
    }

    fn budget(&mut self, raw: &RawConfig, tables: &[&RawTable], config: &Config) {
        let (Some(item), Some(budget)) = (&raw.budget.0.memory, config.budget.memory) else {
            return;
        };
        let (in_states, in_tables) = config.most_memory();
        let most = in_states + in_tables;
        if most <= budget {
            return;
        }
        let states = match config.exec.states {
            1 => "1 state".to_owned(),
            states => format!("{states} states"),
        };
        let limit = show_size(config.exec.memory_limit);
        let title = format!(
            "scripts and tables may hold {}, which is more than `budget.memory`",
            show_size(most)
        );
        let label = format!("less than {}", show_size(most));
        let mut diagnostic = Diagnostic::new(title, item.span(), label);
        diagnostic = related(diagnostic, &raw.exec.0.states, states.as_str());
        diagnostic = related(
            diagnostic,
            &raw.exec.0.memory_limit,
            format!("{limit} in each state"),
        );
        for (raw, table) in tables.iter().zip(&config.tables) {
            let label = format!("{} in `{}`", show_size(table.max_bytes), table.name);
            diagnostic = related(diagnostic, &raw.max_bytes, label);
        }
        self.diagnostics.push(
            diagnostic
                .note(format!(
                    "{states} (`exec.states`) of {limit} (`exec.memory-limit`) hold {}, \
             and all tables (`max-bytes`) {}",
                    show_size(in_states),
                    show_size(in_tables)
                ))
                .help("lower one of these, or raise `budget.memory`, or set it to \"none\""),
        );
    }
}

/// Shows the place of a value, if a file states it.
fn related(diagnostic: Diagnostic, given: &Given, label: impl Into<String>) -> Diagnostic {
    match given {
        Some(item) => diagnostic.related(item.span(), label),
        None => diagnostic,
    }
}

/// What came of a list in the file.
enum Checked<T> {
    Absent,
    Good(T),
    Bad,
}

/// A complaint about a name: what is allowed, what is wrong, what would do.
type NameError = (String, String, Option<String>);

/// The first complaint about the shape of a name, if there is one.
fn misshapen(
    name: &str,
    max: usize,
    first: fn(char) -> bool,
    rest: fn(char) -> bool,
) -> Option<String> {
    if name.is_empty() {
        Some("empty".to_owned())
    } else if name.len() > max {
        Some(format!("{} bytes", name.len()))
    } else if !name.starts_with(first) {
        Some("begins with something else".to_owned())
    } else {
        let other = name.chars().find(|c| !rest(*c))?;
        Some(format!("{other:?} is something else"))
    }
}

fn misshapen_module(name: &str) -> Option<String> {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    misshapen(name, MODULE_NAME_MAX, |c| c.is_ascii_lowercase(), rest)
}

fn misshapen_device(name: &str) -> Option<String> {
    let rest = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    misshapen(name, DEVICE_NAME_MAX, |c| c.is_ascii_alphabetic(), rest)
}

fn module_name(name: &str, objects: &BTreeSet<String>) -> Result<(), NameError> {
    if let Some(label) = misshapen_module(name) {
        let allowed = format!(
            "`module.name` takes 1 to {MODULE_NAME_MAX} of a-z, 0-9 and _, the first a letter"
        );
        let plain = name.to_lowercase().replace(['-', ' ', '.'], "_");
        let help = misshapen_module(&plain)
            .is_none()
            .then(|| format!("\"{plain}\" would do"));
        return Err((allowed, label, help));
    }
    let taken = if RUST_KEYWORDS.contains(&name) {
        "a keyword of Rust"
    } else if KERNEL_NAMES.contains(&name) {
        "a name that the kernel's build uses"
    } else if objects.contains(name) {
        "a source file of the module has this name"
    } else {
        return Ok(());
    };
    let title = format!("`{name}` cannot be the module's name");
    Err((title, taken.to_owned(), None))
}

fn description(text: &str) -> Result<(), NameError> {
    // The kernel's module! macro takes ASCII alone.
    let printable = |c: char| c.is_ascii_graphic() || c == ' ';
    let label = if text.is_empty() {
        "empty".to_owned()
    } else if text.len() > DESCRIPTION_MAX {
        format!("{} bytes", text.len())
    } else if let Some(c) = text.chars().find(|c| !printable(*c)) {
        format!("{c:?} is not printable ASCII")
    } else {
        return Ok(());
    };
    let allowed =
        format!("`module.description` takes 1 to {DESCRIPTION_MAX} printable ASCII characters");
    Err((allowed, label, None))
}

fn device_name(name: &str) -> Result<(), NameError> {
    if let Some(label) = misshapen_device(name) {
        let allowed = format!(
            "`device.name` takes 1 to {DEVICE_NAME_MAX} of letters, digits, _, - and ., \
             the first a letter"
        );
        let help = name
            .strip_prefix("/dev/")
            .filter(|node| misshapen_device(node).is_none())
            .map(|node| format!("write \"{node}\", without the folder"));
        return Err((allowed, label, help));
    }
    if DEVICE_NODES.contains(&name) {
        let title = format!("`{name}` cannot be the device's name");
        return Err((title, format!("/dev/{name} is something else"), None));
    }
    Ok(())
}

fn group_name(name: &str) -> Result<(), NameError> {
    let first = |c: char| c.is_ascii_lowercase() || c == '_';
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    match misshapen(name, GROUP_NAME_MAX, first, rest) {
        Some(label) => {
            let allowed = format!(
                "`device.group` takes 1 to {GROUP_NAME_MAX} of a-z, 0-9, _ and -, \
                 the first a letter or _"
            );
            Err((allowed, label, None))
        }
        None => Ok(()),
    }
}

/// The values.
impl Rules<'_> {
    fn refuse(&mut self, title: impl Into<String>, place: Range<usize>, label: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(title, place, label));
    }

    /// A string that `rule` has nothing against.
    fn name(
        &mut self,
        given: &Given,
        key: &str,
        rule: impl Fn(&str) -> Result<(), NameError>,
    ) -> Option<String> {
        let item = given.as_ref()?;
        let Item::String(name) = item.get_ref() else {
            self.refuse(
                format!("`{key}` takes a string"),
                item.span(),
                format!("this is {}", item.get_ref().kind()),
            );
            return None;
        };
        match rule(name) {
            Ok(()) => Some(name.clone()),
            Err((title, label, help)) => {
                let diagnostic = Diagnostic::new(title, item.span(), label).maybe_help(help);
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    /// What was measured, or `None` and a complaint.
    fn keep(&mut self, measured: Measured) -> Option<u64> {
        match measured {
            Ok(number) => Some(number),
            Err(refused) => {
                self.diagnostics.push(refused.diagnostic);
                None
            }
        }
    }

    fn integer(&mut self, given: &Given, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        self.keep(integer(given.as_ref()?, key, &range))
    }

    fn size(&mut self, given: &Given, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        self.keep(size(given.as_ref()?, key, &range))
    }

    fn time(&mut self, given: &Given, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        self.keep(TIMES.read(given.as_ref()?, key, &range))
    }

    fn boolean(&mut self, given: &Given, key: &str) -> Option<bool> {
        let item = given.as_ref()?;
        let Item::Boolean(truth) = item.get_ref() else {
            let help = match item.get_ref() {
                Item::String(word) if matches!(word.as_str(), "true" | "false") => {
                    Some(format!("write {word}, without quotes"))
                }
                _ => None,
            };
            let title = format!("`{key}` takes `true` or `false`");
            let label = format!("this is {}", item.get_ref().kind());
            self.diagnostics
                .push(Diagnostic::new(title, item.span(), label).maybe_help(help));
            return None;
        };
        Some(*truth)
    }

    fn mode(&mut self, given: &Given) -> Option<u16> {
        let item = given.as_ref()?;
        let title = "`device.mode` takes read and write bits, from 0o000 to 0o666";
        let Item::Integer(value) = item.get_ref() else {
            let label = format!("this is {}", item.get_ref().kind());
            self.diagnostics
                .push(Diagnostic::new(title, item.span(), label).help("such as 0o600"));
            return None;
        };
        match u16::try_from(*value) {
            Ok(mode) if mode & !MODE_BITS == 0 => Some(mode),
            _ => {
                // chmod's habit: octal digits without the 0o.
                let meant = u16::from_str_radix(&value.to_string(), 8)
                    .ok()
                    .filter(|mode| mode & !MODE_BITS == 0);
                let label = match *value {
                    0..=0o7777 => format!("0o{value:o} has other bits"),
                    _ => "not such bits".to_owned(),
                };
                let help = meant.map(|mode| format!("write 0o{mode:03o} for octal digits"));
                self.diagnostics
                    .push(Diagnostic::new(title, item.span(), label).maybe_help(help));
                None
            }
        }
    }

    fn word<W: Word>(&mut self, given: &Given, key: &str) -> Option<W> {
        let item = given.as_ref()?;
        let title = format!("`{key}` takes {}", listing(W::words(), "or"));
        let (label, help) = match item.get_ref() {
            Item::String(word) => match W::from_word(word) {
                Some(value) => return Some(value),
                None => (
                    "not one of these".to_owned(),
                    did_you_mean(word, W::words()),
                ),
            },
            other => (format!("this is {}", other.kind()), None),
        };
        self.diagnostics
            .push(Diagnostic::new(title, item.span(), label).maybe_help(help));
        None
    }

    /// A list of words, none of them twice. `unknown` words the complaint about
    /// a word that does not exist.
    fn list<W: Word>(
        &mut self,
        given: &Given,
        key: &str,
        unknown: fn(&str, Range<usize>) -> Diagnostic,
    ) -> Checked<Vec<(W, Range<usize>)>> {
        let Some((words, mut good)) = self.strings(given, key) else {
            return Checked::Absent;
        };
        let mut values = Vec::new();
        for (word, place) in words {
            match W::from_word(&word) {
                Some(value) => values.push((value, place)),
                None => {
                    self.diagnostics.push(unknown(&word, place));
                    good = false;
                }
            }
        }
        if good {
            Checked::Good(values)
        } else {
            Checked::Bad
        }
    }

    /// A list of strings, and whether it is all there: what is no string or
    /// stands twice is reported and left out.
    fn strings(&mut self, given: &Given, key: &str) -> Option<(Names, bool)> {
        let item = given.as_ref()?;
        let title = format!("`{key}` takes a list of names, each in quotes");
        let mut words: Names = Vec::new();
        let Item::Array(items) = item.get_ref() else {
            let help = match item.get_ref() {
                Item::String(word) => Some(format!("write [{word:?}]")),
                _ => None,
            };
            let label = format!("this is {}", item.get_ref().kind());
            self.diagnostics
                .push(Diagnostic::new(title, item.span(), label).maybe_help(help));
            return Some((words, false));
        };
        for item in items {
            let Item::String(word) = item.get_ref() else {
                let label = format!("this is {}", item.get_ref().kind());
                self.refuse(title.clone(), item.span(), label);
                continue;
            };
            match words.iter().find(|(other, _)| other == word) {
                Some((_, first)) => self.diagnostics.push(
                    Diagnostic::new(
                        format!("`{key}` names `{word}` twice"),
                        item.span(),
                        "the same name again",
                    )
                    .related(first.clone(), "first named here"),
                ),
                None => words.push((word.clone(), item.span())),
            }
        }
        let good = words.len() == items.len();
        Some((words, good))
    }

    fn libraries(&mut self, given: &Given) -> Checked<BTreeSet<Library>> {
        let libraries = match self.list(given, "lua.libraries", unknown_library) {
            Checked::Good(libraries) => libraries,
            Checked::Absent => return Checked::Absent,
            Checked::Bad => return Checked::Bad,
        };
        let libraries: BTreeSet<_> = libraries.into_iter().map(|(library, _)| library).collect();
        if let (false, Some(item)) = (libraries.contains(&Library::Base), given) {
            self.diagnostics.push(
                Diagnostic::new(
                    "`lua.libraries` must name `base`",
                    item.span(),
                    "no `base` here",
                )
                .note("`print`, `pcall`, `error` and `tostring` are in it"),
            );
            return Checked::Bad;
        }
        Checked::Good(libraries)
    }

    fn stdlib(&mut self, given: &Given, known: Known<'_>) -> Checked<Names> {
        let Some((names, mut good)) = self.strings(given, "lua.stdlib") else {
            return Checked::Absent;
        };
        let modules = || known.stdlib.names();
        for (name, place) in &names {
            if known.stdlib.get(name).is_none() {
                self.diagnostics.push(
                    Diagnostic::new(
                        format!("the standard library has no module `{name}`"),
                        place.clone(),
                        "unknown",
                    )
                    .note(format!("it has {}", listing(modules(), "and")))
                    .maybe_help(did_you_mean(name, modules())),
                );
                good = false;
            }
        }
        if good {
            Checked::Good(names)
        } else {
            Checked::Bad
        }
    }

    /// A module must find the libraries that it uses.
    fn needs(
        &mut self,
        name: &str,
        place: &Range<usize>,
        given: &Given,
        libraries: &BTreeSet<Library>,
        known: Known<'_>,
    ) {
        if let Some((missing, help)) = missing(name, libraries, known) {
            let diagnostic = Diagnostic::new(
                format!("`{name}` needs {missing}, which `lua.libraries` does not name"),
                place.clone(),
                format!("needs {missing}"),
            );
            let diagnostic = related(diagnostic, given, format!("no {missing} here"));
            self.diagnostics.push(diagnostic.help(help));
        }
    }

    /// The modules of a file that names none. There is no entry to underline if
    /// one lacks a library: the list of libraries is what the user wrote.
    fn default_stdlib(
        &mut self,
        given: &Given,
        libraries: &BTreeSet<Library>,
        known: Known<'_>,
    ) -> BTreeSet<String> {
        for name in DEFAULT_STDLIB {
            let (Some((missing, help)), Some(item)) = (missing(name, libraries, known), given)
            else {
                continue;
            };
            self.diagnostics.push(
                Diagnostic::new(
                    format!("`{name}` needs {missing}, which `lua.libraries` does not name"),
                    item.span(),
                    format!("no {missing} here"),
                )
                .note(format!(
                    "without a `stdlib` key a flavour has {}",
                    listing(DEFAULT_STDLIB.iter().copied(), "and")
                ))
                .help(format!(
                    "{help}, or name the modules that you want in `stdlib`"
                )),
            );
        }
        DEFAULT_STDLIB
            .iter()
            .map(|name| (*name).to_owned())
            .collect()
    }
}

/// A number in its range.
type Measured = Result<u64, Box<Refused>>;

struct Refused {
    diagnostic: Diagnostic,
    /// The number, if all that is wrong with it is the range.
    number: Option<i128>,
}

fn within(
    number: i128,
    range: &RangeInclusive<u64>,
    title: String,
    place: Range<usize>,
) -> Measured {
    match u64::try_from(number) {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => {
            let label = if number < i128::from(*range.start()) {
                "too small"
            } else {
                "too large"
            };
            Err(Box::new(Refused {
                diagnostic: Diagnostic::new(title, place, label),
                number: Some(number),
            }))
        }
    }
}

fn integer(item: &Spanned<Item>, key: &str, range: &RangeInclusive<u64>) -> Measured {
    let title = format!(
        "`{key}` takes an integer from {} to {}",
        range.start(),
        range.end()
    );
    match item.get_ref() {
        Item::Integer(number) => within(*number, range, title, item.span()),
        other => {
            let help = match other {
                Item::String(text) if text.parse::<u64>().is_ok_and(|n| range.contains(&n)) => {
                    Some(format!("write {text}, without quotes"))
                }
                _ => None,
            };
            let label = format!("this is {}", other.kind());
            Err(Box::new(Refused {
                diagnostic: Diagnostic::new(title, item.span(), label).maybe_help(help),
                number: None,
            }))
        }
    }
}

/// A number, or a string with a unit.
struct Units {
    /// What such a value is.
    what: &'static str,
    /// The largest first, the one of a bare number last.
    units: &'static [(&'static str, u64)],
    listed: &'static str,
    help: &'static str,
}

const SIZES: Units = Units {
    what: "a size",
    units: &[("GiB", GIB), ("MiB", MIB), ("KiB", KIB), ("", 1)],
    listed: "KiB, MiB and GiB",
    help: "write bytes, such as 512, or a unit, such as \"64KiB\"",
};

const TIMES: Units = Units {
    what: "a time",
    units: &[
        ("h", HOUR),
        ("min", MINUTE),
        ("s", SECOND),
        ("ms", 1),
        ("", 1),
    ],
    listed: "ms, s, min and h",
    help: "write milliseconds, such as 500, or a unit, such as \"30s\"",
};

impl Units {
    fn read(&self, item: &Spanned<Item>, key: &str, range: &RangeInclusive<u64>) -> Measured {
        let title = format!(
            "`{key}` takes {} from {} to {}",
            self.what,
            self.show(*range.start()),
            self.show(*range.end())
        );
        let value = match item.get_ref() {
            Item::Integer(value) => Ok(*value),
            Item::String(text) => self.parse(text).map(i128::from),
            other => Err((
                format!("this is {}", other.kind()),
                Some(self.help.to_owned()),
            )),
        };
        match value {
            Ok(value) => within(value, range, title, item.span()),
            Err((label, help)) => Err(Box::new(Refused {
                diagnostic: Diagnostic::new(title, item.span(), label).maybe_help(help),
                number: None,
            })),
        }
    }

    /// The largest unit that divides `value`.
    fn show(&self, value: u64) -> String {
        let (unit, factor) = self
            .units
            .iter()
            .find(|(_, factor)| value >= *factor && value.is_multiple_of(*factor))
            .unwrap_or(&("", 1));
        format!("{}{unit}", value / factor)
    }

    /// # Errors
    ///
    /// What is wrong with `text`, and what was meant, if that can be guessed.
    fn parse(&self, text: &str) -> Result<u64, (String, Option<String>)> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err((format!("{} begins with a digit", self.what), None));
        }
        let Some((_, factor)) = self.units.iter().find(|(name, _)| *name == unit) else {
            let first = |text: &str| text.chars().next().map(|c| c.to_ascii_uppercase());
            let letter = first(unit.trim_start());
            let meant = self
                .units
                .iter()
                .find(|(name, _)| letter.is_some() && letter == first(name));
            let help = match meant {
                Some((name, _)) => format!("did you mean \"{number}{name}\"?"),
                None => format!("the units are {}", self.listed),
            };
            return Err((format!("`{unit}` is no unit"), Some(help)));
        };
        // Past u64 is past every limit.
        let value = number
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(*factor));
        Ok(value.unwrap_or(u64::MAX))
    }
}

/// Bytes, as a number or as a string with a unit.
fn size(item: &Spanned<Item>, key: &str, range: &RangeInclusive<u64>) -> Measured {
    SIZES.read(item, key, range)
}

/// A size as it would be written.
pub fn show_size(size: u64) -> String {
    SIZES.show(size)
}

/// Milliseconds as they would be written.
pub fn show_time(time: u64) -> String {
    TIMES.show(time)
}

/// The libraries that a module needs and does not find, and what to do about it.
fn missing(
    name: &str,
    libraries: &BTreeSet<Library>,
    known: Known<'_>,
) -> Option<(String, String)> {
    let module = known.stdlib.get(name)?;
    let missing: Vec<_> = module
        .needs
        .difference(libraries)
        .map(|library| library.word())
        .collect();
    if missing.is_empty() {
        return None;
    }
    let missing = listing(missing, "and");
    let help = format!("add {missing} to `libraries`");
    Some((missing, help))
}

fn unknown_library(word: &str, place: Range<usize>) -> Diagnostic {
    let reason = ABSENT_LIBRARIES.iter().find(|(name, _)| *name == word);
    let diagnostic = Diagnostic::new(
        format!("there is no Lua library `{word}` in the kernel"),
        place,
        "unknown",
    )
    .note(format!(
        "the libraries are {}",
        listing(Library::of_lua().map(Word::word), "and")
    ));
    match reason {
        Some((_, reason)) => diagnostic.note(*reason),
        None => diagnostic.maybe_help(did_you_mean(word, Library::words())),
    }
}

fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|known| format!("did you mean \"{known}\"?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_two() {
        assert_eq!(SIZES.parse("512"), Ok(512));
        assert_eq!(SIZES.parse("64KiB"), Ok(65536));
        assert_eq!(SIZES.parse("1MiB"), Ok(1 << 20));
        assert_eq!(SIZES.parse("99999999999999999999GiB"), Ok(u64::MAX));
        assert!(SIZES.parse("").is_err());
        assert!(SIZES.parse("KiB").is_err());
        assert!(SIZES.parse("-1").is_err());
        let (_, help) = SIZES.parse("64kb").unwrap_err();
        assert_eq!(help.as_deref(), Some("did you mean \"64KiB\"?"));
    }

    #[test]
    fn times_have_units() {
        assert_eq!(TIMES.parse("500"), Ok(500));
        assert_eq!(TIMES.parse("500ms"), Ok(500));
        assert_eq!(TIMES.parse("30s"), Ok(30_000));
        assert_eq!(TIMES.parse("10min"), Ok(600_000));
        assert_eq!(TIMES.show(86_400_000), "24h");
        let (_, help) = TIMES.parse("5sec").unwrap_err();
        assert_eq!(help.as_deref(), Some("did you mean \"5s\"?"));
        let (_, help) = TIMES.parse("5d").unwrap_err();
        assert_eq!(help.as_deref(), Some("the units are ms, s, min and h"));
    }

    #[test]
    fn a_size_is_shown_as_it_would_be_written() {
        for (size, shown) in [
            (0, "0"),
            (1, "1"),
            (1500, "1500"),
            (6144, "6KiB"),
            (GIB, "1GiB"),
        ] {
            assert_eq!(show_size(size), shown);
            assert_eq!(SIZES.parse(shown), Ok(size));
        }
    }
}
