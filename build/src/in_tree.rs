// SPDX-License-Identifier: GPL-2.0
//! A flavour inside the source tree of a kernel: its directory as `drivers/MODULE/`,
//! one line in `drivers/Kconfig` and one in `drivers/Makefile`; and out again, which
//! leaves the tree as it was, byte for byte.
//!
//! Files are replaced and not written over, so trees that share them by hard links
//! do not notice. Whatever step a run is ended after, the tree builds: a line of the
//! Makefile without one of Kconfig does nothing.

use std::fs;
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result,
    bail,
    ensure, //
};

use crate::config::Config;
use crate::emit;
use crate::tree::{
    self,
    MANIFEST,
    Tree, //
};

/// The source tree of a kernel.
#[derive(Debug, Clone)]
pub struct Kernel {
    drivers: PathBuf,
}

impl Kernel {
    /// # Errors
    ///
    /// A folder that is something else.
    pub fn at(folder: &Path) -> Result<Self> {
        let drivers = folder.join("drivers");
        if drivers.join("Kconfig").is_file() && drivers.join("Makefile").is_file() {
            return Ok(Self { drivers });
        }
        let source = folder.join("source");
        match source.join("drivers/Kconfig").is_file() {
            true => bail!(
                "{} is a build directory of a kernel; give its source: {}",
                folder.display(),
                fs::canonicalize(&source).unwrap_or(source).display()
            ),
            false => bail!(
                "{} is no source tree of a kernel: there is no drivers/Kconfig, or no drivers/Makefile",
                folder.display()
            ),
        }
    }

    /// Puts a flavour into the tree, or what has changed of it, and returns its folder there.
    ///
    /// # Errors
    ///
    /// A folder or an option of Kconfig that is somebody else's.
    pub fn put(&self, tree: &Tree, config: &Config) -> Result<PathBuf> {
        let module = &config.module.name;
        let symbol = emit::kconfig_symbol(config);
        let entry = format!("\nconfig {symbol}\n");
        for other in self.flavours()? {
            let path = self.drivers.join(&other).join("Kconfig");
            let text = fs::read_to_string(&path).unwrap_or_default();
            ensure!(
                other == *module || !text.contains(&entry),
                "drivers/{other} has CONFIG_{symbol} already; give {module} another name"
            );
        }
        let folder = self.drivers.join(module);
        ensure!(
            !folder.is_symlink(),
            "{} leads elsewhere; what is there stays as it is",
            folder.display()
        );
        // Nothing is done by halves to a tree that cannot be edited.
        for name in ["Makefile", "Kconfig"] {
            self.edit(name, |_| None)?;
        }
        tree.write(&folder)?;
        self.edit("Makefile", |text| {
            let line = makefile_line(module, &symbol);
            (!has_line(text, &line)).then(|| put_last(text, &line))
        })?;
        self.edit("Kconfig", |text| {
            let line = kconfig_line(module);
            let end = text.rfind("\nendmenu").map(|at| at + 1);
            let end = end.or(text.starts_with("endmenu").then_some(0));
            match end {
                _ if has_line(text, &line) => None,
                Some(end) => Some(format!("{}{line}\n{}", &text[..end], &text[end..])),
                None => Some(put_last(text, &line)),
            }
        })?;
        Ok(folder)
    }

    /// The flavours in the tree, by the names of their modules.
    ///
    /// # Errors
    ///
    /// What the file system refuses.
    pub fn flavours(&self) -> Result<Vec<String>> {
        let cannot = || format!("cannot list {}", self.drivers.display());
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.drivers).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            if let Ok(name) = entry.file_name().into_string()
                && entry.path().join(MANIFEST).exists()
            {
                found.push(name);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Takes the flavour whose module is called `module` out of the tree, with what was built of it.
    ///
    /// # Errors
    ///
    /// There is no such flavour, or somebody has put other files into its folder: these stay.
    pub fn take_out(&self, module: &str) -> Result<()> {
        let folder = self.drivers.join(module);
        ensure!(
            folder.join(MANIFEST).exists(),
            "there is no flavour in {}",
            folder.display()
        );
        let kconfig = kconfig_line(module);
        self.edit("Kconfig", |text| {
            let (before, after) = around_line(text, &kconfig)?;
            Some(format!(
                "{before}{}",
                after.strip_prefix('\n').unwrap_or(after)
            ))
        })?;
        self.edit("Makefile", |text| {
            let end = format!("+= {module}/\n");
            let ours =
                |line: &str| line.starts_with("obj-$(CONFIG_LUNATIK") && line.ends_with(&end);
            let lines = text.split_inclusive('\n').filter(|line| !ours(line));
            Some(lines.collect())
        })?;
        tree::remove_folder(&folder, module)
    }

    /// Replaces a file in `drivers/` with what `change` makes of it, if that is something else.
    fn edit(&self, name: &str, change: impl Fn(&str) -> Option<String>) -> Result<()> {
        let path = self.drivers.join(name);
        let edit = || -> Result<()> {
            let text = fs::read_to_string(&path)?;
            ensure!(
                !path.is_symlink(),
                "it is a link; give the tree a file of its own: cp --remove-destination \"$(readlink -f {name})\" {name}"
            );
            // A run that was ended half way may have left it.
            tree::remove_file(&tree::temporary(&path))?;
            let Some(new) = change(&text).filter(|new| *new != text) else {
                return Ok(());
            };
            tree::replace(&path, new.as_bytes(), |temporary| {
                fs::set_permissions(temporary, fs::metadata(&path)?.permissions())
            })?;
            Ok(())
        };
        edit().with_context(|| format!("cannot change {}", path.display()))
    }
}

fn kconfig_line(module: &str) -> String {
    format!("source \"drivers/{module}/Kconfig\"\n")
}

fn makefile_line(module: &str, symbol: &str) -> String {
    format!("obj-$(CONFIG_{symbol})\t\t+= {module}/\n")
}

/// What stands before and after a line, which ends with its newline.
fn around_line<'a>(text: &'a str, line: &str) -> Option<(&'a str, &'a str)> {
    let starts_a_line = |at: &usize| *at == 0 || text[..*at].ends_with('\n');
    let (at, _) = text.match_indices(line).find(|(at, _)| starts_a_line(at))?;
    Some((&text[..at], &text[at + line.len()..]))
}

fn has_line(text: &str, line: &str) -> bool {
    around_line(text, line).is_some()
}

/// Adds a line at the end of a text, or above a last line that no newline ends.
fn put_last(text: &str, line: &str) -> String {
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    format!("{}{line}{}", &text[..end], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_whole_one() {
        assert_eq!(around_line("# x\nx\ny\n", "x\n"), Some(("# x\n", "y\n")));
        assert_eq!(around_line("x\n", "x\n"), Some(("", "")));
        assert_eq!(around_line("# x\nax\nx", "x\n"), None);
    }

    #[test]
    fn a_last_line_without_an_end_stays_the_last() {
        assert_eq!(put_last("a\n", "x\n"), "a\nx\n");
        assert_eq!(put_last("a\nb", "x\n"), "a\nx\nb");
        assert_eq!(put_last("b", "x\n"), "x\nb");
        assert_eq!(put_last("", "x\n"), "x\n");
    }
}
