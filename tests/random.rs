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
    config::{self, Library, Refused, Word},
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

/// Writes the directory of a configuration to `folder`.
fn directory(seed: u64, workspace: &Workspace, folder: &Path) -> Result<()> {
    let flavour = configuration::flavour(seed, Size::Any, workspace);
    let text = &flavour.text;
    let home = tempfile::tempdir()?;
    let source = flavour.write(format!("seed {seed}"), home.path())?;
    let accepted = config::read(source, workspace.known())
        .map_err(|refused| anyhow::anyhow!("{}\n{text}", refused.render(false)))?;
    let tree = flavour::assemble(&accepted, &Paths::new(None), workspace)?;
    tree.write(folder)?;
    // What it shows is for a file beside it, and the plain text for one in its directory, where the
    // text is that is made for that.
    let own = fs::read_to_string(folder.join("lunatik.toml"))?;
    for (shown, place) in [
        (accepted.show(), home.path()),
        (accepted.config.plain(), folder),
        (own, folder),
    ] {
        let again = Source {
            name: "shown".into(),
            path: place.join("shown.toml"),
            text: shown.clone(),
        };
        let again = config::read(again, workspace.known());
        let again =
            again.map_err(|refused| anyhow::anyhow!("{}\n{shown}", refused.render(false)))?;
        ensure!(
            again.config == accepted.config,
            "seed {seed}: shown as another one\n{text}"
        );
    }
    Ok(())
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
        directory(seed, &workspace, folder.path()).unwrap();
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

/// Each runs a script, has the tables that it is to have with what is to be in them, runs all that it
/// contains, and goes again.
#[test]
fn random_modules_load() {
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let share = tempfile::tempdir().unwrap();
    let command = script("command.sh", &[]).unwrap();
    fs::copy(command.trim(), share.path().join("lunatik")).unwrap();
    let mut run = String::from("set -e\n");
    let seeds = seeds("LUNATIK_RANDOM_LOADED", LOADED).unwrap();
    for seed in seeds.clone() {
        let flavour = configuration::flavour(seed, Size::Loaded, &workspace);
        let home = folder.path().join(seed.to_string());
        let source = flavour.write(String::new(), &home).unwrap();
        let file = source.path.clone();
        let config = config::read(source, workspace.known());
        let config = config
            .unwrap_or_else(|refused| panic!("{}\n{}", refused.render(false), flavour.text))
            .config;
        // Where nothing can be written, the module contains it.
        let mut written = configuration::script(&config);
        if !config.lua.compiler {
            fs::write(home.join(configuration::CHECK_FILE), written).unwrap();
            written = format!("{}\n", configuration::CHECK);
        }
        let out = folder.path().join("out");
        let arguments = [
            "--config".as_ref(),
            file.as_os_str(),
            "--out".as_ref(),
            out.as_os_str(),
        ];
        let module = script("module.sh", &arguments)
            .unwrap_or_else(|error| panic!("seed {seed}: {error:#}\n{}", flavour.text));
        let module = Path::new(module.trim());
        fs::copy(module, share.path().join(module.file_name().unwrap())).unwrap();
        let scripts = config.scripts.iter();
        let scripts = scripts.filter(|script| script.name != configuration::CHECK);
        let (mut all, mut at_load) = (String::new(), String::new());
        for script in scripts {
            all += &format!("{}\n", script.name);
            if script.at_load {
                at_load += &format!("{}\n", script.name);
            }
        }
        for (extension, text) in [("lua", written), ("scripts", all), ("at-load", at_load)] {
            fs::write(share.path().join(format!("{seed}.{extension}")), text).unwrap();
        }
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

/// The strategy reaches what there is: each library, each type, tables that grow and that do not, modules
/// with scripts of their own, with a compiler beside them and without.
#[test]
fn random_configurations_differ() {
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    let (mut growing, mut fixed, mut filled, mut none) = (0, 0, 0, 0);
    let (mut sealed, mut beside, mut empty, mut stripped, mut at_load) = (0, 0, 0, 0, 0);
    let mut libraries = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let folder = tempfile::tempdir().unwrap();
        let flavour = configuration::flavour(seed, Size::Any, &workspace);
        let source = flavour.write(format!("seed {seed}"), folder.path());
        let config = config::read(source.unwrap(), workspace.known());
        let config = config
            .unwrap_or_else(|refused| panic!("{}", refused.render(false)))
            .config;
        let several = config.scripts.len() > 1;
        sealed += u32::from(several && !config.lua.compiler);
        beside += u32::from(several && config.lua.compiler);
        empty += u32::from(config.scripts.is_empty());
        stripped += u32::from(several && !config.lua.debug_info);
        at_load += u32::from(config.scripts.iter().filter(|it| it.at_load).count() > 1);
        libraries.extend(config.lua.libraries);
        none += u32::from(config.tables.is_empty());
        for table in &config.tables {
            growing += u32::from(table.grows());
            fixed += u32::from(!table.grows());
            filled += u32::from(!table.init.is_empty());
        }
    }
    assert_eq!(libraries.len(), Library::ALL.len());
    for count in [
        growing, fixed, filled, none, sealed, beside, empty, stripped, at_load,
    ] {
        assert!(
            count > 5,
            "{growing} {fixed} {filled} {none} {sealed} {beside} {empty} {stripped} {at_load}"
        );
    }
}

/// What is refused, as who is to mend it reads it; each complaint is about a place.
fn complaints(flavour: &configuration::Flavour, workspace: &Workspace) -> Option<Refused> {
    let folder = tempfile::tempdir().unwrap();
    let source = flavour.write("random.toml".into(), folder.path()).unwrap();
    let refused = config::read(source, workspace.known()).err()?;
    let drawn = refused.render(false);
    assert!(drawn.contains("--> random.toml:"), "{drawn}");
    for diagnostic in &refused.diagnostics {
        assert!(!flavour.text[diagnostic.span.clone()].is_empty(), "{drawn}");
    }
    Some(refused)
}

/// What is wrong with a script is said where the configuration names it.
#[test]
fn random_mistakes_have_a_place() {
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    for seed in seeds("LUNATIK_RANDOM", 56).unwrap() {
        let spoilt = configuration::spoilt(seed, &workspace);
        let text = &spoilt.flavour.text;
        let Some(refused) = complaints(&spoilt.flavour, &workspace) else {
            panic!("seed {seed}: taken: {}\n{text}", spoilt.title);
        };
        let drawn = refused.render(false);
        let [diagnostic] = refused.diagnostics.as_slice() else {
            panic!("seed {seed}: {}\n{drawn}", spoilt.title);
        };
        assert!(
            diagnostic.title.contains(spoilt.title),
            "seed {seed}: {drawn}"
        );
        let place = &text[diagnostic.span.clone()];
        assert!(place.starts_with(spoilt.place), "seed {seed}: {drawn}");
    }
}

/// Whatever a script's file has in it.
#[test]
fn random_scripts_are_taken_or_refused() {
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    let (mut taken, mut not) = (0, 0);
    for seed in seeds("LUNATIK_RANDOM", 60).unwrap() {
        let flavour = configuration::with_anything(seed, &workspace);
        let Some(refused) = complaints(&flavour, &workspace) else {
            taken += 1;
            continue;
        };
        not += 1;
        for diagnostic in &refused.diagnostics {
            assert!(
                diagnostic.title == "the script `check` does not compile",
                "seed {seed}: {}",
                refused.render(false)
            );
        }
    }
    println!("{taken} taken, {not} refused");
}
