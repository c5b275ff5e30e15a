// SPDX-License-Identifier: GPL-2.0
//! `src/abi.rs` is what a C compiler makes of `kmod/uapi/lunatik.h`: every size, offset and
//! number, and nothing of the header is missing.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};
use std::process::Command;

use lunatik_cmd::abi;

fn header() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../kmod/uapi/lunatik.h")
}

/// What a C program says that includes the header.
fn ask_c(statements: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("ask.c"), folder.path().join("ask"));
    let text = format!(
        "#include <stddef.h>\n#include <stdio.h>\n#include \"{}\"\nint main(void)\n{{\n{statements}}}\n",
        header().display()
    );
    fs::write(&source, text).unwrap();
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let output = Command::new(compiler)
        .args(["-Wall", "-Werror", "-o"])
        .args([&program, &source])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(Command::new(program).output().unwrap().stdout).unwrap()
}

#[test]
fn structures_are_those_of_the_header() {
    let (mut statements, mut ours) = (String::new(), String::new());
    for layout in abi::LAYOUTS {
        let name = layout.name;
        writeln!(
            statements,
            "printf(\"{name} %zu\\n\", sizeof(struct {name}));"
        )
        .unwrap();
        writeln!(ours, "{name} {}", layout.size).unwrap();
        for (field, offset, size) in layout.fields {
            let field = field.trim_start_matches("r#");
            writeln!(
                statements,
                "printf(\"{name}.{field} %zu %zu\\n\", offsetof(struct {name}, {field}), sizeof(((struct {name} *)0)->{field}));"
            )
            .unwrap();
            writeln!(ours, "{name}.{field} {offset} {size}").unwrap();
        }
    }
    assert_eq!(ask_c(&statements), ours);
}

#[test]
fn constants_and_ioctls_are_those_of_the_header() {
    let (mut statements, mut ours) = (String::new(), String::new());
    for (name, value) in abi::CONSTANTS {
        writeln!(
            statements,
            "printf(\"{name} %llu\\n\", (unsigned long long){name});"
        )
        .unwrap();
        writeln!(ours, "{name} {value}").unwrap();
    }
    assert_eq!(ask_c(&statements), ours);
}

#[test]
fn nothing_of_the_header_is_missing() {
    let text = fs::read_to_string(header()).unwrap();
    let words = |start: &str| -> BTreeSet<String> {
        text.lines()
            .filter_map(|line| line.strip_prefix(start))
            .filter_map(|rest| rest.split_whitespace().next())
            .map(str::to_owned)
            .collect()
    };
    let mut defines = words("#define ");
    assert!(defines.remove("_UAPI_LUNATIK_H"));
    let ours: BTreeSet<String> = abi::CONSTANTS
        .iter()
        .map(|(name, _)| (*name).into())
        .collect();
    assert_eq!(defines, ours);
    let ours: BTreeSet<String> = abi::LAYOUTS
        .iter()
        .map(|layout| layout.name.into())
        .collect();
    assert_eq!(words("struct "), ours);
    // A field for each line of a structure that ends one.
    let fields: usize = abi::LAYOUTS.iter().map(|layout| layout.fields.len()).sum();
    let inside = text
        .lines()
        .filter(|line| line.starts_with("\t__u") || line.starts_with("\tchar"))
        .count();
    assert_eq!(inside, fields + 1, "`bytes` of lunatik_value is not ours");
}
