// SPDX-License-Identifier: GPL-2.0

//! Runs the tests of `guest/` in the machine: each `NAME.sh` there is one test.
//!
//! The machine is booted once for all tests that were asked for, and again for the rest if a test
//! brings it down. `guest/run` runs them inside; what each one said comes back through the share.
//!
//! A test may leave `results/NAME.history`, a record of the library `history`: it passes only if all of
//! that can have happened in one order.
//!
//! The kernel is that of `vm/setup.sh`: `LUNATIK_KERNEL=debug` names the one that checks itself,
//! `LUNATIK_KERNEL=kcsan` the one that looks for data races, where only [`RACING`] runs, and
//! `LUNATIK_KERNEL=um` the one that preempts nothing, for [`ALONE`]. If it is the
//! user's own, `KDIR`, flavours that it has in its tree are those that are tested. What is built in
//! cannot be loaded afresh for each test: there the machine is booted for each, and [`LOADING`] is left out.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::{Arguments, Failed, Trial};
use lunatik_host::fuzz::Fuzz;

/// The flavours that the tests load, built for the kernel under test.
const FLAVOURS: [&str; 16] = [
    "lunatik.toml",
    "flavours/embedded.toml",
    "flavours/sealed.toml",
    "flavours/server.toml",
    "flavours/tiny.toml",
    "tests/flavours/contained.toml",
    "tests/flavours/device.toml",
    "tests/flavours/faults.toml",
    "tests/flavours/fuzz.toml",
    "tests/flavours/history.toml",
    "tests/flavours/limited.toml",
    "tests/flavours/listed.toml",
    "tests/flavours/none.toml",
    "tests/flavours/second.toml",
    "tests/flavours/small.toml",
    "tests/flavours/torture.toml",
];

/// Tests that take a program of their own: the package and the program.
const PROGRAMS: [(&str, &str, &str); 2] = [
    ("device_fuzz", "lunatik-device-fuzz", "device-fuzz"),
    ("faults", "lunatik-faults", "faults"),
];

/// The tests in which scripts can meet at a table, or at the device.
const RACING: [&str; 11] = [
    "concurrent",
    "device_fuzz",
    "four",
    "history",
    "iterate",
    "killed",
    "limits",
    "rcutable",
    "runs",
    "torture",
    "unload",
];

/// The tests that want one CPU on which nothing is preempted, or a lockdown, which only ends with the machine.
const ALONE: [&str; 2] = ["lockdown", "yields"];

/// The tests that unload the default flavour, which one that is built in cannot be.
const LOADING: [&str; 6] = [
    "four",
    "regressions",
    "reload",
    "shipped",
    "trace",
    "unload",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match trials(&arguments) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// All tests, those that were asked for with what the machine said of them.
fn trials(arguments: &Arguments) -> Result<Vec<Trial>> {
    let names = names()?;
    let wanted: Vec<String> = names
        .iter()
        .filter(|name| wanted(arguments, name))
        .cloned()
        .collect();
    let mut results = if arguments.list || wanted.is_empty() {
        Results::new()
    } else {
        run(&wanted)?
    };
    let trial = |name: String| {
        let result = results
            .remove(&name)
            .unwrap_or_else(|| Err("the machine did not come to this test".into()));
        Trial::test(name, move || result.map_err(Failed::from))
    };
    Ok(names.into_iter().map(trial).collect())
}

/// The rules of libtest-mimic for which tests run. It is asked only when the machine has run them.
fn wanted(arguments: &Arguments, name: &str) -> bool {
    let matches = |pattern: &String| {
        if arguments.exact {
            name == pattern
        } else {
            name.contains(pattern.as_str())
        }
    };
    arguments.filter.as_ref().is_none_or(matches) && !arguments.skip.iter().any(matches)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in a folder of the repository")
        .to_path_buf()
}

/// The tests there are, in order.
fn names() -> Result<Vec<String>> {
    let folder = root().join("tests/guest");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension() != Some(OsStr::new("sh")) {
            continue;
        }
        let stem = path.file_stem().and_then(OsStr::to_str);
        let name = stem.context("a test has an odd name")?;
        if kernel() == "kcsan" && !RACING.contains(&name)
            || (kernel() == "um") != ALONE.contains(&name)
        {
            continue;
        }
        if LOADING.contains(&name) && in_tree("lunatik").as_deref() == Some("y") {
            eprintln!("{name} is left out: it unloads a module, which is built in here");
            continue;
        }
        names.push(name.to_owned());
    }
    names.sort();
    ensure!(!names.is_empty(), "no tests in {}", folder.display());
    Ok(names)
}

type Results = BTreeMap<String, Result<(), String>>;

/// Runs tests in the machine, as many boots as that takes.
fn run(names: &[String]) -> Result<Results> {
    let mut modules = Vec::new();
    for config in flavours(names)? {
        modules.extend(module(config)?);
    }
    let builtin: String = FLAVOURS
        .into_iter()
        .map(module_name)
        .filter(|name| in_tree(name).as_deref() == Some("y"))
        .map(|name| name + "\n")
        .collect();
    let folder = tempfile::tempdir().context("making a folder")?;
    let tool = tool(folder.path())?;
    let command = command()?;
    let signer = if kernel() == "um" {
        Some(Signer::find()?)
    } else {
        None
    };
    let programs = PROGRAMS
        .iter()
        .filter(|(test, ..)| names.iter().any(|name| name == test))
        // Only this kernel refuses memory when it is asked to.
        .filter(|(test, ..)| *test != "faults" || kernel() == "debug")
        .map(|(_, package, name)| program(package, name))
        .collect::<Result<Vec<PathBuf>>>()?;
    let mut results = Results::new();
    let mut left: Vec<String> = names.to_vec();
    while !left.is_empty() {
        // A test finds the flavours as they are when they have been loaded.
        let at_once = if builtin.is_empty() && kernel() != "um" {
            left.len()
        } else {
            1
        };
        let later = left.split_off(at_once);
        let share = tempfile::tempdir().context("making a share")?;
        for module in &modules {
            let name = module.file_name().context("a module without a name")?;
            let copy = share.path().join(name);
            match &signer {
                Some(signer) => signer.sign(module, &copy)?,
                None => drop(fs::copy(module, &copy)?),
            }
        }
        copy_folder(&root().join("tests/guest"), share.path())?;
        fs::copy(&tool, share.path().join("device-tool"))?;
        copy_folder(&root().join("examples"), &share.path().join("examples"))?;
        copy_folder(
            &root().join("cmd/tests/scripts"),
            &share.path().join("scripts"),
        )?;
        fs::create_dir(share.path().join("bin"))?;
        fs::copy(&command, share.path().join("bin/lunatik"))?;
        fs::copy(root().join("README.md"), share.path().join("README.md"))?;
        fs::write(share.path().join("tests"), left.join("\n") + "\n")?;
        fs::write(share.path().join("builtin"), &builtin)?;
        let modules = FLAVOURS.map(|config| module_name(config) + "\n");
        fs::write(share.path().join("modules"), modules.concat())?;
        if !builtin.is_empty() {
            let name = "modules.builtin.modinfo";
            fs::copy(kdir()?.join(name), share.path().join(name))?;
        }
        fs::write(share.path().join("operations"), operations())?;
        fs::write(share.path().join("seconds"), seconds())?;
        if left.iter().any(|name| name == "fuzz") {
            write_scripts(&share.path().join("fuzz"))?;
        }
        for program in &programs {
            let name = program.file_name().context("a program without a name")?;
            fs::copy(program, share.path().join(name))?;
        }
        let (first, count) = numbers("LUNATIK_DEVICE_FUZZ", SEEDS)?;
        fs::write(share.path().join("seeds"), format!("{first} {count}\n"))?;
        fs::create_dir(share.path().join("results"))?;

        let output = Command::new(root().join("vm/boot.sh"))
            .arg("--share")
            .arg(share.path())
            .arg("--timeout")
            .arg(std::env::var("LUNATIK_TIMEOUT").unwrap_or_else(|_| timeout()))
            .arg("--append")
            .arg(kernel_arguments())
            .output()
            .context("starting vm/boot.sh")?;
        let console = String::from_utf8_lossy(&output.stdout);
        let before = results.len();
        for name in std::mem::take(&mut left) {
            // What a script printed, and so what is here, need not be UTF-8.
            let said = fs::read(share.path().join("results").join(format!("{name}.log")));
            let said = said.map(|said| String::from_utf8_lossy(&said).into_owned());
            let status =
                fs::read_to_string(share.path().join("results").join(format!("{name}.status")));
            match (status, said) {
                (Ok(status), _) if status.trim() == "0" => {
                    let result = check_history(share.path(), &name);
                    results.insert(name, result);
                }
                (Ok(_), said) => {
                    results.insert(name, Err(said.unwrap_or_default()));
                }
                // It was begun and not ended: the machine went down in it.
                (Err(_), Ok(said)) => {
                    let end = tail(&console, 60);
                    let errors = String::from_utf8_lossy(&output.stderr);
                    let status = output.status;
                    let text =
                        format!("{said}\nthe machine went down ({status}):\n{end}\n{errors}");
                    results.insert(name, Err(text));
                }
                (Err(_), Err(_)) => left.push(name),
            }
        }
        left.extend(later);
        if results.len() == before {
            bail!(
                "the machine ran no test ({}):\n{console}{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
    Ok(results)
}

/// The kernel under test.
fn kernel() -> String {
    std::env::var("LUNATIK_KERNEL").unwrap_or_else(|_| "kernel".into())
}

/// Whether the kernel under test is one that checks itself, and so is several times slower.
fn checks_itself() -> bool {
    matches!(kernel().as_str(), "debug" | "kcsan")
}

/// Arguments for the kernel under test.
fn kernel_arguments() -> &'static str {
    match kernel().as_str() {
        // Consistency checks, red zones and poison for each slab.
        "debug" => "slab_debug=FZP",
        // A watchpoint in each 500 accesses rather than 4000: one emulated CPU looks at few of them.
        "kcsan" => "kcsan.skip_watch=500",
        _ => "",
    }
}

/// How many seconds all tests of a boot may take.
fn timeout() -> String {
    if checks_itself() { 7200 } else { 2400 }.to_string()
}

/// How many operations the test of histories records.
fn operations() -> String {
    if checks_itself() { 200_000 } else { 1_050_000 }.to_string()
}

/// How long the torture takes: a look at whether it works, or what is needed to find something.
fn seconds() -> String {
    let default = if checks_itself() { "120" } else { "5" };
    std::env::var("LUNATIK_TORTURE").unwrap_or_else(|_| default.into())
}

/// With how many seeds the device is fuzzed, where nothing else is asked for: all ways in which the test does that.
const SEEDS: u64 = 4;

/// The first number and how many, of a variable "COUNT" or "FIRST COUNT".
fn numbers(variable: &str, default: u64) -> Result<(u64, u64)> {
    let Ok(text) = std::env::var(variable) else {
        return Ok((0, default));
    };
    let numbers: Result<Vec<u64>, _> = text.split_whitespace().map(str::parse).collect();
    match numbers.with_context(|| variable.to_owned())?.as_slice() {
        [count] => Ok((0, *count)),
        [first, count] => Ok((*first, *count)),
        _ => bail!("{variable} is not one number, or two"),
    }
}

/// Writes scripts that try to break Lua: LUNATIK_FUZZ says which.
fn write_scripts(folder: &Path) -> Result<()> {
    let (first, count) = numbers("LUNATIK_FUZZ", 60)?;
    fs::create_dir(folder)?;
    let fuzz = Fuzz::new()?;
    for seed in first..first + count {
        let script = fuzz.case(seed).script;
        fs::write(folder.join(format!("{seed:08}.lua")), script)?;
    }
    Ok(())
}

/// Checks the history that a test has left, if it has.
fn check_history(share: &Path, name: &str) -> Result<(), String> {
    let path = share.join("results").join(format!("{name}.history"));
    if !path.exists() {
        return Ok(());
    }
    let file = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let statistics = history::check(&history::read(&file)?)?;
    println!("{name}: {statistics}");
    // One thing after the other proves nothing.
    if statistics.states < 3 || statistics.overlapping < statistics.operations / 1000 {
        return Err(format!("too little happened at once: {statistics}"));
    }
    Ok(())
}

/// The flavours whose modules a test of these names; the default one always.
fn flavours(names: &[String]) -> Result<Vec<&'static str>> {
    let mut tests = String::new();
    for name in names {
        tests += &fs::read_to_string(root().join(format!("tests/guest/{name}.sh")))?;
    }
    let named = |config: &&str| !config.contains('/') || tests.contains(&module_name(config));
    Ok(FLAVOURS.into_iter().filter(named).collect())
}

/// The user's own kernel.
fn kdir() -> Result<PathBuf> {
    let kdir = std::env::var_os("KDIR").filter(|kdir| !kdir.is_empty());
    // Relative to where `make` was called, which is not where tests run.
    Ok(root().join(kdir.context("there is no KDIR")?))
}

/// What the user's own kernel says of the module `name`, if its tree has it: `y` or `m`.
fn in_tree(name: &str) -> Option<String> {
    option(&kdir().ok()?, &name.to_uppercase())
}

/// The value of an option of a built kernel, as it is written.
fn option(kdir: &Path, name: &str) -> Option<String> {
    let options = fs::read_to_string(kdir.join("include/config/auto.conf")).ok()?;
    let name = format!("CONFIG_{name}=");
    let value = options.lines().find_map(|line| line.strip_prefix(&name))?;
    Some(value.to_owned())
}

/// The module of a flavour, as its file is called.
fn module_name(config: &str) -> String {
    let stem = Path::new(config).file_stem().and_then(OsStr::to_str);
    match stem.unwrap_or_default() {
        "lunatik" => "lunatik".to_owned(),
        stem => format!("lunatik_{stem}"),
    }
}

/// The file of a flavour's module: that of the kernel's tree, or one that is built now. There is none
/// of what is built in.
fn module(config: &str) -> Result<Option<PathBuf>> {
    let name = module_name(config);
    match in_tree(&name).as_deref() {
        Some("y") => Ok(None),
        Some(_) => Ok(Some(kdir()?.join(format!("drivers/{name}/{name}.ko")))),
        None => build(config).map(Some),
    }
}

/// Builds the module of a flavour; any word of a compiler or objtool is an error, but for what clang
/// says of that architecture's own headers.
fn build(config: &str) -> Result<PathBuf> {
    let output = Command::new(root().join("vm/module.sh"))
        .arg("--config")
        .arg(root().join(config))
        .env("WERROR", if kernel() == "um" { "" } else { "1" })
        .output()
        .context("starting vm/module.sh")?;
    ensure!(
        output.status.success(),
        "building {config}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// Signs modules as that kernel does which takes no others once it is locked down.
struct Signer {
    kdir: PathBuf,
    hash: String,
}

impl Signer {
    fn find() -> Result<Self> {
        let output = Command::new(root().join("vm/setup.sh"))
            .arg("--print")
            .output()
            .context("starting vm/setup.sh")?;
        ensure!(output.status.success(), "vm/setup.sh: {}", output.status);
        let settings = String::from_utf8(output.stdout)?;
        let kdir = settings.lines().find_map(|line| line.strip_prefix("KDIR="));
        let kdir = PathBuf::from(kdir.context("vm/setup.sh says no KDIR")?);
        let hash = option(&kdir, "MODULE_SIG_HASH")
            .context("the kernel knows no signatures of modules")?;
        let hash = hash.trim_matches('"').to_owned();
        Ok(Self { kdir, hash })
    }

    /// Writes `module` with a signature to `copy`.
    fn sign(&self, module: &Path, copy: &Path) -> Result<()> {
        let output = Command::new(self.kdir.join("scripts/sign-file"))
            .arg(&self.hash)
            .arg(self.kdir.join("certs/signing_key.pem"))
            .arg(self.kdir.join("certs/signing_key.x509"))
            .args([module, copy])
            .output()
            .context("starting scripts/sign-file of the kernel")?;
        ensure!(
            output.status.success(),
            "signing {}:\n{}",
            module.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }
}

/// Builds the program of `guest-tool/`, which needs nothing that the machine might not have.
fn tool(folder: &Path) -> Result<PathBuf> {
    let program = folder.join("device-tool");
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args([
            "--edition",
            "2024",
            "-O",
            "-Cstrip=symbols",
            "-Ctarget-feature=+crt-static",
        ])
        .arg("-o")
        .arg(&program)
        .arg(root().join("tests/guest-tool/main.rs"))
        .output()
        .context("starting rustc")?;
    ensure!(
        output.status.success(),
        "building tests/guest-tool:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(program)
}

/// Builds the command.
fn command() -> Result<PathBuf> {
    let output = Command::new(root().join("vm/command.sh"))
        .output()
        .context("starting vm/command.sh")?;
    ensure!(
        output.status.success(),
        "building the command:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// Builds the program of `package`, which needs nothing that the machine might not have.
fn program(package: &str, name: &str) -> Result<PathBuf> {
    let target = root().join("target");
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--release", "--locked", "--package"])
        .args([package, "--", "-Ctarget-feature=+crt-static"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(root())
        .output()
        .context("starting cargo")?;
    ensure!(
        output.status.success(),
        "building {package}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(target.join("release").join(name))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
