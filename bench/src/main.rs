// SPDX-License-Identifier: GPL-2.0
//! The command `lunatik-bench`, which `make bench` runs: measures, prints the
//! table, writes JSON and the picture.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use lunatik_bench::chart;
use lunatik_bench::machine::{self, Kind, Machine};
use lunatik_bench::report::{self, Report};
use lunatik_bench::rows::{self, All};
use lunatik_bench::samples::{self, Figures, Of};
use lunatik_build::page::replace_block;

/// Measures Lunatik's tables in the machine: `make bench ARGS="…"`
#[derive(Parser)]
#[command(name = "lunatik-bench", version)]
struct Cli {
    /// The folder for bench.json and bench.svg
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    out: PathBuf,
    /// Write the figures into docs/performance.md and its picture too
    #[arg(long)]
    write: bool,
    /// Leave out the native timing, and so the building of a kernel for it
    #[arg(long)]
    no_native: bool,
    /// Leave out what needs two CPUs
    #[arg(long)]
    no_pairs: bool,
    /// Leave out the tables of a million elements
    #[arg(long)]
    no_size: bool,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lunatik: bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let figures = measure(cli)?;
    let report = Report {
        command: "make bench".to_owned(),
        machine: machine_of(cli),
        rows: rows::rows(&figures),
        steps: rows::steps(&figures.instructions),
        figures,
    };
    let json = serde_json::to_string_pretty(&report)? + "\n";
    let picture = chart::draw(&report.rows);
    fs::create_dir_all(&cli.out).with_context(|| format!("making {}", cli.out.display()))?;
    write(cli.out.join("bench.json"), &json)?;
    write(cli.out.join("bench.svg"), &picture)?;
    print!("{}", report::terminal(&report));
    eprintln!(
        "lunatik: bench: {0}/bench.json, {0}/bench.svg",
        cli.out.display()
    );
    if cli.write {
        let page = machine::root().join("docs/performance.md");
        let text =
            fs::read_to_string(&page).with_context(|| format!("reading {}", page.display()))?;
        write(
            page,
            &replace_block(
                &text,
                report::BEGIN,
                report::END,
                &report::markdown(&report),
            )?,
        )?;
        write(machine::root().join("docs/performance.svg"), &picture)?;
    }
    Ok(())
}

fn write(path: PathBuf, text: &str) -> Result<()> {
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

/// Each machine has its own plan. A run is a load of the module with hashes of its
/// own, so there are several of each.
fn measure(cli: &Cli) -> Result<All> {
    let plan = |single: usize, size: usize| {
        let size = if cli.no_size { 0 } else { size };
        [vec!["single"; single], vec!["size"; size]].concat()
    };
    let counting = [plan(7, 3), vec!["limits", "unlimited", "dispatch"]].concat();
    let mut all = All {
        instructions: figures(Kind::Counting, &counting)?,
        ..All::default()
    };
    if !cli.no_pairs {
        all.two_cpus = figures(Kind::Two, &["pair pair"; 24])?;
    }
    if !cli.no_native {
        all.native = figures(Kind::Native, &plan(30, 3))?;
    }
    Ok(all)
}

fn figures(kind: Kind, plan: &[&str]) -> Result<Figures> {
    let name = match kind {
        Kind::Counting => "counting instructions",
        Kind::Two => "two CPUs",
        Kind::Native => "native time",
    };
    let machine = Machine::new(kind)?;
    eprintln!("lunatik: bench: {name}");
    let mut said = machine.run(plan).context(name)?;
    if kind == Kind::Two {
        said.runs.iter_mut().for_each(samples::pair_up);
    }
    Ok(samples::figures(&said.runs, |name| match kind {
        Kind::Counting => Of::Median,
        // Of two CPUs there are rates, and latencies.
        Kind::Two if name.contains(".cpu") || name.ends_with(".both") => Of::Greatest,
        Kind::Two | Kind::Native => Of::Least,
    }))
}

/// What the figures depend on. No dates, no places: two runs of the same are alike.
fn machine_of(cli: &Cli) -> Vec<(String, String)> {
    let mut machine = Vec::new();
    let mut add = |name: &str, version: Option<String>| {
        machine.extend(version.map(|version| (name.to_owned(), version)));
    };
    add(
        "QEMU",
        said("qemu-system-x86_64", &["--version"]).and_then(|said| word(&said, 3)),
    );
    add("Linux", kernel_release());
    add(
        "rustc",
        said("/usr/bin/rustc", &["--version"]).and_then(|said| word(&said, 1)),
    );
    if !cli.no_native || !cli.no_pairs {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpus
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let model = model.map(|model| model.trim_start_matches([' ', '\t', ':']).to_owned());
        add("for times, a host with", model);
    }
    machine
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()
}

fn word(text: &str, index: usize) -> Option<String> {
    text.split_whitespace().nth(index).map(str::to_owned)
}

/// The release of the machine's kernel.
fn kernel_release() -> Option<String> {
    let setup = machine::root().join("vm/setup.sh");
    let settings = said(setup.to_str()?, &["--print"])?;
    let kdir = settings
        .lines()
        .find_map(|line| line.strip_prefix("KDIR="))?;
    let release = fs::read_to_string(PathBuf::from(kdir).join("include/config/kernel.release"));
    release.ok().map(|release| release.trim().to_owned())
}
