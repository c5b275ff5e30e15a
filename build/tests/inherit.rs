// SPDX-License-Identifier: GPL-2.0
//! What comes of a flavour that inherits others.

mod common;

use std::collections::BTreeSet;
use std::fs;

use lunatik_build::config::{
    Accepted,
    Config,
    Initial,
    Library,
    ValueType, //
};
use lunatik_build::workspace::Paths;

/// Writes `files` to a folder and reads the last one.
fn read(files: &[(&str, &str)]) -> Result<Accepted, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let (last, _) = files.last().unwrap();
    common::read_file(&folder.path().join(last))
}

fn accepted(files: &[(&str, &str)]) -> Accepted {
    read(files).unwrap_or_else(|message| panic!("{message}"))
}

fn config(files: &[(&str, &str)]) -> Config {
    accepted(files).config
}

#[test]
fn a_flavour_states_only_what_differs() {
    let base = "[module]\nname = \"base\"\n[exec]\nstates = 7\nscript-max = 100\n";
    let heir = "inherit = \"../base.toml\"\n[exec]\nstates = 9\n[device]\nmode = 0o666\n";
    let config = config(&[("base.toml", base), ("sub/heir.toml", heir)]);
    assert_eq!(config.module.name, "base");
    assert_eq!((config.exec.states, config.exec.script_max), (9, 100));
    assert_eq!(config.device.mode, 0o666);
    assert_eq!(config.device.name, "luadrv");
}

#[test]
fn the_later_one_wins() {
    let a = "[exec]\nstates = 1\nscript-max = 1\noutput-limit = 1024\n";
    let b = "inherit = \"c.toml\"\n[exec]\nscript-max = 2\n";
    let c = "[exec]\nstates = 3\nscript-max = 3\n";
    let heir = "inherit = [\"a.toml\", \"b.toml\"]\n[exec]\nmemory-limit = \"1MiB\"\n";
    let config = config(&[
        ("a.toml", a),
        ("b.toml", b),
        ("c.toml", c),
        ("heir.toml", heir),
    ]);
    assert_eq!((config.exec.states, config.exec.script_max), (3, 2));
    assert_eq!(config.exec.output_limit, 1024);
    assert_eq!(config.exec.memory_limit, 1 << 20);
}

#[test]
fn what_is_overridden_is_not_looked_at() {
    let config = config(&[
        ("a.toml", "[exec]\nstates = 0\n"),
        ("heir.toml", "inherit = \"a.toml\"\n[exec]\nstates = 1\n"),
    ]);
    assert_eq!(config.exec.states, 1);
}

#[test]
fn tables_are_merged_by_name() {
    let base = "[[table]]\nname = \"a\"\nbuckets = 2\nkey-max = 9\n\
                [[table]]\nname = \"b\"\n[table.init]\nx = 1\ny = 2\n";
    let heir = "inherit = \"base.toml\"\n[[table]]\nname = \"c\"\n\
                [[table]]\nname = \"b\"\n[table.init]\ny = 3\nz = 4\n\
                [[table]]\nname = \"a\"\nbuckets = 4\n";
    let tables = config(&[("base.toml", base), ("heir.toml", heir)]).tables;
    let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!((tables[0].buckets, tables[0].key_max), (4, 9));
    let init: Vec<_> = tables[1].init.values().cloned().collect();
    assert_eq!(init, [1, 3, 4].map(Initial::Integer));
}

#[test]
fn tables_are_removed_and_replaced() {
    let base = "[[table]]\nname = \"a\"\nbuckets = 2\n[[table]]\nname = \"b\"\n";
    let tables = |text: &str| {
        let heir = format!("inherit = \"base.toml\"\n{text}");
        let config = config(&[("base.toml", base), ("heir.toml", &heir)]);
        let tables = config.tables.into_iter();
        tables
            .map(|table| (table.name, table.buckets))
            .collect::<Vec<_>>()
    };
    let (a, b) = (("a".to_owned(), 256), ("b".to_owned(), 256));
    let remove_a = "[[table]]\nname = \"a\"\nremove = true\n";
    let replaced = format!("{remove_a}[[table]]\nname = \"a\"\n");
    assert_eq!(tables(&replaced), [b.clone(), a]);
    assert_eq!(tables(remove_a), [b]);
    let remove_b = "[[table]]\nname = \"b\"\nremove = true\n";
    assert_eq!(tables(&format!("{remove_a}{remove_b}")), []);
    assert_eq!(tables("table = []"), []);
}

#[test]
fn lists_are_replaced_or_changed() {
    let base = "[lua]\nlibraries = [\"base\", \"string\"]\nstdlib = []\n";
    let libraries = |text: &str| {
        let heir = format!("inherit = \"base.toml\"\n[lua]\n{text}");
        let config = config(&[("base.toml", base), ("heir.toml", &heir)]);
        config.lua.libraries.into_iter().collect::<Vec<_>>()
    };
    use Library::{
        Base,
        Math,
        String,
        Utf8, //
    };
    assert_eq!(libraries("libraries = [\"base\", \"math\"]"), [Base, Math]);
    let changes = "libraries = { add = [\"utf8\"], remove = [\"string\"] }";
    assert_eq!(libraries(changes), [Base, Utf8]);
    assert_eq!(
        libraries("libraries.add = [\"math\"]"),
        [Base, String, Math]
    );
    assert_eq!(libraries("libraries = {}"), [Base, String]);
}

#[test]
fn a_list_that_nobody_states_is_changed_from_its_default() {
    let text = "[lua]\nlibraries.remove = [\"utf8\", \"math\", \"coroutine\"]\n\
                stdlib = { remove = [\"memo\"] }\n\
                [[table]]\nname = \"t\"\nvalue-types.remove = [\"boolean\"]\n";
    let config = config(&[("a.toml", text)]);
    assert_eq!(config.lua.libraries.len(), 3);
    assert_eq!(config.lua.stdlib.len(), 3);
    assert!(!config.tables[0].value_types.contains(&ValueType::Boolean));
}

/// Whoever takes the strings out of an inherited table need not know of `string-max`.
#[test]
fn a_limit_of_strings_goes_with_the_strings() {
    let base = "[[table]]\nname = \"t\"\nstring-max = 9\n";
    let middle =
        "inherit = \"base.toml\"\n[[table]]\nname = \"t\"\nvalue-types.remove = [\"string\"]\n";
    let files = [("base.toml", base), ("middle.toml", middle)];
    assert_eq!(config(&files).tables[0].string_max, None);
    let heir =
        "inherit = \"middle.toml\"\n[[table]]\nname = \"t\"\nvalue-types.add = [\"string\"]\n";
    let files = [files[0], files[1], ("heir.toml", heir)];
    assert_eq!(config(&files).tables[0].string_max, Some(64 << 10));
    let kept = format!("{middle}string-max = 5\n");
    assert!(read(&[files[0], ("middle.toml", &kept)]).is_err());
}

/// Two of one name could not be loaded together.
#[test]
fn the_shipped_flavours_have_names_of_their_own() {
    let root = Paths::new(None).root;
    let mut modules = BTreeSet::new();
    let mut devices = BTreeSet::new();
    let mut count = 0;
    for entry in fs::read_dir(root.join("flavours")).unwrap() {
        let path = entry.unwrap().path();
        // Beside them are the scripts that they contain.
        if path.extension() != Some("toml".as_ref()) {
            continue;
        }
        let config = common::read_file(&path).unwrap().config;
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let module = match stem {
            "default" => "lunatik".to_owned(),
            _ => format!("lunatik_{stem}"),
        };
        assert_eq!(config.module.name, module);
        assert!(config.budget.memory.is_some() || stem == "default");
        modules.insert(config.module.name);
        devices.insert(config.device.name);
        count += 1;
    }
    assert_eq!((modules.len(), devices.len()), (count, count));
    assert!(count >= 4);
}

#[test]
fn the_default_flavour_is_that_of_the_repository() {
    let root = Paths::new(None).root;
    let read = |path: &str| common::read_file(&root.join(path)).unwrap().config;
    assert_eq!(read("flavours/default.toml"), read("lunatik.toml"));
}

#[test]
fn a_flavour_has_so_many_files() {
    let text = |number: usize| format!("inherit = \"{}.toml\"\n", number - 1);
    let mut files = vec![("0.toml".to_owned(), String::new())];
    files.extend((1..=64).map(|number| (format!("{number}.toml"), text(number))));
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert!(read(&files[..64]).is_ok());
    let message = read(&files).unwrap_err();
    assert!(message.contains("at most 64 files"), "{message}");
    assert!(message.contains("--> 1.toml:1:11"), "{message}");
}

#[test]
fn scripts_are_merged_by_name_and_their_files_found() {
    let base = "[[script]]\nname = \"a\"\nfile = \"lua/a.lua\"\n\
                [[script]]\nname = \"b\"\nfile = \"lua/a.lua\"\nat-load = true\n";
    let heir = "inherit = \"../base.toml\"\n[[script]]\nname = \"b\"\nat-load = false\n\
                [[script]]\nname = \"a\"\nremove = true\n\
                [[script]]\nname = \"c\"\nfile = \"c.lua\"\nat-load = true\n";
    let files = [
        ("lua/a.lua", "return 1"),
        ("sub/c.lua", "return 2"),
        ("base.toml", base),
        ("sub/heir.toml", heir),
    ];
    let accepted = accepted(&files);
    let scripts = &accepted.config.scripts;
    let found: Vec<_> = scripts
        .iter()
        .map(|script| (script.name.as_str(), script.at_load, &script.source[..]))
        .collect();
    assert_eq!(
        found,
        [("b", false, &b"return 1"[..]), ("c", true, b"return 2")]
    );
    let whole = accepted.whole(|script| format!("scripts/{}.lua", script.name));
    assert!(whole.contains("file = \"scripts/b.lua\""), "{whole}");
    let none = config(&[
        files[0],
        files[2],
        ("heir.toml", "inherit = \"base.toml\"\nscript = []"),
    ]);
    assert!(none.scripts.is_empty() && none.lua.compiler);
}
