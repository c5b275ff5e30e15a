// SPDX-License-Identifier: GPL-2.0
//! Where the files of a flavour state what others have to say something about.

use std::ops::Range;

use toml::Spanned;

use super::raw::{
    Item,
    RawConfig, //
};

/// The place of a key's value; `name` is that of the `[[table]]`. `None` if no file states it.
pub fn place(
    raw: &RawConfig,
    section: &str,
    key: &str,
    name: Option<&str>,
) -> Option<Range<usize>> {
    let (lua, tables) = (&raw.lua.0, raw.table.as_ref());
    let given = match section {
        "lua" => match key {
            "libraries" => &lua.libraries,
            "stdlib" => &lua.stdlib,
            "compiler" => &lua.compiler,
            _ => return None,
        },
        _ => {
            let mut tables = tables?.get_ref().0.iter().map(|table| &table.get_ref().0);
            let table = tables.find(|table| {
                let given = table.name.as_ref().map(Spanned::get_ref);
                matches!(given, Some(Item::String(given)) if Some(given.as_str()) == name)
            })?;
            match key {
                "value-types" => &table.value_types,
                "key-max" => &table.key_max,
                "string-max" => &table.string_max,
                "access" => &table.access,
                _ => return None,
            }
        }
    };
    given.as_ref().map(Spanned::span)
}
