// SPDX-License-Identifier: GPL-2.0
//! The command `lunatik-build`: arguments, messages and exit codes.
//!
//! What a script reads goes to stdout, everything else to stderr. 0 is success,
//! 1 a refused configuration or a failure, 2 a wrong command line.

mod costs_command;
mod size_command;

use std::env;
use std::fs;
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
    Result,
    bail,
    ensure, //
};
use clap::{
    Args,
    Parser,
    Subcommand, //
};
use lunatik_build::argument;
use lunatik_build::config::{
    self,
    Accepted,
    Known,
    Refused,
    reference, //
};
use lunatik_build::diff;
use lunatik_build::docs::Reference;
use lunatik_build::export;
use lunatik_build::flavour;
use lunatik_build::in_tree::Kernel;
use lunatik_build::licences;
#[cfg(feature = "lint")]
use lunatik_build::lint;
#[cfg(feature = "menu")]
use lunatik_build::menu;
use lunatik_build::schema;
use lunatik_build::tree;
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
        /// The flavour: a file, or a name of flavours/
        #[arg(long, value_name = "FLAVOUR", default_value = "lunatik.toml")]
        config: PathBuf,
        /// The folder to make the flavour's directory in
        #[arg(long, value_name = "DIR", default_value = "target/flavours")]
        out: PathBuf,
    },
    /// Say what is wrong with configurations
    Check {
        /// Files, or names of flavours/
        #[arg(required = true, value_name = "FLAVOUR")]
        flavours: Vec<PathBuf>,
    },
    /// Print a flavour with all that it inherits, and where each key comes from
    Show {
        /// The flavour: a file, or a name of flavours/
        #[arg(value_name = "FLAVOUR", default_value = "lunatik.toml")]
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
    /// Print what flavours take that are built, by part, and hold it against their budgets
    Size(size_command::Size),
    /// Print what each choice takes, or what flavours take that are not built yet, about
    Costs(costs_command::Costs),
    /// Print the names of a flavour, for shell scripts
    ShowNames {
        /// The flavour: a file, or a name of flavours/
        #[arg(long, value_name = "FLAVOUR", default_value = "lunatik.toml")]
        config: PathBuf,
    },
    /// Say what a key is, what it takes and what it costs; without a key, list them
    Explain {
        /// A key such as exec.states, or a section
        key: Option<String>,
    },
    /// Print in what two flavours differ; exit 1 if they do
    Diff {
        /// A file, such as the one that a loaded module shows, a name of flavours/, or -
        #[arg(value_name = "FLAVOUR")]
        before: PathBuf,
        /// The other one
        #[arg(value_name = "FLAVOUR")]
        after: PathBuf,
    },
    /// Say what scripts use that a flavour lacks
    #[cfg(feature = "lint")]
    Lint {
        /// Lua files
        #[arg(required = true, value_name = "SCRIPT")]
        scripts: Vec<PathBuf>,
        /// The flavour: a file, or a name of flavours/
        #[arg(long, value_name = "FLAVOUR", default_value = "lunatik.toml")]
        flavour: PathBuf,
    },
    /// Look at a flavour and change it, in the terminal
    #[cfg(feature = "menu")]
    Menu {
        /// The flavour: a file, or a name of flavours/
        #[arg(value_name = "FLAVOUR", default_value = "lunatik.toml")]
        flavour: PathBuf,
    },
    /// Print the JSON Schema of a flavour's file
    Schema,
    /// Write what is generated of the documentation: the README's table of keys,
    /// docs/configuration.md and lunatik.schema.json
    Docs {
        /// Write nothing; exit 1 if one of them is not as it should be
        #[arg(long)]
        check: bool,
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
    let desk = Desk { paths, workspace };
    match cli.command {
        Command::Generate { config, out } => desk.generate(&config, &out),
        Command::Check { flavours } => Ok(desk.check(&flavours)),
        Command::Show { config, plain } => desk.show(&config, plain),
        Command::Export { flavour, to, tar } => {
            desk.export(&flavour, to.as_deref(), tar.as_deref())
        }
        Command::InTree {
            flavours,
            kernel,
            remove,
        } => desk.in_tree(&flavours, &Kernel::at(&kernel)?, remove),
        Command::Size(size) => size_command::run(&size, &desk),
        Command::Costs(costs) => costs_command::run(&costs, &desk),
        Command::ShowNames { config } => desk.show_names(&config),
        Command::Explain { key } => desk.explain(key.as_deref()),
        Command::Diff { before, after } => desk.diff(&before, &after),
        #[cfg(feature = "lint")]
        Command::Lint { scripts, flavour } => desk.lint(&scripts, &flavour),
        #[cfg(feature = "menu")]
        Command::Menu { flavour } => desk.menu(&flavour),
        Command::Schema => desk.schema(),
        Command::Docs { check } => desk.docs(check),
    }
}

/// What the commands work with. Each tells whether all was well; what was not, it has said.
struct Desk {
    paths: Paths,
    workspace: Workspace,
}

impl Desk {
    fn generate(&self, config: &Path, out: &Path) -> Result<bool> {
        let Some(accepted) = self.accept(config)? else {
            return Ok(false);
        };
        let tree = flavour::assemble(&accepted, &self.paths, &self.workspace)?;
        let folder = out.join(&accepted.config.module.name);
        tree.write(&folder)?;
        print(&format!("{}\n", folder.display()))?;
        Ok(true)
    }

    /// Goes through all of `flavours`, whatever is wrong with one.
    fn check(&self, flavours: &[PathBuf]) -> bool {
        let mut good = true;
        for flavour in flavours {
            match self.accept(flavour) {
                Ok(accepted) => good &= accepted.is_some(),
                Err(error) => {
                    eprintln!("error: {error:#}");
                    good = false;
                }
            }
        }
        good
    }

    fn show(&self, config: &Path, plain: bool) -> Result<bool> {
        let Some(accepted) = self.accept(config)? else {
            return Ok(false);
        };
        match plain {
            true => print(&accepted.config.plain())?,
            false => print(&accepted.show())?,
        }
        Ok(true)
    }

    fn show_names(&self, config: &Path) -> Result<bool> {
        let Some(Accepted { config, .. }) = self.accept(config)? else {
            return Ok(false);
        };
        print(&format!(
            "module={}\ndevice={}\n",
            config.module.name, config.device.name
        ))?;
        Ok(true)
    }

    fn explain(&self, path: Option<&str>) -> Result<bool> {
        let reference = Reference::new(self.workspace.known())?;
        let Some(path) = path else {
            print(&reference.list(None))?;
            return Ok(true);
        };
        // As a section is headed, or as it is called.
        let path = path.trim_matches(['[', ']']);
        let text = match reference::find(path) {
            Some(key) => reference.explain(key),
            None if reference::is_section(path) => reference.list(Some(path)),
            None => bail!(reference::unknown(path)),
        };
        print(&text)?;
        Ok(true)
    }

    fn diff(&self, before: &Path, after: &Path) -> Result<bool> {
        ensure!(
            before != Path::new("-") || after != before,
            "the standard input can be one of the two flavours, not both"
        );
        let look = |argument| self.read(argument, self.workspace.known_for_a_look());
        let (Some(before), Some(after)) = (look(before)?, look(after)?) else {
            return Ok(false);
        };
        let text = diff::diff(&before, &after);
        print(&text)?;
        Ok(text.is_empty())
    }

    #[cfg(feature = "lint")]
    fn lint(&self, scripts: &[PathBuf], flavour: &Path) -> Result<bool> {
        let Some(accepted) = self.accept(flavour)? else {
            return Ok(false);
        };
        let mut good = true;
        for script in scripts {
            match lint::read(script)
                .and_then(|source| lint::lint(source, &accepted, &self.workspace.stdlib))
            {
                Ok(Ok(())) => {}
                Ok(Err(found)) => {
                    report(&found);
                    good = false;
                }
                Err(error) => {
                    eprintln!("error: {error:#}");
                    good = false;
                }
            }
        }
        Ok(good)
    }

    #[cfg(feature = "menu")]
    fn menu(&self, flavour: &Path) -> Result<bool> {
        let path = argument::path(flavour, &self.paths.root)?;
        menu::run(&path, self.workspace.known())?;
        Ok(true)
    }

    fn schema(&self) -> Result<bool> {
        let modules: Vec<_> = self.workspace.stdlib.names().collect();
        print(&schema::text(&modules))?;
        Ok(true)
    }

    fn docs(&self, check: bool) -> Result<bool> {
        let reference = Reference::new(self.workspace.known())?;
        let mut good = true;
        for (name, text) in reference.files(&self.paths.root)? {
            let path = self.paths.root.join(name);
            if !check {
                tree::write_changed(&path, text.as_bytes())?;
            } else if fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
                eprintln!("error: {name} is not what `lunatik-build docs` makes of the keys");
                good = false;
            }
        }
        Ok(good)
    }

    fn export(&self, flavour: &Path, to: Option<&Path>, tar: Option<&Path>) -> Result<bool> {
        let Some(accepted) = self.accept(flavour)? else {
            return Ok(false);
        };
        let tree = flavour::assemble(&accepted, &self.paths, &self.workspace)?;
        if let Some(folder) = to {
            export::folder(&tree, folder)?;
        }
        if let Some(file) = tar {
            let name = &accepted.config.module.name;
            let top = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
            export::archive(&tree, &top, file)?;
        }
        for remark in licences::remarks(&accepted.config.scripts) {
            eprintln!("note: {remark}");
        }
        for made in [to, tar].into_iter().flatten() {
            print(&format!("{}\n", made.display()))?;
        }
        Ok(true)
    }

    fn in_tree(&self, flavours: &[PathBuf], kernel: &Kernel, remove: bool) -> Result<bool> {
        if remove && flavours.is_empty() {
            for module in kernel.flavours()? {
                kernel.take_out(&module)?;
            }
            return Ok(true);
        }
        let default = [PathBuf::from("lunatik.toml")];
        let flavours = if flavours.is_empty() {
            &default
        } else {
            flavours
        };
        let mut good = true;
        for flavour in flavours {
            let Some(accepted) = self.accept(flavour)? else {
                good = false;
                continue;
            };
            if remove {
                kernel.take_out(&accepted.config.module.name)?;
            } else {
                let tree = flavour::assemble(&accepted, &self.paths, &self.workspace)?;
                let folder = kernel.put(&tree, &accepted.config)?;
                print(&format!("{}\n", folder.display()))?;
            }
        }
        Ok(good)
    }

    /// The checked configuration; says on stderr what is wrong with it otherwise.
    fn accept(&self, argument: &Path) -> Result<Option<Accepted>> {
        self.read(argument, self.workspace.known())
    }

    fn read(&self, argument: &Path, known: Known<'_>) -> Result<Option<Accepted>> {
        let source = argument::flavour(argument, &self.paths.root)?;
        let accepted = config::read(source, known);
        Ok(accepted.inspect_err(report).ok())
    }
}

fn report(refused: &Refused) {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = io::stderr().is_terminal() && !plain;
    eprint!("{}", refused.render(colour));
}

fn print(text: &str) -> Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to stdout")
}
