// SPDX-License-Identifier: GPL-2.0
//! The configuration of a flavour, checked: whoever holds a [`Config`] need not
//! ask again whether a name is a name or a size is in range.
//!
//! [`read`] is the way from text to there: `inherit` finds the files, `raw` gives
//! their text its shape, `merge` makes one of them, `rules` holds every rule there
//! is about a value, and has scripts compiled. `show` is the way back, `settings` takes
//! that apart again. [`reference`] is what people are told about each key.

mod inherit;
mod merge;
pub(crate) mod names;
mod place;
mod raw;
pub mod reference;
mod rules;
mod settings;
mod show;

pub use rules::ABSENT_LIBRARIES;
pub use settings::Setting;

use std::collections::{
    BTreeMap,
    BTreeSet, //
};
use std::ops::Range;

use sha2::{
    Digest as _,
    Sha256, //
};

use crate::compiler::Compiler;
use crate::diagnostic::{
    Diagnostic,
    Source,
    Sources,
    render, //
};
use crate::stdlib::Stdlib;

/// A checked `lunatik.toml`, every default filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub module: Module,
    pub device: Device,
    pub exec: Exec,
    pub lua: Lua,
    pub build: Build,
    pub budget: Budget,
    /// In the order of the file.
    pub tables: Vec<Table>,
    /// In the order of the file. Not empty without a compiler.
    pub scripts: Vec<Script>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// What `lsmod` shows; an identifier in C and in Rust.
    pub name: String,
    /// Printable ASCII.
    pub description: String,
    /// Whether the configuration is part of the module, for who has it loaded to read.
    pub embed_config: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The node below `/dev`.
    pub name: String,
    /// Permission bits of the node.
    pub mode: u16,
    /// The group of the node, where udev sets it.
    pub group: String,
    /// What opening it for writing takes.
    pub capability: Capability,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// Lua states, and so scripts that run at the same time.
    pub states: u32,
    pub when_busy: WhenBusy,
    /// Bytes of source text that one script may have.
    pub script_max: u64,
    /// Bytes that one state may hold.
    pub memory_limit: u64,
    /// Instructions that a script may run; 0 means no limit.
    pub instruction_limit: u64,
    /// Milliseconds that a script may take; 0 means no limit.
    pub time_limit: u64,
    /// Bytes that a script may print.
    pub output_limit: u64,
    /// Bytes of kernel stack that Lua must leave free.
    pub stack_reserve: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lua {
    pub libraries: BTreeSet<Library>,
    /// Names of modules in the standard library folder.
    pub stdlib: BTreeSet<String>,
    /// Whether the module compiles scripts. If not, it runs its own alone.
    pub compiler: bool,
    /// Whether what is compiled on the host keeps lines and names for errors.
    pub debug_info: bool,
}

/// How the module is compiled, and what it leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Build {
    pub optimize: Optimize,
    /// Whether the module loses the symbols that loading it does not take.
    pub strip: bool,
    /// Whether errors say in which calls they came about.
    pub tracebacks: bool,
    pub tracepoints: bool,
}

/// What the rest is held against. Nothing is generated from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes that all states and tables may hold together.
    pub memory: Option<u64>,
    /// Bytes of the module that the kernel loads.
    pub ko: Option<u64>,
    /// Bytes that an idle state holds.
    pub state: Option<u64>,
    /// Bytes that the module and its idle states hold together.
    pub total: Option<u64>,
}

/// One RCU-protected hash table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The Lua global that scripts reach it by.
    pub name: String,
    /// A power of two: what the table has when it is loaded, and at least.
    pub buckets: u32,
    /// A power of two, not below `buckets`: what the table grows to.
    pub max_buckets: u32,
    /// Elements that the table may hold; at most [`PER_BUCKET`] for each of
    /// `max_buckets`.
    pub max_entries: u64,
    /// Never empty.
    pub value_types: BTreeSet<ValueType>,
    /// Bytes that a key may have.
    pub key_max: u64,
    /// Bytes that a string value may have; `None` in a table without strings.
    pub string_max: Option<u64>,
    /// Bytes that the elements may hold in all, each counted as its key, its
    /// string and [`ELEMENT_BYTES`]. Not below what the largest element needs.
    pub max_bytes: u64,
    /// What scripts may do.
    pub access: Access,
    /// What the table holds when it is loaded: values of `value_types`, within
    /// all the limits above. Never empty in a table that scripts only read.
    pub init: BTreeMap<String, Initial>,
}

/// A script that the module contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What it is run by, and what errors call it.
    pub name: String,
    /// Whether it runs when the module is loaded.
    pub at_load: bool,
    /// Empty where it was only looked at.
    pub source: Vec<u8>,
    /// The SHA-256 of the source, in hexadecimal digits; `None` where only a look was taken, and nothing
    /// tells.
    pub sum: Option<String>,
    /// The source, compiled. Empty where it was only looked at.
    pub chunk: Vec<u8>,
}

impl Config {
    /// The name that users know the flavour by: that of the module, without what
    /// all modules of Lunatik have in common.
    pub fn flavour(&self) -> &str {
        match self.module.name.as_str() {
            "lunatik" => "default",
            name => name.strip_prefix("lunatik_").unwrap_or(name),
        }
    }

    /// The whole configuration as TOML, and nothing that could differ between two
    /// files of the same meaning.
    pub fn plain(&self) -> String {
        show::plain(self)
    }

    /// The SHA-256 of [`Config::plain`], in hexadecimal digits.
    pub fn sha256(&self) -> String {
        sha256(self.plain().as_bytes())
    }

    /// Whether there can be a script at all.
    pub fn has_something_to_run(&self) -> bool {
        self.lua.compiler || !self.scripts.is_empty()
    }

    /// Whether the module contains Lua that was compiled on the host.
    pub fn has_chunks(&self) -> bool {
        !self.lua.compiler || !self.scripts.is_empty()
    }

    /// Bytes that the states may hold, and those that the tables may.
    pub fn most_memory(&self) -> (u64, u64) {
        let states = u64::from(self.exec.states) * self.exec.memory_limit;
        (
            states,
            self.tables.iter().map(|table| table.max_bytes).sum(),
        )
    }
}

impl Script {
    /// Where it lies in a flavour's directory: its source, `lua`, or what was compiled, `luac`.
    pub fn path(&self, extension: &str) -> String {
        format!("scripts/{}.{extension}", self.name)
    }
}

/// In hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Table {
    /// Whether the number of buckets changes.
    pub fn grows(&self) -> bool {
        self.max_buckets > self.buckets
    }
}

/// Elements that a bucket may have, were all equally long: what bounds the time
/// that reading takes.
pub const PER_BUCKET: u64 = 64;

/// What an element counts besides its key and the bytes of its string.
pub const ELEMENT_BYTES: u64 = 32;

/// A value that a table begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Initial {
    Integer(i64),
    Boolean(bool),
    String(String),
}

impl Initial {
    pub fn value_type(&self) -> ValueType {
        match self {
            Initial::Integer(_) => ValueType::Integer,
            Initial::Boolean(_) => ValueType::Boolean,
            Initial::String(_) => ValueType::String,
        }
    }

    /// What this counts towards `max_bytes`, as the value of `key`, on a 64-bit kernel.
    pub fn bytes(&self, key: &str) -> u64 {
        let string = match self {
            // Longer ones are held by scripts instead of being copied.
            Initial::String(string) if string.len() > 40 => string.len() + 3,
            Initial::String(string) => string.len(),
            Initial::Integer(_) | Initial::Boolean(_) => 0,
        };
        (key.len() + string) as u64 + ELEMENT_BYTES
    }
}

/// An enumeration whose variants are words in the file.
pub trait Word: Copy + Ord + 'static {
    /// The variants, in the order that they are listed and generated in.
    const ALL: &'static [(&'static str, Self)];

    fn word(self) -> &'static str {
        let (word, _) = Self::ALL
            .iter()
            .find(|(_, variant)| *variant == self)
            .expect("ALL has every variant");
        word
    }

    fn from_word(word: &str) -> Option<Self> {
        let (_, variant) = Self::ALL.iter().find(|(known, _)| *known == word)?;
        Some(*variant)
    }

    fn words() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|(word, _)| *word)
    }
}

/// The capability that whoever opens the device for writing must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    SysAdmin,
    /// The permissions of the node decide alone.
    None,
}

impl Word for Capability {
    const ALL: &'static [(&'static str, Self)] = &[
        ("sys_admin", Capability::SysAdmin),
        ("none", Capability::None),
    ];
}

/// What a writer meets when every state runs a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhenBusy {
    /// It sleeps until a state is free.
    Wait,
    /// It fails with `EBUSY`.
    Error,
}

impl Word for WhenBusy {
    const ALL: &'static [(&'static str, Self)] =
        &[("wait", WhenBusy::Wait), ("error", WhenBusy::Error)];
}

/// What the compilers are to make small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Optimize {
    /// Time, as the kernel itself.
    Speed,
    /// Code and what the kernel keeps about it, and states.
    Size,
}

impl Word for Optimize {
    const ALL: &'static [(&'static str, Self)] =
        &[("speed", Optimize::Speed), ("size", Optimize::Size)];
}

/// A library that Lua is compiled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Library {
    Base,
    String,
    Table,
    Math,
    Utf8,
    Coroutine,
    /// Not Lua's: what `make bench` compares with. No flavour has it that does not ask for it.
    Bench,
    /// Not Lua's: the recorder of the tests. No flavour has it that does not ask for it.
    History,
}

impl Library {
    /// Lua's own, which a flavour has if it does not say otherwise.
    pub fn of_lua() -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().map(|(_, library)| *library);
        all.filter(|library| !matches!(library, Self::Bench | Self::History))
    }
}

impl Word for Library {
    const ALL: &'static [(&'static str, Self)] = &[
        ("base", Library::Base),
        ("string", Library::String),
        ("table", Library::Table),
        ("math", Library::Math),
        ("utf8", Library::Utf8),
        ("coroutine", Library::Coroutine),
        ("bench", Library::Bench),
        ("history", Library::History),
    ];
}

/// A type that a table stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueType {
    Integer,
    Boolean,
    String,
}

impl Word for ValueType {
    const ALL: &'static [(&'static str, Self)] = &[
        ("integer", ValueType::Integer),
        ("boolean", ValueType::Boolean),
        ("string", ValueType::String),
    ];
}

/// What scripts may do with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    ReadWrite,
    /// The table stays as it is loaded.
    ReadOnly,
}

impl Word for Access {
    const ALL: &'static [(&'static str, Self)] = &[
        ("read-write", Access::ReadWrite),
        ("read-only", Access::ReadOnly),
    ];
}

/// What the rules must know of the source tree.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The modules that `lua.stdlib` can name.
    pub stdlib: &'a Stdlib,
    /// Stems of the objects beside which the module's own would lie.
    pub objects: &'a BTreeSet<String>,
    /// What scripts are compiled by. If nothing does, it is for a look at the configuration alone: their
    /// files need not be there, and no module can be made of it.
    pub compiler: Option<&'a Compiler>,
}

/// A configuration that nothing is wrong with, and what it was made from.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub config: Config,
    pub sources: Sources,
    raw: raw::RawConfig,
}

impl Accepted {
    /// A text that needs no other configuration: what the user wrote, or if that inherits
    /// something or names scripts, what comes of it. It names no folder but that of its scripts,
    /// in which `script` says which file each one is.
    pub fn whole(&self, script: impl Fn(&Script) -> String) -> String {
        match self.sources.named() {
            Some(source) if self.sources.is_one() && self.config.scripts.is_empty() => {
                source.text.clone()
            }
            _ => show::show(
                self,
                |source| {
                    let name = source.path.file_name().unwrap_or_default();
                    name.to_string_lossy().into_owned()
                },
                |contained, _, _| script(contained),
            ),
        }
    }

    /// Where a key of `[budget]` has its value.
    pub fn budget_place(&self, key: &str) -> Option<Range<usize>> {
        let budget = &self.raw.budget.0;
        let given = match key {
            "ko" => &budget.ko,
            "state" => &budget.state,
            "total" => &budget.total,
            _ => &budget.memory,
        };
        given.as_ref().map(|item| item.span())
    }

    /// The whole configuration as TOML, each key with the place that it comes from. Paths in it
    /// are for a file beside the one that the user named.
    pub fn show(&self) -> String {
        let named = self.sources.named();
        show::show(
            self,
            |source| source.name.clone(),
            |_, source, file| match named {
                Some(named) if named.path != source.path => {
                    inherit::moved(&source.name, file, &named.name)
                }
                _ => file.to_owned(),
            },
        )
    }

    /// Where the files state a key, and which of them; `name` is that of the table. `None`
    /// for what is a default.
    pub fn place(&self, section: &str, key: &str, name: Option<&str>) -> Option<Range<usize>> {
        place::place(&self.raw, section, key, name)
    }

    /// The same, key by key.
    pub fn settings(&self) -> Vec<Setting> {
        settings::settings(self)
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone)]
pub struct Refused {
    pub sources: Sources,
    /// Not empty; in no order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Refused {
    pub fn render(&self, colour: bool) -> String {
        render(&self.sources, &self.diagnostics, colour)
    }
}

/// Reads and checks a whole file, and what it inherits.
///
/// # Errors
///
/// Everything that is wrong with the files.
pub fn read(source: Source, known: Known<'_>) -> Result<Accepted, Refused> {
    let inherit::Files {
        sources,
        mut diagnostics,
    } = inherit::files(source);
    let mut whole = diagnostics.is_empty();
    let mut documents = Vec::new();
    for (source, start) in sources.iter() {
        let shaped = raw::shape(&source.text);
        let found = shaped.diagnostics.into_iter();
        diagnostics.extend(found.map(|diagnostic| diagnostic.moved(start)));
        documents.push(merge::moved(shaped.document, start));
        whole &= shaped.whole;
    }
    // Without one of the files nothing can be said about the rest of them together.
    if whole {
        match raw::read(merge::merge(documents, &mut diagnostics)) {
            Ok(raw) => {
                let config = rules::check(&raw, &sources, known, &mut diagnostics);
                if diagnostics.is_empty() {
                    return Ok(Accepted {
                        config,
                        sources,
                        raw,
                    });
                }
            }
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    Err(Refused {
        sources,
        diagnostics,
    })
}
