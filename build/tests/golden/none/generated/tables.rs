// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::{
    binding, glue, lua::{self, lua_State},
    state, table, vm,
};

/// Bytes of the longest key of any table.
pub(crate) const LONGEST_KEY: usize = 0;

/// The tables, as globals of Lua. The number of a table is its place here.
pub(crate) static GLOBALS: &[state::Global] = &[];

/// Puts in what the tables begin with; `key` hashes.
pub(crate) fn fill(
    _key: impl Fn(&'static [u8]) -> table::Key<'static>,
) -> Result<(), table::Error> {
    Ok(())
}

/// Bytes that the elements of all tables hold.
pub(crate) fn bytes() -> usize {
    let all: &[usize] = &[];
    all.iter().sum()
}

/// Empties all tables.
///
/// # Safety
///
/// Nobody uses them any more.
pub(crate) unsafe fn reset() {}

/// Gets a field of a shared table: `lua/lunatik_conf.h`. Returns whether it did.
///
/// # Safety
///
/// Called by the interpreter, for a shared table.
#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_index(
    state: *mut lua_State,
    table: *const vm::TValue,
    key: *const vm::TValue,
    value: *mut vm::TValue,
) -> bool {
    let _ = (table, state, key, value);
    false
}

/// Sets a field of a shared table: `lua/lunatik_conf.h`. Returns whether it did.
///
/// # Safety
///
/// Called by the interpreter, for a shared table.
#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_newindex(
    table: *const vm::TValue,
    key: *const vm::TValue,
    value: *const vm::TValue,
) -> bool {
    let _ = (table, key, value);
    false
}

/// What `rcutable` has of this module.
pub(crate) static NATIVE: &[state::Function] = &[
    state::Function {
        name: c"add",
        function: native_add,
    },
    state::Function {
        name: c"cas",
        function: native_cas,
    },
    state::Function {
        name: c"swap",
        function: native_swap,
    },
    state::Function {
        name: c"setdefault",
        function: native_setdefault,
    },
    state::Function {
        name: c"clear",
        function: native_clear,
    },
];

/// `rcutable.add`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_add(state: *mut lua_State) -> lua::c_int {
    // SAFETY: By the safety requirement.
    unsafe { binding::raise_no_table(state) }
}

/// `rcutable.cas`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_cas(state: *mut lua_State) -> lua::c_int {
    // SAFETY: By the safety requirement.
    unsafe { binding::raise_no_table(state) }
}

/// `rcutable.swap`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_swap(state: *mut lua_State) -> lua::c_int {
    // SAFETY: By the safety requirement.
    unsafe { binding::raise_no_table(state) }
}

/// `rcutable.setdefault`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_setdefault(state: *mut lua_State) -> lua::c_int {
    // SAFETY: By the safety requirement.
    unsafe { binding::raise_no_table(state) }
}

/// `rcutable.clear`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_clear(state: *mut lua_State) -> lua::c_int {
    // SAFETY: By the safety requirement.
    unsafe { binding::raise_no_table(state) }
}
