// SPDX-License-Identifier: GPL-2.0
//! Strict application of unified diffs to the copied Lua sources.
//!
//! `patch` and `git apply` look for a hunk in the neighbourhood when it does not
//! fit. Here that would hide that Lua has changed under a patch, so a hunk applies
//! at the line that it names, with all of its context, or not at all.

use std::collections::BTreeMap;

use anyhow::{
    Context,
    Result,
    bail,
    ensure, //
};
use diffy::patch_set::{
    FileOperation,
    ParseOptions,
    PatchSet, //
};
use diffy::{
    Hunk,
    Line,
    Patch, //
};

/// Applies the patch `text`, called `name` in errors, to `files`. Its paths have
/// one folder in front, `a/lvm.c` and `b/lvm.c`; it only changes existing files.
///
/// # Errors
///
/// Says which patch, file and hunk did not apply. `files` may then be changed in
/// part and is of no use.
pub fn apply(files: &mut BTreeMap<String, String>, name: &str, text: &str) -> Result<()> {
    apply_all(files, text).with_context(|| format!("patch {name}"))
}

fn apply_all(files: &mut BTreeMap<String, String>, text: &str) -> Result<()> {
    let mut hunks = 0;
    for patch in PatchSet::parse(text, ParseOptions::unidiff()) {
        let patch = patch?;
        let FileOperation::Modify { original, modified } = patch.operation().strip_prefix(1) else {
            bail!("it creates, deletes or renames a file; only changes are possible");
        };
        ensure!(
            original == modified,
            "it turns {original} into {modified}; only changes are possible"
        );
        let file = files
            .get_mut(&*original)
            .with_context(|| format!("there is no file {original}"))?;
        let patch = patch.patch().as_text().context("it is binary")?;
        *file = apply_one(file, patch).with_context(|| format!("file {original}"))?;
        hunks += patch.hunks().len();
    }
    // The parser takes anything behind a hunk for prose. Prose has no hunks.
    let headers = text.lines().filter(|line| line.starts_with("@@ ")).count();
    ensure!(
        headers == hunks,
        "it has {headers} hunks, of which {hunks} can be read"
    );
    Ok(())
}

fn apply_one(file: &str, patch: &Patch<'_, str>) -> Result<String> {
    let lines: Vec<&str> = file.split_inclusive('\n').collect();
    let mut out = String::with_capacity(file.len());
    let mut taken = 0;
    for (number, hunk) in patch.hunks().iter().enumerate() {
        let start = first_line(hunk);
        ensure!(
            (taken..=lines.len()).contains(&start),
            "hunk {} is at line {}, the file has {}",
            number + 1,
            start + 1,
            lines.len()
        );
        out.extend(lines[taken..start].iter().copied());
        taken = start;
        for line in hunk.lines() {
            match *line {
                Line::Insert(new) => out.push_str(new),
                Line::Context(old) | Line::Delete(old) => {
                    let found = lines.get(taken).copied().unwrap_or("the end of the file");
                    ensure!(
                        found == old,
                        "hunk {} does not apply at line {}: it wants {:?}, there is {:?}",
                        number + 1,
                        taken + 1,
                        old.trim_end_matches('\n'),
                        found.trim_end_matches('\n')
                    );
                    if let Line::Context(_) = line {
                        out.push_str(old);
                    }
                    taken += 1;
                }
            }
        }
        ensure!(
            resulting_line(hunk) + hunk.new_range().len() == out.split_inclusive('\n').count(),
            "hunk {} ends at another line than its header says",
            number + 1
        );
    }
    out.extend(lines[taken..].iter().copied());
    Ok(out)
}

/// The line that a hunk begins at, counted from 0. A hunk that takes no line
/// names the line before it.
fn first_line(hunk: &Hunk<'_, str>) -> usize {
    let range = hunk.old_range();
    if range.is_empty() {
        range.start()
    } else {
        range.start().saturating_sub(1)
    }
}

/// The same for the new file.
fn resulting_line(hunk: &Hunk<'_, str>) -> usize {
    let range = hunk.new_range();
    if range.is_empty() {
        range.start()
    } else {
        range.start().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "one\ntwo\nthree\nfour\nfive\n";
    const PATCH: &str = "\
The reason for it.

--- a/x.c
+++ b/x.c
@@ -2,3 +2,3 @@
 two
-three
+3
 four
";

    fn files() -> BTreeMap<String, String> {
        BTreeMap::from([("x.c".to_owned(), FILE.to_owned())])
    }

    fn result(patch: &str) -> Result<String, String> {
        let mut files = files();
        match apply(&mut files, "0001-x.patch", patch) {
            Ok(()) => Ok(files["x.c"].clone()),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    #[test]
    fn a_patch_that_fits_is_applied() {
        assert_eq!(result(PATCH).unwrap(), "one\ntwo\n3\nfour\nfive\n");
    }

    #[test]
    fn lines_are_added_at_either_end_and_taken_away() {
        let patch = "\
--- a/x.c
+++ b/x.c
@@ -0,0 +1 @@
+zero
@@ -2 +2,0 @@
-two
@@ -5,0 +6 @@
+six
";
        assert_eq!(
            result(patch).unwrap(),
            "zero\none\nthree\nfour\nfive\nsix\n"
        );
    }

    #[test]
    fn a_header_that_contradicts_its_hunk_is_an_error() {
        let error = result(&PATCH.replace("+2,3", "+3,3")).unwrap_err();
        assert!(error.contains("hunk 1 ends at another line"), "{error}");
    }

    #[test]
    fn a_hunk_is_not_looked_for_elsewhere() {
        let error = result(&PATCH.replace("-2,3 +2,3", "-1,3 +1,3")).unwrap_err();
        assert_eq!(
            error,
            "patch 0001-x.patch: file x.c: hunk 1 does not apply at line 1: \
             it wants \"two\", there is \"one\""
        );
    }

    #[test]
    fn context_must_be_the_same() {
        let error = result(&PATCH.replace(" four", " vier")).unwrap_err();
        assert!(error.contains("hunk 1 does not apply at line 4"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error() {
        let error = result(&PATCH.replace("x.c", "y.c")).unwrap_err();
        assert_eq!(error, "patch 0001-x.patch: there is no file y.c");
    }

    #[test]
    fn hunks_past_the_end_are_an_error() {
        let error = result(&PATCH.replace("-2,3 +2,3", "-9,3 +9,3")).unwrap_err();
        assert!(
            error.contains("hunk 1 is at line 9, the file has 5"),
            "{error}"
        );
        let error = result(&PATCH.replace("-2,3 +2,3", "-4,3 +4,3")).unwrap_err();
        assert!(error.contains("hunk 1 does not apply at line 4"), "{error}");
    }

    #[test]
    fn nothing_is_overlooked() {
        for patch in ["", "prose\n", "@@ -1 +1 @@\n-one\n+1\n"] {
            result(patch).unwrap_err();
        }
        let hidden = format!("{PATCH}prose\n@@ -5 +5 @@\n-five\n+5\n");
        let error = result(&hidden).unwrap_err();
        assert!(error.contains("it has 2 hunks, of which 1"), "{error}");
    }

    #[test]
    fn files_are_neither_made_nor_removed() {
        let error = result(&PATCH.replace("a/x.c", "/dev/null")).unwrap_err();
        assert!(error.contains("only changes are possible"), "{error}");
        let error = result(&PATCH.replace("b/x.c", "b/y.c")).unwrap_err();
        assert!(error.contains("only changes are possible"), "{error}");
    }
}
