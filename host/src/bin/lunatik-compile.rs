// SPDX-License-Identifier: GPL-2.0
//! `lunatik-compile`: what `lunatik-build` has scripts compiled by. It reads a script from
//! standard input and writes the chunk to standard output. What is wrong with the
//! script goes to stderr, with the exit status 1; any other failure has another.

use std::io::{
    self,
    Read as _,
    Write as _, //
};
use std::process::ExitCode;

use anyhow::{
    Context as _,
    Result, //
};
use clap::Parser;

/// Compiles Lua for modules to contain.
#[derive(Parser)]
#[command(name = "lunatik-compile", version)]
struct Cli {
    /// What errors call the script
    #[arg(long)]
    name: String,
    /// Leave out what only errors need: lines and names
    #[arg(long)]
    strip: bool,
}

fn main() -> ExitCode {
    match compile(&Cli::parse()) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(message)) => {
            eprintln!("{message}");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("lunatik-compile: {error:#}");
            ExitCode::from(3)
        }
    }
}

fn compile(cli: &Cli) -> Result<Result<(), String>> {
    let mut source = Vec::new();
    io::stdin()
        .read_to_end(&mut source)
        .context("cannot read standard input")?;
    let chunk = match lunatik_host::compile(&source, cli.name.as_bytes(), cli.strip) {
        Ok(chunk) => chunk,
        Err(message) => return Ok(Err(message)),
    };
    io::stdout()
        .write_all(&chunk)
        .context("cannot write to standard output")?;
    Ok(Ok(()))
}
