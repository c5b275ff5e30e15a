// SPDX-License-Identifier: GPL-2.0
//! What the tests share: the fixtures, and files that hold what is expected.

// Each test program uses a part of this.
#![allow(dead_code, reason = "shared by several test programs")]

use std::env;
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};

use lunatik_build::config::{
    self,
    Accepted,
    Config, //
};
use lunatik_build::diagnostic::Source;
use lunatik_build::workspace::{
    Paths,
    Workspace, //
};

pub fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The real Cargo.lock, a module and a standard library made for the tests.
pub fn paths() -> Paths {
    let fixtures = tests().join("fixtures");
    Paths {
        kmod: fixtures.join("kmod"),
        stdlib: fixtures.join("lua-stdlib"),
        ..Paths::new(None)
    }
}

pub fn workspace() -> Workspace {
    Workspace::read(&paths()).unwrap()
}

/// Reads `text`; what is wrong with it comes as a user without colours sees it.
pub fn read(name: &str, text: &str) -> Result<Config, String> {
    accept(Source {
        name: name.to_owned(),
        path: name.into(),
        text: text.to_owned(),
    })
    .map(|accepted| accepted.config)
}

/// Reads a file that is shown by its name alone.
pub fn read_file(path: &Path) -> Result<Accepted, String> {
    let name = path.file_name().unwrap().to_str().unwrap();
    accept(Source::read(path, name.to_owned()).unwrap())
}

/// What is accepted must be the same when it is shown and read again.
pub fn accept(source: Source) -> Result<Accepted, String> {
    let workspace = workspace();
    let read = |source| {
        let accepted = config::read(source, workspace.known());
        accepted.map_err(|refused| refused.render(false))
    };
    let path = source.path.with_file_name("shown.toml");
    let accepted = read(source)?;
    let shown = Source {
        name: "shown.toml".to_owned(),
        path,
        text: accepted.show(),
    };
    let again = read(shown).map(|accepted| accepted.config);
    assert_eq!(again.as_ref(), Ok(&accepted.config));
    Ok(accepted)
}

/// Compares `found` with the file `expected`, or writes that file when the
/// environment has `UPDATE_GOLDEN`.
pub fn golden(expected: &Path, found: &str) {
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(expected.parent().unwrap()).unwrap();
        fs::write(expected, found).unwrap();
        return;
    }
    let wanted = fs::read_to_string(expected).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; run the tests with UPDATE_GOLDEN=1",
            expected.display()
        )
    });
    assert_eq!(
        found,
        wanted,
        "\n{} differs; if that is meant, run the tests with UPDATE_GOLDEN=1\n{}",
        expected.display(),
        diffy::create_patch(&wanted, found)
    );
}
