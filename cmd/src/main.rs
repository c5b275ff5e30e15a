// SPDX-License-Identifier: GPL-2.0
//! The command `lunatik`: which part does what was asked, and the exit status.

use std::process::ExitCode;

use clap::Parser as _;
use lunatik_cmd::cli::{
    Cli,
    Command, //
};
use lunatik_cmd::error::Result;
use lunatik_cmd::{
    interrupt,
    module,
    pages,
    repl,
    run,
    scripts,
    table,
    top, //
};

fn main() -> ExitCode {
    interrupt::die_of_broken_pipes();
    let Err(error) = obey(&Cli::parse()) else {
        return ExitCode::SUCCESS;
    };
    let text = error.to_string();
    if !text.is_empty() {
        eprintln!("lunatik: {text}");
    }
    ExitCode::from(error.status())
}

fn obey(cli: &Cli) -> Result<()> {
    let device = cli.device.as_os_str();
    match &cli.command {
        Command::Run(options) => run::run(device, options),
        Command::Eval(options) => run::eval(device, options),
        Command::Repl => repl::repl(device),
        Command::Check {
            offline: true,
            files,
        } => run::check_offline(files),
        Command::Check { files, .. } => run::check(device, files),
        Command::Ps(output) => scripts::ps(device, output.json),
        Command::Scripts(output) => module::scripts(device, output.json),
        Command::Kill { ids } => scripts::kill(device, ids),
        Command::Top { interval, count } => top::top(device, *interval, *count),
        Command::Get {
            key,
            no_newline,
            json,
        } => table::get(device, &key.table, &key.key, *no_newline, json.json),
        Command::Set {
            key,
            value,
            string,
            integer,
            stdin,
        } => {
            let value = table::value_to_set(value.as_deref(), *string, *integer, *stdin)?;
            table::set(device, &key.table, &key.key, value)
        }
        Command::Del { table, keys } => table::del(device, table, keys),
        Command::List { table, json } => table::list(device, table, json.json),
        Command::Stats(output) => module::stats(device, output.json),
        Command::Info(output) => module::info(device, output.json),
        Command::Man { folder } => pages::man(folder),
        Command::Completions { shell } => pages::completions(*shell),
    }
}
