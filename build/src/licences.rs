// SPDX-License-Identifier: GPL-2.0
//! `LICENSES/` and `REUSE.toml` of a flavour: under what terms each file of it is,
//! in the form of <https://reuse.software>, which tools turn into what lawyers want.
//!
//! The files of Lua and mlua-sys say nothing of the kind themselves. Their terms are
//! read out of the packages that they came from, not known here.

use std::fs;
use std::path::Path;

use anyhow::{
    Context,
    Result,
    ensure, //
};

use crate::tree::Tree;
use crate::upstream::Upstream;

/// The texts that lie in this repository.
const TEXTS: [&str; 2] = ["GPL-2.0-only.txt", "Linux-syscall-note.txt"];

const AUTHORS: &str = "The Lunatik authors";

/// Adds the files to `tree`. `root` is the repository.
///
/// # Errors
///
/// Texts that are missing, or packages whose licence is another one by now.
pub fn add(tree: &mut Tree, root: &Path, upstream: &Upstream, lua_h: &str) -> Result<()> {
    for name in TEXTS {
        let path = root.join("LICENSES").join(name);
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        tree.add(format!("LICENSES/{name}"), text)?;
    }
    let (lua, terms) = notice(lua_h)?;
    let mlua_sys = upstream.mlua_sys_authors()?;
    let mlua_sys = format!("Copyright (C) {}", mlua_sys.join(", "));
    tree.add(
        "LICENSES/MIT.txt",
        format!("lua/src/: {lua}\nmlua-sys/: {mlua_sys}\n\n{terms}"),
    )?;
    tree.add("REUSE.toml", list(&lua, &mlua_sys))
}

/// Which files are under which licence; the last that fits a file holds.
fn list(lua: &str, mlua_sys: &str) -> String {
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
SPDX-FileCopyrightText = {owner:?}
SPDX-License-Identifier = \"{licence}\"
"
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
    fn other_terms_are_not_passed_off_as_these() {
        notice("#define X\n").unwrap_err();
        notice(&NOTICE.replace("free of charge", "for a fee")).unwrap_err();
        notice(&NOTICE.replace("IN THE\n* SOFT", "IN HARD")).unwrap_err();
    }
}
