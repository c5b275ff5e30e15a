// SPDX-License-Identifier: GPL-2.0

//! What `lunatik-build size` says of a built module, held against the module itself and against
//! what `size` and `strip` of binutils see; and a budget that a build exceeds.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use lunatik_build::{
    config::{self, Accepted},
    diagnostic::Source,
    size::{
        Built, Sizes,
        choices::{Estimate, Figures},
    },
    workspace::{Paths, Workspace},
};

fn root() -> PathBuf {
    Paths::new(None).root
}

/// Has `vm/module.sh` build a flavour for the kernel that the machine boots, whichever is tested.
fn module(config: &Path) -> Output {
    Command::new(root().join("vm/module.sh"))
        .arg("--config")
        .arg(config)
        .env_remove("LUNATIK_KERNEL")
        .env_remove("LUNATIK_BUDGET")
        .env_remove("CLIPPY")
        .env_remove("WERROR")
        .output()
        .expect("starting vm/module.sh")
}

fn read(config: &Path) -> Accepted {
    let workspace = Workspace::read(&Paths::new(None)).unwrap();
    let source = Source::read(config, config.display().to_string()).unwrap();
    let accepted = config::read(source, workspace.known());
    accepted.unwrap_or_else(|refused| panic!("{}", refused.render(false)))
}

/// The flavour and the path of its module.
fn built(flavour: &str) -> (Accepted, PathBuf) {
    built_of(&root().join("flavours").join(flavour))
}

fn built_of(config: &Path) -> (Accepted, PathBuf) {
    let output = module(config);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{} does not build:\n{said}",
        config.display()
    );
    let path = String::from_utf8(output.stdout).unwrap();
    (read(config), path.trim().into())
}

fn said(program: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(file).output();
    let output = output.unwrap_or_else(|error| panic!("starting {program}: {error}"));
    assert!(output.status.success(), "{program} {}", file.display());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_parts_are_the_whole_module() {
    for flavour in ["tiny.toml", "default.toml"] {
        let (accepted, path) = built(flavour);
        let built = Built::read(path.parent().unwrap(), &accepted.config).unwrap();
        let measured = built.flavour(&accepted.config).unwrap();
        let sizes: Sizes = built
            .pieces()
            .unwrap()
            .iter()
            .map(|piece| piece.sizes())
            .sum();
        assert_eq!(measured.total(), sizes);
        // Its second line: text with what is only read, data, bss, all.
        let table = said("size", &[], &path);
        let numbers: Vec<u64> = table
            .lines()
            .nth(1)
            .unwrap()
            .split_whitespace()
            .take(4)
            .map(|number| number.parse().unwrap())
            .collect();
        let total = measured.total();
        assert_eq!(
            numbers,
            [
                total.text + total.rodata,
                total.data,
                total.bss,
                total.total()
            ],
            "{flavour}"
        );
        // What is said of it before it is built comes near.
        let stdlib = Workspace::read(&Paths::new(None)).unwrap().stdlib;
        let estimate = Estimate::new(&accepted.config, &stdlib, &Figures::read().unwrap());
        let estimate = estimate.total().module as u64;
        assert!(
            estimate.abs_diff(total.total()) * 20 < total.total(),
            "{flavour}: an estimate of {estimate} bytes"
        );
        // A table has its buckets, of eight bytes each, and little more.
        for table in &accepted.config.tables {
            let buckets = 8 * u64::from(table.buckets);
            let bytes = measured.tables[&table.name];
            assert!((buckets..buckets + 100).contains(&bytes), "{bytes}");
        }
        for module in &accepted.config.lua.stdlib {
            let text = root().join(format!("lua-stdlib/{module}.lua"));
            let name = format!("stdlib {module}");
            let part = measured.parts.iter().find(|part| part.part == name);
            let bytes = fs::metadata(text).unwrap().len();
            // With what aligns the next one.
            let part = part.unwrap().sizes.total();
            assert!((bytes..bytes + 16).contains(&part), "{module}: {part}");
        }
    }
}

#[test]
fn what_is_off_leaves_no_byte() {
    let (accepted, path) = built("tiny.toml");
    let built = Built::read(path.parent().unwrap(), &accepted.config).unwrap();
    let pieces = built.pieces().unwrap();
    let parts = built.flavour(&accepted.config).unwrap().parts;
    let parts: Vec<_> = parts.iter().map(|part| part.part.as_str()).collect();
    assert!(parts.contains(&"library base") && parts.contains(&"table rcu"));
    for part in &parts {
        let off = (part.starts_with("library ") && *part != "library base")
            || part.starts_with("stdlib ")
            || part.starts_with("script ")
            || *part == "Lua loader"
            || *part == "tracepoints";
        assert!(!off, "{part} is part of it");
    }
    let unstripped = path.with_extension("ko.unstripped");
    let symbols = said("nm", &[], &unstripped);
    let symbols: Vec<_> = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    assert!(symbols.contains(&"luaV_execute") && symbols.contains(&"luaopen_base"));
    for off in [
        "luaopen_string",
        "luaopen_table",
        "luaopen_math",
        "luaopen_utf8",
        "luaopen_coroutine",
        "luaL_traceback",
        "luaU_undumpown",
        // Of Lua's interface to C, what this flavour calls in no way.
        "luaL_gsub",
        "luaL_newmetatable",
        "luaL_ref",
        "luaL_testudata",
        "lua_arith",
        "lua_dump",
        "lua_newthread",
        "lua_pushexternalstring",
        "lua_resume",
        "lua_sethook",
        "lua_setlocal",
        "lua_upvaluejoin",
        "lua_xmove",
        "lua_yieldk",
        "lunatik_trace_start",
    ] {
        assert!(!symbols.contains(&off), "{off} is part of it");
    }
    // The table holds integers: nothing of it handles bytes of values, nor does `rcutable`. No script is in it.
    for off in [
        "hold",
        "native",
        "rcutable",
        "history",
        "bench",
        "script",
        "ioctl::scripts",
        "exec::Execs::start_scripts",
    ] {
        let name = format!("lunatik_main::{off}");
        for piece in &pieces {
            assert!(!piece.symbol.contains(&name), "{}", piece.symbol);
        }
    }
}

#[test]
fn without_a_compiler_there_is_none_and_scripts_are_parts() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("sealed.toml");
    let tiny = root().join("flavours/tiny.toml");
    fs::write(
        folder.path().join("beat.lua"),
        "rcu.beat = (rcu.beat or 0) + 1\n",
    )
    .unwrap();
    fs::write(
        &config,
        format!(
            "inherit = {tiny:?}\n\n[module]\nname = \"lunatik_tiny_sealed\"\n\n[lua]\ncompiler = false\n\n\
             [[script]]\nname = \"beat\"\nfile = \"beat.lua\"\n"
        ),
    )
    .unwrap();
    let (accepted, path) = built_of(&config);
    let built = Built::read(path.parent().unwrap(), &accepted.config).unwrap();
    let measured = built.flavour(&accepted.config).unwrap();
    let bytes = |name: &str| {
        let part = measured.parts.iter().find(|part| part.part == name);
        part.map(|part| part.sizes.total())
    };
    assert_eq!(bytes("Lua compiler"), None);
    assert!(bytes("Lua loader").is_some_and(|bytes| bytes > 1000));
    let chunk = accepted.config.scripts[0].chunk.len() as u64;
    let beat = bytes("script beat").unwrap();
    assert!((chunk..chunk + 16).contains(&beat), "{beat} of {chunk}");
    // What only the compiler calls is behind the name of its file.
    let symbols = said("nm", &["-a"], &path.with_extension("ko.unstripped"));
    let names = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().last());
    let names: Vec<_> = names.collect();
    assert!(names.contains(&"lvm.c") && names.contains(&"luaU_undumpown"));
    for off in ["llex.c", "lparser.c", "lcode.c"] {
        assert!(!names.contains(&off), "{off}");
    }
    for name in names {
        let off = ["luaX_", "luaY_", "luaK_"]
            .iter()
            .any(|prefix| name.trim_start_matches("__pfx_").starts_with(prefix));
        assert!(!off && name != "luaB_load", "{name} is part of it");
    }
}

#[test]
fn a_stripped_module_has_what_loading_takes() {
    let (accepted, path) = built("tiny.toml");
    let symbols = said("nm", &[], &path);
    let has = |name: &str| {
        symbols
            .lines()
            .any(|line| line.split_whitespace().last() == Some(name))
    };
    // Local and of no relocation, and what the kernel looks for.
    assert!(!has("luaB_print") && !has("luaB_tonumber"), "{symbols}");
    assert!(has("init_module") && has("cleanup_module"), "{symbols}");
    let sections = said("readelf", &["--string-dump=.modinfo"], &path);
    let description = format!("description={}", accepted.config.module.description);
    assert!(sections.contains(&description), "{sections}");
    assert!(sections.contains("vermagic="), "{sections}");
    let (whole, stripped) = (path.with_extension("ko.unstripped"), path);
    let bytes = |path: &Path| fs::metadata(path).unwrap().len();
    assert!(bytes(&stripped) < bytes(&whole));
    assert_eq!(
        said("size", &["-A"], &stripped).lines().nth(2),
        said("size", &["-A"], &whole).lines().nth(2)
    );
}

#[test]
fn a_build_over_its_budget_fails_and_names_the_part() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("over.toml");
    let tiny = root().join("flavours/tiny.toml");
    fs::write(
        &config,
        format!("inherit = {tiny:?}\n\n[budget]\nko = \"64KiB\"\n"),
    )
    .unwrap();
    let output = module(&config);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert_eq!(output.stdout, b"");
    for part in [
        "which is more than `budget.ko`",
        "over.toml:4:6",
        "`Lua core` takes most",
        "is over its budget",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
}
