// SPDX-License-Identifier: GPL-2.0
//! The rules of `[[script]]`, and what a script has to do with the rest of a flavour. Its
//! file is read and compiled here, so that what is wrong with it is an error like others.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;

use super::super::inherit::{
    beside,
    plain, //
};
use super::super::raw::{
    Item,
    RawConfig,
    RawScript,
    Section, //
};
use super::super::show::stated_sum;
use super::super::{
    Config,
    Script,
    sha256, //
};
use super::{
    MIB,
    NameError,
    Names,
    Rules,
    misshapen,
    related,
    show_size, //
};
use crate::compiler::Failure;
use crate::diagnostic::{
    Diagnostic,
    Source,
    Sources, //
};

/// A name is one of the interface's: 64 bytes with the zero at its end.
pub const SCRIPT_NAME_MAX: usize = 63;
pub const SCRIPTS_MAX: usize = 256;
/// The most that a module with a compiler takes.
const FILE_MAX: u64 = 16 * MIB;

impl Rules<'_> {
    /// `compile` makes a chunk of a source and a name. Without it nothing is wrong with a file.
    pub(super) fn scripts(
        &mut self,
        raw: &[Spanned<Section<RawScript>>],
        sources: &Sources,
        compile: Option<impl Fn(&[u8], &str) -> Result<Vec<u8>, Failure>>,
    ) -> Vec<Script> {
        if let Some(extra) = raw.get(SCRIPTS_MAX) {
            self.refuse(
                format!("a module has at most {SCRIPTS_MAX} scripts"),
                extra.span(),
                format!("script number {}", SCRIPTS_MAX + 1),
            );
            return Vec::new();
        }
        let mut seen = Names::new();
        let mut scripts = Vec::new();
        for section in raw {
            let raw = &section.get_ref().0;
            let look = compile.is_none();
            let script = self.script(raw, section.span(), &mut seen, sources, look);
            let Some(mut script) = script else {
                continue;
            };
            let Some(compile) = &compile else {
                scripts.push(script);
                continue;
            };
            match compile(&script.source, &script.name) {
                Ok(chunk) => {
                    script.chunk = chunk;
                    scripts.push(script);
                }
                Err(failure) => self.not_compiled(raw, &script.name, failure, sources),
            }
        }
        scripts
    }

    /// A script that is not compiled yet.
    fn script(
        &mut self,
        raw: &RawScript,
        place: Range<usize>,
        seen: &mut Names,
        sources: &Sources,
        look: bool,
    ) -> Option<Script> {
        let name = match &raw.name {
            Some(item) => {
                let name = self.name(&raw.name, "script.name", script_name);
                name.map(|name| self.unique("scripts", name, item.span(), seen))
            }
            None => {
                let label = "what this script is run by";
                self.refuse("a script needs a `name`", place.clone(), label);
                None
            }
        };
        let at_load = self.boolean(&raw.at_load, "script.at-load");
        let source = match &raw.file {
            Some(item) => {
                let file = self.script_path(item);
                file.and_then(|file| match look {
                    true => Some((Vec::new(), stated_or_found(item, file, sources))),
                    false => {
                        let source = self.script_file(item, file, sources)?;
                        let sum = sha256(&source);
                        Some((source, Some(sum)))
                    }
                })
            }
            None => {
                let label = "the Lua that this script is";
                self.refuse("a script needs a `file`", place, label);
                None
            }
        };
        let (source, sum) = source?;
        Some(Script {
            name: name?,
            at_load: at_load.unwrap_or(false),
            source,
            sum,
            chunk: Vec::new(),
        })
    }

    fn script_path<'a>(&mut self, item: &'a Spanned<Item>) -> Option<&'a str> {
        if let Item::String(file) = item.get_ref() {
            return Some(file);
        }
        self.refuse(
            "`script.file` takes the path of a file",
            item.span(),
            format!("this is {}", item.get_ref().kind()),
        );
        None
    }

    /// Reads the file of a script.
    fn script_file(
        &mut self,
        item: &Spanned<Item>,
        file: &str,
        sources: &Sources,
    ) -> Option<Vec<u8>> {
        let (toml, _) = sources.line(&item.span())?;
        let name = called(toml, file);
        let wrong = match contents(&beside(&toml.path, file)) {
            Ok(Ok(source)) => return Some(source),
            Ok(Err(found)) if found.is_file() => {
                format!("{name} is longer than {}", show_size(FILE_MAX))
            }
            Ok(Err(_)) => format!("{name} is not a file"),
            Err(error) => format!("cannot read {name}: {error}"),
        };
        self.diagnostics.push(
            Diagnostic::new(wrong, item.span(), "the script's file")
                .note("a path begins at the folder of the file that it stands in"),
        );
        None
    }

    fn not_compiled(&mut self, raw: &RawScript, name: &str, failure: Failure, sources: &Sources) {
        let Some(item) = &raw.file else {
            return;
        };
        self.diagnostics.push(match failure {
            Failure::Script(message) => {
                let title = format!("the script `{name}` does not compile");
                // Lua calls it by its name. Who is to mend it wants the file.
                let rest = message.strip_prefix(name);
                let label = match (item.get_ref(), sources.line(&item.span()), rest) {
                    (Item::String(file), Some((toml, _)), Some(rest)) => {
                        format!("{}{rest}", called(toml, file))
                    }
                    _ => message,
                };
                Diagnostic::new(title, item.span(), label)
            }
            Failure::Broken(why) => {
                let title = format!("the script `{name}` cannot be compiled on this machine");
                Diagnostic::new(title, item.span(), "not compiled").note(why)
            }
        });
    }

    /// A module without a compiler must have something that it can do.
    pub(super) fn something_to_run(&mut self, raw: &RawConfig, config: &Config) {
        let (Some(item), false) = (&raw.lua.0.compiler, config.has_something_to_run()) else {
            return;
        };
        let mut diagnostic = Diagnostic::new(
            "without a compiler a module runs its scripts alone, and this one has none",
            item.span(),
            "no compiler",
        )
        .help("add a `[[script]]` with a `name` and a `file`, or leave `compiler` out");
        if let Some(scripts) = &raw.script {
            diagnostic = diagnostic.related(scripts.span(), "no script");
        }
        self.diagnostics.push(diagnostic);
    }

    /// A script that runs when the module is loaded cannot wait for a state: loading would wait
    /// with it.
    pub(super) fn states_at_load(&mut self, raw: &RawConfig, config: &Config) {
        let states = config.exec.states as usize;
        let scripts = raw.script.iter().flat_map(|all| &all.get_ref().0);
        let at_load: Vec<_> = scripts
            .zip(&config.scripts)
            .filter(|(_, script)| script.at_load)
            .collect();
        let Some((raw_script, script)) = at_load.get(states) else {
            return;
        };
        let Some(item) = &raw_script.get_ref().0.at_load else {
            return;
        };
        let count = at_load.len();
        let have = match states {
            1 => "1 state".to_owned(),
            states => format!("{states} states"),
        };
        let title = format!("{count} scripts run when the module is loaded, which has {have}");
        let label = format!("no state is left for `{}`", script.name);
        let diagnostic = Diagnostic::new(title, item.span(), label);
        let diagnostic = related(diagnostic, &raw.exec.0.states, have);
        self.diagnostics
            .push(diagnostic.help(format!("raise `exec.states` to {count}")));
    }
}

/// What is in a file, or what else is there.
fn contents(path: &Path) -> io::Result<Result<Vec<u8>, fs::Metadata>> {
    let found = fs::metadata(path)?;
    // A device or a pipe may have no end.
    match found.is_file() && found.len() <= FILE_MAX {
        true => fs::read(path).map(Ok),
        false => Ok(Err(found)),
    }
}

/// The sum of a script's file as the configuration has it, which a module shows; else that of what is
/// there.
fn stated_or_found(item: &Spanned<Item>, file: &str, sources: &Sources) -> Option<String> {
    let (toml, line) = sources.line(&item.span())?;
    let rest = toml.text.lines().skip(line);
    let section = rest.take_while(|line| !line.trim_start().starts_with('['));
    let stated = section.filter_map(stated_sum).next();
    stated.or_else(|| {
        let source = contents(&beside(&toml.path, file)).ok()?.ok()?;
        Some(sha256(&source))
    })
}

/// What messages call a file that `toml` names.
fn called(toml: &Source, file: &str) -> String {
    plain(&beside(Path::new(&toml.name), file))
}

fn misshapen_script(name: &str) -> Option<String> {
    let rest = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    misshapen(name, SCRIPT_NAME_MAX, |c| c.is_ascii_alphabetic(), rest)
}

fn script_name(name: &str) -> Result<(), NameError> {
    let Some(label) = misshapen_script(name) else {
        return Ok(());
    };
    let allowed = format!(
        "`script.name` takes 1 to {SCRIPT_NAME_MAX} of letters, digits, _ and -, the first a letter"
    );
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
    let help = stem
        .filter(|stem| misshapen_script(stem).is_none())
        .map(|stem| format!("\"{stem}\" would do"));
    Err((allowed, label, help))
}
