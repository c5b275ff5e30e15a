// SPDX-License-Identifier: GPL-2.0
//! `run`, `eval` and `check`.

use std::ffi::OsStr;
use std::fs;
use std::io::{
    self,
    Read as _,
    Write as _, //
};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{
    Path,
    PathBuf, //
};

use serde_json::json;

use crate::abi;
use crate::cli;
use crate::device::{
    Access,
    Device, //
};
use crate::error::{
    Error,
    Result, //
};
use crate::failed;
use crate::json::{
    self as report,
    Report, //
};
use crate::session::{
    self,
    Limits,
    Outcome,
    Script,
    Session,
    Status, //
};
use crate::value;

/// Runs a file.
pub fn run(device: &OsStr, options: &cli::Run) -> Result<()> {
    let (file, rest) = words(&options.words)?;
    let arguments = value::arguments(rest, options.how.typed)?;
    let (text, name, named) = match options.script {
        true => (
            file.as_bytes().to_vec(),
            String::new(),
            abi::LUNATIK_RUN_NAMED,
        ),
        false => {
            let (text, name) = read(Path::new(file))?;
            (text, name, 0)
        }
    };
    let mut script = Script {
        text: &text,
        // The module has one for its own.
        name: name.as_bytes(),
        arguments: &arguments,
        flags: named,
        limits: Limits::from(&options.how.limits),
    };
    let device = Device::open(device, Access::Run)?;
    match options.script {
        true => device.must_contain()?,
        false => device.must_compile()?,
    }
    let session = Session::new(device)?;
    if options.detach {
        script.flags |= abi::LUNATIK_RUN_DETACH;
        let id = session.start(&script)?;
        return match options.how.json {
            true => report::print(&json!({ "id": id })),
            false => print(format!("{id}\n").as_bytes()),
        };
    }
    if options.how.json {
        script.flags |= abi::LUNATIK_RUN_JSON;
        let (outcome, output) = session.collect(&script)?;
        return tell_programs(&outcome, &output);
    }
    let outcome = session.run(&script, &mut write)?;
    tell(&outcome)
}

/// Runs a chunk of the command line: an expression if it is one, else statements.
pub fn eval(device: &OsStr, options: &cli::Eval) -> Result<()> {
    let (chunk, rest) = words(&options.words)?;
    let arguments = value::arguments(rest, options.how.typed)?;
    let device = Device::open(device, Access::Run)?;
    device.must_compile()?;
    let session = Session::new(device)?;
    let script = Script {
        name: b"eval",
        arguments: &arguments,
        limits: Limits::from(&options.how.limits),
        ..Default::default()
    };
    if options.how.json {
        let mut output = Vec::new();
        let outcome = evaluate(
            &session,
            chunk.as_bytes(),
            &Script {
                flags: abi::LUNATIK_RUN_JSON,
                ..script
            },
            &mut |piece| {
                output.extend_from_slice(piece);
                Ok(())
            },
        )?;
        return tell_programs(&outcome, &output);
    }
    let outcome = evaluate(
        &session,
        chunk.as_bytes(),
        &Script {
            flags: abi::LUNATIK_RUN_VALUES,
            ..script
        },
        &mut write,
    )?;
    tell(&outcome)?;
    print_values(&outcome)
}

/// Runs `chunk` as what Lua's own interpreter takes it for: an expression whose values are wanted if it can
/// be one, else statements. The other fields are those of `script`.
pub fn evaluate(
    session: &Session,
    chunk: &[u8],
    script: &Script<'_>,
    output: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<Outcome> {
    let (only, expression) = as_expression(chunk);
    // Nothing of what does not compile has run.
    let outcome = session.run(
        &Script {
            text: &expression,
            ..*script
        },
        output,
    )?;
    if only || outcome.status != Status::Syntax {
        return Ok(outcome);
    }
    session.run(
        &Script {
            text: chunk,
            ..*script
        },
        output,
    )
}

/// The chunk as an expression, and whether it can be nothing else, since it begins with `=`.
fn as_expression(chunk: &[u8]) -> (bool, Vec<u8>) {
    match chunk.trim_ascii_start() {
        [b'=', expression @ ..] => (true, [b"return ", expression].concat()),
        _ => (false, [b"return ", chunk].concat()),
    }
}

/// Prints what a chunk returned, if it returned something.
pub fn print_values(outcome: &Outcome) -> Result<()> {
    match outcome.values.as_slice() {
        b"" => Ok(()),
        values => print(&[values, b"\n"].concat()),
    }
}

/// Compiles files with the device.
pub fn check(device: &OsStr, files: &[PathBuf]) -> Result<()> {
    let device = Device::open(device, Access::Run).map_err(|error| match error {
        Error::Device(text) => Error::Device(format!(
            "{text}\nwithout a device, `lunatik check --offline` compiles files"
        )),
        error => error,
    })?;
    device.must_compile().map_err(|error| {
        failed!("{error};\n`lunatik check --offline` compiles files without it")
    })?;
    let script_max = device.info().script_max;
    let session = Session::new(device)?;
    check_each(files, script_max, |text, name| {
        let script = Script {
            text,
            name,
            flags: abi::LUNATIK_RUN_CHECK,
            ..Default::default()
        };
        let (outcome, _) = session.collect(&script)?;
        Ok(match outcome.status {
            Status::Ok => Ok(()),
            _ => Err(String::from_utf8_lossy(&outcome.message()).into_owned()),
        })
    })
}

/// Compiles files with the same Lua in this process.
pub fn check_offline(files: &[PathBuf]) -> Result<()> {
    check_each(files, lunatik_host::SCRIPT_MAX as u64, |text, name| {
        Ok(lunatik_host::check(text, name))
    })
}

/// Goes through all of `files`, whatever is wrong with one. `compile` takes a text of up to `script_max`
/// bytes and its name, and gives what is wrong with it.
fn check_each(
    files: &[PathBuf],
    script_max: u64,
    mut compile: impl FnMut(&[u8], &[u8]) -> Result<Result<(), String>>,
) -> Result<()> {
    let mut good = true;
    for file in files {
        let verdict = match read(file) {
            Ok((text, name)) if text.len() as u64 > script_max => Err(format!(
                "{name} has more than the {script_max} bytes that this flavour takes"
            )),
            Ok((text, name)) => compile(&text, &session::short_name(name.as_bytes()))?,
            Err(error) => Err(error.to_string()),
        };
        if let Err(message) = verdict {
            eprintln!("lunatik: {}", message.trim_end());
            good = false;
        }
    }
    match good {
        true => Ok(()),
        false => Err(Error::Told),
    }
}

/// The first word, and the others.
fn words<T>(words: &[T]) -> Result<(&T, &[T])> {
    words
        .split_first()
        .ok_or_else(|| Error::Usage("nothing to run was given".into()))
}

/// A script, and what errors call it.
fn read(file: &Path) -> Result<(Vec<u8>, String)> {
    let (text, name) = match file.as_os_str().as_bytes() {
        b"-" => (read_stdin()?, "stdin".into()),
        _ => {
            let text = fs::read(file)
                .map_err(|error| failed!("cannot read {}: {error}", file.display()))?;
            (text, file.display().to_string())
        }
    };
    Ok((without_interpreter(text), name))
}

pub fn read_stdin() -> Result<Vec<u8>> {
    let mut text = Vec::new();
    io::stdin()
        .read_to_end(&mut text)
        .map_err(|error| failed!("cannot read standard input: {error}"))?;
    Ok(text)
}

/// Leaves out a first line that begins with `#`, and keeps the numbers of the others.
fn without_interpreter(text: Vec<u8>) -> Vec<u8> {
    match text.first() {
        Some(b'#') => {
            let line = text.iter().position(|byte| *byte == b'\n');
            text[line.unwrap_or(text.len())..].to_vec()
        }
        _ => text,
    }
}

/// What a script prints goes on at once.
pub fn write(output: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(output)?;
    stdout.flush()
}

pub fn print(text: &[u8]) -> Result<()> {
    write(text).map_err(|error| failed!("cannot write to stdout: {error}"))
}

/// Says why a script failed, if it did.
fn tell(outcome: &Outcome) -> Result<()> {
    if outcome.status == Status::Ok {
        return Ok(());
    }
    tell_people(outcome);
    Err(match outcome.interrupted {
        true => Error::Interrupted,
        false => Error::Told,
    })
}

/// Writes to stderr why a script failed.
pub fn tell_people(outcome: &Outcome) {
    let message = outcome.message();
    let line = [b"lunatik: ", message.trim_ascii_end(), b"\n"].concat();
    // There is nobody else to tell that stderr is closed.
    let _ = io::stderr().write_all(&line);
}

fn tell_programs(outcome: &Outcome, output: &[u8]) -> Result<()> {
    report::print(&Report::new(outcome, output))?;
    match outcome.status {
        Status::Ok => Ok(()),
        _ if outcome.interrupted => Err(Error::Interrupted),
        _ => Err(Error::Told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_for_the_kernel_is_not_for_lua() {
        let without = |text: &str| without_interpreter(text.into());
        assert_eq!(without("#!/bin/x\nprint(1)"), b"\nprint(1)");
        assert_eq!(without("#!/bin/x"), b"");
        assert_eq!(without("print(#t)"), b"print(#t)");
    }

    #[test]
    fn a_chunk_is_an_expression_if_it_says_so() {
        assert_eq!(as_expression(b" =1, 2"), (true, b"return 1, 2".to_vec()));
        assert_eq!(as_expression(b"x = 1"), (false, b"return x = 1".to_vec()));
    }

    #[test]
    fn all_files_are_checked_whatever_is_wrong_with_one() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["bad.lua", "good.lua", "worse.lua"].map(|name| folder.path().join(name));
        for file in &files {
            fs::write(file, file.file_name().unwrap().as_bytes()).unwrap();
        }
        let mut seen = Vec::new();
        let mut compile = |text: &[u8], name: &[u8]| {
            assert!(name.ends_with(text));
            seen.push(text.to_vec());
            Ok(match text {
                b"good.lua" => Ok(()),
                _ => Err("wrong".into()),
            })
        };
        let error = check_each(&files, 9, &mut compile).unwrap_err();
        assert_eq!(error.status(), 1);
        assert!(check_each(&files[1..2], 8, &mut compile).is_ok());
        assert_eq!(seen.len(), 4);
        // What is too long, or not there, does not come that far.
        let missing = folder.path().join("missing.lua");
        let mut seen = 0;
        let mut compile = |_: &[u8], _: &[u8]| {
            seen += 1;
            Ok(Ok(()))
        };
        let files = [files[2].clone(), missing, files[1].clone()];
        let error = check_each(&files, 8, &mut compile).unwrap_err();
        assert_eq!((error.status(), seen), (1, 1));
    }
}
