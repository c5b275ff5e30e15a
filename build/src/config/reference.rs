// SPDX-License-Identifier: GPL-2.0
//! What there is to say about each key: the one source of `explain`, of the tables in the
//! documentation, of the JSON Schema, and of the texts of `menu`.
//!
//! A new key is one more entry of [`KEYS`]. Ranges and words are those that `rules` checks;
//! defaults stand nowhere here, they are what `rules` makes of an empty file ([`defaults`]).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::raw::INHERIT;
use super::rules::{
    BUDGET_KO,
    BUDGET_MEMORY,
    BUDGET_STATE,
    BUDGET_TOTAL,
    DESCRIPTION_MAX,
    DEVICE_NAME_MAX,
    GROUP_NAME_MAX,
    INSTRUCTION_LIMIT,
    MEMORY_LIMIT,
    MODE_BITS,
    MODULE_NAME_MAX,
    OUTPUT_LIMIT,
    SCRIPT_MAX,
    STACK_RESERVE,
    STATES,
    TIME_LIMIT,
    script::{
        SCRIPT_NAME_MAX,
        SCRIPTS_MAX, //
    },
    show_size,
    show_time,
    table::{
        BUCKETS,
        KEY_MAX,
        MAX_BUCKETS,
        MAX_BYTES,
        MAX_ENTRIES,
        STRING_MAX,
        TABLE_NAME_MAX,
        TABLES_MAX, //
    }, //
};
use super::{
    Access,
    Capability,
    Known,
    Library,
    Optimize,
    Refused,
    ValueType,
    WhenBusy,
    Word,
    read, //
};
use crate::diagnostic::{
    Source,
    listing,
    nearest, //
};

/// A key of `lunatik.toml`.
#[derive(Debug)]
pub struct Key {
    /// The section, empty for what stands above all sections.
    pub section: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    /// What holds if no file states the key and it has no default that could be written
    /// there instead.
    pub without: Option<&'static str>,
    /// What bounds the value besides its own range: other keys.
    pub bound: Option<&'static str>,
    /// A line: what this is.
    pub summary: &'static str,
    /// More about it, in sentences.
    pub text: &'static str,
    /// What it takes of a system, and what more of it brings.
    pub cost: &'static str,
    /// Lines that stand below the heading of the section.
    pub example: &'static str,
}

/// The values that a key takes.
#[derive(Debug)]
pub enum Kind {
    /// A string whose bytes a regular expression of this kind describes.
    Name {
        pattern: &'static str,
        max: usize,
        of: &'static str,
    },
    Integer(RangeInclusive<u64>),
    PowerOfTwo(RangeInclusive<u64>),
    Size(RangeInclusive<u64>),
    Time(RangeInclusive<u64>),
    /// Permissions, within these bits.
    Mode(u16),
    Word(fn() -> Vec<&'static str>),
    /// A list of some of these words, or a change of one.
    Words(fn() -> Vec<&'static str>),
    /// A list of modules of the standard library, or a change of one.
    Modules,
    /// Keys of the user's own, with integers, booleans and strings.
    Elements,
    /// `true` or `false`.
    Boolean,
    /// `true`.
    True,
    /// The path of a file.
    Path,
    /// The same, or a list of them.
    Paths,
}

impl Key {
    /// The key as messages call it: `exec.states`.
    pub fn path(&self) -> String {
        match self.section {
            "" => self.name.to_owned(),
            section => format!("{section}.{}", self.name),
        }
    }

    /// The lines of a file that give an example.
    pub fn example(&self) -> String {
        match heading(self.section) {
            "" => self.example.to_owned(),
            heading => format!("{heading}\n{}", self.example),
        }
    }
}

impl Kind {
    /// What is written: "an integer".
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Name { .. } => "string",
            Kind::Integer(_) => "integer",
            Kind::PowerOfTwo(_) => "integer, a power of two",
            Kind::Size(_) => "size: bytes, or a string with KiB, MiB or GiB",
            Kind::Time(_) => "time: milliseconds, or a string with ms, s, min or h",
            Kind::Mode(_) => "integer, permission bits",
            Kind::Word(_) => "string, one of a few",
            Kind::Words(_) | Kind::Modules => "list of strings, or `{ add = […], remove = […] }`",
            Kind::Elements => "section of its own keys",
            Kind::Boolean | Kind::True => "boolean",
            Kind::Path => "string",
            Kind::Paths => "string, or list of strings",
        }
    }

    /// What is allowed. `modules` are those of the standard library.
    pub fn range(&self, modules: &[&str]) -> String {
        match self {
            Kind::Name { max, of, .. } => format!("1 to {max} {of}"),
            Kind::Integer(range) | Kind::PowerOfTwo(range) => {
                format!("{} to {}", range.start(), range.end())
            }
            Kind::Size(range) => {
                format!(
                    "{} to {}",
                    show_size(*range.start()),
                    show_size(*range.end())
                )
            }
            Kind::Time(range) => {
                format!(
                    "{} to {}",
                    show_time(*range.start()),
                    show_time(*range.end())
                )
            }
            Kind::Mode(bits) => format!("0o000 to 0o{bits:03o}, read and write bits"),
            Kind::Word(words) => listing(words(), "or"),
            Kind::Words(words) => format!("any of {}", listing(words(), "and")),
            Kind::Modules => format!("any of {}", listing(modules.iter().copied(), "and")),
            Kind::Elements => format!(
                "values of type {}, as far as `value-types` goes",
                listing(ValueType::words(), "or")
            ),
            Kind::Boolean => "`true` or `false`".to_owned(),
            Kind::True => "`true`".to_owned(),
            Kind::Path => "a path beside this file".to_owned(),
            Kind::Paths => "paths beside this file".to_owned(),
        }
    }
}

impl Kind {
    /// A range that says more than the type does, for a table.
    pub fn short_range(&self) -> Option<String> {
        match self {
            Kind::Integer(range) if *range.end() == i64::MAX as u64 => None,
            Kind::Integer(_) | Kind::PowerOfTwo(_) | Kind::Size(_) | Kind::Time(_) => {
                Some(self.range(&[]))
            }
            _ => None,
        }
    }
}

/// The sections in their order, with the line that each begins with and what it is about.
pub const SECTIONS: &[(&str, &str, &str)] = &[
    ("", "", "What stands above the first section."),
    ("module", "[module]", "The module by itself."),
    ("device", "[device]", "The node that takes scripts."),
    (
        "exec",
        "[exec]",
        "The states that run scripts, and what one script may take.",
    ),
    ("lua", "[lua]", "What of Lua there is."),
    (
        "build",
        "[build]",
        "How the module is compiled, and what it can do without.",
    ),
    (
        "budget",
        "[budget]",
        "What is held against the rest. Nothing is taken or reserved for it.",
    ),
    (
        "table",
        "[[table]]",
        "A table that all scripts share, each under a heading of its own. Without any heading there is \
         one, `rcu`; `table = []` above the first section makes it none.",
    ),
    (
        "script",
        "[[script]]",
        "A script that the module contains, compiled when the module is made, each under a heading of \
         its own. A module that has any has what loads them, 8 to 10 KB, which others lack.",
    ),
];

/// The line that a section begins with.
pub fn heading(section: &str) -> &'static str {
    let found = SECTIONS.iter().find(|(title, ..)| *title == section);
    found.map_or("", |(_, heading, _)| heading)
}

/// How many sections of this heading a file can have, each with a name; `None` of those that it has
/// one of.
pub fn most(section: &str) -> Option<usize> {
    match section {
        "table" => Some(TABLES_MAX),
        "script" => Some(SCRIPTS_MAX),
        _ => None,
    }
}

/// Every key there is, in the order in which they are told of.
pub const KEYS: &[Key] = &[
    Key {
        section: "",
        name: INHERIT,
        kind: Kind::Paths,
        without: Some("none"),
        bound: None,
        summary: "files that this one changes: a path or a list of them, above the first section",
        text: "Each file is applied after those that it inherits, and these in their order: what \
               comes later wins, key by key. No file may be reached twice.",
        cost: "nothing",
        example: "inherit = \"../lunatik.toml\"",
    },
    Key {
        section: "module",
        name: "name",
        kind: Kind::Name {
            pattern: "[a-z][a-z0-9_]*",
            max: MODULE_NAME_MAX,
            of: "of a-z, 0-9 and _, the first a letter",
        },
        without: None,
        bound: Some("no name of Rust's, of the kernel's build or of a source file"),
        summary: "the module, for `lsmod` and `modprobe`",
        text: "Names the directory that is generated as well, and the option in a kernel's \
               configuration. Modules of different names can be loaded together, if their devices \
               have different names too.",
        cost: "nothing",
        example: "name = \"lunatik_router\"",
    },
    Key {
        section: "module",
        name: "description",
        kind: Kind::Name {
            pattern: "[ -~]+",
            max: DESCRIPTION_MAX,
            of: "printable ASCII characters",
        },
        without: None,
        bound: None,
        summary: "what `modinfo` shows",
        text: "One line for whoever finds the module on a system.",
        cost: "its bytes",
        example: "description = \"Packet rules of the router\"",
    },
    Key {
        section: "module",
        name: "embed-config",
        kind: Kind::Boolean,
        without: None,
        bound: None,
        summary: "whether the module has its configuration in it, for `/sys/class/misc/DEVICE/config`",
        text: "What is read there is a flavour itself, which `diff` takes as an argument. `modinfo` shows the \
               numbers of the flavour and the sum of its configuration either way.",
        cost: "some 700 bytes, and more with each table",
        example: "embed-config = false",
    },
    Key {
        section: "device",
        name: "name",
        kind: Kind::Name {
            pattern: "[A-Za-z][A-Za-z0-9_.-]*",
            max: DEVICE_NAME_MAX,
            of: "of letters, digits, _, - and ., the first a letter",
        },
        without: None,
        bound: Some("no node that systems expect to be something else"),
        summary: "the node below `/dev`, and the first word of log lines and threads",
        text: "Scripts are written to it. Two modules that are loaded together need two names.",
        cost: "nothing",
        example: "name = \"luarouter\"",
    },
    Key {
        section: "device",
        name: "mode",
        kind: Kind::Mode(MODE_BITS),
        without: None,
        bound: None,
        summary: "the node's permissions",
        text: "Whoever may write to the node runs code in the kernel: within the limits of the \
               flavour, but with the whole system to slow down.",
        cost: "nothing; each bit more is trust",
        example: "mode = 0o660",
    },
    Key {
        section: "device",
        name: "group",
        kind: Kind::Name {
            pattern: "[a-z_][a-z0-9_-]*",
            max: GROUP_NAME_MAX,
            of: "of a-z, 0-9, _ and -, the first a letter or _",
        },
        without: None,
        bound: None,
        summary: "its group, which the rule for udev gives it",
        text: "`make install` installs that rule. The kernel itself knows users by their numbers, and makes the \
               node root's.",
        cost: "nothing",
        example: "group = \"lua\"",
    },
    Key {
        section: "device",
        name: "capability",
        kind: Kind::Word(|| Capability::words().collect()),
        without: None,
        bound: None,
        summary: "what opening it for writing takes beside them, or `\"none\"`",
        text: "`\"sys_admin\"` is CAP_SYS_ADMIN. A kernel that is locked down refuses to open the \
               node for writing either way, unless the module has no compiler.",
        cost: "nothing",
        example: "capability = \"none\"",
    },
    Key {
        section: "exec",
        name: "states",
        kind: Kind::Integer(STATES),
        without: None,
        bound: None,
        summary: "Lua states, so scripts that run at the same time",
        text: "A script that comes when all are taken meets what `when-busy` says.",
        cost: "a kernel thread with its stack for each, some 12 KB for a state with all libraries, \
               and at worst `memory-limit`",
        example: "states = 16",
    },
    Key {
        section: "exec",
        name: "when-busy",
        kind: Kind::Word(|| WhenBusy::words().collect()),
        without: None,
        bound: None,
        summary: "or `\"error\"`: what a writer meets when all states are taken",
        text: "`\"wait\"` lets it sleep until one is free; `\"error\"` fails at once with EBUSY.",
        cost: "nothing; who waits costs the time that the others take",
        example: "when-busy = \"error\"",
    },
    Key {
        section: "exec",
        name: "script-max",
        kind: Kind::Size(SCRIPT_MAX),
        without: None,
        bound: None,
        summary: "the longest script",
        text: "A `write` past it fails with EFBIG, and nothing runs.",
        cost: "the text of a script is held until it has ended, beside its state's memory",
        example: "script-max = \"64KiB\"",
    },
    Key {
        section: "exec",
        name: "memory-limit",
        kind: Kind::Size(MEMORY_LIMIT),
        without: None,
        bound: None,
        summary: "memory of one state, strings from tables included",
        text: "A script past it is ended, whatever errors it catches; garbage is collected before \
               it counts.",
        cost: "nothing before it is used; at worst this times `states`",
        example: "memory-limit = \"1MiB\"",
    },
    Key {
        section: "exec",
        name: "instruction-limit",
        kind: Kind::Integer(INSTRUCTION_LIMIT),
        without: None,
        bound: None,
        summary: "instructions of one script; 0 means no limit",
        text: "Long work of a library's functions counts in proportion.",
        cost: "nothing; a processor of today runs some 10^8 a second",
        example: "instruction-limit = 10000000",
    },
    Key {
        section: "exec",
        name: "time-limit",
        kind: Kind::Time(TIME_LIMIT),
        without: None,
        bound: None,
        summary: "time of one script; 0 means no limit",
        text: "The time that passes, waiting for a busy processor or for memory included.",
        cost: "nothing",
        example: "time-limit = \"30s\"",
    },
    Key {
        section: "exec",
        name: "output-limit",
        kind: Kind::Size(OUTPUT_LIMIT),
        without: None,
        bound: None,
        summary: "what one script prints",
        text: "A script that prints more is ended.",
        cost: "what is printed and not read yet is held in memory",
        example: "output-limit = \"64KiB\"",
    },
    Key {
        section: "exec",
        name: "stack-reserve",
        kind: Kind::Size(STACK_RESERVE),
        without: None,
        bound: None,
        summary: "kernel stack that a script leaves free",
        text: "For interrupts and the allocator. What is above it, of 16 KiB, is depth of recursion \
               that scripts can have.",
        cost: "depth: each KiB more takes two nested `pcall`s, or most of a `string.gsub` callback",
        example: "stack-reserve = \"8KiB\"",
    },
    Key {
        section: "lua",
        name: "libraries",
        kind: Kind::Words(|| Library::words().collect()),
        without: None,
        bound: Some("`base` must be among them"),
        summary: "the libraries of Lua that scripts find; what is left out is not compiled. Two more \
                  are for no product: `bench` is what `make bench` compares with, `history` records \
                  for the tests what scripts do (`kmod/history.rs`)",
        text: "`base` has `print`, `pcall`, `error` and the like. A module of `stdlib` may need some \
               of the others.",
        cost: "4 to 8 KB of the module each (26 to 29 KB for `string`), and 0.5 to 2 KB in every state",
        example: "libraries = { remove = [\"utf8\"] }",
    },
    Key {
        section: "lua",
        name: "stdlib",
        kind: Kind::Modules,
        without: None,
        bound: Some("each needs some of `libraries`"),
        summary: "modules of `lua-stdlib/` compiled in",
        text: "What `require` finds, beside `lunatik`.",
        cost: "the size of its file for each, and for `rcutable` 14 KB of functions for every table; memory of a state \
               only once it is required",
        example: "stdlib = [\"counter\"]",
    },
    Key {
        section: "lua",
        name: "compiler",
        kind: Kind::Boolean,
        without: None,
        bound: Some("without it, there must be a `[[script]]`"),
        summary: "whether the module compiles what is written to it; if not, it runs its own scripts alone",
        text: "What is written is then the name of a `[[script]]`, and `load` does not exist. Nobody can have \
               the kernel run anything else.",
        cost: "54 KB of the module, or 73 KB where it is compiled for speed; what loads scripts instead takes 8 to 10 KB",
        example: "compiler = false\n\n[[script]]\nname = \"report\"\nfile = \"report.lua\"",
    },
    Key {
        section: "lua",
        name: "debug-info",
        kind: Kind::Boolean,
        without: None,
        bound: None,
        summary: "whether errors in what is compiled on the host have lines and names",
        text: "Scripts are, and with them the modules of `stdlib`, in a module that contains scripts. What it \
               compiles itself has lines and names always.",
        cost: "about as many bytes as the code of these",
        example: "debug-info = false",
    },
    Key {
        section: "build",
        name: "optimize",
        kind: Kind::Word(|| Optimize::words().collect()),
        without: None,
        bound: None,
        summary: "or `\"size\"`: smaller code and states, slower scripts",
        text: "C is compiled for size, with frame pointers, which make the tables of the kernel's unwinder smaller; states look up new strings in smaller tables.",
        cost: "speed for size: with all of Lua, the module is 13 % smaller",
        example: "optimize = \"size\"",
    },
    Key {
        section: "build",
        name: "strip",
        kind: Kind::Boolean,
        without: None,
        bound: None,
        summary: "`true`: the module loses the symbols that loading it does not take",
        text: "Its own names in the traces of a kernel's errors are among them. The file that kbuild makes stays beside it, as NAME.ko.unstripped.",
        cost: "names in traces",
        example: "strip = true",
    },
    Key {
        section: "build",
        name: "tracebacks",
        kind: Kind::Boolean,
        without: None,
        bound: None,
        summary: "whether errors say in which calls they came about",
        text: "The place of an error is said either way.",
        cost: "2 to 3 KB",
        example: "tracebacks = false",
    },
    Key {
        section: "build",
        name: "tracepoints",
        kind: Kind::Boolean,
        without: None,
        bound: None,
        summary: "whether there are tracepoints",
        text: "They are in /sys/kernel/tracing/events/NAME, or NAME_lunatik unless the name begins with lunatik, for \
               who looks at scripts from outside.",
        cost: "some 9 KB",
        example: "tracepoints = false",
    },
    Key {
        section: "budget",
        name: "memory",
        kind: Kind::Size(BUDGET_MEMORY),
        without: Some("none"),
        bound: Some("not below what the flavour could hold"),
        summary: "what `states` × `memory-limit` and the `max-bytes` of all tables must stay within",
        text: "A flavour that could hold more is refused when it is built.",
        cost: "nothing",
        example: "memory = \"80MiB\"",
    },
    Key {
        section: "budget",
        name: "ko",
        kind: Kind::Size(BUDGET_KO),
        without: Some("none"),
        bound: None,
        summary: "what text, rodata, data and bss of the module must stay within, else the build fails",
        text: "The build names the part that takes most, and the one that grew most since a size that was saved. Kernels that check themselves are no measure.",
        cost: "nothing",
        example: "ko = \"256KiB\"",
    },
    Key {
        section: "budget",
        name: "state",
        kind: Kind::Size(BUDGET_STATE),
        without: Some("none"),
        bound: None,
        summary: "the same for an idle state's memory, which `make size` measures",
        text: "Bytes that it asks of the kernel's allocator when nothing has run in it, after a full collection.",
        cost: "nothing",
        example: "state = \"14KiB\"",
    },
    Key {
        section: "budget",
        name: "total",
        kind: Kind::Size(BUDGET_TOTAL),
        without: Some("none"),
        bound: None,
        summary: "and for the module with all its states idle",
        text: "What `ko` and, `states` times, `state` are held against, and the contents of all tables when they are loaded; not the stacks of the states' threads.",
        cost: "nothing",
        example: "total = \"512KiB\"",
    },
    Key {
        section: "table",
        name: "name",
        kind: Kind::Name {
            pattern: "[A-Za-z_][A-Za-z0-9_]*",
            max: TABLE_NAME_MAX,
            of: "of letters, digits and _, the first no digit",
        },
        without: Some("(required)"),
        bound: Some("no keyword and no global of Lua's"),
        summary: "the global of Lua; repeat `[[table]]` for more tables",
        text: "What is inherited under this name is changed key by key.",
        cost: "8 to 12 KB of code for each table (24 KB with `rcutable`), and 0.3 to 0.7 KB in every state",
        example: "name = \"routes\"",
    },
    Key {
        section: "table",
        name: "buckets",
        kind: Kind::PowerOfTwo(BUCKETS),
        without: None,
        bound: None,
        summary: "a power of two",
        text: "Reading stays fast with up to a few elements a bucket; writers of different buckets \
               do not wait for each other.",
        cost: "8 bytes each, held from loading to unloading",
        example: "name = \"routes\"\nbuckets = 1024",
    },
    Key {
        section: "table",
        name: "max-buckets",
        kind: Kind::PowerOfTwo(MAX_BUCKETS),
        without: Some("as `buckets`"),
        bound: Some("not below `buckets`"),
        summary: "what the table grows to and shrinks from, a power of two",
        text: "The table grows as elements come and shrinks as they go, down to `buckets`. Readers go \
               on meanwhile. As many as `buckets`: the table keeps its size.",
        cost: "8 bytes each once they are there; 3 KB of code for the table, if it is above `buckets`",
        example: "name = \"routes\"\nmax-buckets = 65536",
    },
    Key {
        section: "table",
        name: "max-entries",
        kind: Kind::Integer(MAX_ENTRIES),
        without: Some("64 × `max-buckets`"),
        bound: Some("at most 64 × `max-buckets`"),
        summary: "elements that it may hold",
        text: "A write that would make more raises an error and changes nothing. More in a bucket \
               would make lists that are slow to read.",
        cost: "nothing before it is used",
        example: "name = \"routes\"\nmax-entries = 1000",
    },
    Key {
        section: "table",
        name: "value-types",
        kind: Kind::Words(|| ValueType::words().collect()),
        without: None,
        bound: Some("at least one"),
        summary: "what it stores; what is left out is not compiled",
        text: "A value of another type gets an error.",
        cost: "some 4 KB of code for strings, little for the others",
        example: "name = \"counters\"\nvalue-types = [\"integer\"]",
    },
    Key {
        section: "table",
        name: "key-max",
        kind: Kind::Size(KEY_MAX),
        without: None,
        bound: None,
        summary: "bytes of a key",
        text: "Any bytes, zero included.",
        cost: "nothing: an element takes what its key needs",
        example: "name = \"routes\"\nkey-max = 64",
    },
    Key {
        section: "table",
        name: "string-max",
        kind: Kind::Size(STRING_MAX),
        without: None,
        bound: Some("not above `exec.memory-limit`, and only in a table that stores strings"),
        summary: "bytes of a string value",
        text: "A longer one raises an error.",
        cost: "nothing: an element takes what its string needs",
        example: "name = \"routes\"\nstring-max = \"1KiB\"",
    },
    Key {
        section: "table",
        name: "max-bytes",
        kind: Kind::Size(MAX_BYTES),
        without: None,
        bound: Some("at least `key-max` + `string-max` + 64"),
        summary: "bytes of all keys and strings, and about 32 for each element",
        text: "A write that would make more raises an error and changes nothing. No state's \
               `memory-limit` counts what a table holds.",
        cost: "nothing before it is used; at worst all of it",
        example: "name = \"routes\"\nmax-bytes = \"4MiB\"",
    },
    Key {
        section: "table",
        name: "access",
        kind: Kind::Word(|| Access::words().collect()),
        without: None,
        bound: None,
        summary: "or `\"read-only\"`: scripts read what `[table.init]` put in",
        text: "A write to a read-only table raises an error.",
        cost: "nothing",
        example: "name = \"limits\"\naccess = \"read-only\"\ninit = { connections = 100 }",
    },
    Key {
        section: "table",
        name: "init",
        kind: Kind::Elements,
        without: Some("empty"),
        bound: Some("within all limits of the table"),
        summary: "what the table holds when the module is loaded: `key = value` lines, the last of \
                  their table",
        text: "All that follows the heading `[table.init]` is an element: a table's other keys stand \
               above it. A key that has more in it than letters, digits, _ and - takes quotes.",
        cost: "the text is part of the module",
        example: "name = \"limits\"\n[table.init]\nconnections = 100\n\"net.core/verbose\" = false",
    },
    Key {
        section: "table",
        name: "remove",
        kind: Kind::True,
        without: Some(""),
        bound: Some("beside the `name` of an inherited table, and no other key"),
        summary: "`true`: no such table, although it was inherited",
        text: "To replace a table, remove it, then add one in a `[[table]]` of its own.",
        cost: "nothing",
        example: "name = \"rcu\"\nremove = true",
    },
    Key {
        section: "script",
        name: "name",
        kind: Kind::Name {
            pattern: "[A-Za-z][A-Za-z0-9_-]*",
            max: SCRIPT_NAME_MAX,
            of: "of letters, digits, _ and -, the first a letter",
        },
        without: Some("(required)"),
        bound: None,
        summary: "what a script in the module is run by; repeat `[[script]]` for more",
        text: "Errors in it call it so, too. What is inherited under this name is changed key by key.",
        cost: "nothing",
        example: "name = \"report\"\nfile = \"report.lua\"",
    },
    Key {
        section: "script",
        name: "file",
        kind: Kind::Path,
        without: Some("(required)"),
        bound: Some("up to 16MiB of Lua that compiles"),
        summary: "its text: a path beside the file that it stands in",
        text: "What is wrong with it is an error of the configuration. The directory of a flavour has a copy, \
               and what it was compiled to.",
        cost: "read-only memory of the module for what it is compiled to; no memory of a state for its code",
        example: "name = \"report\"\nfile = \"report.lua\"",
    },
    Key {
        section: "script",
        name: "at-load",
        kind: Kind::Boolean,
        without: Some("`false`"),
        bound: Some("as many scripts as there are `exec.states`"),
        summary: "whether it runs when the module is loaded, too",
        text: "It runs as root's then, and prints to the log. If it fails, the log says so, and the module \
               stays loaded.",
        cost: "a state, for as long as it runs",
        example: "name = \"watch\"\nfile = \"watch.lua\"\nat-load = true",
    },
    Key {
        section: "script",
        name: "remove",
        kind: Kind::True,
        without: Some(""),
        bound: Some("beside the `name` of an inherited script, and no other key"),
        summary: "`true`: no such script, although it was inherited",
        text: "To replace a script, remove it, then add one in a `[[script]]` of its own, or give it another `file`.",
        cost: "nothing",
        example: "name = \"report\"\nremove = true",
    },
];

/// The entry of `exec.states`, or of `states` if only one section has such a key.
pub fn find(path: &str) -> Option<&'static Key> {
    let exact = KEYS.iter().find(|key| key.path() == path);
    exact.or_else(|| {
        let mut named = KEYS.iter().filter(|key| key.name == path);
        named.next().filter(|_| named.next().is_none())
    })
}

/// Whether there is a section that is called so.
pub fn is_section(name: &str) -> bool {
    SECTIONS
        .iter()
        .any(|(section, ..)| *section == name && !name.is_empty())
}

/// What to say of a key that does not exist.
pub fn unknown(path: &str) -> String {
    let paths: Vec<_> = KEYS.iter().map(Key::path).collect();
    // Under the wrong section, or under none while several have it.
    let name = path.rsplit('.').next().unwrap_or(path);
    let same = KEYS.iter().filter(|key| key.name == name).map(Key::path);
    let same: Vec<_> = same.collect();
    let meant = match same.as_slice() {
        [] => path
            .rsplit_once('.')
            .and_then(|(section, name)| {
                let keys = KEYS.iter().filter(|key| key.section == section);
                let key = nearest(name, keys.map(|key| key.name))?;
                let path = format!("{section}.{key}");
                paths
                    .iter()
                    .map(String::as_str)
                    .find(|other| *other == path)
            })
            .or_else(|| nearest(path, paths.iter().map(String::as_str)))
            .or_else(|| {
                let key = nearest(path, KEYS.iter().map(|key| key.name))?;
                paths
                    .iter()
                    .map(String::as_str)
                    .find(|path| path.ends_with(key))
            })
            .map(|known| format!("did you mean `{known}`?")),
        same => Some(format!(
            "there is {}",
            listing(same.iter().map(String::as_str), "and")
        )),
    };
    let meant = meant.unwrap_or_else(|| "`lunatik-build explain` lists the keys".to_owned());
    format!("there is no key `{path}`; {meant}")
}

/// What each key has if no file states it, as it would be written. Keys that have nothing
/// then are left out.
///
/// # Errors
///
/// A source tree that the defaults do not go with, such as a standard library without some
/// module.
pub fn defaults(known: Known<'_>) -> Result<BTreeMap<String, String>, Refused> {
    let nothing = Source {
        name: "defaults".to_owned(),
        path: PathBuf::new(),
        text: String::new(),
    };
    let settings = read(nothing, known)?.settings();
    let settings = settings.into_iter().filter_map(|setting| {
        let key = KEYS.iter().find(|key| {
            key.without.is_none() && key.section == setting.section && key.name == setting.key
        })?;
        Some((key.path(), setting.value))
    });
    Ok(settings.collect())
}

#[cfg(test)]
mod tests {
    use super::super::raw;
    use super::*;
    use crate::workspace::{
        Paths,
        Workspace, //
    };

    #[test]
    fn every_key_has_an_entry_and_every_entry_a_key() {
        let mut entries: Vec<_> = KEYS.iter().map(Key::path).collect();
        let mut keys = vec![INHERIT.to_owned()];
        for (section, _, _) in &SECTIONS[1..] {
            let of_section = raw::keys(section).iter();
            keys.extend(of_section.map(|key| format!("{section}.{key}")));
        }
        entries.sort();
        keys.sort();
        assert_eq!(entries, keys);
        let sections: Vec<_> = SECTIONS[1..]
            .iter()
            .map(|(section, _, _)| *section)
            .collect();
        assert_eq!(raw::keys("")[1..], sections);
    }

    #[test]
    fn every_key_has_a_default_or_says_what_holds_without_it() {
        let workspace = Workspace::read(&Paths::new(None)).unwrap();
        let defaults = defaults(workspace.known()).map_err(|refused| refused.render(false));
        let defaults = defaults.unwrap();
        for key in KEYS {
            assert_eq!(
                defaults.contains_key(&key.path()),
                key.without.is_none(),
                "{}",
                key.path()
            );
        }
    }

    #[test]
    fn keys_are_found_by_their_path_and_by_a_name_that_is_the_only_one() {
        let found = |path| find(path).map(Key::path);
        assert_eq!(found("exec.states").as_deref(), Some("exec.states"));
        assert_eq!(found("states").as_deref(), Some("exec.states"));
        assert_eq!(found("inherit").as_deref(), Some("inherit"));
        assert_eq!(found("name"), None);
        assert_eq!(found("exec.name"), None);
    }
}
