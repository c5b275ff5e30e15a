// SPDX-License-Identifier: GPL-2.0
//! What `lint` says of scripts, and what it does not.

mod common;

use std::fs;
use std::path::{
    Path,
    PathBuf, //
};

use lunatik_build::diagnostic::Source;
use lunatik_build::lint;
use lunatik_build::workspace::{
    Paths,
    Workspace, //
};

/// Holds a script against a flavour; what is found comes as a user without colours sees it.
fn lint(script: Source, flavour: &Path) -> Result<(), String> {
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    let name = flavour.file_name().unwrap().to_str().unwrap();
    let flavour = Source::read(flavour, name.to_owned()).unwrap();
    let flavour = lunatik_build::config::read(flavour, workspace.known());
    let flavour = flavour.map_err(|refused| refused.render(false)).unwrap();
    lint::lint(script, &flavour, &workspace.stdlib)
        .unwrap()
        .map_err(|found| found.render(false))
}

fn script(path: &Path) -> Source {
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    Source {
        name,
        ..lint::read(path).unwrap()
    }
}

fn folder() -> PathBuf {
    common::tests().join("lint")
}

fn found(name: &str) -> Result<(), String> {
    lint(script(&folder().join(name)), &folder().join("lacks.toml"))
}

#[test]
fn what_a_flavour_lacks_is_found() {
    common::golden(
        &folder().join("lacks.stderr"),
        &found("lacks.lua").unwrap_err(),
    );
}

#[test]
fn what_may_be_right_is_not_reported() {
    assert_eq!(found("fine.lua"), Ok(()));
}

#[test]
fn a_flavour_without_a_compiler_has_nothing_to_load_with() {
    let sealed = |name: &str| {
        let flavour = folder().join("sealed.toml");
        lint(script(&folder().join(name)), &flavour)
    };
    common::golden(
        &folder().join("sealed.stderr"),
        &sealed("sealed.lua").unwrap_err(),
    );
    // With one it is as any global.
    let with = common::tests().join("../../lunatik.toml");
    assert_eq!(lint(script(&folder().join("sealed.lua")), &with), Ok(()));
}

#[test]
fn what_is_no_lua_is_shown_by_its_place() {
    common::golden(
        &folder().join("broken.stderr"),
        &found("broken.lua").unwrap_err(),
    );
}

/// Those of the repository, with the flavour that they are for.
#[test]
fn no_script_of_the_repository_is_reported() {
    let root = Paths::new(None).root;
    let mut count = 0;
    for folder in ["examples", "lua-stdlib"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(lint(script(&path), &root.join("lunatik.toml")), Ok(()));
            count += 1;
        }
    }
    assert!(count >= 9, "the folders have lost their files");
}

#[test]
fn any_bytes_are_a_script_or_none() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), b"print('\xe9', '\xff')\nrcu.x = {}\n").unwrap();
    let source = lint::read(file.path()).unwrap();
    let message = lint(source, &folder().join("lacks.toml")).unwrap_err();
    assert!(message.contains(":2:9\n"), "{message}");
    fs::write(file.path(), b"\x1bLuaS").unwrap();
    let message = lint::read(file.path()).unwrap_err().to_string();
    assert!(message.contains("compiled already"), "{message}");
}

/// What no Lua compiles, and what it does: chains, which are no deeper to it for their length.
#[test]
fn a_script_can_be_nested_as_deep_as_it_likes() {
    let deep = |before: &str, inside: &str, after: &str| {
        let times = 3_000;
        format!("{}{inside}{}", before.repeat(times), after.repeat(times))
    };
    for text in [
        deep("(", "1", ")"),
        deep("{", "", "}"),
        deep("function() return ", "1", " end"),
        deep("- ", "1", ""),
        deep("", "print", "()"),
        deep("1 + ", "1", ""),
        deep("1 .. ", "1", ""),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), format!("local x = {text}\n")).unwrap();
        let source = lint::read(file.path()).unwrap();
        assert_eq!(lint(source, &folder().join("lacks.toml")), Ok(()));
    }
}
