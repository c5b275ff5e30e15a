// SPDX-License-Identifier: GPL-2.0
//! What `costs` says that flavours take before they are built.

use std::collections::{
    BTreeMap,
    HashMap, //
};
use std::fs;
use std::path::Path;

use lunatik_build::config::{
    self,
    Config, //
};
use lunatik_build::diagnostic::Source;
use lunatik_build::size::choices::{
    self,
    Estimate,
    Figures, //
};
use lunatik_build::size::{
    Flavour,
    Memory,
    Part,
    Saved,
    Sizes, //
};
use lunatik_build::workspace::{
    Paths,
    Workspace, //
};

fn read(path: &Path, workspace: &Workspace) -> Config {
    let source = Source::read(path, path.display().to_string()).unwrap();
    let accepted = config::read(source, workspace.known());
    let accepted = accepted.unwrap_or_else(|refused| panic!("{}", refused.render(false)));
    accepted.config
}

/// What is measured gives the figures, and these give what was measured.
#[test]
fn the_flavours_that_are_measured_take_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let mut configs = Vec::new();
    for (name, text) in choices::plan() {
        let path = folder.path().join(&name);
        fs::write(&path, text).unwrap();
        if name.ends_with(".toml") {
            configs.push(path);
        }
    }
    assert!(configs.len() > 20, "{configs:?}");
    let part = |name: &str, text| Part {
        part: name.to_owned(),
        sizes: Sizes {
            text,
            ..Sizes::default()
        },
    };
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    let mut saved = Saved::default();
    let mut accepted = Vec::new();
    for (number, path) in configs.iter().enumerate() {
        let config = read(path, &workspace);
        let number = number as u64;
        let bytes = 100_000 + number * number * 100;
        let script = config
            .scripts
            .iter()
            .map(|script| script.chunk.len() as u64);
        let stdlib = config.lua.stdlib.iter();
        let stdlib = stdlib.map(|name| workspace.stdlib.get(name).unwrap().source.len() as u64);
        saved.flavours.push(Flavour {
            module: config.module.name.clone(),
            states: 1,
            parts: vec![
                part("Lua core", bytes),
                part("script script", script.sum()),
                part("stdlib rcutable", stdlib.sum()),
            ],
            tables: BTreeMap::new(),
            file: 0,
            memory: Some(Memory {
                state: 3000 + number * 10,
                ..Memory::default()
            }),
        });
        accepted.push(config);
    }
    let figures = Figures::measured(&saved, "this machine").unwrap();
    for config in &accepted {
        let measured = saved.get(&config.module.name).unwrap();
        let estimate = Estimate::new(config, &workspace.stdlib, &figures).total();
        // A table that scripts only read is never without an element.
        let init = config.tables.iter().flat_map(|table| &table.init);
        let init: u64 = init.map(|(key, value)| value.bytes(key)).sum();
        let module = estimate.module as u64 - init;
        let state = estimate.state as u64;
        let memory = measured.memory.as_ref().unwrap();
        assert_eq!(
            (module, state),
            (measured.total().total(), memory.state),
            "{}",
            config.module.name
        );
    }

    saved.flavours.pop();
    let missing = Figures::measured(&saved, "this machine").unwrap_err();
    assert!(
        missing.to_string().contains("was not measured"),
        "{missing}"
    );
}

/// The rows of a Markdown file by the name in their first column.
fn rows(page: &str) -> HashMap<&str, Vec<Vec<&str>>> {
    let mut rows: HashMap<&str, Vec<Vec<&str>>> = HashMap::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("| ")) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        rows.entry(cells[0]).or_default().push(cells);
    }
    rows
}

fn near(estimate: i64, measured: &str, percent: i64) -> bool {
    let measured: i64 = measured.parse().unwrap();
    (estimate - measured).abs() * 100 <= measured * percent
}

/// The figures of the repository give nearly what was measured of the flavours in it.
#[test]
fn estimates_are_near_to_what_flavours_take() {
    let paths = Paths::new(None);
    let workspace = Workspace::read(&paths).unwrap();
    let figures = Figures::read().unwrap();
    let page = fs::read_to_string(paths.root.join("docs/size.md")).unwrap();
    let rows = rows(&page);
    for flavour in ["default", "embedded", "sealed", "server", "tiny"] {
        let config = read(
            &paths.root.join(format!("flavours/{flavour}.toml")),
            &workspace,
        );
        let estimate = Estimate::new(&config, &workspace.stdlib, &figures).total();
        // Of the table of modules, and of that of memory.
        let [module, memory] = &rows[config.module.name.as_str()][..] else {
            panic!("{flavour}: two rows of docs/size.md");
        };
        assert!(
            near(estimate.module, module[5], 3),
            "{flavour}: {} bytes, and it takes {}",
            estimate.module,
            module[5]
        );
        assert!(
            near(estimate.state, memory[1], 5),
            "{flavour}: {} bytes a state, and it takes {}",
            estimate.state,
            memory[1]
        );
    }
}
