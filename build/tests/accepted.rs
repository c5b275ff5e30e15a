// SPDX-License-Identifier: GPL-2.0
//! What a configuration means once it is accepted.

mod common;

use std::collections::BTreeMap;
use std::fs;

use lunatik_build::config::{
    Access,
    Build,
    Initial,
    Library,
    Optimize,
    ValueType,
    WhenBusy, //
};
use lunatik_build::diagnostic::Source;
use lunatik_build::workspace::Paths;

fn read(text: &str) -> lunatik_build::config::Config {
    common::read("test.toml", text).unwrap_or_else(|message| panic!("{message}"))
}

#[test]
fn the_default_flavour_states_the_defaults() {
    let path = Paths::new(None).root.join("lunatik.toml");
    assert_eq!(read(&fs::read_to_string(path).unwrap()), read(""));
}

/// The keys that are commented out there, for want of a default that could stand
/// by itself, are keys, and have the values that they show.
#[test]
fn what_the_default_flavour_comments_out_is_right() {
    let path = Paths::new(None).root.join("lunatik.toml");
    let text = fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(key) if !key.starts_with([' ', ':']) => key,
        _ => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    // The file of the script lies beside that.
    let source = Source {
        name: "lunatik.toml".to_owned(),
        path,
        text,
    };
    let mut config = common::accept(source).unwrap().config;
    let scripts = std::mem::take(&mut config.scripts);
    assert!(matches!(scripts.as_slice(), [script] if script.at_load));
    assert_eq!(config.tables[0].init.len(), 2);
    config.tables[0].init.clear();
    // No budget is the default; this one is what the others come to.
    let (states, tables) = config.most_memory();
    assert_eq!(config.budget.memory.take(), Some(states + tables));
    // What these come to is for the machine to say.
    let others = [
        &mut config.budget.ko,
        &mut config.budget.state,
        &mut config.budget.total,
    ];
    assert!(others.into_iter().all(|budget| budget.take().is_some()));
    assert_eq!(config, read(""));
}

#[test]
fn every_key_reaches_the_config() {
    let config = read(
        r#"
        [module]
        name = "a1_b"
        description = "\"quoted\""
        embed-config = false
        [device]
        name = "Lua-1.x"
        mode = 0o666
        group = "_lua-1"
        [exec]
        states = 1024
        when-busy = "error"
        script-max = "16MiB"
        memory-limit = "1GiB"
        instruction-limit = 0
        time-limit = "24h"
        output-limit = "64MiB"
        stack-reserve = 4096
        [lua]
        libraries = ["utf8", "base"]
        stdlib = ["memo"]
        compiler = false
        debug-info = false
        [build]
        optimize = "size"
        strip = true
        tracebacks = false
        tracepoints = false
        [budget]
        memory = "8192GiB"
        ko = "16KiB"
        state = 1024
        total = "1GiB"
        [[table]]
        name = "_x"
        buckets = 1
        value-types = ["string", "integer"]
        key-max = 4096
        string-max = "512"
        max-buckets = 16777216
        max-entries = 1073741824
        max-bytes = "64GiB"
        access = "read-only"
        [table.init]
        "net.port" = 80
        [[table]]
        name = "fn"
        value-types = ["boolean"]
        [[script]]
        name = "one-by_1"
        file = "tests/scripts/one.lua"
        at-load = true
        "#,
    );
    assert_eq!(config.module.name, "a1_b");
    assert_eq!(config.module.description, "\"quoted\"");
    assert!(!config.module.embed_config);
    assert_eq!(config.device.name, "Lua-1.x");
    assert_eq!(config.device.group, "_lua-1");
    assert_eq!(config.device.mode, 0o666);
    assert_eq!(config.exec.states, 1024);
    assert_eq!(config.exec.when_busy, WhenBusy::Error);
    assert_eq!(config.exec.script_max, 16 << 20);
    assert_eq!(config.exec.memory_limit, 1 << 30);
    assert_eq!(config.exec.instruction_limit, 0);
    assert_eq!(config.exec.time_limit, 86_400_000);
    assert_eq!(config.exec.output_limit, 64 << 20);
    assert_eq!(config.exec.stack_reserve, 4096);
    assert_eq!(
        config.lua.libraries.into_iter().collect::<Vec<_>>(),
        [Library::Base, Library::Utf8]
    );
    assert_eq!(config.lua.stdlib.into_iter().collect::<Vec<_>>(), ["memo"]);
    assert_eq!(
        config.build,
        Build {
            optimize: Optimize::Size,
            strip: true,
            tracebacks: false,
            tracepoints: false,
        }
    );
    assert_eq!(config.budget.memory, Some(8192 << 30));
    assert_eq!(config.budget.ko, Some(16 << 10));
    assert_eq!(config.budget.state, Some(1 << 10));
    assert_eq!(config.budget.total, Some(1 << 30));
    assert!(!config.lua.compiler && !config.lua.debug_info);
    let [script] = config.scripts.as_slice() else {
        panic!("{:?}", config.scripts);
    };
    assert_eq!((script.name.as_str(), script.at_load), ("one-by_1", true));
    assert_eq!(script.source, b"return 1\n");
    assert!(script.chunk.starts_with(b"\x1bLua"));
    let [x, f] = config.tables.as_slice() else {
        panic!("{:?}", config.tables);
    };
    assert_eq!((x.name.as_str(), x.buckets, x.key_max), ("_x", 1, 4096));
    assert_eq!(x.string_max, Some(512));
    assert_eq!((x.max_buckets, x.max_entries), (1 << 24, 1 << 30));
    assert_eq!((x.max_bytes, x.access), (64 << 30, Access::ReadOnly));
    assert_eq!(x.init["net.port"], Initial::Integer(80));
    assert!(!x.value_types.contains(&ValueType::Boolean));
    assert_eq!((f.name.as_str(), f.buckets, f.key_max), ("fn", 256, 255));
    assert_eq!(f.string_max, None);
    assert_eq!((f.max_buckets, f.max_entries), (256, 16384));
    assert_eq!((f.max_bytes, f.access), (16 << 20, Access::ReadWrite));
    assert_eq!(f.init, BTreeMap::new());
}

#[test]
fn the_name_of_a_flavour_is_its_modules() {
    for (module, flavour) in [
        ("lunatik", "default"),
        ("lunatik_tiny", "tiny"),
        ("acme", "acme"),
    ] {
        let config = read(&format!("[module]\nname = \"{module}\"\n"));
        assert_eq!(config.flavour(), flavour);
    }
}

/// However it is written down, and by whom: what it means decides.
#[test]
fn the_sum_of_a_configuration_is_that_of_its_meaning() {
    let config = read("[exec]\nstates = 4 # the default\nscript-max = 1048576\n");
    assert_eq!(config.sha256(), read("").sha256());
    assert_ne!(config.sha256(), read("[exec]\nstates = 5").sha256());
    assert_eq!(config.sha256().len(), 64);
    let again = read(&config.plain());
    assert_eq!(again, config);
    assert_eq!(again.plain(), config.plain());
    assert!(!config.plain().contains('#'));
}

#[test]
fn a_budget_may_be_used_up() {
    let exact = "[budget]\nmemory = \"5MiB\"\n[exec]\nstates = 3\nmemory-limit = \"1MiB\"\n\
                 [[table]]\nname = \"t\"\nmax-bytes = \"2MiB\"\n";
    let config = read(exact);
    assert_eq!(config.budget.memory, Some(5 << 20));
    assert_eq!(config.most_memory(), (3 << 20, 2 << 20));
    assert_eq!(read("").budget.memory, None);
    let largest: String = (0..64)
        .map(|n| format!("[[table]]\nname = \"t{n}\"\nmax-bytes = \"64GiB\"\n"))
        .collect();
    let largest = format!("[exec]\nstates = 1024\nmemory-limit = \"1GiB\"\n{largest}");
    read(&format!("[budget]\nmemory = \"8192GiB\"\n{largest}"));
}

#[test]
fn a_flavour_can_have_no_table() {
    assert_eq!(read("table = []").tables, []);
    assert_eq!(read("").tables.len(), 1);
}

#[test]
fn sixty_four_tables_are_not_too_many() {
    let text: String = (0..64)
        .map(|n| format!("[[table]]\nname = \"t{n}\"\n"))
        .collect();
    assert_eq!(read(&text).tables.len(), 64);
}

/// The only table of a file that has `keys` in its `[[table]]`.
fn table(keys: &str) -> lunatik_build::config::Table {
    let text = format!("[[table]]\nname = \"rcu\"\n{keys}\n");
    read(&text).tables.remove(0)
}

#[test]
fn a_table_holds_64_elements_a_bucket_it_can_have() {
    assert_eq!(table("buckets = 1").max_entries, 64);
    assert_eq!(table("buckets = 1\nmax-entries = 64").max_entries, 64);
    assert_eq!(table("buckets = 1\nmax-entries = 1").max_entries, 1);
    let growing = table("buckets = 2\nmax-buckets = 1024");
    assert_eq!((growing.buckets, growing.max_buckets), (2, 1024));
    assert_eq!(growing.max_entries, 65536);
    assert_eq!(table("buckets = 65536").max_buckets, 65536);
    assert_eq!(table("buckets = 512\nmax-buckets = 512").max_buckets, 512);
}

#[test]
fn max_bytes_has_room_for_the_largest_element() {
    let strings = "key-max = 100\nstring-max = 1000\nmax-bytes = 1164";
    assert_eq!(table(strings).max_bytes, 1164);
    let integers = "value-types = [\"integer\"]\nkey-max = 100\nmax-bytes = 164";
    assert_eq!(table(integers).max_bytes, 164);
    let largest = "key-max = 4096\nstring-max = \"1MiB\"";
    assert_eq!(table(largest).max_bytes, 16 << 20);
}

#[test]
fn initial_contents_may_reach_every_limit() {
    let full = table(
        r#"
        max-entries = 6
        key-max = 8
        string-max = 8
        # The keys have 8 + 7 + 1 + 3 + 0 + 1 bytes, the strings 8 and 0.
        max-bytes = 220
        [table.init]
        "n\u0000 \u20ac=." = "ääää"
        "y[\"'\\x " = -9223372036854775808
        z = 0x7fffffffffffffff
        yes = true
        "" = false
        1 = ""
        "#,
    );
    let expected = [
        ("", Initial::Boolean(false)),
        ("1", Initial::String(String::new())),
        ("n\0 €=.", Initial::String("ääää".to_owned())),
        ("y[\"'\\x ", Initial::Integer(i64::MIN)),
        ("yes", Initial::Boolean(true)),
        ("z", Initial::Integer(i64::MAX)),
    ];
    // In the order of the keys' bytes, wherever they stand in the file.
    let found: Vec<_> = full.init.into_iter().collect();
    assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value)));
}

#[test]
fn initial_contents_can_be_written_in_each_way_of_toml() {
    let ways = [
        "init = { a = 1, b = 2 }",
        "init.a = 1\ninit.b = 2",
        "[table.init]\nb = 2\na = 1",
    ];
    for way in ways {
        let init: Vec<_> = table(way).init.into_keys().collect();
        assert_eq!(init, ["a", "b"], "{way}");
    }
    // toml itself passes dates to serde under this key.
    let odd = "[table.init]\n\"$__toml_private_datetime\" = \"1979-05-27\"";
    assert_eq!(table(odd).init.len(), 1);
}

#[test]
fn initial_contents_belong_to_the_table_above_them() {
    let text = "[[table]]\nname = \"a\"\n[table.init]\nx = 1\n\
                [[table]]\nname = \"b\"\nvalue-types = [\"string\"]\n[table.init]\nx = \"y\"";
    let tables = read(text).tables;
    assert_eq!(tables[0].init["x"], Initial::Integer(1));
    assert_eq!(tables[1].init["x"], Initial::String("y".to_owned()));
}

#[test]
fn an_empty_init_is_none_in_a_table_that_scripts_fill() {
    assert_eq!(table("init = {}"), table(""));
}
