// SPDX-License-Identifier: GPL-2.0
//! `lunatik-build size`: its arguments, what it reads and writes.

use std::collections::{
    HashMap,
    HashSet, //
};
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result,
    ensure, //
};
use clap::Args;
use lunatik_build::config::{
    Accepted,
    Access,
    Config,
    ValueType, //
};
use lunatik_build::page::replace_block;
use lunatik_build::size::budget::{
    self,
    Baseline, //
};
use lunatik_build::size::{
    self,
    Built,
    Flavour,
    Saved,
    chart,
    report, //
};
use lunatik_build::workspace::Paths;

use crate::{
    Desk,
    print,
    report as say, //
};

/// What growth is held against unless another file is named.
const SAVED: &str = "target/size/saved.json";

#[derive(Args)]
pub struct Size {
    /// Files, or names of flavours/ [default: all of these]
    #[arg(value_name = "FLAVOUR")]
    flavours: Vec<PathBuf>,
    /// The folder that the flavours' directories are in
    #[arg(long, value_name = "DIR", default_value = "target/flavours")]
    out: PathBuf,
    /// What vm/size.sh has measured in the machine
    #[arg(long, value_name = "FILE")]
    measured: Option<PathBuf>,
    /// Print JSON
    #[arg(long, conflicts_with_all = ["symbols", "quiet", "compare"])]
    json: bool,
    /// Print each symbol, the largest first
    #[arg(long, conflicts_with = "quiet")]
    symbols: bool,
    /// Print nothing but what is over its budget
    #[arg(long)]
    quiet: bool,
    /// Draw a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Keep the sizes, to compare others with; budgets name what grew since target/size/saved.json
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Print what has changed since sizes were saved
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Write the figures into docs/size.md, and its picture
    #[arg(long, requires_all = ["measured", "machine"])]
    write: bool,
    /// Print what vm/guest/size is to measure, for vm/size.sh
    #[arg(long, hide = true)]
    plan: bool,
    /// What the figures depend on, for docs/size.md
    #[arg(long, value_name = "TEXT")]
    machine: Option<String>,
}

/// Tells whether everything is within its budget.
pub fn run(size: &Size, desk: &Desk) -> Result<bool> {
    let paths = &desk.paths;
    let measured = match &size.measured {
        Some(path) => {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            size::measured(&text)?
        }
        None => HashMap::new(),
    };
    let mut modules = HashSet::new();
    let mut accepted = Vec::new();
    for path in configs(&size.flavours, &paths.root)? {
        let Some(one) = desk.accept(&path)? else {
            return Ok(false);
        };
        let module = &one.config.module.name;
        ensure!(
            modules.insert(module.clone()),
            "two of these flavours are called {module}"
        );
        accepted.push(one);
    }
    if size.plan {
        let lines = accepted.iter().map(|accepted| plan(&accepted.config));
        print(&lines.collect::<String>())?;
        return Ok(true);
    }
    let mut flavours = Vec::new();
    for Accepted { config, .. } in &accepted {
        let built = Built::read(&size.out.join(&config.module.name), config)?;
        let mut flavour = built.flavour(config)?;
        flavour.memory = measured.get(&config.module.name).cloned();
        if size.symbols {
            print(&format!(
                "{}\n{}",
                flavour.module,
                report::symbols(&built.pieces()?)
            ))?;
        }
        flavours.push(flavour);
    }

    let saved = paths.root.join(SAVED);
    let (path, name) = match &size.compare {
        Some(path) => (path.clone(), path.display().to_string()),
        None => (saved, SAVED.to_owned()),
    };
    let baseline = match size.compare.is_some() || path.exists() {
        true => Some(Baseline {
            name,
            saved: Saved::read(&path)?,
        }),
        false => None,
    };
    let mut good = true;
    for (accepted, flavour) in accepted.iter().zip(&flavours) {
        if let Some(refused) = budget::exceeded(accepted, flavour, baseline.as_ref()) {
            say(&refused);
            good = false;
        }
    }

    if size.json {
        let saved = Saved { flavours };
        print(&(serde_json::to_string_pretty(&saved)? + "\n"))?;
        flavours = saved.flavours;
    } else if let (Some(_), Some(baseline)) = (&size.compare, &baseline) {
        print(&report::comparison(&flavours, &baseline.saved))?;
    } else if !size.quiet && !size.symbols {
        print(&report::terminal(&flavours))?;
    }
    write(size, paths, &accepted, &flavours)?;
    Ok(good)
}

/// What the machine is to measure of a flavour: an element of each table that scripts write.
fn plan(config: &Config) -> String {
    let mut line = format!("{} {}", config.module.name, config.device.name);
    let written = config.tables.iter();
    for table in written.filter(|table| table.access == Access::ReadWrite) {
        let key = &"elements"[..table.key_max.min(8) as usize];
        let types = &table.value_types;
        let value = if types.contains(&ValueType::Integer) {
            "1"
        } else if types.contains(&ValueType::Boolean) {
            "true"
        } else {
            "'elements'"
        };
        line += &format!(" {},{key},{value}", table.name);
    }
    line + "\n"
}

/// Writes the files that were asked for.
fn write(size: &Size, paths: &Paths, accepted: &[Accepted], flavours: &[Flavour]) -> Result<()> {
    let drawn = flavours.iter().zip(accepted);
    let drawn: Vec<_> = drawn
        .map(|(flavour, accepted)| chart::Drawn {
            flavour,
            budget: accepted.config.budget.ko,
        })
        .collect();
    let picture = chart::draw(&drawn);
    if let Some(path) = &size.svg {
        size::write(path, &picture)?;
    }
    if let Some(path) = &size.save {
        Saved::write(path, flavours)?;
    }
    if let (true, Some(machine)) = (size.write, &size.machine) {
        let page = paths.root.join("docs/size.md");
        let text =
            fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
        let block = report::markdown(flavours, machine);
        let text = replace_block(&text, report::BEGIN, report::END, &block)
            .with_context(|| page.display().to_string())?;
        size::write(&page, &text)?;
        size::write(&paths.root.join("docs/size.svg"), &picture)?;
    }
    Ok(())
}

/// The files of the flavours that were named, in the order of their names if none was.
fn configs(named: &[PathBuf], root: &Path) -> Result<Vec<PathBuf>> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let folder = root.join("flavours");
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
