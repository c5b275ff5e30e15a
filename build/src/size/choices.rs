// SPDX-License-Identifier: GPL-2.0
//! What a flavour takes before it is built: the sum of what its choices took when they were
//! measured, each as what one flavour took more than another that lacks it alone. `vm/costs.sh`
//! measures them.
//!
//! They are measured one after another, each in a flavour that has those before it: what two
//! choices share counts for the first, and the last flavour has everything.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};
use std::fmt::Write as _;
use std::ops::{
    Add,
    AddAssign,
    Sub, //
};

use anyhow::{
    Context,
    Result, //
};
use serde::{
    Deserialize,
    Serialize, //
};

use super::Saved;
use crate::config::{
    Access,
    Config,
    Library,
    Optimize,
    ValueType,
    Word, //
};
use crate::page::{
    columns,
    markdown_table, //
};
use crate::stdlib::{
    RCUTABLE,
    Stdlib, //
};

/// The file that has the figures, in the repository.
pub const FILE: &str = "build/src/size/costs.toml";

/// The lines of docs/size.md between which they stand.
pub const BEGIN: &str = "<!-- make costs ARGS=--write -->";
pub const END: &str = "<!-- end of costs -->";

/// Bytes of a bucket.
const BUCKET: i64 = 8;

/// The buckets of tables in what is measured.
const BUCKETS: u32 = 16;

/// The script in what is measured.
const SCRIPT: &str = "local a = 1\n";

/// Bytes of the module, and of each idle state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    pub module: i64,
    pub state: i64,
}

impl Cost {
    fn module(bytes: usize) -> Self {
        Self {
            module: bytes as i64,
            state: 0,
        }
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            module: self.module + other.module,
            state: self.state + other.state,
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            module: self.module - other.module,
            state: self.state - other.state,
        }
    }
}

/// What a flavour chooses that takes bytes, apart from those that it states or names itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Choices {
    compiler: bool,
    scripts: bool,
    libraries: BTreeSet<Library>,
    /// Those that scripts write first, and what takes most first.
    tables: Vec<Shape>,
    /// Whether there are functions of `rcutable`'s for them.
    functions: bool,
    tracebacks: bool,
    tracepoints: bool,
}

/// What the code of a table depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    read_only: bool,
    types: BTreeSet<ValueType>,
    grows: bool,
}

impl Shape {
    const fn smallest() -> Self {
        Self {
            read_only: false,
            types: BTreeSet::new(),
            grows: false,
        }
    }

    fn largest() -> Self {
        Self {
            read_only: false,
            types: ValueType::ALL.iter().map(|(_, kind)| *kind).collect(),
            grows: true,
        }
    }
}

impl Choices {
    const NONE: Self = Self {
        compiler: false,
        scripts: true,
        libraries: BTreeSet::new(),
        tables: Vec::new(),
        functions: false,
        tracebacks: false,
        tracepoints: false,
    };

    fn of(config: &Config) -> Self {
        let shape = |table: &crate::config::Table| Shape {
            read_only: table.access == Access::ReadOnly,
            types: table.value_types.clone(),
            grows: table.grows(),
        };
        let mut tables: Vec<_> = config.tables.iter().map(shape).collect();
        tables.sort_by_key(|shape| (shape.read_only, std::cmp::Reverse(shape.types.len())));
        Self {
            compiler: config.lua.compiler,
            scripts: config.has_chunks(),
            libraries: config.lua.libraries.clone(),
            tables,
            functions: config.lua.stdlib.contains(RCUTABLE),
            tracebacks: config.build.tracebacks,
            tracepoints: config.build.tracepoints,
        }
    }

    fn library(&mut self, library: Library) {
        self.libraries.insert(library);
    }

    /// Has the first table store these.
    fn value_type(&mut self, value_type: ValueType) {
        self.tables[0].types.insert(value_type);
    }

    /// A file that chooses this and nothing else.
    fn toml(&self, module: &str, device: &str, optimize: Optimize) -> String {
        let words = |words: Vec<&str>| format!("{words:?}");
        let libraries = self.libraries.iter().map(|library| library.word());
        let modules = self.functions.then_some(RCUTABLE);
        // Writing to a String cannot fail.
        let mut text = String::from("# SPDX-License-Identifier: GPL-2.0\n");
        if self.tables.is_empty() {
            text += "table = []\n";
        }
        let _ = write!(
            text,
            "[module]\nname = \"{module}\"\nembed-config = false\n\
             [device]\nname = \"{device}\"\n\
             [exec]\nstates = 1\n\
             [lua]\nlibraries = {}\nstdlib = {}\ncompiler = {}\n\
             [build]\noptimize = \"{}\"\ntracebacks = {}\ntracepoints = {}\n",
            words(libraries.collect()),
            words(modules.into_iter().collect()),
            self.compiler,
            optimize.word(),
            self.tracebacks,
            self.tracepoints
        );
        for (number, table) in self.tables.iter().enumerate() {
            let types = table.types.iter().map(|kind| kind.word());
            let _ = write!(
                text,
                "[[table]]\nname = \"t{number}\"\nbuckets = {BUCKETS}\nmax-buckets = {}\nvalue-types = {}\n",
                if table.grows { BUCKETS * 16 } else { BUCKETS },
                words(types.collect()),
            );
            if table.read_only {
                text += "access = \"read-only\"\n[table.init]\nkey = 1\n";
            }
        }
        if self.scripts {
            text += "[[script]]\nname = \"script\"\nfile = \"script.lua\"\n";
        }
        text
    }
}

/// Has a flavour make a choice.
type Take = fn(&mut Choices);

const LEAST: &str = "what every flavour has";
const COMPILER: &str = "compiler";
const TABLE: &str = "a table of integers";
const BOOLEANS: &str = "booleans in it";
const STRINGS: &str = "strings in it";
const GROWTH: &str = "growth of it";
const FUNCTIONS: &str = "functions of rcutable for it";
const TRACEBACKS: &str = "tracebacks";
const TRACEPOINTS: &str = "tracepoints";
const SECOND: &str = "a second table";
const FURTHER: &str = "each further table";
const READ_ONLY: &str = "each read-only table";
const LOADER: &str = "loader of contained scripts";

/// Every choice but [`LOADER`], and how a flavour gets it that has those before it.
const CHOICES: &[(&str, Take)] = &[
    (LEAST, |choices| choices.library(Library::Base)),
    (COMPILER, |choices| choices.compiler = true),
    (TABLE, |choices| {
        choices.tables.push(Shape::smallest());
        choices.value_type(ValueType::Integer);
    }),
    (BOOLEANS, |choices| choices.value_type(ValueType::Boolean)),
    (STRINGS, |choices| choices.value_type(ValueType::String)),
    (GROWTH, |choices| choices.tables[0].grows = true),
    (FUNCTIONS, |choices| choices.functions = true),
    ("library string", |choices| choices.library(Library::String)),
    ("library table", |choices| choices.library(Library::Table)),
    ("library math", |choices| choices.library(Library::Math)),
    ("library utf8", |choices| choices.library(Library::Utf8)),
    ("library coroutine", |choices| {
        choices.library(Library::Coroutine);
    }),
    (TRACEBACKS, |choices| choices.tracebacks = true),
    (TRACEPOINTS, |choices| choices.tracepoints = true),
    (SECOND, |choices| choices.tables.push(Shape::largest())),
    (FURTHER, |choices| choices.tables.push(Shape::largest())),
    (READ_ONLY, |choices| {
        choices.tables.push(Shape {
            read_only: true,
            ..Shape::largest()
        });
    }),
];

/// The flavours that are measured, each with the choice that it has beside those of the one before
/// it. The last one has one less: a loader, which there must be as long as there is no compiler.
fn chain() -> Vec<(&'static str, Choices)> {
    let mut choices = Choices::NONE;
    let mut chain = Vec::new();
    for (name, take) in CHOICES {
        take(&mut choices);
        chain.push((*name, choices.clone()));
    }
    choices.scripts = false;
    chain.push((LOADER, choices));
    chain
}

fn module(optimize: Optimize, number: usize) -> String {
    format!("lunatik_cost_{}_{number:02}", optimize.word())
}

/// The files of all flavours that are measured, by name.
pub fn plan() -> Vec<(String, String)> {
    let mut files = vec![("script.lua".to_owned(), SCRIPT.to_owned())];
    for (_, optimize) in Optimize::ALL {
        for (number, (_, choices)) in chain().iter().enumerate() {
            let module = module(*optimize, number);
            let device = format!("luacost{}{number}", optimize.word());
            files.push((
                format!("{module}.toml"),
                choices.toml(&module, &device, *optimize),
            ));
        }
    }
    files
}

/// What the choices take, by their names.
pub type Costs = BTreeMap<String, Cost>;

/// For what is compiled for speed, and for size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// What they were measured with.
    pub machine: String,
    speed: Costs,
    size: Costs,
}

impl Figures {
    /// Those of the repository.
    ///
    /// # Errors
    ///
    /// A file that `costs` did not write, or another version of it did.
    pub fn read() -> Result<Self> {
        let figures: Self =
            toml::from_str(include_str!("costs.toml")).with_context(|| FILE.to_owned())?;
        for costs in [&figures.speed, &figures.size] {
            for (name, _) in chain() {
                costs
                    .get(name)
                    .with_context(|| format!("{FILE} does not say what {name} takes"))?;
            }
        }
        Ok(figures)
    }

    /// Those that follow from what was measured of the flavours of [`plan`].
    ///
    /// # Errors
    ///
    /// One was not.
    pub fn measured(saved: &Saved, machine: &str) -> Result<Self> {
        let costs = |optimize: Optimize| -> Result<Costs> {
            let mut costs = Costs::new();
            let mut before = Cost::default();
            for (number, (name, choices)) in chain().into_iter().enumerate() {
                let module = module(optimize, number);
                let flavour = saved.get(&module);
                let flavour = flavour.with_context(|| format!("{module} was not measured"))?;
                let memory = flavour.memory.as_ref();
                let memory =
                    memory.with_context(|| format!("no state of {module} was measured"))?;
                let mut all = Cost {
                    module: flavour.total().total() as i64,
                    state: memory.state as i64,
                };
                // These are counted by themselves.
                for part in &flavour.parts {
                    if part.part.starts_with("script ") || part.part.starts_with("stdlib ") {
                        all.module -= part.sizes.total() as i64;
                    }
                }
                let cost = if choices.scripts {
                    all - before
                } else {
                    before - all
                };
                costs.insert(name.to_owned(), cost);
                before = all;
            }
            // The first flavour had one.
            let loader = costs[LOADER];
            if let Some(least) = costs.get_mut(LEAST) {
                *least = *least - loader;
            }
            Ok(costs)
        };
        Ok(Self {
            machine: machine.to_owned(),
            speed: costs(Optimize::Speed)?,
            size: costs(Optimize::Size)?,
        })
    }

    /// # Errors
    ///
    /// None that could happen.
    pub fn toml(&self) -> Result<String> {
        let text = toml::to_string(self)?;
        Ok(format!(
            "# SPDX-License-Identifier: GPL-2.0\n# Written by `make costs ARGS=--write`.\n{text}"
        ))
    }

    fn of(&self, optimize: Optimize) -> &Costs {
        match optimize {
            Optimize::Speed => &self.speed,
            Optimize::Size => &self.size,
        }
    }

    fn rows(&self) -> Vec<[String; 5]> {
        let head = [
            "bytes",
            "for speed: module",
            "a state",
            "for size: module",
            "a state",
        ];
        let mut rows = vec![head.map(str::to_owned)];
        for (name, _) in chain() {
            let [speed, size] = [self.speed[name], self.size[name]];
            rows.push([
                name.to_owned(),
                speed.module.to_string(),
                speed.state.to_string(),
                size.module.to_string(),
                size.state.to_string(),
            ]);
        }
        rows
    }

    /// What each choice takes, for a terminal.
    pub fn terminal(&self) -> String {
        columns(&self.rows(), |column| column > 0)
    }

    /// The same as the block of a Markdown file, its marks included.
    pub fn markdown(&self) -> String {
        let rows = self.rows();
        let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
        format!(
            "{BEGIN}\n\nMeasured by `make costs` with {}.\n\n{}\n{END}",
            self.machine,
            markdown_table(&rows)
        )
    }
}

/// What a flavour takes, choice by choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate(pub Vec<(String, Cost)>);

impl Estimate {
    pub fn new(config: &Config, stdlib: &Stdlib, figures: &Figures) -> Self {
        let choices = Choices::of(config);
        let costs = figures.of(config.build.optimize);
        let cost = |name: &str| costs[name];
        let mut parts = Vec::new();
        let mut add = |name: &str, cost: Cost| parts.push((name.to_owned(), cost));

        add(LEAST, cost(LEAST));
        if choices.compiler {
            add(COMPILER, cost(COMPILER));
        }
        if choices.scripts {
            add(LOADER, cost(LOADER));
        }
        for library in &choices.libraries {
            // Every flavour has the first one. Those that are not Lua's are of no product.
            let name = format!("library {}", library.word());
            if let Some(cost) = costs.get(&name) {
                add(&name, *cost);
            }
        }
        if choices.tracebacks {
            add(TRACEBACKS, cost(TRACEBACKS));
        }
        if choices.tracepoints {
            add(TRACEPOINTS, cost(TRACEPOINTS));
        }

        let first = |shape: &Shape, functions: bool| {
            let mut sum = cost(TABLE);
            for (choice, chosen) in [
                (BOOLEANS, shape.types.contains(&ValueType::Boolean)),
                (STRINGS, shape.types.contains(&ValueType::String)),
                (GROWTH, shape.grows),
                (FUNCTIONS, functions),
            ] {
                if chosen {
                    sum += cost(choice);
                }
            }
            sum
        };
        let largest = first(&Shape::largest(), true);
        let mut tables = Cost::default();
        for (number, shape) in choices.tables.iter().enumerate() {
            tables += match number {
                0 => first(shape, choices.functions),
                _ if shape.read_only => cost(READ_ONLY),
                _ => {
                    let whole = cost(if number == 1 { SECOND } else { FURTHER });
                    // Of a smaller one as much less as of a first table.
                    let share = first(shape, choices.functions).module.max(0);
                    Cost {
                        module: whole.module * share / largest.module.max(1),
                        ..whole
                    }
                }
            };
        }
        let buckets = config.tables.iter().map(|table| i64::from(table.buckets));
        tables.module += BUCKET
            * buckets
                .map(|number| number - i64::from(BUCKETS))
                .sum::<i64>();
        let init = config.tables.iter().flat_map(|table| &table.init);
        tables.module += init
            .map(|(key, value)| value.bytes(key) as i64)
            .sum::<i64>();
        if !choices.tables.is_empty() {
            add("tables", tables);
        }

        let modules = config.lua.stdlib.iter();
        let modules = modules.filter_map(|name| Some((name, stdlib.get(name)?)));
        for (name, module) in modules {
            add(&format!("stdlib {name}"), Cost::module(module.source.len()));
        }
        for script in &config.scripts {
            let bytes = Cost::module(script.chunk.len());
            add(&format!("script {}", script.name), bytes);
        }
        if config.module.embed_config {
            add("embed-config", Cost::module(config.plain().len()));
        }
        Self(parts)
    }

    pub fn total(&self) -> Cost {
        let mut sum = Cost::default();
        self.0.iter().for_each(|(_, cost)| sum += *cost);
        sum
    }

    /// For a terminal.
    pub fn terminal(&self, module: &str) -> String {
        let row = |name: &str, cost: Cost| {
            [
                format!("  {name}"),
                cost.module.to_string(),
                cost.state.to_string(),
            ]
        };
        let mut rows = vec![[module, "module", "a state"].map(str::to_owned)];
        rows.extend(self.0.iter().map(|(name, cost)| row(name, *cost)));
        rows.push(row("all, about", self.total()));
        columns(&rows, |column| column > 0)
    }
}
