// SPDX-License-Identifier: GPL-2.0

// Generated from lunatik.toml by lunatik-build; edit that file instead.

module! {
    type: Lunatik,
    name: "tiny",
    authors: ["The Lunatik authors"],
    description: "Lua, and no more than \"integers\"",
    license: "GPL",
}
