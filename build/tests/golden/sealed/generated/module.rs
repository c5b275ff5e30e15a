// SPDX-License-Identifier: GPL-2.0

// Generated from lunatik.toml by lunatik-build; edit that file instead.

module! {
    type: Lunatik,
    name: "sealed",
    authors: ["The Lunatik authors"],
    description: "Lua scripting of the Linux kernel",
    license: "GPL",
}
