// SPDX-License-Identifier: GPL-2.0
//! What `lunatik-build lint` takes Lua's libraries to have is what they have.

use std::collections::BTreeSet;

use lunatik_build::config::{
    Library,
    Word, //
};
use lunatik_build::lint::libraries::{
    BASE,
    fields, //
};
use lunatik_host::Run;

/// The string keys of the table that `expression` gives.
fn keys(expression: &str) -> BTreeSet<String> {
    let script = format!("for key in pairs({expression}) do print(key) end");
    let outcome = Run::default().script(script.as_bytes(), "keys");
    assert_eq!(outcome.result, Ok(()));
    let output = String::from_utf8(outcome.output).unwrap();
    output.lines().map(str::to_owned).collect()
}

fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

#[test]
fn lint_knows_the_fields_of_each_library() {
    let mut count = 0;
    for library in Library::of_lua() {
        if let Some(fields) = fields(library) {
            assert_eq!(
                keys(library.word()),
                set(fields.iter().copied()),
                "{library:?}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 5);
}

#[test]
fn lint_knows_the_globals_of_base() {
    let libraries = Library::of_lua().filter(|library| *library != Library::Base);
    let known = BASE.iter().copied().chain(libraries.map(Word::word));
    // The host has no modules to require.
    let known = known.filter(|name| *name != "require");
    assert_eq!(keys("_G"), set(known));
}
