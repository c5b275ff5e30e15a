// SPDX-License-Identifier: GPL-2.0
//! Every emitter's file for a few flavours, against `golden/<flavour>/`.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lunatik_build::config::Config;
use lunatik_build::emit;
use lunatik_build::workspace::Paths;

fn flavour(path: &Path) -> Config {
    let text = fs::read_to_string(path).unwrap();
    common::read("flavour.toml", &text).unwrap_or_else(|message| panic!("{message}"))
}

fn is_golden(name: &str, config: &Config) {
    let folder = common::tests().join("golden").join(name);
    let mut files = BTreeSet::new();
    for (path, text) in emit::all(config) {
        common::golden(&folder.join(path), &text);
        files.insert(path.to_owned());
    }
    for entry in fs::read_dir(folder.join("generated")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            files.contains(&format!("generated/{file}")),
            "{name}: {file} is left over"
        );
    }
}

#[test]
fn the_default_flavour() {
    is_golden(
        "default",
        &flavour(&Paths::new(None).root.join("lunatik.toml")),
    );
}

#[test]
fn a_tiny_flavour() {
    is_golden(
        "tiny",
        &flavour(&common::tests().join("flavours/tiny.toml")),
    );
}

#[test]
fn odd_names_and_all_mixtures_of_types() {
    is_golden("odd", &flavour(&common::tests().join("flavours/odd.toml")));
}

#[test]
fn a_flavour_without_tables() {
    let config = common::read("x.toml", "table = []\n[module]\nname = \"none\"\n").unwrap();
    is_golden("none", &config);
}

#[test]
fn any_flavour_makes_rust_that_parses() {
    for libraries in ["\"base\"", "\"base\", \"utf8\""] {
        for types in [
            "\"integer\"",
            "\"boolean\"",
            "\"string\"",
            "\"string\", \"boolean\"",
        ] {
            let text = format!(
                "[lua]\nlibraries = [{libraries}]\nstdlib = []\n\
                 [[table]]\nname = \"fn\"\nvalue-types = [{types}]\n"
            );
            let config = common::read("x.toml", &text).unwrap();
            for (path, text) in emit::all(&config) {
                if path.ends_with(".rs") {
                    syn::parse_file(&text)
                        .unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
                }
            }
        }
    }
}

#[test]
fn a_flavour_that_is_measured() {
    let text = "[module]\nname = \"measured\"\n[lua]\nlibraries = [\"base\", \"bench\"]\nstdlib = []\n\
                [[table]]\nname = \"rcu\"\nvalue-types = [\"integer\"]\n";
    is_golden("measured", &common::read("x.toml", text).unwrap());
}

#[test]
fn a_flavour_that_contains_what_it_runs() {
    let path = common::tests().join("flavours/sealed.toml");
    is_golden("sealed", &common::read_file(&path).unwrap().config);
}
