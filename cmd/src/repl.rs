// SPDX-License-Identifier: GPL-2.0
//! `repl`: a conversation with one state, which outlives every error.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{
    self,
    IsTerminal as _, //
};
use std::path::{
    Path,
    PathBuf, //
};

use rustyline::Config;
use rustyline::Editor;
use rustyline::error::ReadlineError;
use rustyline::history::{
    FileHistory,
    History as _, //
};

use crate::abi;
use crate::device::{
    self,
    Access,
    Device, //
};
use crate::error::Result;
use crate::failed;
use crate::format;
use crate::run;
use crate::session::{
    Outcome,
    Script,
    Session,
    Status, //
};

/// How many lines are remembered.
const HISTORY: usize = 1000;

/// Reads chunks and runs them until the end of input.
pub fn repl(name: &OsStr) -> Result<()> {
    let device = Device::open(name, Access::Run)?;
    device.must_compile()?;
    let (at, path) = (device.info(), device.path().display());
    let greeting = format!(
        "{} {} at {path}. Ctrl-C ends a chunk, Ctrl-D leaves.",
        format::printable(device::text(&at.module)),
        format::printable(device::text(&at.version)),
    );
    let session = Session::new(device)?;
    let mut lines = Lines::new()?;
    if io::stdin().is_terminal() {
        println!("{greeting}");
    }
    let mut chunk = String::new();
    loop {
        match lines.next(chunk.is_empty())? {
            Line::Text(line) => {
                if !chunk.is_empty() {
                    chunk.push('\n');
                }
                chunk.push_str(&line);
            }
            Line::Drop => {
                chunk.clear();
                continue;
            }
            // What is missing will not come.
            Line::End if chunk.is_empty() => break,
            Line::End => {
                speak(&session, &chunk, true);
                break;
            }
        }
        if chunk.trim().is_empty() || speak(&session, &chunk, false) {
            lines.remember(&chunk);
            chunk.clear();
        }
    }
    lines.save();
    Ok(())
}

/// Runs a chunk, and says what came of it. False if there is more of it to come, unless this is the `last` line.
fn speak(session: &Session, chunk: &str, last: bool) -> bool {
    let script = Script {
        name: b"repl",
        flags: abi::LUNATIK_RUN_KEEP | abi::LUNATIK_RUN_VALUES,
        ..Default::default()
    };
    match run::evaluate(session, chunk.as_bytes(), &script, &mut run::write) {
        Ok(outcome) if !last && is_unfinished(&outcome) => return false,
        Ok(outcome) if outcome.status == Status::Ok => {
            if let Err(error) = run::print_values(&outcome) {
                eprintln!("lunatik: {error}");
            }
        }
        Ok(outcome) => run::tell_people(&outcome),
        Err(error) => eprintln!("lunatik: {error}"),
    }
    true
}

/// Whether the compiler came to the end of the text and wanted more.
fn is_unfinished(outcome: &Outcome) -> bool {
    outcome.status == Status::Syntax && ends_at_eof(&outcome.error)
}

fn ends_at_eof(error: &[u8]) -> bool {
    let text = String::from_utf8_lossy(error);
    let message = text.split("\nstack traceback:").next().unwrap_or_default();
    message.trim_end().ends_with("<eof>")
}

enum Line {
    Text(String),
    /// Ctrl-C: what was typed is not meant.
    Drop,
    End,
}

/// Lines that are typed, with editing and memory, or come from a file.
struct Lines {
    editor: Editor<(), FileHistory>,
    history: Option<PathBuf>,
}

impl Lines {
    fn new() -> Result<Self> {
        let config = Config::builder()
            .max_history_size(HISTORY)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(|error| failed!("{error}"))?
            .build();
        let mut editor =
            Editor::with_config(config).map_err(|error| failed!("the terminal: {error}"))?;
        let mut history = None;
        if io::stdin().is_terminal() {
            history = history_file(|name| env::var_os(name).map(PathBuf::from));
            if let Some(file) = &history {
                // There is none the first time.
                let _ = editor.load_history(file);
            }
        }
        Ok(Self { editor, history })
    }

    /// The next line; `first` says whether a chunk begins with it.
    fn next(&mut self, first: bool) -> Result<Line> {
        match self.editor.readline(if first { "> " } else { ">> " }) {
            Ok(line) => Ok(Line::Text(line)),
            Err(ReadlineError::Interrupted) => Ok(Line::Drop),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(failed!("cannot read a line: {error}")),
        }
    }

    fn remember(&mut self, chunk: &str) {
        // A chunk that cannot be remembered has run all the same.
        let _ = self.editor.add_history_entry(chunk);
    }

    fn save(&mut self) {
        let Some(file) = &self.history else {
            return;
        };
        if self.editor.history().is_empty() {
            return;
        }
        let saved = file
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .map_err(ReadlineError::from)
            .and_then(|()| self.editor.save_history(file));
        if let Err(error) = saved {
            eprintln!(
                "lunatik: the history is not kept: {}: {error}",
                file.display()
            );
        }
    }
}

/// Where lines are remembered; nowhere without a home.
fn history_file(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    variable("XDG_STATE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| {
            variable("HOME")
                .filter(|home| home.is_absolute())
                .map(|home| home.join(".local/state"))
        })
        .map(|folder| folder.join(Path::new("lunatik/history")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_that_is_not_whole_ends_at_eof() {
        for unfinished in [
            "repl:1: 'end' expected near <eof>",
            "repl:2: 'end' expected (to close 'for' at line 1) near <eof>",
            "repl:1: unfinished long string (starting at line 1) near '<eof>'\n",
            "repl:1: unexpected symbol near <eof>\nstack traceback:\n\t[C]: in ?",
        ] {
            let lua_says = unfinished.replace("'<eof>'", "<eof>");
            assert!(ends_at_eof(lua_says.as_bytes()), "{unfinished}");
        }
        for wrong in [
            "",
            "repl:1: unexpected symbol near ')'",
            "repl:1: unfinished string near '\"abc'",
            "repl:1: <eof> expected near 'end'",
            "repl:1: x\nstack traceback:\n\t<eof>",
        ] {
            assert!(!ends_at_eof(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn history_has_a_home() {
        let file = |state: Option<&str>, home: Option<&str>| {
            history_file(|name| match name {
                "HOME" => home.map(PathBuf::from),
                _ => state.map(PathBuf::from),
            })
        };
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(file(Some("/s"), Some("/h")), path("/s/lunatik/history"));
        assert_eq!(
            file(Some("relative"), Some("/h")),
            path("/h/.local/state/lunatik/history")
        );
        assert_eq!(file(None, None), None);
    }
}
