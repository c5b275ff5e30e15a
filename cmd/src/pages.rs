// SPDX-License-Identifier: GPL-2.0
//! Man pages and completions, from the command line's own description.

use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Result;
use crate::failed;
use crate::run;

/// Writes `lunatik.1` and a page for each command into a folder.
pub fn man(folder: &Path) -> Result<()> {
    let written = fs::create_dir_all(folder).and_then(|()| pages(folder));
    written.map_err(|error| failed!("cannot write into {}: {error}", folder.display()))
}

fn pages(folder: &Path) -> io::Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    clap_mangen::generate_to(command, folder)
}

/// Prints a shell's completions.
pub fn completions(shell: Shell) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "lunatik", &mut text);
    run::print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_is_seen_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        man(folder.path()).unwrap();
        let command = Cli::command();
        for seen in command.get_subcommands().filter(|one| !one.is_hide_set()) {
            let page = folder.path().join(format!("lunatik-{}.1", seen.get_name()));
            let text = fs::read_to_string(&page).unwrap();
            assert!(text.contains(".SH SYNOPSIS"), "{}", page.display());
            let text = text.replace('\\', "");
            for option in seen.get_arguments().filter_map(|one| one.get_long()) {
                assert!(text.contains(&format!("--{option}")), "{option}: {text}");
            }
        }
        assert!(folder.path().join("lunatik.1").exists());
        assert!(!folder.path().join("lunatik-man.1").exists());
    }
}
