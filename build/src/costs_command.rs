// SPDX-License-Identifier: GPL-2.0
//! `lunatik-build costs`: its arguments, what it reads and writes.

use std::fs;
use std::path::PathBuf;

use anyhow::{
    Context,
    Result, //
};
use clap::Args;
use lunatik_build::page::replace_block;
use lunatik_build::size::choices::{
    self,
    Estimate,
    Figures, //
};
use lunatik_build::size::{
    self,
    Saved, //
};

use crate::{
    Desk,
    print, //
};

#[derive(Args)]
pub struct Costs {
    /// Estimate what these take: files, or names of flavours/ [default: tell what each choice takes]
    #[arg(value_name = "FLAVOUR")]
    flavours: Vec<PathBuf>,
    /// Write the flavours that are measured into this folder, for vm/costs.sh
    #[arg(long, value_name = "DIR", hide = true)]
    plan: Option<PathBuf>,
    /// Use these figures of them
    #[arg(long, value_name = "FILE", hide = true, requires = "machine")]
    saved: Option<PathBuf>,
    /// What they depend on
    #[arg(long, value_name = "TEXT", hide = true)]
    machine: Option<String>,
    /// Keep the figures, and write them into docs/size.md
    #[arg(long, hide = true, requires = "saved")]
    write: bool,
}

pub fn run(costs: &Costs, desk: &Desk) -> Result<bool> {
    if let Some(folder) = &costs.plan {
        for (name, text) in choices::plan() {
            let path = folder.join(name);
            size::write(&path, &text)?;
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                print(&format!("{}\n", path.display()))?;
            }
        }
        return Ok(true);
    }
    let figures = match (&costs.saved, &costs.machine) {
        (Some(path), Some(machine)) => Figures::measured(&Saved::read(path)?, machine)?,
        _ => Figures::read()?,
    };
    if costs.write {
        let root = &desk.paths.root;
        let page = root.join("docs/size.md");
        let text =
            fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
        let text = replace_block(&text, choices::BEGIN, choices::END, &figures.markdown())
            .with_context(|| page.display().to_string())?;
        size::write(&page, &text)?;
        size::write(&root.join(choices::FILE), &figures.toml()?)?;
    }
    if costs.flavours.is_empty() {
        print(&figures.terminal())?;
    }
    let mut good = true;
    for path in &costs.flavours {
        let Some(accepted) = desk.accept(path)? else {
            good = false;
            continue;
        };
        let config = &accepted.config;
        let estimate = Estimate::new(config, &desk.workspace.stdlib, &figures);
        print(&estimate.terminal(&config.module.name))?;
    }
    Ok(good)
}
