// SPDX-License-Identifier: GPL-2.0
//! The commands that help people with a flavour, as they run them.

mod common;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{
    Command,
    Output,
    Stdio, //
};

use lunatik_build::workspace::Paths;

/// Runs the command in `folder`.
fn run(folder: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lunatik-build"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(stdin.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn run_here(arguments: &[&str]) -> Output {
    run(&Paths::new(None).root, arguments, "")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_is_generated_of_the_documentation_is_fresh() {
    let output = run_here(&["docs", "--check"]);
    assert_eq!(stderr(&output), "");
    assert!(output.status.success());
}

#[test]
fn what_is_stale_is_named_and_made_again() {
    let root = Paths::new(None).root;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path();
    fs::create_dir(copy.join("docs")).unwrap();
    for file in ["README.md", "docs/configuration.md", "lunatik.schema.json"] {
        fs::copy(root.join(file), copy.join(file)).unwrap();
    }
    let (kmod, stdlib) = (root.join("kmod"), root.join("lua-stdlib"));
    let docs = |more: &[&str]| {
        let mut arguments = vec!["docs", "--root", copy.to_str().unwrap()];
        arguments.extend(["--kmod", kmod.to_str().unwrap()]);
        arguments.extend(["--stdlib", stdlib.to_str().unwrap()]);
        arguments.extend(more);
        run(copy, &arguments, "")
    };
    assert!(docs(&["--check"]).status.success());
    let stale = fs::read_to_string(copy.join("README.md")).unwrap();
    let stale = stale.replace("(1 to 1024)", "(1 to 2048)");
    fs::write(copy.join("README.md"), stale).unwrap();
    fs::remove_file(copy.join("lunatik.schema.json")).unwrap();
    let output = docs(&["--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "error: README.md is not what `lunatik-build docs` makes of the keys\n\
         error: lunatik.schema.json is not what `lunatik-build docs` makes of the keys\n"
    );
    assert!(docs(&[]).status.success());
    for file in ["README.md", "lunatik.schema.json"] {
        let (here, there) = (copy.join(file), root.join(file));
        assert_eq!(fs::read(here).unwrap(), fs::read(there).unwrap(), "{file}");
    }
}

#[test]
fn a_key_is_explained() {
    let explained = stdout(&run_here(&["explain", "exec.memory-limit"]));
    common::golden(&common::tests().join("golden/explained.txt"), &explained);
    assert_eq!(stdout(&run_here(&["explain", "memory-limit"])), explained);
    let list = stdout(&run_here(&["explain"]));
    let section = stdout(&run_here(&["explain", "[exec]"]));
    assert!(
        list.contains(&section) && section.starts_with("exec.states "),
        "{list}"
    );
    assert!(!section.contains("device."));
}

#[test]
fn a_key_that_does_not_exist_is_told_from_those_that_do() {
    for (key, message) in [
        (
            "exec.sttes",
            "error: there is no key `exec.sttes`; did you mean `exec.states`?\n",
        ),
        (
            "exec.name",
            "error: there is no key `exec.name`; \
             there is `module.name`, `device.name`, `table.name` and `script.name`\n",
        ),
        (
            "colour",
            "error: there is no key `colour`; `lunatik-build explain` lists the keys\n",
        ),
    ] {
        let output = run_here(&["explain", key]);
        assert_eq!(stderr(&output), message);
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn two_flavours_are_compared_key_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "base.toml",
        "[exec]\nstates = 2\ntime-limit = 1000\n[[table]]\nname = \"a\"\n",
    );
    write(
        "one.toml",
        "inherit = \"base.toml\"\n[lua]\nlibraries = { remove = [\"utf8\"] }\n",
    );
    write(
        "other.toml",
        "[exec]\nstates = 2\ntime-limit = \"2s\"\n\
         [[table]]\nname = \"a\"\n[table.init]\n\"x.y\" = 1\n[[table]]\nname = \"b\"\n",
    );
    let diff = |arguments: &[&str], stdin: &str| {
        run(folder.path(), &[&["diff"], arguments].concat(), stdin)
    };
    let output = diff(&["one.toml", "other.toml"], "");
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(1));
    common::golden(&common::tests().join("golden/diff.txt"), &stdout(&output));

    // What a module shows is a flavour itself, under whatever name.
    let shown = stdout(&run(folder.path(), &["show", "one.toml"], ""));
    let output = diff(&["one.toml", "-"], &shown);
    assert_eq!(
        (stdout(&output).as_str(), output.status.code()),
        ("", Some(0))
    );
    write("config", &shown);
    let path = folder.path().join("config");
    let output = diff(&["config", path.to_str().unwrap()], "");
    assert_eq!(
        (stdout(&output).as_str(), output.status.code()),
        ("", Some(0))
    );
    assert_eq!(stderr(&output), "");

    let output = diff(&["-", "-"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("not both"));
}

#[test]
fn what_a_module_shows_is_compared_without_its_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let flavour = "[lua]\ncompiler = false\n\
                   [[script]]\nname = \"one\"\nfile = \"one.lua\"\n\
                   [[script]]\nname = \"two\"\nfile = \"lua/two.lua\"\nat-load = true\n";
    fs::create_dir(folder.path().join("lua")).unwrap();
    write("one.lua", "print 'one'\n");
    write("lua/two.lua", "print 'two'\n");
    write("flavour.toml", flavour);
    let diff = |arguments: &[&str], stdin: &str| {
        let output = run(folder.path(), &[&["diff"], arguments].concat(), stdin);
        assert_eq!(stderr(&output), "");
        (stdout(&output), output.status.code())
    };
    let config = stdout(&run(
        folder.path(),
        &["show", "--plain", "flavour.toml"],
        "",
    ));
    // Its scripts are called as in the directory of the flavour, which is not here.
    assert!(config.contains("file = \"scripts/one.lua\""), "{config}");
    assert_eq!(
        diff(&["-", "flavour.toml"], &config),
        (String::new(), Some(0))
    );
    // Something else may have that name here.
    fs::create_dir(folder.path().join("scripts")).unwrap();
    write("scripts/one.lua", "print 'another'\n");
    assert_eq!(
        diff(&["-", "flavour.toml"], &config),
        (String::new(), Some(0))
    );

    write("one.lua", "print 'newer'\n");
    let (text, status) = diff(&["-", "flavour.toml"], &config);
    let line = 1 + config
        .lines()
        .position(|line| line.contains("scripts/one.lua"))
        .unwrap();
    assert_eq!(status, Some(1));
    assert_eq!(
        text,
        format!(
            "script.one.file\n\
             - \"scripts/one.lua\" # stdin:{line}, SHA-256 \
             d26abfaecf138ad6037475a9a8f5b8f6ea7a4840ac2c8f2e1be36263464d4a7d\n\
             + \"one.lua\" # flavour.toml:5, SHA-256 \
             96e692eb351088d2658513deb37eab29ed956078b88f5f44427aa25ee23599fa\n"
        )
    );

    // Where nothing tells what a file has in it, its name does.
    fs::remove_file(folder.path().join("lua/two.lua")).unwrap();
    write("other.toml", &flavour.replace("lua/two.lua", "two.lua"));
    assert_eq!(
        diff(&["flavour.toml", "other.toml"], ""),
        (
            "script.two.file\n- \"lua/two.lua\" # flavour.toml:8\n+ \"two.lua\" # other.toml:8\n"
                .to_owned(),
            Some(1)
        )
    );
    // Whatever else is made of it needs the files.
    let output = run(folder.path(), &["check", "flavour.toml"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot read lua/two.lua"));
}

#[test]
fn a_flavour_is_known_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = Paths::new(None).root.join("flavours/tiny.toml");
    let by_name = run(folder.path(), &["show", "tiny"], "");
    let by_path = run(folder.path(), &["show", path.to_str().unwrap()], "");
    assert!(by_name.status.success());
    assert_eq!(stdout(&by_name), stdout(&by_path));
    for command in [
        &["check", "tiny"][..],
        &["show-names", "--config", "tiny"],
        &["diff", "tiny", "tiny"],
        &["lint", "/dev/null", "--flavour", "tiny"],
        &["generate", "--config", "tiny", "--out", "out"],
    ] {
        let output = run(folder.path(), command, "");
        assert!(output.status.success(), "{command:?}: {}", stderr(&output));
    }
    let output = run(folder.path(), &["check", "tiyn"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("did you mean `tiny`?"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn lint_goes_through_all_scripts() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.lua"), "print(1)\n").unwrap();
    fs::write(folder.path().join("bad.lua"), "print(utf8.char(65))\n").unwrap();
    let lint = |scripts: &[&str]| {
        run(
            folder.path(),
            &[&["lint", "--flavour", "tiny"], scripts].concat(),
            "",
        )
    };
    assert_eq!(lint(&["good.lua"]).status.code(), Some(0));
    let output = lint(&["missing.lua", ".", "bad.lua", "good.lua"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.starts_with(
            "error: cannot read missing.lua: No such file or directory (os error 2)\n\
         error: . is a folder, not a script\n\
         error: this flavour lacks the library `utf8`\n"
        ),
        "{said}"
    );
    assert!(said.ends_with("bad.lua: 1 error\n"), "{said}");
}

#[test]
fn the_menu_needs_a_terminal() {
    let output = run_here(&["menu", "tiny"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("needs a terminal"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_the_readme_shows_of_a_flavour_is_what_is_shown() {
    let root = Paths::new(None).root;
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, sample) = readme
        .split_once("`cargo lunatik-build show embedded`:\n\n```\n")
        .unwrap();
    let (sample, _) = sample.split_once("```").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lunatik-build"))
        .args(["show", "embedded"])
        .current_dir(root)
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    for line in sample.lines().filter(|line| *line != "…") {
        assert!(shown.lines().any(|other| other == line), "{line}\n{shown}");
    }
}
