// SPDX-License-Identifier: GPL-2.0

//! Random configurations that are valid, as TOML, and a script for a module that one of them makes.

use std::{collections::BTreeMap, fmt::Write as _};

use lunatik_build::{
    config::{Access, Config, Initial, Library, ValueType, Word},
    workspace::Workspace,
};
use proptest::{
    prelude::*,
    sample::{select, subsequence},
    strategy::ValueTree as _,
    test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner},
};

/// How large a flavour may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// As large as it can be stated.
    Any,
    /// So that the machine holds it.
    Loaded,
}

/// The configuration of `seed`.
pub fn text(seed: u64, size: Size, workspace: &Workspace) -> String {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Runs::default(), rng);
    let tree = configuration(seed, size, workspace).new_tree(&mut runner);
    tree.expect("nothing is filtered for long").current()
}

fn configuration(seed: u64, size: Size, workspace: &Workspace) -> BoxedStrategy<String> {
    let tables = prop::collection::btree_map(
        "t_[A-Za-z0-9_]{0,20}",
        (0..=24_u32, any::<[u16; 6]>()),
        0..5,
    )
    .prop_flat_map(move |tables| {
        let tables = tables
            .into_iter()
            .map(|(name, (log, random))| table(name, log, random, size));
        tables.collect::<Vec<_>>()
    });
    (head(seed, size), exec(size), lua(workspace), tables)
        .prop_map(|(head, exec, lua, tables)| {
            let none = if tables.is_empty() {
                "table = []\n"
            } else {
                ""
            };
            format!("{none}{head}{exec}{lua}{}", tables.concat())
        })
        .boxed()
}

/// `[module]` and `[device]`.
fn head(seed: u64, size: Size) -> impl Strategy<Value = String> {
    let module = match size {
        Size::Any => "m_[a-z0-9_]{0,40}".boxed(),
        Size::Loaded => Just(format!("random_{seed}")).boxed(),
    };
    let device = match size {
        Size::Any => "x[A-Za-z0-9_.-]{0,30}".boxed(),
        Size::Loaded => Just(format!("lua{seed}")).boxed(),
    };
    (
        module,
        "[ -~]{1,200}",
        any::<bool>(),
        device,
        0..8_u16,
        "[a-z_][a-z0-9_-]{0,31}",
        select(vec!["sys_admin", "none"]),
    )
        .prop_map(|(module, description, embed, device, mode, group, capability)| {
            let mode = (mode & 6) * 0o111;
            format!(
                "[module]\nname = {module:?}\ndescription = {description:?}\nembed-config = {embed}\n\
                 [device]\nname = {device:?}\nmode = 0o{mode:03o}\ngroup = {group:?}\n\
                 capability = {capability:?}\n"
            )
        })
}

fn exec(size: Size) -> impl Strategy<Value = String> {
    let states = match size {
        Size::Any => 1..=1024_u32,
        Size::Loaded => 1..=16,
    };
    // A script of the test has to get to its end.
    let (least, shortest) = match size {
        Size::Any => (0, 1),
        Size::Loaded => (1_000_000, 1 << 20),
    };
    (
        states,
        select(vec!["wait", "error"]),
        shortest..=16_u64 << 20,
        // No string of a table may be larger than this.
        (1_u64 << 20..=1 << 30),
        prop_oneof![Just(0), least..=i64::MAX as u64],
        prop_oneof![Just(0), 60_000..=86_400_000_u64],
        (1024..=64_u64 << 20),
        4096..=10_240_u64,
    )
        .prop_map(
            |(states, busy, script, memory, instructions, time, output, stack)| {
                format!(
                    "[exec]\nstates = {states}\nwhen-busy = {busy:?}\nscript-max = {script}\n\
                 memory-limit = {memory}\ninstruction-limit = {instructions}\ntime-limit = {time}\n\
                 output-limit = {output}\nstack-reserve = {stack}\n"
                )
            },
        )
}

/// The libraries, and those modules that have what they need.
fn lua(workspace: &Workspace) -> impl Strategy<Value = String> + use<> {
    let modules: BTreeMap<_, _> = workspace
        .stdlib
        .names()
        .filter_map(|name| Some((name.to_owned(), workspace.stdlib.get(name)?.needs.clone())))
        .collect();
    let others: Vec<_> = Library::ALL
        .iter()
        .map(|(_, library)| *library)
        .filter(|it| *it != Library::Base)
        .collect();
    let names: Vec<_> = modules.keys().cloned().collect();
    let (all, count) = (others.len(), names.len());
    (subsequence(others, 0..=all), subsequence(names, 0..=count)).prop_map(
        move |(mut libraries, names)| {
            libraries.push(Library::Base);
            let names: Vec<_> = names
                .into_iter()
                .filter(|name| {
                    modules[name]
                        .iter()
                        .all(|needed| libraries.contains(needed))
                })
                .collect();
            let libraries: Vec<_> = libraries.into_iter().map(Word::word).collect();
            format!("[lua]\nlibraries = {libraries:?}\nstdlib = {names:?}\n")
        },
    )
}

/// A table with up to 2^`log` buckets, as far as the machine is to hold it.
fn table(name: String, log: u32, random: [u16; 6], size: Size) -> BoxedStrategy<String> {
    let log = if size == Size::Loaded {
        log.min(14)
    } else {
        log
    };
    let [first, entries, key, string, bytes, bits] = random.map(u64::from);
    let buckets = 1_u64 << (first % u64::from(log.min(16) + 1));
    let most = 1_u64 << log;
    let most = most.max(buckets);
    let entries = 1 + entries * most * 64 / 65536;
    let key = 1 + key % 4096;
    let string = 1 + string * 16;
    let types: Vec<_> = ValueType::ALL
        .iter()
        .enumerate()
        .filter(|(number, _)| (bits % 7 + 1) >> number & 1 == 1)
        .map(|(_, (word, _))| *word)
        .collect();
    let bytes = key + string + 64 + bytes * 4096;
    let read_only = bits & 8 != 0;
    let mut text = format!(
        "[[table]]\nname = {name:?}\nbuckets = {buckets}\nmax-buckets = {most}\nmax-entries = {entries}\n\
         value-types = {types:?}\nkey-max = {key}\nmax-bytes = {bytes}\n"
    );
    if types.contains(&"string") {
        let _ = writeln!(text, "string-max = {string}");
    }
    // What an element counts is what bounds how many there can be.
    let room = (bytes / (key + string.min(40) + 64)).min(entries).min(20) as usize;
    let least = usize::from(read_only);
    let value = select(types).prop_flat_map(move |word| match word {
        "integer" => any::<i64>().prop_map(|number| number.to_string()).boxed(),
        "boolean" => any::<bool>().prop_map(|truth| truth.to_string()).boxed(),
        _ => any::<String>()
            .prop_map(move |text| toml_string(&text, string.min(40) as usize))
            .boxed(),
    });
    let key = any::<String>().prop_map(move |text| toml_string(&text, key as usize));
    prop::collection::btree_map(key, value, least..=room.max(1))
        .prop_map(move |init| {
            let mut text = text.clone();
            if read_only && !init.is_empty() {
                text.push_str("access = \"read-only\"\n");
            }
            if !init.is_empty() {
                text.push_str("[table.init]\n");
            }
            for (key, value) in init {
                let _ = writeln!(text, "{key} = {value}");
            }
            text
        })
        .boxed()
}

/// A string of TOML with as many of the characters as `most` bytes hold.
fn toml_string(text: &str, most: usize) -> String {
    let text = &text[..text.floor_char_boundary(most)];
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// What a module of `config` must run: its tables hold what they begin with, and take what they are to.
pub fn script(config: &Config) -> String {
    let mut script = String::from("local count\n");
    for table in &config.tables {
        let name = &table.name;
        let _ = writeln!(script, "assert(#{name} == {})", table.init.len());
        for (key, value) in &table.init {
            let value = match value {
                Initial::Integer(number) if *number == i64::MIN => {
                    "-9223372036854775807 - 1".to_owned()
                }
                Initial::Integer(number) => number.to_string(),
                Initial::Boolean(truth) => truth.to_string(),
                Initial::String(text) => lua_string(text),
            };
            let _ = writeln!(script, "assert({name}[{}] == {value})", lua_string(key));
        }
        let new = match table.value_types.first() {
            Some(ValueType::Integer) => "7",
            Some(ValueType::Boolean) => "true",
            _ => "'x'",
        };
        let free = table.init.len() < table.max_entries as usize && !table.init.contains_key("k");
        let _ = match table.access {
            Access::ReadOnly => {
                writeln!(script, "assert(not pcall(function() {name}.k = {new} end))")
            }
            Access::ReadWrite if free => writeln!(
                script,
                "if pcall(function() {name}.k = {new} end) then assert({name}.k == {new}) end {name}.k = nil"
            ),
            Access::ReadWrite => Ok(()),
        };
    }
    for (library, global) in [
        (Library::String, "string"),
        (Library::Math, "math"),
        (Library::Utf8, "utf8"),
    ] {
        let there = config.lua.libraries.contains(&library);
        let _ = writeln!(script, "assert((_G.{global} ~= nil) == {there})");
    }
    for module in &config.lua.stdlib {
        let _ = writeln!(script, "assert(require {module:?})");
    }
    let _ = writeln!(
        script,
        "assert(require 'lunatik'.states == {})",
        config.exec.states
    );
    script
}

fn lua_string(text: &str) -> String {
    let bytes = text.bytes().map(|byte| format!("\\{byte:03}"));
    format!("\"{}\"", bytes.collect::<String>())
}
