// SPDX-License-Identifier: GPL-2.0
//! The command `lunatik-build`: arguments, messages and exit codes.
//!
//! What a script reads goes to stdout, everything else to stderr. 0 is success,
//! 1 a refused configuration or a failure, 2 a wrong command line.

mod size_command;

use std::env;
use std::io::{
    self,
    IsTerminal,
    Write as _, //
};
use std::path::{
    Path,
    PathBuf, //
};
use std::process::ExitCode;

use anyhow::{
    Context,
    Result, //
};
use clap::{
    Args,
    Parser,
    Subcommand, //
};
use lunatik_build::config::{
    self,
    Accepted,
    Refused, //
};
use lunatik_build::diagnostic::Source;
use lunatik_build::flavour;
use lunatik_build::workspace::{
    Paths,
    Workspace, //
};

/// Makes a kernel module's source directory from a lunatik.toml.
#[derive(Parser)]
#[command(name = "lunatik-build", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    folders: Folders,
}

/// Where the sources are, if not where this program was built.
#[derive(Args)]
struct Folders {
    /// The repository, with kmod/, lua-stdlib/ and Cargo.lock
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The module's sources [default: kmod in the repository]
    #[arg(long, global = true, value_name = "DIR")]
    kmod: Option<PathBuf>,
    /// The Lua modules [default: lua-stdlib in the repository]
    #[arg(long, global = true, value_name = "DIR")]
    stdlib: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Write the kbuild directory of a flavour, and print where it is
    Generate {
        /// The flavour's configuration
        #[arg(long, value_name = "FILE", default_value = "lunatik.toml")]
        config: PathBuf,
        /// The folder to make the flavour's directory in
        #[arg(long, value_name = "DIR", default_value = "target/flavours")]
        out: PathBuf,
    },
    /// Say what is wrong with configurations
    Check {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print a flavour with all that it inherits, and where each key comes from
    Show {
        /// The flavour's configuration
        #[arg(value_name = "FILE", default_value = "lunatik.toml")]
        config: PathBuf,
    },
    /// Print what flavours take that are built, by part, and hold it against their budgets
    Size(size_command::Size),
    /// Print the names of a flavour, for shell scripts
    ShowNames {
        /// The flavour's configuration
        #[arg(long, value_name = "FILE", default_value = "lunatik.toml")]
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Tells whether every configuration was accepted; those that were not have
/// been reported.
fn run(cli: Cli) -> Result<bool> {
    let mut paths = Paths::new(cli.folders.root);
    paths.kmod = cli.folders.kmod.unwrap_or(paths.kmod);
    paths.stdlib = cli.folders.stdlib.unwrap_or(paths.stdlib);
    let workspace = Workspace::read(&paths)?;
    match cli.command {
        Command::Generate { config, out } => generate(&config, &out, &paths, &workspace),
        Command::Check { files } => Ok(check(&files, &workspace)),
        Command::Show { config } => show(&config, &workspace),
        Command::Size(size) => size_command::run(&size, &paths, &workspace),
        Command::ShowNames { config } => show_names(&config, &workspace),
    }
}

fn generate(config: &Path, out: &Path, paths: &Paths, workspace: &Workspace) -> Result<bool> {
    let Some(accepted) = accept(read(config)?, workspace) else {
        return Ok(false);
    };
    let tree = flavour::assemble(&accepted, paths, workspace)?;
    let folder = out.join(&accepted.config.module.name);
    tree.write(&folder)?;
    print(&format!("{}\n", folder.display()))?;
    Ok(true)
}

/// Goes through all of `files`, whatever is wrong with one.
fn check(files: &[PathBuf], workspace: &Workspace) -> bool {
    let mut good = true;
    for file in files {
        match read(file) {
            Ok(source) => good &= accept(source, workspace).is_some(),
            Err(error) => {
                eprintln!("error: {error:#}");
                good = false;
            }
        }
    }
    good
}

fn show(config: &Path, workspace: &Workspace) -> Result<bool> {
    let Some(accepted) = accept(read(config)?, workspace) else {
        return Ok(false);
    };
    print(&accepted.show())?;
    Ok(true)
}

fn show_names(config: &Path, workspace: &Workspace) -> Result<bool> {
    let Some(Accepted { config, .. }) = accept(read(config)?, workspace) else {
        return Ok(false);
    };
    print(&format!(
        "module={}\ndevice={}\n",
        config.module.name, config.device.name
    ))?;
    Ok(true)
}

/// The checked configuration; says on stderr what is wrong with it otherwise.
fn accept(source: Source, workspace: &Workspace) -> Option<Accepted> {
    match config::read(source, workspace.known()) {
        Ok(accepted) => Some(accepted),
        Err(refused) => {
            report(&refused);
            None
        }
    }
}

fn report(refused: &Refused) {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = io::stderr().is_terminal() && !plain;
    eprint!("{}", refused.render(colour));
}

fn read(path: &Path) -> Result<Source> {
    Source::read(path, path.display().to_string())
}

fn print(text: &str) -> Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to stdout")
}
