// SPDX-License-Identifier: GPL-2.0
//! What a script uses that a flavour lacks: libraries and their functions, modules, tables, types
//! of values, floats. Nothing is run. What the text does not tell is taken to be right, and so
//! is what stands in a function that `pcall` calls, so that whatever is reported is wrong, if
//! it is ever reached.
//!
//! Whether Lua itself accepts a script to the letter, `lunatik check --offline` knows better.

pub mod libraries;
mod script;

use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{
    Context,
    Result,
    ensure, //
};

use crate::config::{
    ABSENT_LIBRARIES,
    Accepted,
    Access,
    Library,
    Refused,
    Table,
    ValueType,
    Word, //
};
use crate::diagnostic::{
    Diagnostic,
    Source,
    listing,
    nearest, //
};
use crate::stdlib::{
    RCUTABLE,
    Stdlib, //
};
use script::{
    Key,
    Script,
    Use,
    Value,
    What, //
};

/// What a flavour without a compiler lacks.
const LOAD: &str = "load";

/// The module that every flavour has.
const LUNATIK: &str = "lunatik";

/// For the stack on which a script is gone through, as deep as it is nested: the kernel takes what is used of it. It is
/// enough for more than all that Lua compiles.
const STACK: usize = 1 << 30;

/// The functions of `rcutable` that write.
const WRITERS: &[&str] = &["add", "cas", "clear", "setdefault", "swap", "update"];

/// Reads a script. Bytes that are no UTF-8, which Lua's strings and comments may have, become
/// `?`.
///
/// # Errors
///
/// A file that cannot be read, and bytecode.
pub fn read(path: &Path) -> Result<Source> {
    let name = path.display().to_string();
    ensure!(!path.is_dir(), "{name} is a folder, not a script");
    let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
    ensure!(
        !bytes.starts_with(b"\x1bLua"),
        "{name} is compiled already, which the module refuses"
    );
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Ok(Source {
        name,
        path: path.to_owned(),
        text,
    })
}

/// Holds `source` against a flavour. `stdlib` has the modules that flavours can have.
///
/// # Errors
///
/// What the flavour lacks, and what is no Lua. Outside of that, memory that the kernel refuses.
pub fn lint(source: Source, flavour: &Accepted, stdlib: &Stdlib) -> Result<Result<(), Refused>> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread
            .spawn_scoped(scope, || hold(source, flavour, stdlib))
            .context("cannot make a thread")?;
        Ok(thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn hold(source: Source, flavour: &Accepted, stdlib: &Stdlib) -> Result<(), Refused> {
    let mut diagnostics = script::errors(&source.text);
    let mut sources = flavour.sources.clone();
    let start = sources.add(source.clone());
    if diagnostics.is_empty() {
        let script = script::read(&source.text);
        let mut lint = Lint {
            flavour,
            stdlib,
            script: &script,
            text: &source.text,
            start,
            diagnostics: Vec::new(),
        };
        for one in &script.uses {
            lint.look(one);
        }
        diagnostics = lint.diagnostics;
    } else {
        let moved = diagnostics.into_iter();
        diagnostics = moved.map(|diagnostic| diagnostic.moved(start)).collect();
    }
    match diagnostics.is_empty() {
        true => Ok(()),
        false => Err(Refused {
            sources,
            diagnostics,
        }),
    }
}

struct Lint<'a> {
    flavour: &'a Accepted,
    stdlib: &'a Stdlib,
    script: &'a Script,
    text: &'a str,
    /// Where the script begins in all sources.
    start: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Lint<'_> {
    fn look(&mut self, one: &Use) {
        let place = one.place.start + self.start..one.place.end + self.start;
        match &one.what {
            What::Global(name) => self.global(name, place),
            What::Field(of, name) => self.field(of, name, place),
            What::Key(of, key) => self.key(of, key, place),
            What::Write(of, value) => self.write(of, *value, place),
            What::Passed(module, function, of) => self.passed(module, function, of, place),
            What::Require(name) => self.require(name, place),
            What::Method(name) => {
                if !self.has(Library::String) {
                    let title = format!(
                        "strings have no methods such as `{name}` in this flavour: \
                         it lacks the library `string`"
                    );
                    self.lacks_library(title, Library::String, place);
                }
            }
            What::Operator(operator) => self.operator(operator, place),
            What::Float(text) => self.diagnostics.push(Diagnostic::new(
                format!("`{text}` is a float, and numbers are 64-bit integers in the kernel"),
                place,
                "refused when the script is compiled",
            )),
            What::Format(what) => self.diagnostics.push(Diagnostic::new(
                format!("`{what}` is for floats, and numbers are 64-bit integers in the kernel"),
                place,
                "raises an error",
            )),
        }
    }

    fn has(&self, library: Library) -> bool {
        self.flavour.config.lua.libraries.contains(&library)
    }

    /// The table of the flavour that a global is, if the script leaves it that.
    fn table(&self, name: &str) -> Option<&Table> {
        let mut tables = self.flavour.config.tables.iter();
        let table = tables.find(|table| table.name == name)?;
        (!self.script.assigned.contains(name)).then_some(table)
    }

    fn global(&mut self, name: &str, place: Range<usize>) {
        let script = self.script;
        if script.assigned.contains(name) || script.tested.contains(name) {
            return;
        }
        if name == LOAD && !self.flavour.config.lua.compiler {
            let title = "there is no `load`: this flavour compiles nothing";
            let diagnostic = Diagnostic::new(title, place, "always nil");
            self.diagnostics
                .push(match self.flavour.place("lua", "compiler", None) {
                    Some(compiler) => diagnostic.related(compiler, "set here"),
                    None => diagnostic,
                });
            return;
        }
        if libraries::BASE.contains(&name) || self.table(name).is_some() {
            return;
        }
        if let Some(library) = Library::from_word(name).filter(|library| *library != Library::Base)
        {
            if !self.has(library) {
                let title = format!("this flavour lacks the library `{name}`");
                self.lacks_library(title, library, place);
            }
            return;
        }
        let absent = ABSENT_LIBRARIES.iter().chain(libraries::ABSENT);
        if let Some((_, reason)) = absent.into_iter().find(|(absent, _)| *absent == name) {
            let title = format!("there is no `{name}` in the kernel");
            self.diagnostics
                .push(Diagnostic::new(title, place, "always nil").note(*reason));
            return;
        }
        if script.opaque {
            return;
        }
        let tables = || {
            self.flavour
                .config
                .tables
                .iter()
                .map(|table| table.name.as_str())
        };
        let known = libraries::BASE.iter().copied().chain(Library::words());
        let known: Vec<&str> = known.collect();
        let own = script.assigned.iter().map(String::as_str);
        let meant = nearest(name, own.chain(tables()).chain(known.iter().copied()));
        let title = format!("no global `{name}`: neither this script nor the flavour has one");
        self.diagnostics.push(
            Diagnostic::new(title, place, "always nil")
                .note(format!(
                    "the flavour's tables are {}",
                    listing(tables(), "and")
                ))
                .maybe_help(meant.map(|known| format!("did you mean `{known}`?"))),
        );
    }

    fn lacks_library(&mut self, title: String, library: Library, place: Range<usize>) {
        let word = library.word();
        let mut diagnostic = Diagnostic::new(title, place, "not in this flavour");
        if let Some(list) = self.flavour.place("lua", "libraries", None) {
            diagnostic = diagnostic.related(list, format!("no `{word}` here"));
        }
        self.diagnostics
            .push(diagnostic.help(format!("add \"{word}\" to `lua.libraries`")));
    }

    /// A field of a library. Fields of tables are [`Self::key`]s.
    fn field(&mut self, of: &str, name: &str, place: Range<usize>) {
        let script = self.script;
        let own = script.assigned.contains(of)
            || script.tested.contains(of)
            || script.tested.contains(&format!("{of}.{name}"))
            || script.extended.contains(&(of.to_owned(), name.to_owned()))
            || script.extended_by_any.contains(of);
        let library = Library::from_word(of).filter(|library| self.has(*library));
        let Some(fields) = library.and_then(libraries::fields).filter(|_| !own) else {
            return;
        };
        if fields.contains(&name) {
            return;
        }
        let title = format!("`{of}` has no `{name}` in the kernel");
        let diagnostic = Diagnostic::new(title, place, "always nil");
        let diagnostic = match of == "math" && libraries::FLOATS.contains(&name) {
            true => diagnostic.note("numbers are 64-bit integers in the kernel"),
            false => {
                let meant = nearest(name, fields.iter().copied());
                diagnostic.maybe_help(meant.map(|known| format!("did you mean `{of}.{known}`?")))
            }
        };
        self.diagnostics.push(diagnostic);
    }

    fn key(&mut self, of: &str, key: &Key, place: Range<usize>) {
        let Some(table) = self.table(of) else {
            return;
        };
        let diagnostic = match key {
            Key::Integer => Diagnostic::new(
                format!("the table `{of}` takes strings as keys"),
                place,
                "this key is an integer",
            ),
            Key::String(bytes) if *bytes as u64 > table.key_max => {
                let most = table.key_max;
                let title = format!("the table `{of}` takes keys of up to {most} bytes");
                self.limit(of, "key-max", title, place, *bytes)
            }
            Key::String(_) => return,
        };
        self.diagnostics.push(diagnostic);
    }

    fn limit(
        &self,
        table: &str,
        key: &str,
        title: String,
        place: Range<usize>,
        bytes: usize,
    ) -> Diagnostic {
        let diagnostic = Diagnostic::new(title, place, format!("{bytes} bytes"));
        match self.flavour.place("table", key, Some(table)) {
            Some(limit) => diagnostic.related(limit, "the limit"),
            None => diagnostic.note(format!("this is the default of `table.{key}`")),
        }
    }

    fn write(&mut self, of: &str, value: Option<Value>, place: Range<usize>) {
        let Some(table) = self.table(of) else {
            return;
        };
        if table.access == Access::ReadOnly {
            self.read_only(of, place);
            return;
        }
        let value_type = match value {
            None | Some(Value::Nil) => return,
            Some(Value::Boolean) => Some(ValueType::Boolean),
            Some(Value::Integer) => Some(ValueType::Integer),
            Some(Value::String(_)) => Some(ValueType::String),
            Some(Value::Table | Value::Function) => None,
        };
        let stores = table.value_types.iter().map(|value_type| value_type.word());
        let stores = listing(stores, "and");
        match (value_type, value) {
            (Some(value_type), _) if !table.value_types.contains(&value_type) => {
                let word = value_type.word();
                let title = format!("the table `{of}` stores {stores}");
                let mut diagnostic = Diagnostic::new(
                    title,
                    place,
                    format!(
                        "this is {} {word}",
                        if word == "integer" { "an" } else { "a" }
                    ),
                );
                if let Some(types) = self.flavour.place("table", "value-types", Some(of)) {
                    diagnostic = diagnostic.related(types, format!("no `{word}` here"));
                }
                let help = format!("add \"{word}\" to `value-types`");
                self.diagnostics.push(diagnostic.help(help));
            }
            (Some(_), Some(Value::String(Some(bytes)))) => {
                if let Some(most) = table.string_max.filter(|most| bytes as u64 > *most) {
                    let title = format!("the table `{of}` takes strings of up to {most} bytes");
                    let diagnostic = self.limit(of, "string-max", title, place, bytes);
                    self.diagnostics.push(diagnostic);
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                let what = match value {
                    Some(Value::Function) => "this is a function",
                    _ => "this is a table",
                };
                let title = format!("the table `{of}` stores {stores}");
                let diagnostic = Diagnostic::new(title, place, what);
                self.diagnostics.push(
                    diagnostic.note("what scripts share has no functions and no tables of Lua's"),
                );
            }
        }
    }

    fn read_only(&mut self, of: &str, place: Range<usize>) {
        let title = format!("scripts only read the table `{of}`");
        let diagnostic = Diagnostic::new(title, place, "raises an error");
        self.diagnostics
            .push(match self.flavour.place("table", "access", Some(of)) {
                Some(access) => diagnostic.related(access, "set here"),
                None => diagnostic,
            });
    }

    /// A function of `rcutable` that gets one of the flavour's tables.
    fn passed(&mut self, module: &str, function: &str, of: &str, place: Range<usize>) {
        let Some(table) = self.table(of) else {
            return;
        };
        if module != RCUTABLE || !WRITERS.contains(&function) {
            return;
        }
        if table.access == Access::ReadOnly {
            self.read_only(of, place);
        } else if function == "add" && !table.value_types.contains(&ValueType::Integer) {
            let title = format!("the table `{of}` stores no integers to add to");
            let mut diagnostic = Diagnostic::new(title, place, "raises an error");
            if let Some(types) = self.flavour.place("table", "value-types", Some(of)) {
                diagnostic = diagnostic.related(types, "no `integer` here");
            }
            self.diagnostics.push(diagnostic);
        }
    }

    fn require(&mut self, name: &str, place: Range<usize>) {
        let has = &self.flavour.config.lua.stdlib;
        if name == LUNATIK || has.contains(name) || self.script.assigned.contains("require") {
            return;
        }
        let title = format!("this flavour has no module `{name}`");
        let mut diagnostic = Diagnostic::new(title, place, "`require` does not find it");
        if let Some(list) = self.flavour.place("lua", "stdlib", None) {
            diagnostic = diagnostic.related(list, format!("no `{name}` here"));
        }
        let known = || has.iter().map(String::as_str).chain([LUNATIK]);
        let help = match self.stdlib.get(name) {
            Some(_) => Some(format!("add \"{name}\" to `lua.stdlib`")),
            None => nearest(name, known()).map(|known| format!("did you mean \"{known}\"?")),
        };
        self.diagnostics.push(
            diagnostic
                .note(format!("it has {}", listing(known(), "and")))
                .maybe_help(help),
        );
    }

    fn operator(&mut self, operator: &str, place: Range<usize>) {
        let metamethod = match operator {
            "/" => "__div",
            _ => "__pow",
        };
        // Then it may be of values that have it.
        if self.text.contains(metamethod) {
            return;
        }
        let title =
            format!("`{operator}` gives a float, and numbers are 64-bit integers in the kernel");
        let diagnostic = Diagnostic::new(title, place, "raises an error");
        self.diagnostics.push(match operator {
            "/" => diagnostic.help("`//` divides integers"),
            _ => diagnostic,
        });
    }
}
