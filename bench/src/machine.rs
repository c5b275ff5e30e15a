// SPDX-License-Identifier: GPL-2.0
//! The machine: the module is built, the guest's scripts are laid into a share,
//! `vm/boot.sh` boots, and what the scripts said comes back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::samples::{self, Said};

/// What the guest is run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One emulated CPU that counts instructions.
    Counting,
    /// Two emulated CPUs.
    Two,
    /// The kernel as a program of the host.
    Native,
}

/// A machine with the module for it.
pub struct Machine {
    kind: Kind,
    root: PathBuf,
    module: PathBuf,
    /// The module whose Lua counts nothing and ends no script.
    unlimited: Option<PathBuf>,
}

/// The repository.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

impl Machine {
    /// Builds the module of `bench.toml`, and the kernel if there is none yet.
    ///
    /// # Errors
    ///
    /// What does not build has been said on stderr.
    pub fn new(kind: Kind) -> Result<Self> {
        let root = root();
        let module_sh = || {
            let mut command = kind.command(&root.join("vm/module.sh"));
            command.arg("--config").arg(root.join("bench/bench.toml"));
            command
        };
        let module = build(&mut module_sh(), "the module of bench/bench.toml")?;
        let unlimited = (kind == Kind::Counting)
            .then(|| {
                let mut command = module_sh();
                command
                    .arg("--out")
                    .arg(root.join("target/bench/unlimited"));
                command.env("KCFLAGS", "-DLUNATIK_NO_CHECKPOINTS");
                build(
                    &mut command,
                    "the module of bench/bench.toml without limits",
                )
            })
            .transpose()?;
        Ok(Self {
            kind,
            root,
            module,
            unlimited,
        })
    }

    /// Builds a program for the guest.
    fn built(&self, name: &str) -> Result<PathBuf> {
        let mut command = Command::new(self.root.join("vm/command.sh"));
        build(command.arg(name), name)
    }

    /// Boots, and runs each line of `plan`: names of scripts of `guest/`, which run
    /// at the same time, or one for the shell.
    ///
    /// # Errors
    ///
    /// A script that raised an error, a machine that went down.
    pub fn run(&self, plan: &[&str]) -> Result<Said> {
        let share = tempfile::tempdir().context("making a share")?;
        let guest = self.root.join("bench/guest");
        for entry in fs::read_dir(&guest).with_context(|| format!("listing {}", guest.display()))? {
            let path = entry?.path();
            let name = path.file_name().context("a file without a name")?;
            fs::copy(&path, share.path().join(name))?;
        }
        fs::copy(&self.module, share.path().join("lunatik_bench.ko"))
            .context("copying the module")?;
        if let Some(unlimited) = &self.unlimited {
            let folder = share.path().join("unlimited");
            fs::create_dir(&folder)?;
            fs::copy(unlimited, folder.join("lunatik_bench.ko")).context("copying the module")?;
        }
        fs::write(share.path().join("plan"), plan.join("\n") + "\n")?;
        if self.kind == Kind::Counting {
            let bin = share.path().join("bin");
            fs::create_dir(&bin)?;
            for program in [self.built("lunatik")?, self.built("lunatik-dispatch")?] {
                let name = program.file_name().context("a program without a name")?;
                fs::copy(&program, bin.join(name))?;
            }
        }

        let mut command = self.kind.command(&self.root.join("vm/boot.sh"));
        command.arg("--share").arg(share.path());
        if self.kind == Kind::Counting {
            command.arg("--count");
        }
        let output = command.output().context("starting vm/boot.sh")?;
        ensure!(
            output.status.success(),
            "the machine ended badly ({}):\n{}{}",
            output.status,
            tail(&String::from_utf8_lossy(&output.stdout), 40),
            String::from_utf8_lossy(&output.stderr)
        );
        let said =
            fs::read_to_string(share.path().join("said")).context("reading what the guest said")?;
        samples::parse(&said)
    }
}

/// Has a script of `vm/` build `what`; the script prints its path.
fn build(command: &mut Command, what: &str) -> Result<PathBuf> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("starting {}", command.get_program().display()))?;
    ensure!(output.status.success(), "{what} does not build");
    Ok(String::from_utf8(output.stdout)?.trim().into())
}

impl Kind {
    /// A script of `vm/` for this kind of machine.
    fn command(self, script: &Path) -> Command {
        let mut command = Command::new(script);
        if self == Kind::Native {
            // No kernel of the user's is one of these.
            command.env("LUNATIK_KERNEL", "um").env_remove("KDIR");
        } else {
            command.env_remove("LUNATIK_KERNEL");
        }
        command
    }
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n") + "\n"
}
