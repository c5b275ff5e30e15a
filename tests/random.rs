// SPDX-License-Identifier: GPL-2.0

//! Whatever valid configuration there is, a module comes of it. Random ones are made into
//! directories, whose Rust is checked by the compiler of the kernel with the options and the crates of
//! the kernel, and some are built and loaded in the machine.
//!
//! A failure names the seed: `LUNATIK_RANDOM="SEED COUNT"` tries COUNT configurations from that one on,
//! `LUNATIK_RANDOM_LOADED="SEED COUNT"` builds and loads so many of them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use lunatik_build::{
    config::{self, Library, Word},
    diagnostic::Source,
    flavour,
    workspace::{Paths, Workspace},
};

#[path = "random/configuration.rs"]
mod configuration;

use configuration::Size;

/// How many are checked, and loaded, where nothing else is asked for.
const CHECKED: u64 = 12;
const LOADED: u64 = 2;

/// The first seed and how many, of a variable "SEED COUNT".
fn seeds(variable: &str, count: u64) -> Result<std::ops::Range<u64>> {
    let Ok(text) = std::env::var(variable) else {
        return Ok(0..count);
    };
    let numbers: Result<Vec<u64>, _> = text.split_whitespace().map(str::parse).collect();
    let numbers = numbers.with_context(|| format!("{variable} is {text:?}"))?;
    let [first, count] = numbers[..] else {
        anyhow::bail!("{variable} is {text:?}, not \"SEED COUNT\"");
    };
    Ok(first..first + count)
}

fn root() -> PathBuf {
    Paths::new(None).root
}

/// The text of a configuration, and its directory below `folder`.
fn directory(seed: u64, size: Size, workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let text = configuration::text(seed, size, workspace);
    let source = Source {
        name: format!("seed {seed}"),
        path: PathBuf::from("random.toml"),
        text: text.clone(),
    };
    let accepted = config::read(source, workspace.known())
        .map_err(|refused| anyhow::anyhow!("{}\n{text}", refused.render(false)))?;
    let plain = accepted.config.plain();
    let again = Source {
        name: "plain".into(),
        path: PathBuf::new(),
        text: plain.clone(),
    };
    let again = config::read(again, workspace.known());
    let again = again.map_err(|refused| anyhow::anyhow!("{}\n{plain}", refused.render(false)))?;
    ensure!(
        again.config == accepted.config,
        "seed {seed}: shown as another one\n{text}"
    );
    let tree = flavour::assemble(&accepted, &Paths::new(None), workspace)?;
    tree.write(folder)?;
    Ok(folder.to_owned())
}

/// Runs a script of `vm/` and returns what it prints.
fn script(name: &str, arguments: &[&std::ffi::OsStr]) -> Result<String> {
    let output = Command::new(root().join("vm").join(name))
        .args(arguments)
        .output()
        .with_context(|| format!("starting vm/{name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "vm/{name}: {said}");
    Ok(String::from_utf8(output.stdout)?)
}

/// The command that checks `lunatik_main.rs` of a directory as kbuild would compile it: that of a module
/// that was built, without what comes after the check.
fn check_command() -> Result<String> {
    let module = script("module.sh", &[])?;
    let folder = Path::new(module.trim())
        .parent()
        .context("a module lies in a folder")?;
    let saved = fs::read_to_string(folder.join(".lunatik_main.o.cmd"))?;
    let line = saved.lines().next().context("an empty .cmd")?;
    let (_, command) = line.split_once(":= ").context("an odd .cmd")?;
    let rustc = command.split(';').next().unwrap_or(command);
    let facade = folder.display();
    let words = rustc.split(' ').filter(|word| !word.starts_with("--emit="));
    let words = words.map(|word| match word {
        // What other crates of the flavour are is the same in all of them.
        "mlua_sys=./mlua-sys/libmlua_sys.rmeta" => {
            format!("mlua_sys={facade}/mlua-sys/libmlua_sys.rmeta")
        }
        "./facade" => format!("{facade}/facade"),
        other => other.to_owned(),
    });
    let words: Vec<String> = words.collect();
    ensure!(
        words
            .iter()
            .any(|word| word.ends_with("/mlua-sys/libmlua_sys.rmeta")),
        "the command of kbuild is not as it was: {rustc}"
    );
    Ok(format!(
        "{} -Dwarnings --emit=metadata=checked.rmeta",
        words.join(" ")
    ))
}

#[test]
fn random_configurations_compile() {
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    let command = check_command().unwrap();
    let seeds = seeds("LUNATIK_RANDOM", CHECKED).unwrap();
    println!("seeds {seeds:?}");
    for seed in seeds {
        let folder = tempfile::tempdir().unwrap();
        directory(seed, Size::Any, &workspace, folder.path()).unwrap();
        // What is unused in a flavour is decided by its Kbuild.
        let kbuild = fs::read_to_string(folder.path().join("Kbuild")).unwrap();
        let unused = " -Adead_code -Aunused_imports";
        let mut command = command.replace(unused, "");
        if kbuild.contains(unused) {
            command += unused;
        }
        let output = Command::new("sh")
            .args(["-c", &command])
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "seed {seed}:\n{}\n{}",
            fs::read_to_string(folder.path().join("lunatik.toml")).unwrap(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Each runs a script, has the tables that it is to have with what is to be in them, and goes again.
#[test]
fn random_modules_load() {
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let share = tempfile::tempdir().unwrap();
    let mut run = String::from("set -e\n");
    let seeds = seeds("LUNATIK_RANDOM_LOADED", LOADED).unwrap();
    for seed in seeds.clone() {
        let text = configuration::text(seed, Size::Loaded, &workspace);
        let file = folder.path().join(format!("{seed}.toml"));
        fs::write(&file, &text).unwrap();
        let out = folder.path().join("out");
        let arguments = [
            "--config".as_ref(),
            file.as_os_str(),
            "--out".as_ref(),
            out.as_os_str(),
        ];
        let module = script("module.sh", &arguments)
            .unwrap_or_else(|error| panic!("seed {seed}: {error:#}\n{text}"));
        let module = Path::new(module.trim());
        fs::copy(module, share.path().join(module.file_name().unwrap())).unwrap();
        let source = Source {
            name: String::new(),
            path: file,
            text,
        };
        let config = config::read(source, workspace.known()).unwrap().config;
        fs::write(
            share.path().join(format!("{seed}.lua")),
            configuration::script(&config),
        )
        .unwrap();
        run += &format!(
            "sh -e /host/one {seed} {} {}\n",
            config.module.name, config.device.name
        );
    }
    fs::write(share.path().join("run"), run).unwrap();
    fs::write(share.path().join("one"), include_str!("random/one.sh")).unwrap();
    let output = Command::new(root().join("vm/boot.sh"))
        .arg("--share")
        .arg(share.path())
        .output()
        .unwrap();
    let console = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{console}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for seed in seeds {
        assert!(
            share.path().join(format!("{seed}.ok")).exists(),
            "seed {seed}: {console}"
        );
    }
}

/// The strategy reaches what there is: each library, each type, tables that grow and that do not.
#[test]
fn random_configurations_differ() {
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    let (mut growing, mut fixed, mut filled, mut none) = (0, 0, 0, 0);
    let mut libraries = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let source = Source {
            name: format!("seed {seed}"),
            path: PathBuf::new(),
            text: configuration::text(seed, Size::Any, &workspace),
        };
        let config = config::read(source, workspace.known());
        let config = config
            .unwrap_or_else(|refused| panic!("{}", refused.render(false)))
            .config;
        libraries.extend(config.lua.libraries);
        none += u32::from(config.tables.is_empty());
        for table in &config.tables {
            growing += u32::from(table.grows());
            fixed += u32::from(!table.grows());
            filled += u32::from(!table.init.is_empty());
        }
    }
    assert_eq!(libraries.len(), Library::ALL.len());
    for count in [growing, fixed, filled, none] {
        assert!(count > 5, "{growing} {fixed} {filled} {none}");
    }
}
