// SPDX-License-Identifier: GPL-2.0
//! What a configuration means once it is accepted.

mod common;

use std::fs;

use lunatik_build::config::{
    Library,
    ValueType,
    WhenBusy, //
};
use lunatik_build::workspace::Paths;

fn read(text: &str) -> lunatik_build::config::Config {
    common::read("test.toml", text).unwrap_or_else(|message| panic!("{message}"))
}

#[test]
fn the_default_flavour_states_the_defaults() {
    let path = Paths::new(None).root.join("lunatik.toml");
    assert_eq!(read(&fs::read_to_string(path).unwrap()), read(""));
}

#[test]
fn every_key_reaches_the_config() {
    let config = read(
        r#"
        [module]
        name = "a1_b"
        description = "\"quoted\""
        [device]
        name = "Lua-1.x"
        mode = 0o666
        [exec]
        states = 1024
        when-busy = "error"
        script-max = "16MiB"
        memory-limit = "1GiB"
        stack-reserve = 4096
        [lua]
        libraries = ["utf8", "base"]
        stdlib = ["memo"]
        [[table]]
        name = "_x"
        buckets = 1
        value-types = ["string", "integer"]
        key-max = 4096
        string-max = "512"
        [[table]]
        name = "fn"
        value-types = ["boolean"]
        "#,
    );
    assert_eq!(config.module.name, "a1_b");
    assert_eq!(config.module.description, "\"quoted\"");
    assert_eq!(config.device.name, "Lua-1.x");
    assert_eq!(config.device.mode, 0o666);
    assert_eq!(config.exec.states, 1024);
    assert_eq!(config.exec.when_busy, WhenBusy::Error);
    assert_eq!(config.exec.script_max, 16 << 20);
    assert_eq!(config.exec.memory_limit, 1 << 30);
    assert_eq!(config.exec.stack_reserve, 4096);
    assert_eq!(
        config.lua.libraries.into_iter().collect::<Vec<_>>(),
        [Library::Base, Library::Utf8]
    );
    assert_eq!(config.lua.stdlib.into_iter().collect::<Vec<_>>(), ["memo"]);
    let [x, f] = config.tables.as_slice() else {
        panic!("{:?}", config.tables);
    };
    assert_eq!((x.name.as_str(), x.buckets, x.key_max), ("_x", 1, 4096));
    assert_eq!(x.string_max, Some(512));
    assert!(!x.value_types.contains(&ValueType::Boolean));
    assert_eq!((f.name.as_str(), f.buckets, f.key_max), ("fn", 256, 255));
    assert_eq!(f.string_max, None);
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
