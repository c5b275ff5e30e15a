// SPDX-License-Identifier: GPL-2.0
//! How two flavours differ: key by key, whatever file and whatever default a value is from.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::config::{
    Accepted,
    Setting, //
};

/// Each key that is not the same in both, with its value on either side and where that is
/// from. Empty if there is none.
pub fn diff(before: &Accepted, after: &Accepted) -> String {
    let (before, after) = (before.settings(), after.settings());
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    // Keys of one side alone stand where that side has them.
    for setting in before.iter().chain(&after) {
        let path = setting.path();
        if !seen.insert(path.clone()) {
            continue;
        }
        let (old, new) = (find(&before, &path), find(&after, &path));
        if old.map(|old| &old.value) == new.map(|new| &new.value) {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{path}");
        for (sign, side) in [('-', old), ('+', new)] {
            if let Some(Setting { value, origin, .. }) = side {
                let _ = writeln!(text, "{sign} {value} # {origin}");
            }
        }
    }
    text
}

fn find<'a>(settings: &'a [Setting], path: &str) -> Option<&'a Setting> {
    settings.iter().find(|setting| setting.path() == path)
}
