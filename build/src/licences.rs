// SPDX-License-Identifier: GPL-2.0
//! `LICENSES/` and `REUSE.toml` of a flavour: under what terms each file of it is,
//! in the form of <https://reuse.software>, which tools turn into what lawyers want.
//!
//! The files of Lua and mlua-sys say nothing of the kind themselves. Their terms are
//! read out of the packages that they came from, not known here. Scripts are whoever's
//! they are: what one says of its licence holds for it and for what it is compiled to, and
//! of one that says nothing, nothing is claimed.

use std::fs;
use std::path::Path;

use anyhow::{
    Context,
    Result,
    ensure, //
};

use crate::config::Script;
use crate::tree::Tree;
use crate::upstream::Upstream;

/// The texts that lie in this repository.
const TEXTS: [&str; 2] = ["GPL-2.0-only", "Linux-syscall-note"];

/// That of Lua and of mlua-sys, whose text each flavour has with their notices in it.
const UPSTREAM: &str = "MIT";

/// What SPDX says where nothing is known.
const NO_ASSERTION: &str = "NOASSERTION";

const AUTHORS: &str = "The Lunatik authors";

/// Adds the files to `tree`. `root` is the repository.
///
/// # Errors
///
/// Texts that are missing, or packages whose licence is another one by now.
pub fn add(
    tree: &mut Tree,
    root: &Path,
    upstream: &Upstream,
    lua_h: &str,
    scripts: &[Script],
) -> Result<()> {
    for name in TEXTS {
        let name = text_of(name);
        let path = root.join(&name);
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        tree.add(name, text)?;
    }
    let (lua, terms) = notice(lua_h)?;
    let mlua_sys = upstream.mlua_sys_authors()?;
    let mlua_sys = format!("Copyright (C) {}", mlua_sys.join(", "));
    tree.add(
        text_of(UPSTREAM),
        format!("lua/src/: {lua}\nmlua-sys/: {mlua_sys}\n\n{terms}"),
    )?;
    tree.add("REUSE.toml", list(&lua, &mlua_sys, scripts))
}

/// Where the text of a licence lies.
fn text_of(licence: &str) -> String {
    format!("LICENSES/{licence}.txt")
}

/// What has to be said about the licences of `scripts` before others get them: one line each.
pub fn remarks(scripts: &[Script]) -> Vec<String> {
    let mut remarks = Vec::new();
    for script in scripts {
        let name = &script.name;
        let Some(licence) = Header::of(&script.source).licence else {
            remarks.push(format!(
                "the script `{name}` says nothing of its licence: REUSE.toml has NOASSERTION for it; \
                 `-- SPDX-License-Identifier: …` in its first lines would tell"
            ));
            continue;
        };
        let missing: Vec<_> = parts(&licence)
            .filter(|part| !TEXTS.contains(part) && *part != UPSTREAM)
            .map(text_of)
            .collect();
        if !missing.is_empty() {
            remarks.push(format!(
                "the script `{name}` is under {licence}: {} must be added",
                missing.join(" and ")
            ));
        }
    }
    remarks
}

/// The licences and exceptions that an expression is made of.
fn parts(licence: &str) -> impl Iterator<Item = &str> {
    let words = licence.split([' ', '(', ')']);
    words.filter(|word| !["", "AND", "OR", "WITH"].contains(word))
}

/// What a script says of itself in the comments that it begins with, in the form of
/// <https://spdx.github.io/spdx-spec/v2.3/using-SPDX-short-identifiers-in-source-files/>.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header {
    owners: Vec<String>,
    /// An expression; where it says several, all of them hold.
    licence: Option<String>,
}

impl Header {
    fn of(source: &[u8]) -> Self {
        let source = String::from_utf8_lossy(source);
        let mut header = Self::default();
        let mut licences = Vec::new();
        for line in comments(&source).lines() {
            if let Some((_, owner)) = line.split_once("SPDX-FileCopyrightText:") {
                header.owners.extend(readable(owner));
            } else if let Some((_, licence)) = line.split_once("SPDX-License-Identifier:") {
                licences.extend(readable(licence).and_then(|licence| expression(&licence)));
            }
        }
        header.licence = match licences.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("({})", several.join(") AND ("))),
        };
        header
    }
}

/// A value, if there is one.
fn readable(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// An expression of SPDX, with today's names for the licences that the kernel's sources call by older ones.
fn expression(text: &str) -> Option<String> {
    let known = |c: char| c.is_ascii_alphanumeric() || " ()+.-:".contains(c);
    if !text.chars().all(known) {
        return None;
    }
    let words = text.split(' ').map(|word| match word {
        "GPL-2.0" => "GPL-2.0-only",
        "GPL-2.0+" => "GPL-2.0-or-later",
        other => other,
    });
    Some(words.collect::<Vec<_>>().join(" "))
}

/// The text of the comments that a script begins with.
fn comments(source: &str) -> String {
    let mut text = String::new();
    let mut rest = source.trim_start();
    while let Some(comment) = rest.strip_prefix("--") {
        let long = comment.strip_prefix('[').and_then(|after| {
            let level = after.len() - after.trim_start_matches('=').len();
            let inside = after[level..].strip_prefix('[')?;
            inside.split_once(&format!("]{}]", "=".repeat(level)))
        });
        let (inside, after) = long
            .or_else(|| comment.split_once('\n'))
            .unwrap_or((comment, ""));
        text.push_str(inside);
        text.push('\n');
        rest = after.trim_start();
    }
    text
}

/// A list of TOML.
fn strings(strings: &[String]) -> toml_edit::Array {
    strings.iter().map(String::as_str).collect()
}

/// Which files are under which licence; the last that fits a file holds.
fn list(lua: &str, mlua_sys: &str, scripts: &[Script]) -> String {
    let mut out = "\
# SPDX-License-Identifier: GPL-2.0
# The licences of all files here; their texts are in LICENSES/.
version = 1
"
    .to_owned();
    for (path, owner, licence) in [
        ("**", AUTHORS, "GPL-2.0-only"),
        (
            "uapi/lunatik.h",
            AUTHORS,
            "GPL-2.0-only WITH Linux-syscall-note",
        ),
        ("lua/src/**", lua, "MIT"),
        ("mlua-sys/**", mlua_sys, "MIT"),
    ] {
        out += &format!(
            "
[[annotations]]
path = \"{path}\"
precedence = \"override\"
SPDX-FileCopyrightText = {}
SPDX-License-Identifier = \"{licence}\"
",
            toml_edit::Value::from(owner)
        );
    }
    for script in scripts {
        let Header { owners, licence } = Header::of(&script.source);
        let paths = ["lua", "luac"].map(|extension| script.path(extension));
        if licence.is_none() {
            out += "\n# The script says nothing of its licence.";
        }
        let owners = match owners.as_slice() {
            [] => &[NO_ASSERTION.to_owned()],
            some => some,
        };
        out += &format!(
            "
[[annotations]]
path = {}
precedence = \"override\"
SPDX-FileCopyrightText = {}
SPDX-License-Identifier = \"{}\"
",
            strings(&paths),
            strings(owners),
            licence.as_deref().unwrap_or(NO_ASSERTION)
        );
    }
    out
}

/// The copyright and the terms, which stand in a comment at the end of `lua.h`.
fn notice(lua_h: &str) -> Result<(String, String)> {
    let lines = lua_h
        .lines()
        .skip_while(|line| !line.starts_with("* Copyright (C)"))
        .take_while(|line| line.starts_with('*') && !line.starts_with("**"))
        .map(|line| line.trim_start_matches('*').trim_start());
    let mut lines: Vec<_> = lines.collect();
    ensure!(!lines.is_empty(), "lua.h has no copyright any more");
    let owner = lines.remove(0).trim_end_matches('.').to_owned();
    let terms = lines.join("\n").trim().to_owned() + "\n";
    let words: Vec<_> = terms.split_whitespace().collect();
    let words = words.join(" ");
    ensure!(
        words.starts_with("Permission is hereby granted, free of charge, to any person")
            && words.ends_with("THE USE OR OTHER DEALINGS IN THE SOFTWARE."),
        "lua.h has other terms than those of the MIT licence: {terms}"
    );
    Ok((owner, terms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICE: &str = "/****\n* Copyright (C) 1994-2030 Lua.org, PUC-Rio.\n*\n\
        * Permission is hereby granted, free of charge, to any person\n\
        * THE USE OR OTHER DEALINGS IN THE\n* SOFTWARE.\n\
        *****/\n#endif\n";

    #[test]
    fn the_terms_of_lua_are_its_own() {
        let (owner, terms) = notice(&format!("#define X\n{NOTICE}")).unwrap();
        assert_eq!(owner, "Copyright (C) 1994-2030 Lua.org, PUC-Rio");
        assert_eq!(
            terms,
            "Permission is hereby granted, free of charge, to any person\n\
             THE USE OR OTHER DEALINGS IN THE\nSOFTWARE.\n"
        );
    }

    #[test]
    fn a_script_says_what_its_licence_is() {
        let header = |source: &str| {
            let Header { owners, licence } = Header::of(source.as_bytes());
            (owners.join(";"), licence.unwrap_or_default())
        };
        for (source, owners, licence) in [
            (
                "-- SPDX-License-Identifier: GPL-2.0\nprint(1)",
                "",
                "GPL-2.0-only",
            ),
            (
                "\n--[[\nSPDX-FileCopyrightText: 2025 A \"B\"\nSPDX-FileCopyrightText: C\n\
                 SPDX-License-Identifier: MIT OR GPL-2.0+\r\n]]\n",
                "2025 A \"B\";C",
                "MIT OR GPL-2.0-or-later",
            ),
            (
                "--[==[ ]] SPDX-License-Identifier: MIT\n]==] -- SPDX-License-Identifier: Zlib\n",
                "",
                "(MIT) AND (Zlib)",
            ),
            ("--[[ SPDX-License-Identifier: MIT", "", "MIT"),
            ("-- SPDX-License-Identifier: of mine, \"yes\"\n", "", ""),
            ("-- SPDX-License-Identifier:\n", "", ""),
            ("print '\n-- SPDX-License-Identifier: MIT\n'", "", ""),
            ("--", "", ""),
            ("", "", ""),
        ] {
            let found = (owners.to_owned(), licence.to_owned());
            assert_eq!(header(source), found, "{source}");
        }
    }

    #[test]
    fn whatever_a_script_says_the_list_is_toml() {
        let owner = "2025\u{a0}Jos\u{e9}\u{200b} \"X\" \\";
        let script = Script {
            name: "one".to_owned(),
            at_load: false,
            source: format!("-- SPDX-FileCopyrightText: {owner}\n").into_bytes(),
            sum: None,
            chunk: Vec::new(),
        };
        let text = list("L", "M", &[script]);
        let read: toml::Table = toml::from_str(&text).unwrap();
        let last = read["annotations"].as_array().unwrap().last().unwrap();
        assert_eq!(last["SPDX-FileCopyrightText"][0].as_str(), Some(owner));
        assert_eq!(last["path"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn other_terms_are_not_passed_off_as_these() {
        notice("#define X\n").unwrap_err();
        notice(&NOTICE.replace("free of charge", "for a fee")).unwrap_err();
        notice(&NOTICE.replace("IN THE\n* SOFT", "IN HARD")).unwrap_err();
    }
}
