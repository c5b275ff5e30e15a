// SPDX-License-Identifier: GPL-2.0
//! How two flavours differ: key by key, whatever file and whatever default a value is from.
//!
//! Scripts are told by the sums of their texts, where both flavours have these, and else by their files'
//! names: nothing is compiled, and a module's own configuration has no files.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::config::{
    Accepted,
    Setting, //
};

/// Each key that is not the same in both, with its value on either side and where that is
/// from. Empty if there is none.
pub fn diff(before: &Accepted, after: &Accepted) -> String {
    let (before, after) = (settings(before), settings(after));
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    // Keys of one side alone stand where that side has them.
    for (setting, _) in before.iter().chain(&after) {
        let path = setting.path();
        if !seen.insert(path.clone()) {
            continue;
        }
        let (old, new) = (find(&before, &path), find(&after, &path));
        let same = match (old, new) {
            (Some((_, Some(old))), Some((_, Some(new)))) => old == new,
            _ => old.map(|(old, _)| &old.value) == new.map(|(new, _)| &new.value),
        };
        if same {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{path}");
        for (sign, side) in [('-', old), ('+', new)] {
            if let Some((Setting { value, origin, .. }, sum)) = side {
                let _ = write!(text, "{sign} {value} # {origin}");
                let _ = match sum {
                    Some(sum) => writeln!(text, ", SHA-256 {sum}"),
                    None => writeln!(text),
                };
            }
        }
    }
    text
}

/// A setting, and if it is the file of a script, the sum of that.
type Summed<'a> = (Setting, Option<&'a str>);

fn settings(accepted: &Accepted) -> Vec<Summed<'_>> {
    let scripts = &accepted.config.scripts;
    let sum = |setting: &Setting| {
        if setting.section != "script" || setting.key != "file" {
            return None;
        }
        let named = |name: &str| setting.name.as_deref() == Some(name);
        scripts
            .iter()
            .find(|script| named(&script.name))?
            .sum
            .as_deref()
    };
    let settings = accepted.settings().into_iter();
    settings
        .map(|setting| {
            let sum = sum(&setting);
            (setting, sum)
        })
        .collect()
}

fn find<'a, 'b>(settings: &'b [Summed<'a>], path: &str) -> Option<&'b Summed<'a>> {
    settings.iter().find(|(setting, _)| setting.path() == path)
}
