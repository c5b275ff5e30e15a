// SPDX-License-Identifier: GPL-2.0
//! The Lua modules that can be compiled into a flavour: files of a folder, each
//! `<name>.lua`. A module that uses one of Lua's libraries says so in the comment
//! that it begins with:
//!
//! ```lua
//! -- needs: string, table
//! ```

use std::collections::{
    BTreeMap,
    BTreeSet, //
};
use std::fs;
use std::path::Path;

use anyhow::{
    Context,
    Result,
    bail, //
};

use crate::config::{
    Library,
    Word, //
};
use crate::diagnostic::listing;

/// The module that has functions of the kernel module's own beside those in Lua: it
/// gets them as its second argument.
pub const RCUTABLE: &str = "rcutable";

/// The modules there are, by name.
#[derive(Debug, Clone, Default)]
pub struct Stdlib(BTreeMap<String, StdlibModule>);

#[derive(Debug, Clone)]
pub struct StdlibModule {
    pub source: String,
    /// The libraries without which the module does not work.
    pub needs: BTreeSet<Library>,
}

impl Stdlib {
    /// Reads the folder; other files than `*.lua` are left alone.
    ///
    /// # Errors
    ///
    /// A folder or a file that cannot be read, a file name that `require` could
    /// not name, and a `needs` line that names no library.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut modules = BTreeMap::new();
        let entries = fs::read_dir(folder)
            .with_context(|| format!("cannot list the Lua modules in {}", folder.display()))?;
        for entry in entries {
            let path = entry
                .with_context(|| format!("cannot list {}", folder.display()))?
                .path();
            if path.extension().is_none_or(|extension| extension != "lua") {
                continue;
            }
            let name = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .filter(|stem| is_name(stem))
                .with_context(|| {
                    format!(
                        "{}: a module's name has a-z, 0-9 and _ only",
                        path.display()
                    )
                })?
                .to_owned();
            let source = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let needs = needs(&source).with_context(|| path.display().to_string())?;
            modules.insert(name, StdlibModule { source, needs });
        }
        Ok(Self(modules))
    }

    pub fn get(&self, name: &str) -> Option<&StdlibModule> {
        self.0.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn is_name(stem: &str) -> bool {
    stem.starts_with(|c: char| c.is_ascii_lowercase())
        && stem
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The libraries of the `needs` lines in the comment at the head of a module.
fn needs(source: &str) -> Result<BTreeSet<Library>> {
    let mut needs = BTreeSet::new();
    let head = source.lines().map_while(|line| line.strip_prefix("--"));
    for words in head.filter_map(|line| line.trim_start().strip_prefix("needs:")) {
        for word in words.split(',').map(str::trim) {
            let Some(library) = Library::from_word(word) else {
                bail!(
                    "`needs` names `{word}`; the libraries are {}",
                    listing(Library::words(), "and")
                );
            };
            needs.insert(library);
        }
    }
    Ok(needs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_read_from_the_leading_comment_alone() {
        let source = "-- SPDX\n-- needs: string, table\n--\nlocal x\n-- needs: math\n";
        let found = needs(source).unwrap();
        assert_eq!(found, BTreeSet::from([Library::String, Library::Table]));
        assert_eq!(needs("return {}").unwrap(), BTreeSet::new());
    }

    #[test]
    fn needs_of_no_library_is_an_error() {
        let error = needs("-- needs: sting\n").unwrap_err();
        assert!(error.to_string().contains("`sting`"), "{error}");
    }
}
