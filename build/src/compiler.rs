// SPDX-License-Identifier: GPL-2.0
//! Compiles Lua on the host for a module to contain, by the program `lunatik-compile` of the
//! package lunatik-host: the module's own Lua.
//!
//! That program is built from a flavour's directory, so by this crate: it cannot be a part
//! of it. cargo builds it when the first script asks for it, and knows when to do so again.

use std::env;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{
    Path,
    PathBuf, //
};
use std::process::{
    Command,
    Output,
    Stdio, //
};
use std::sync::OnceLock;
use std::thread;

use anyhow::{
    Context,
    Result,
    ensure, //
};
use serde::Deserialize;

const PACKAGE: &str = "lunatik-host";
const PROGRAM: &str = "lunatik-compile";

/// Why there is no chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// What Lua says is wrong with the script: one line.
    Script(String),
    /// The compiler could not be built, or not run.
    Broken(String),
}

/// The compiler, which is built when it is first used.
#[derive(Debug, Clone)]
pub struct Compiler {
    root: PathBuf,
    program: OnceLock<Result<PathBuf, String>>,
}

impl Compiler {
    /// That of the repository at `root`.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            program: OnceLock::new(),
        }
    }

    /// Compiles `source`, which errors will call `name`. With `strip`, they have no lines.
    ///
    /// # Errors
    ///
    /// A script that is no Lua for the kernel, and whatever else is in the way.
    pub fn compile(&self, source: &[u8], name: &str, strip: bool) -> Result<Vec<u8>, Failure> {
        let program = self
            .program
            .get_or_init(|| self.build().map_err(|error| format!("{error:#}")));
        let program = program
            .as_ref()
            .map_err(|why| Failure::Broken(why.clone()))?;
        let output = pipe(program, name, strip, source)
            .map_err(|error| Failure::Broken(format!("{error:#}")))?;
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => Ok(output.stdout),
            Some(1) => Err(Failure::Script(said.trim_end().to_owned())),
            _ => Err(Failure::Broken(format!(
                "{PROGRAM} failed ({}): {}",
                output.status,
                said.trim_end()
            ))),
        }
    }

    /// Has cargo build the program, and tells where it is.
    fn build(&self) -> Result<PathBuf> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(&cargo);
        command
            .args(["build", "--quiet", "--locked", "--message-format=json"])
            .args(["--package", PACKAGE, "--bin", PROGRAM])
            .arg("--manifest-path")
            .arg(self.root.join("Cargo.toml"))
            // That is for the fuzzing of it.
            .env_remove("LUNATIK_SANITIZE");
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        let output = command
            .output()
            .with_context(|| format!("cannot run {}", cargo.to_string_lossy()))?;
        let messages = String::from_utf8_lossy(&output.stdout);
        let messages: Vec<Message> = messages
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let rendered = messages.iter().filter_map(|message| message.rendered());
        ensure!(
            output.status.success(),
            "cargo does not build {PROGRAM} ({}):\n{}{}",
            output.status,
            rendered.collect::<String>(),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        let program = messages.into_iter().find_map(|message| message.executable);
        program.with_context(|| format!("cargo does not say where {PROGRAM} is"))
    }
}

/// Gives the compiler a script.
fn pipe(program: &Path, name: &str, strip: bool, source: &[u8]) -> Result<Output> {
    let run = || format!("cannot run {}", program.display());
    let mut child = Command::new(program)
        .arg(format!("--name={name}"))
        .args(strip.then_some("--strip"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(run)?;
    let mut stdin = child.stdin.take().context("there is no pipe")?;
    thread::scope(|scope| {
        // Should it end before it has read everything, it says why.
        scope.spawn(move || stdin.write_all(source));
        child.wait_with_output().with_context(run)
    })
}

/// The part of what cargo says that matters.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    message: Option<Said>,
}

#[derive(Deserialize)]
struct Said {
    rendered: Option<String>,
}

impl Message {
    fn rendered(&self) -> Option<&str> {
        self.message.as_ref()?.rendered.as_deref()
    }
}
