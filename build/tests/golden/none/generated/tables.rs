// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::{glue::RawValue, lua::c_int, state::Global};

/// Bytes of the longest key of any table.
pub(crate) const LONGEST_KEY: usize = 0;

/// The tables, as globals of Lua. The number of a table is its place here.
pub(crate) static GLOBALS: &[Global] = &[];

/// Puts in what the tables begin with; `key` hashes.
pub(crate) fn fill(
    _key: impl Fn(&'static [u8]) -> crate::table::Key<'static>,
) -> Result<(), crate::table::Error> {
    Ok(())
}

/// Empties all tables.
///
/// # Safety
///
/// Nobody uses them any more.
pub(crate) unsafe fn reset() {}

/// See `lua/lunatik.h`.
#[unsafe(no_mangle)]
extern "C" fn lunatik_get(
    number: u32,
    key: *const u8,
    len: usize,
    hash: u32,
    value: &mut RawValue,
) -> c_int {
    let _ = (key, len, hash, value);
    match number {
        _ => mlua_sys::LUA_TNONE,
    }
}

/// See `lua/lunatik.h`.
#[unsafe(no_mangle)]
extern "C" fn lunatik_set(
    number: u32,
    key: *const u8,
    len: usize,
    hash: u32,
    of: c_int,
    value: &RawValue,
) -> bool {
    let _ = (key, len, hash, value);
    let _ = (number, of);
    false
}

use crate::lua::lua_State;

/// What `rcutable` has of this module.
pub(crate) static NATIVE: &[crate::state::Function] = &[
    crate::state::Function {
        name: c"add",
        function: native_add,
    },
    crate::state::Function {
        name: c"cas",
        function: native_cas,
    },
    crate::state::Function {
        name: c"swap",
        function: native_swap,
    },
    crate::state::Function {
        name: c"setdefault",
        function: native_setdefault,
    },
    crate::state::Function {
        name: c"clear",
        function: native_clear,
    },
];

/// `rcutable.add`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_add(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe { crate::binding::raise_no_table(state) }
}

/// `rcutable.cas`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_cas(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe { crate::binding::raise_no_table(state) }
}

/// `rcutable.swap`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_swap(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe { crate::binding::raise_no_table(state) }
}

/// `rcutable.setdefault`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_setdefault(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe { crate::binding::raise_no_table(state) }
}

/// `rcutable.clear`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_clear(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe { crate::binding::raise_no_table(state) }
}
