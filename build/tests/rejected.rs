// SPDX-License-Identifier: GPL-2.0
//! Each `rejected/<rule>.toml` breaks a rule; `<rule>.stderr` is what its writer
//! gets to read, to the letter.

mod common;

use std::fs;

#[test]
fn each_rule_has_its_message() {
    let mut files: Vec<_> = fs::read_dir(common::tests().join("rejected"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    assert!(files.len() > 50, "the folder has lost its files");
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let message = match common::read_file(&file) {
            Ok(accepted) => panic!("{name} was accepted: {:#?}", accepted.config),
            Err(message) => message,
        };
        common::golden(&file.with_extension("stderr"), &message);
    }
}

#[test]
fn each_message_has_its_file() {
    for entry in fs::read_dir(common::tests().join("rejected")).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            path.with_extension("toml").exists(),
            "{} is left over",
            path.display()
        );
    }
}
