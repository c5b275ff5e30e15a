// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::state::Global;

/// Bytes of the longest key of any table.
pub(crate) const LONGEST_KEY: usize = 0;

/// The tables, as globals of Lua.
pub(crate) static GLOBALS: &[Global] = &[];

/// Empties all tables.
pub(crate) fn clear() {}
