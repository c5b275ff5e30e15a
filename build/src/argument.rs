// SPDX-License-Identifier: GPL-2.0
//! What a FLAVOUR on a command line means: a file, the name of one in flavours/, or `-`.

use std::env;
use std::fs;
use std::io::{
    self,
    Read as _, //
};
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result,
    bail, //
};

use crate::diagnostic::{
    Source,
    listing,
    nearest, //
};

/// Where flavours are, in the repository.
const FOLDER: &str = "flavours";

/// Reads the flavour that `argument` names in the repository at `root`.
///
/// # Errors
///
/// A file that cannot be read, and a name that no flavour has.
pub fn flavour(argument: &Path, root: &Path) -> Result<Source> {
    if argument == Path::new("-") {
        return stdin();
    }
    let path = path(argument, root)?;
    let name = path.display().to_string();
    Source::read(&path, name)
}

/// The file that `argument` names. That it can be read is not sure.
///
/// # Errors
///
/// A name that no flavour has.
pub fn path(argument: &Path, root: &Path) -> Result<PathBuf> {
    let name = argument.to_str().unwrap_or_default();
    let is_path = argument.components().count() != 1 || name.contains('.');
    if is_path || argument.is_file() {
        return Ok(argument.to_owned());
    }
    let folder = root.join(FOLDER);
    let file = folder.join(format!("{name}.toml"));
    if file.is_file() {
        return Ok(from_here(&file));
    }
    let names = names(&folder);
    let mut message = format!(
        "there is no file and no flavour `{}`; the flavours are {}",
        argument.display(),
        listing(names.iter().map(String::as_str), "and")
    );
    if let Some(known) = nearest(name, names.iter().map(String::as_str)) {
        message.push_str(&format!(" (did you mean `{known}`?)"));
    }
    bail!(message);
}

fn stdin() -> Result<Source> {
    let mut bytes = Vec::new();
    let read = io::stdin().read_to_end(&mut bytes);
    read.context("cannot read the standard input")?;
    // What it inherits is looked for from the working folder.
    Source::new(bytes, PathBuf::from("stdin"), "stdin".to_owned())
}

/// The stems of the files in `folder`; none if that is no folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".toml").map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

/// The path as a user in the working folder would write it.
fn from_here(path: &Path) -> PathBuf {
    let inside = env::current_dir().ok();
    let inside = inside.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    inside.unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_a_flavour_and_the_rest_are_paths() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("tiny.toml"), "").unwrap();
        fs::write(folder.join("large.toml"), "").unwrap();
        let path = |argument: &str| path(Path::new(argument), root.path());
        assert_eq!(path("tiny").unwrap(), folder.join("tiny.toml"));
        for same in ["tiny.toml", "./tiny", "x/tiny", "/dev/null"] {
            assert_eq!(path(same).unwrap(), Path::new(same));
        }
        assert_eq!(
            path("tiyn").unwrap_err().to_string(),
            "there is no file and no flavour `tiyn`; the flavours are `large` and `tiny` \
             (did you mean `tiny`?)"
        );
    }
}
