// SPDX-License-Identifier: GPL-2.0
//! The command `lunatik-build`: arguments, messages and exit codes.
//!
//! What a script reads goes to stdout, everything else to stderr. 0 is success,
//! 1 a refused configuration or a failure, 2 a wrong command line.

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
    Accepted, //
};
use lunatik_build::diagnostic::Source;
use lunatik_build::export;
use lunatik_build::flavour;
use lunatik_build::in_tree::Kernel;
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
        /// Without the places: the text whose sum is the module's config_sha256
        #[arg(long)]
        plain: bool,
    },
    /// Make a flavour's directory for others: it needs no cargo, no network, and nothing outside itself
    Export {
        /// The flavour: one of flavours/, or the path of a .toml
        #[arg(value_name = "FLAVOUR", default_value = "lunatik.toml")]
        flavour: PathBuf,
        /// The folder to make; an earlier export there is replaced
        #[arg(long, value_name = "DIR", required_unless_present = "tar")]
        to: Option<PathBuf>,
        /// An archive to make, NAME.tar.gz; the same flavour makes the same bytes
        #[arg(long, value_name = "FILE")]
        tar: Option<PathBuf>,
    },
    /// Put flavours into the source tree of a kernel, as drivers/MODULE/
    InTree {
        /// The flavours, each one of flavours/ or the path of a .toml [default: lunatik.toml, or with --remove all]
        #[arg(value_name = "FLAVOUR")]
        flavours: Vec<PathBuf>,
        /// The source tree
        #[arg(long, value_name = "DIR")]
        kernel: PathBuf,
        /// Take them out again
        #[arg(long)]
        remove: bool,
    },
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
        Command::Show { config, plain } => show(&config, plain, &workspace),
        Command::Export { flavour, to, tar } => {
            let config = named(&flavour, &paths);
            export(&config, to.as_deref(), tar.as_deref(), &paths, &workspace)
        }
        Command::InTree {
            flavours,
            kernel,
            remove,
        } => {
            let configs: Vec<_> = flavours.iter().map(|name| named(name, &paths)).collect();
            in_tree(&configs, &Kernel::at(&kernel)?, remove, &paths, &workspace)
        }
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

/// The file of a flavour that is given by its name or its path.
fn named(flavour: &Path, paths: &Paths) -> PathBuf {
    if flavour
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        return flavour.to_owned();
    }
    let name = flavour.with_extension("toml");
    paths.root.join("flavours").join(name)
}

fn export(
    config: &Path,
    to: Option<&Path>,
    tar: Option<&Path>,
    paths: &Paths,
    workspace: &Workspace,
) -> Result<bool> {
    let Some(accepted) = accept(read(config)?, workspace) else {
        return Ok(false);
    };
    let tree = flavour::assemble(&accepted, paths, workspace)?;
    if let Some(folder) = to {
        export::folder(&tree, folder)?;
    }
    if let Some(file) = tar {
        let name = &accepted.config.module.name;
        let top = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
        export::archive(&tree, &top, file)?;
    }
    for made in [to, tar].into_iter().flatten() {
        print(&format!("{}\n", made.display()))?;
    }
    Ok(true)
}

fn in_tree(
    configs: &[PathBuf],
    kernel: &Kernel,
    remove: bool,
    paths: &Paths,
    workspace: &Workspace,
) -> Result<bool> {
    if remove && configs.is_empty() {
        for module in kernel.flavours()? {
            kernel.take_out(&module)?;
        }
        return Ok(true);
    }
    let default = [PathBuf::from("lunatik.toml")];
    let configs = if configs.is_empty() {
        &default
    } else {
        configs
    };
    let mut good = true;
    for config in configs {
        let Some(accepted) = accept(read(config)?, workspace) else {
            good = false;
            continue;
        };
        if remove {
            kernel.take_out(&accepted.config.module.name)?;
        } else {
            let tree = flavour::assemble(&accepted, paths, workspace)?;
            let folder = kernel.put(&tree, &accepted.config)?;
            print(&format!("{}\n", folder.display()))?;
        }
    }
    Ok(good)
}

fn show(config: &Path, plain: bool, workspace: &Workspace) -> Result<bool> {
    let Some(accepted) = accept(read(config)?, workspace) else {
        return Ok(false);
    };
    match plain {
        true => print(&accepted.config.plain())?,
        false => print(&accepted.show())?,
    }
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
            let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let colour = io::stderr().is_terminal() && !plain;
            eprint!("{}", refused.render(colour));
            None
        }
    }
}

fn read(path: &Path) -> Result<Source> {
    Source::read(path, path.display().to_string())
}

fn print(text: &str) -> Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to stdout")
}
