// SPDX-License-Identifier: GPL-2.0
//! `lunatik check --offline` says of `scripts/*.lua` what stands in `scripts/messages.txt`. That a device says the
//! same is tested in the machine (`tests/guest/command.sh`).

use std::fs;
use std::io::Write as _;
use std::path::{
    Path,
    PathBuf, //
};
use std::process::{
    Command,
    Output,
    Stdio, //
};

fn lunatik(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lunatik"));
    command
        .args(words)
        .current_dir(folder)
        .env_remove("LUNATIK_DEVICE");
    command
}

/// The exit status, and what was written to stderr. Nothing goes to stdout.
fn said(output: &Output) -> (i32, &str) {
    assert_eq!(output.stdout, b"");
    let said = std::str::from_utf8(&output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

/// The scripts whose names begin like that, in order.
fn names(prefix: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(scripts())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(prefix) && name.ends_with(".lua"))
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_wrong_is_said_as_the_module_says_it() {
    let output = lunatik(&scripts(), &["check", "--offline"])
        .args(names(""))
        .output()
        .unwrap();
    let wanted = fs::read_to_string(scripts().join("messages.txt")).unwrap();
    assert_eq!(said(&output), (1, wanted.as_str()));
}

#[test]
fn what_is_good_goes_without_a_word() {
    let output = lunatik(&scripts(), &["check", "--offline"])
        .args(names("good"))
        .output()
        .unwrap();
    assert_eq!(said(&output), (0, ""));
}

#[test]
fn a_file_that_cannot_be_looked_at_is_wrong_as_well() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.lua"), ")").unwrap();
    fs::write(folder.path().join("long.lua"), " ".repeat((1 << 20) + 1)).unwrap();
    fs::write(folder.path().join("longest.lua"), " ".repeat(1 << 20)).unwrap();
    let files = ["long.lua", "missing.lua", ".", "longest.lua", "bad.lua"];
    let output = lunatik(folder.path(), &["check", "--offline"])
        .args(files)
        .output()
        .unwrap();
    let wanted = "\
lunatik: long.lua has more than the 1048576 bytes that this flavour takes
lunatik: cannot read missing.lua: No such file or directory (os error 2)
lunatik: cannot read .: Is a directory (os error 21)
lunatik: bad.lua:1: unexpected symbol near ')'
";
    assert_eq!(said(&output), (1, wanted));
}

#[test]
fn a_script_may_come_from_stdin_and_have_a_long_name() {
    let mut child = lunatik(&scripts(), &["check", "--offline", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"\nx").unwrap();
    let output = child.wait_with_output().unwrap();
    let wanted = "lunatik: stdin:2: syntax error near <eof>\n";
    assert_eq!(said(&output), (1, wanted));

    let folder = tempfile::tempdir().unwrap();
    let name = "é".repeat(60) + "\n.lua";
    fs::write(folder.path().join(&name), "x").unwrap();
    let output = lunatik(folder.path(), &["check", "--offline", &name])
        .output()
        .unwrap();
    let (status, said) = said(&output);
    // Lua itself shows the beginning of what it was given for a name, which is the end of this one.
    assert_eq!(status, 1);
    assert!(
        said.starts_with("lunatik: ...") && said.lines().count() == 1,
        "{said}"
    );
    assert!(said.ends_with(": syntax error near <eof>\n"), "{said}");
}

#[test]
fn without_a_device_check_says_that_it_can_do_without() {
    let device = ["--device", "no-such-flavour", "check"];
    let output = lunatik(&scripts(), &device)
        .args(names("good"))
        .output()
        .unwrap();
    let (status, said) = said(&output);
    assert_eq!(status, 3);
    assert!(said.contains("check --offline"), "{said}");
    // The usage is looked at first.
    let output = lunatik(&scripts(), &["check", "--offline"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
