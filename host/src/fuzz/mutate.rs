// SPDX-License-Identifier: GPL-2.0
//! Scripts that are others, changed.

use std::fs;
use std::io;
use std::path::Path;

use super::random::Random;

/// Bytes of a script, at most.
const LENGTH: usize = 64 << 10;

/// What is put in somewhere.
const WORDS: &[&str] = &[
    "end",
    "do",
    "function",
    "local",
    "return",
    "nil",
    "...",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "=",
    "==",
    "..",
    "::",
    "goto",
    "break",
    "repeat",
    "until",
    "while",
    "for",
    "in",
    "and",
    "or",
    "not",
    "if",
    "then",
    "else",
    "elseif",
    "true",
    "global",
    "<close>",
    "<const>",
    "~",
    "//",
    "%",
    "<<",
    "#",
    ",",
    ";",
    "\0",
    "\"",
    "[[",
    "--",
    "\n",
    "0",
    "-1",
    "math.mininteger",
    "math.maxinteger",
    "1 << 31",
    "0xffffffffffffffff",
    "99999999999999999999",
    "1e9",
    "error()",
    "coroutine.yield()",
    "collectgarbage()",
    "setmetatable",
    "_ENV",
    "{}",
    "''",
    "self",
    "pcall(",
    "\u{feff}",
    "\x1b",
];

/// The scripts of this repository: examples, modules, those in the tests.
///
/// # Errors
///
/// Folders and files that cannot be read.
pub fn corpus(root: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    for folder in ["examples", "lua-stdlib", "tests/guest", "host/regressions"] {
        let mut paths = Vec::new();
        for entry in fs::read_dir(root.join(folder))? {
            paths.push(entry?.path());
        }
        // The same on each machine.
        paths.sort();
        for path in paths {
            let extension = path.extension().and_then(|extension| extension.to_str());
            match extension {
                Some("lua") => found.push(fs::read(&path)?),
                Some("sh") => found.extend(here_documents(&fs::read_to_string(&path)?)),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// What a shell script has between `<<'END'` and `END`.
fn here_documents(text: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.contains("<<'END'") {
            let document: Vec<&str> = lines.by_ref().take_while(|line| *line != "END").collect();
            found.push(document.join("\n").into_bytes());
        }
    }
    found
}

/// Changes `script` in a few places, also by parts of `other`.
pub fn mutate(script: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..*random.of(&[1, 1, 1, 2, 3, 8]) {
        if random.one_in(8) {
            bytes(script, random);
        } else {
            tokens(script, other, random);
        }
        script.truncate(LENGTH);
    }
}

/// A change that knows nothing of Lua.
fn bytes(script: &mut Vec<u8>, random: &mut Random) {
    if script.is_empty() {
        return;
    }
    let at = random.below(script.len());
    match random.below(4) {
        0 => script[at] ^= 1 << random.below(8),
        1 => script[at] = random.next() as u8,
        2 => script.truncate(at),
        _ => drop(script.remove(at)),
    }
}

/// A change of whole words.
fn tokens(script: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let old = split(script);
    let theirs = split(other);
    if old.is_empty() {
        return;
    }
    let at = random.below(old.len());
    let few = |random: &mut Random, from: &[&[u8]], at: usize| {
        at + 1 + random.below(40.min(from.len() - at))
    };
    let mut new: Vec<&[u8]> = old.clone();
    match random.below(11) {
        0 => drop(new.drain(at..few(random, &old, at))),
        1 => {
            let part = &old[at..few(random, &old, at)];
            let times = *random.of(&[1, 1, 2, 10, 60]);
            new.splice(at..at, part.repeat(times));
        }
        2 => {
            let with = random.below(old.len());
            new.swap(at, with);
        }
        3 | 4 if !theirs.is_empty() => {
            let from = random.below(theirs.len());
            let part = &theirs[from..few(random, &theirs, from)];
            let end = if random.one_in(2) {
                at
            } else {
                few(random, &old, at)
            };
            new.splice(at..end, part.iter().copied());
        }
        5 if !theirs.is_empty() => {
            let from = random.below(theirs.len());
            new.splice(at.., theirs[from..].iter().copied());
        }
        // Where something of the same kind stands, the script more often goes on compiling.
        6..10 => {
            let like: Vec<usize> = (0..old.len())
                .filter(|other| kind(old[*other]) == kind(old[at]))
                .collect();
            new[at] = old[*random.of(&like)];
        }
        _ => {
            let end = at + random.below(2);
            new.splice(at..end, [&b" "[..], random.of(WORDS).as_bytes(), b" "]);
        }
    }
    *script = new.concat();
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Word,
    Number,
    Space,
    String,
    Other,
}

fn kind(token: &[u8]) -> Kind {
    match token.first() {
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => Kind::Word,
        Some(b'0'..=b'9') => Kind::Number,
        Some(b' ' | b'\n' | b'\t') => Kind::Space,
        Some(b'"' | b'\'') => Kind::String,
        _ => Kind::Other,
    }
}

/// The words of a script, more or less as Lua reads them; nothing is left out.
fn split(script: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut rest = script;
    while let Some(&first) = rest.first() {
        let run = |test: fn(&u8) -> bool| rest.iter().take_while(|byte| test(byte)).count();
        let len = match kind(rest) {
            Kind::Word | Kind::Number => run(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
            Kind::Space => run(|byte| byte.is_ascii_whitespace()).max(1),
            Kind::String => {
                let inside = rest[1..]
                    .iter()
                    .position(|byte| [first, b'\n'].contains(byte));
                inside.map_or(1, |inside| inside + 2)
            }
            Kind::Other => 1,
        };
        let (token, after) = rest.split_at(len);
        found.push(token);
        rest = after;
    }
    found
}
