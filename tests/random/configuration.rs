// SPDX-License-Identifier: GPL-2.0

//! Random configurations that are valid, as TOML with the scripts that it names, a script for a module
//! that one of them makes, and what is wrong with those that are spoilt.

use std::{collections::BTreeMap, fmt::Write as _, fs, io, path::Path};

use lunatik_build::{
    config::{Access, Config, Initial, Library, ValueType, Word},
    diagnostic::Source,
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

/// A configuration.
#[derive(Clone, Debug)]
pub struct Flavour {
    pub text: String,
    /// What lies in the files that it names, by their paths.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Flavour {
    /// Writes it to `folder`, as `random.toml` and the rest beside that. Messages call it `name`.
    ///
    /// # Errors
    ///
    /// Files that cannot be written.
    pub fn write(&self, name: String, folder: &Path) -> io::Result<Source> {
        fs::create_dir_all(folder)?;
        for (file, bytes) in &self.files {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap_or(folder))?;
            fs::write(file, bytes)?;
        }
        let path = folder.join("random.toml");
        fs::write(&path, &self.text)?;
        let text = self.text.clone();
        Ok(Source { name, path, text })
    }
}

/// The script that does what [`script`] says, in a module that takes none.
pub const CHECK: &str = "check";
/// Its file.
pub const CHECK_FILE: &str = "check.lua";

/// The configuration of `seed`.
pub fn flavour(seed: u64, size: Size, workspace: &Workspace) -> Flavour {
    drawn(seed, &configuration(seed, size, workspace))
}

/// The value of `strategy` that `seed` stands for.
fn drawn<T: std::fmt::Debug>(seed: u64, strategy: &impl Strategy<Value = T>) -> T {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Runs::default(), rng);
    let tree = strategy.new_tree(&mut runner);
    tree.expect("nothing is filtered for long").current()
}

fn configuration(seed: u64, size: Size, workspace: &Workspace) -> BoxedStrategy<Flavour> {
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
    let parts = (
        head(seed, size),
        exec(size),
        lua(workspace),
        chunks(),
        tables,
        scripts(),
    );
    parts
        .prop_map(move |(head, exec, lua, chunks, tables, scripts)| {
            let none = if tables.is_empty() {
                "table = []\n"
            } else {
                ""
            };
            let (states, exec) = exec;
            let tables = tables.concat();
            let mut flavour = Flavour {
                text: format!("{none}{head}{exec}{lua}{}{tables}", chunks.keys()),
                files: BTreeMap::new(),
            };
            let mut free = states;
            let scripts = scripts.into_iter().enumerate();
            for (number, (name, mut script)) in scripts.take(chunks.scripts()) {
                // Each takes a state.
                script.at_load = script.at_load.map(|at_load| at_load && free > 0);
                free -= u32::from(script.at_load == Some(true));
                script.put(number, &name, chunks.debug_info, &mut flavour);
            }
            if size == Size::Loaded && !chunks.compiler {
                let section = format!("[[script]]\nname = {CHECK:?}\nfile = {CHECK_FILE:?}\n");
                flavour.text.push_str(&section);
                flavour.files.insert(CHECK_FILE.into(), Vec::new());
            }
            flavour
        })
        .boxed()
}

/// What a module does with Lua that is compiled on the host.
#[derive(Clone, Copy, Debug)]
struct Chunks {
    compiler: bool,
    debug_info: bool,
    /// Whether the keys stand there where they say what is the default.
    stated: bool,
    scripts: usize,
}

fn chunks() -> impl Strategy<Value = Chunks> {
    let all = (any::<bool>(), any::<bool>(), any::<bool>(), 0..=SCRIPTS);
    all.prop_map(|(compiler, debug_info, stated, scripts)| Chunks {
        compiler,
        debug_info,
        stated,
        scripts,
    })
}

impl Chunks {
    /// How many scripts there are: without a compiler, there must be one.
    fn scripts(self) -> usize {
        self.scripts.max(usize::from(!self.compiler))
    }

    /// The rest of `[lua]`.
    fn keys(self) -> String {
        let keys = [("compiler", self.compiler), ("debug-info", self.debug_info)];
        let keys = keys.iter().filter(|(_, value)| self.stated || !value);
        keys.map(|(key, value)| format!("{key} = {value}\n"))
            .collect()
    }
}

/// As many scripts as a flavour has at most, and one for [`CHECK`].
const SCRIPTS: usize = 4;

/// A script that a flavour contains.
#[derive(Clone, Debug)]
struct Contained {
    at_load: Option<bool>,
    folder: &'static str,
    extension: &'static str,
    statements: Vec<(u8, i64, String)>,
}

fn scripts() -> impl Strategy<Value = BTreeMap<String, Contained>> {
    let script = (
        any::<Option<bool>>(),
        select(vec!["", "lua/", "a b/", "./ü/", "a b/../"]),
        select(vec![".lua", "", ".txt", "'.lua", " \"2\".lua"]),
        prop::collection::vec((any::<u8>(), any::<i64>(), any::<String>()), 0..12),
    )
        .prop_map(|(at_load, folder, extension, statements)| Contained {
            at_load,
            folder,
            extension,
            statements,
        });
    let name = "[A-Za-z][A-Za-z0-9_-]{0,62}".prop_filter("taken", |name| name != CHECK);
    prop::collection::btree_map(name, script, SCRIPTS)
}

impl Contained {
    /// Adds it to `flavour`, as script `number` there.
    fn put(&self, number: usize, name: &str, debug_info: bool, flavour: &mut Flavour) {
        let file = format!("{}{number}{}", self.folder, self.extension);
        let quoted = toml_string(&file, file.len());
        let mut section = format!("[[script]]\nname = {name:?}\nfile = {quoted}\n");
        if let Some(at_load) = self.at_load {
            let _ = writeln!(section, "at-load = {at_load}");
        }
        flavour.text.push_str(&section);
        flavour
            .files
            .insert(file, self.lua(name, debug_info).into_bytes());
    }

    /// Lua that holds in every module, and says in the end that it does. Without the information for
    /// errors, these do not know where they are.
    fn lua(&self, name: &str, debug_info: bool) -> String {
        let place = match debug_info {
            true => format!("{name}:1: "),
            false => String::new(),
        };
        let mut text = format!(
            "local _, where = pcall(function() error 'here' end) assert(where == '{place}here', where)\n"
        );
        for (kind, number, string) in &self.statements {
            let _ = writeln!(text, "do {} end", statement(*kind, *number, string));
        }
        let _ = writeln!(text, "print('{name} ran', ...)");
        text
    }
}

/// A statement that needs nothing but the basic functions, and raises an error if it is not taken right.
fn statement(kind: u8, number: i64, string: &str) -> String {
    let few = number.unsigned_abs() % 1000;
    let (decimal, quoted, bytes) = (lua_integer(number), lua_string(string), string.len());
    match kind % 9 {
        0 => format!("assert(0x{number:x} == {decimal})"),
        1 => format!("local s <const> = {quoted} assert(#s == {bytes})"),
        2 => format!(
            "local sum = 0 for i = 1, {few} do sum = sum + i end assert(sum == {})",
            few * (few + 1) / 2
        ),
        3 => format!(
            "local function add(a) return function(...) return a + select('#', ...) end end\n\
             assert(add({few})(1, nil, 3) == {few} + 3)"
        ),
        4 => format!(
            "local i = 0 ::again:: i = i + 1 if i <= {few} then goto again end assert(i == {few} + 1)"
        ),
        5 => format!(
            "local t = setmetatable({{ {quoted}, n = {decimal} }}, {{ __index = function(_, k) return k end }})\n\
             assert(t[1] == {quoted} and t.n == {decimal} and t[-{few} - 1] == -{few} - 1)"
        ),
        6 => format!(
            "local n = 0\ndo local c <close> = setmetatable({{}}, {{ __close = function() n = {decimal} end }}) end\n\
             assert(n == {decimal})"
        ),
        // Lines far apart, and many constants, are kept in another way.
        7 => format!(
            "{}local ok, e = pcall(error, {{ {quoted} }})\nassert(not ok and e[1] == {quoted})",
            "\n".repeat(few as usize)
        ),
        _ => {
            let all = (0..few).map(|n| format!("'{n}', "));
            format!("assert(#{{ {} }} == {few})", all.collect::<String>())
        }
    }
}

/// A flavour of which one script is wrong, and what is said about that.
pub struct Spoilt {
    pub flavour: Flavour,
    /// Part of what the message says.
    pub title: &'static str,
    /// What stands where it points to.
    pub place: &'static str,
}

/// The flavour of `seed`, spoilt in the way that its turn is.
pub fn spoilt(seed: u64, workspace: &Workspace) -> Spoilt {
    let flavour = flavour(seed, Size::Any, workspace);
    // No line of a flavour's text is inside of a string: what is found by its line is what it looks like.
    let add = |keys: &str, lua: &[u8]| {
        let mut flavour = flavour.clone();
        flavour.text.push_str(&format!("[[script]]\n{keys}\n"));
        flavour.files.insert("wrong.lua".into(), lua.to_vec());
        flavour
    };
    let named = |lua: &[u8]| add("name = \"check\"\nfile = \"wrong.lua\"", lua);
    let without = |flavour: &Flavour, key: &str| {
        let lines = flavour.text.split_inclusive('\n');
        let text = lines.filter(|line| !line.starts_with(key)).collect();
        let files = flavour.files.clone();
        Flavour { text, files }
    };
    let (title, place, flavour) = match seed % 14 {
        0 => (
            "cannot read missing.lua",
            "\"missing.lua\"",
            add("name = \"check\"\nfile = \"missing.lua\"", b""),
        ),
        1 => (
            ". is not a file",
            "\".\"",
            add("name = \"check\"\nfile = \".\"", b""),
        ),
        2 => ("does not compile", "\"wrong.lua\"", named(b"print 'x'\nif")),
        3 => ("does not compile", "\"wrong.lua\"", named(b"return 0.5")),
        4 => ("does not compile", "\"wrong.lua\"", named(b"\x1bLuaU\0")),
        5 => (
            "does not compile",
            "\"wrong.lua\"",
            named(&[b"local a <close> = 1, ".repeat(300), b"\xff".to_vec()].concat()),
        ),
        6 => (
            "two scripts are called `check`",
            "\"check\"",
            add(
                "name = \"check\"\nfile = \"wrong.lua\"\n\
                 [[script]]\nname = \"check\"\nfile = \"wrong.lua\"",
                b"",
            ),
        ),
        7 => (
            "`script.name` takes 1 to 63",
            "\"../x\"",
            add("name = \"../x\"\nfile = \"wrong.lua\"", b""),
        ),
        8 => (
            "a script needs a `name`",
            "[[script]]",
            add("file = \"wrong.lua\"", b""),
        ),
        9 => (
            "a script needs a `file`",
            "[[script]]",
            add("name = \"check\"", b""),
        ),
        10 => (
            "`script.file` takes the path of a file",
            "7",
            add("name = \"check\"\nfile = 7", b""),
        ),
        11 => (
            "`script.at-load` takes `true` or `false`",
            "\"true\"",
            add(
                "name = \"check\"\nfile = \"wrong.lua\"\nat-load = \"true\"",
                b"",
            ),
        ),
        12 => {
            let mut flavour = without(&flavour, "compiler = ");
            let scripts = flavour.text.find("\n[[script]]\n");
            flavour
                .text
                .truncate(scripts.map_or(flavour.text.len(), |place| place + 1));
            flavour.text = flavour
                .text
                .replacen("\n[lua]\n", "\n[lua]\ncompiler = false\n", 1);
            (
                "without a compiler a module runs its scripts alone",
                "false",
                flavour,
            )
        }
        _ => {
            let more = add(
                "name = \"check\"\nfile = \"wrong.lua\"\nat-load = true\n\
                 [[script]]\nname = \"check-2\"\nfile = \"wrong.lua\"\nat-load = true",
                b"",
            );
            let mut flavour = without(&more, "states = ");
            flavour.text = flavour
                .text
                .replacen("\n[exec]\n", "\n[exec]\nstates = 1\n", 1);
            ("scripts run when the module is loaded", "true", flavour)
        }
    };
    Spoilt {
        flavour,
        title,
        place,
    }
}

/// A flavour with a script that may be anything.
pub fn with_anything(seed: u64, workspace: &Workspace) -> Flavour {
    let mut flavour = flavour(seed, Size::Any, workspace);
    let piece = prop_oneof![
        4 => select(vec![
            "if", "then", "else", "end", "do", "for", "in", "function", "local", "return", "goto", "::x::",
            "(", ")", "{", "}", "[", "]", "=", "==", "..", "...", ",", ";", "<const>", "<close>", "global",
            "x", "_ENV", "1", "0x7f", "1e9", "9223372036854775808", "'s'", "'\\u{7fffffff}'", "[[", "]]",
            "--", "--[==[", "]==]", "\n", "\r", "\0", "#", "~", "//", "\x1bLua",
        ]).prop_map(|word| format!("{word} ").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    let pieces = drawn(seed, &prop::collection::vec(piece, 0..60));
    let section = "[[script]]\nname = \"check\"\nfile = \"any.lua\"\n";
    flavour.text.push_str(section);
    flavour.files.insert("any.lua".into(), pieces.concat());
    flavour
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

/// The number of states, and `[exec]`.
fn exec(size: Size) -> impl Strategy<Value = (u32, String)> {
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
                let text = format!(
                    "[exec]\nstates = {states}\nwhen-busy = {busy:?}\nscript-max = {script}\n\
                 memory-limit = {memory}\ninstruction-limit = {instructions}\ntime-limit = {time}\n\
                 output-limit = {output}\nstack-reserve = {stack}\n"
                );
                (states, text)
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
                Initial::Integer(number) => lua_integer(*number),
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
        "assert(require 'lunatik'.states == {})\nassert((load ~= nil) == {})",
        config.exec.states, config.lua.compiler
    );
    script
}

/// A number in Lua, which has no literal for the least of them.
fn lua_integer(number: i64) -> String {
    match number {
        i64::MIN => "-9223372036854775807 - 1".to_owned(),
        number => number.to_string(),
    }
}

fn lua_string(text: &str) -> String {
    let bytes = text.bytes().map(|byte| format!("\\{byte:03}"));
    format!("\"{}\"", bytes.collect::<String>())
}
