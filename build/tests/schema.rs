// SPDX-License-Identifier: GPL-2.0
//! The JSON Schema against the rules: an editor must not call wrong what `check` accepts, and
//! should see each mistake that one value makes.

mod common;

use std::fs;
use std::path::{
    Path,
    PathBuf, //
};

use jsonschema::Validator;
use lunatik_build::config;
use lunatik_build::config::reference::{
    KEYS,
    Key,
    Kind, //
};
use lunatik_build::diagnostic::Source;
use lunatik_build::schema;
use lunatik_build::workspace::{
    Paths,
    Workspace, //
};
use serde_json::Value;
use tempfile::TempDir;

struct Desk {
    workspace: Workspace,
    validator: Validator,
    /// Where the files lie that examples name.
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let workspace = Workspace::read(&Paths::new(None)).unwrap();
        let modules: Vec<_> = workspace.stdlib.names().collect();
        let schema: Value = serde_json::from_str(&schema::text(&modules)).unwrap();
        jsonschema::meta::validate(&schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["report.lua", "watch.lua"] {
            fs::write(folder.path().join(name), "return 1\n").unwrap();
        }
        Self {
            workspace,
            validator,
            folder,
        }
    }

    /// What the schema has against a file.
    fn schema(&self, text: &str) -> Vec<String> {
        let table: toml::Table = toml::from_str(text).unwrap();
        let document = json(toml::Value::Table(table));
        let errors = self.validator.iter_errors(&document);
        errors.map(|error| error.to_string()).collect()
    }

    fn rules(&self, text: &str) -> Result<(), String> {
        let source = Source {
            name: "test.toml".to_owned(),
            path: self.folder.path().join("test.toml"),
            text: text.to_owned(),
        };
        let accepted = config::read(source, self.workspace.known());
        accepted.map(drop).map_err(|refused| refused.render(false))
    }
}

/// As language servers for TOML do it.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(string) => Value::String(string),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, json(value)))
            .collect(),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

#[test]
fn every_flavour_of_the_repository_goes_with_the_schema() {
    let desk = Desk::new();
    let root = Paths::new(None).root;
    let mut all = vec![root.join("lunatik.toml"), root.join("bench/bench.toml")];
    for folder in ["flavours", "tests/flavours", "build/tests/flavours"] {
        all.extend(files(&root.join(folder)));
    }
    for file in all {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(desk.schema(&text), [""; 0], "{}", file.display());
    }
}

/// Most mistakes are of one value, and those the schema sees.
#[test]
fn refused_files_are_seen_by_the_schema_where_it_can() {
    let desk = Desk::new();
    let (mut seen, mut all) = (0, 0);
    for file in files(&common::tests().join("rejected")) {
        let text = fs::read_to_string(&file).unwrap();
        if toml::from_str::<toml::Table>(&text).is_err() {
            continue;
        }
        all += 1;
        seen += usize::from(!desk.schema(&text).is_empty());
    }
    assert!(seen * 2 > all, "the schema sees {seen} of {all}");
}

/// Values of all kinds, at and past the ends of what a key takes.
fn values(key: &Key) -> Vec<String> {
    let mut values: Vec<String> = [
        "true",
        "false",
        "-1",
        "0",
        "1",
        "3",
        "64",
        "255",
        "0o600",
        "0o777",
        "1.5",
        "\"\"",
        "\"x\"",
        "\"X-y.z\"",
        "\"é\"",
        "\"64KiB\"",
        "\"64kb\"",
        "\"10s\"",
        "\"none\"",
        "\"wait\"",
        "\"read-only\"",
        "\"fn\"",
        "\"null\"",
        "\"end\"",
        "\"print\"",
        "[]",
        "[\"base\"]",
        "[\"memo\"]",
        "[\"integer\"]",
        "[\"integer\", \"integer\"]",
        "[1]",
        "[[]]",
        "{}",
        "{ add = [] }",
        "{ add = [\"base\"] }",
        "{ add = 1 }",
        "{ x = 1 }",
        "{ x = 1.5 }",
        "1979-05-27",
    ]
    .map(str::to_owned)
    .to_vec();
    match &key.kind {
        Kind::Integer(range) | Kind::PowerOfTwo(range) | Kind::Size(range) | Kind::Time(range) => {
            for end in [*range.start(), *range.end()] {
                let around = [end.saturating_sub(1), end, end.saturating_add(1)];
                // What is past 63 bits is no TOML.
                let around = around
                    .into_iter()
                    .filter(|number| i64::try_from(*number).is_ok());
                values.extend(around.map(|number| number.to_string()));
            }
        }
        Kind::Name { max, .. } => {
            values.extend([*max, max + 1].map(|length| format!("{:?}", "a".repeat(length))));
        }
        Kind::Word(words) => values.extend(words().iter().map(|word| format!("{word:?}"))),
        Kind::Words(words) => values.extend(words().iter().map(|word| format!("[{word:?}]"))),
        _ => {}
    }
    values
}

#[test]
fn the_schema_and_the_rules_agree_on_values() {
    let desk = Desk::new();
    let mut refused = 0;
    // A file that is inherited must exist, which is nothing for a schema.
    for key in KEYS
        .iter()
        .filter(|key| !matches!(key.kind, Kind::Paths | Kind::True))
    {
        for value in values(key) {
            let text = match (key.section, key.name) {
                ("table", "name") => format!("[[table]]\nname = {value}\n"),
                ("table", name) => format!("[[table]]\nname = \"t\"\n{name} = {value}\n"),
                ("script", "name") => {
                    format!("[[script]]\nname = {value}\nfile = \"report.lua\"\n")
                }
                ("script", "file") => format!("[[script]]\nname = \"s\"\nfile = {value}\n"),
                ("script", name) => {
                    format!("[[script]]\nname = \"s\"\nfile = \"report.lua\"\n{name} = {value}\n")
                }
                ("lua", "compiler") => {
                    format!(
                        "[lua]\ncompiler = {value}\n[[script]]\nname = \"s\"\nfile = \"report.lua\"\n"
                    )
                }
                (section, name) => format!("[{section}]\n{name} = {value}\n"),
            };
            let (schema, rules) = (desk.schema(&text), desk.rules(&text));
            if rules.is_ok() {
                assert_eq!(schema, [""; 0], "{text}");
            } else if schema.is_empty() {
                // Ranges of what has a unit, and what other keys say
                // are for the rules alone, and so are lists that lack something.
                let exempt = match &key.kind {
                    Kind::Size(_) | Kind::Time(_) => value.starts_with('"') || key.bound.is_some(),
                    Kind::Integer(_) | Kind::PowerOfTwo(_) => key.bound.is_some(),
                    Kind::Word(_) => value == "\"read-only\"",
                    // JSON has no dates.
                    Kind::Name { .. } => value.starts_with("1979"),
                    // There is no such file, and JSON has no dates.
                    Kind::Path => value.starts_with('"') || value.starts_with("1979"),
                    Kind::Words(_) | Kind::Modules => !value.contains("add = 1"),
                    _ => false,
                };
                assert!(exempt, "{text}{rules:?}");
            } else {
                refused += 1;
            }
        }
    }
    assert!(refused > 500, "only {refused} values were refused by both");
}

/// Each example is what it says.
#[test]
fn examples_are_right() {
    let desk = Desk::new();
    for key in KEYS {
        let text = key.example();
        assert_eq!(desk.schema(&text), [""; 0], "{text}");
        assert!(text.contains(key.name), "{text}");
        // These need a file to inherit from.
        if !matches!(key.kind, Kind::Paths | Kind::True) {
            assert_eq!(desk.rules(&text), Ok(()), "{text}");
        }
    }
}
