// SPDX-License-Identifier: GPL-2.0

//! The names of Lua's C interface that the module uses, out of `mlua-sys`, and the few ways in which
//! the rest of the module deals with it.
//!
//! # Errors of Lua
//!
//! Lua raises an error by a jump over all frames up to the protected call. A function that may raise
//! says so, and holds nothing that needs dropping when it does, nor do its callers up to the
//! trampoline that Lua called.

pub(crate) use core::ffi::{
    c_char,
    c_int,
    c_void, //
};
pub(crate) use mlua_sys::{
    lua_CFunction,
    lua_State, //
};

use core::{
    ffi::CStr,
    slice, //
};
use mlua_sys as sys;

/// Bytes of a string that Lua interns, at most (`LUAI_MAXSHORTLEN`).
pub(crate) const SHORT_STRING: usize = 40;

/// The bytes of the string at `index`, or `None` if there is no string. Raises nothing: a number is
/// not converted.
///
/// # Safety
///
/// `index` is valid, and the string stays on the stack of Lua for `'a`.
pub(crate) unsafe fn string<'a>(state: *mut lua_State, index: c_int) -> Option<&'a [u8]> {
    // SAFETY: By the safety requirement; Lua's strings have the length it says.
    unsafe {
        if sys::lua_type(state, index) != sys::LUA_TSTRING {
            return None;
        }
        let mut len = 0;
        let bytes = sys::lua_tolstring(state, index, &mut len);
        Some(slice::from_raw_parts(bytes.cast(), len))
    }
}

/// Pushes a string. May raise, for want of memory.
///
/// # Safety
///
/// There is room for one slot on the stack of Lua.
pub(crate) unsafe fn push_string(state: *mut lua_State, bytes: &[u8]) {
    // SAFETY: By the safety requirement; Lua copies the bytes.
    unsafe { sys::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len()) };
}

/// A string of C's for Lua.
pub(crate) const fn text(text: &'static CStr) -> *const c_char {
    text.to_bytes_with_nul().as_ptr().cast()
}

/// Raises an error with the position of the running code. `format` may have up to two `%s`.
///
/// # Safety
///
/// Called in a C function of Lua's; there are as many strings as the format wants.
pub(crate) unsafe fn raise(
    state: *mut lua_State,
    format: &'static CStr,
    first: *const c_char,
    second: *const c_char,
) -> ! {
    // SAFETY: By the safety requirement; `luaL_error` does not return.
    unsafe {
        sys::luaL_error(state, text(format), first, second);
        core::hint::unreachable_unchecked()
    }
}

/// Raises an error about argument `index`.
///
/// # Safety
///
/// Called in a C function of Lua's.
pub(crate) unsafe fn refuse(state: *mut lua_State, index: c_int, message: &'static CStr) -> ! {
    // SAFETY: By the safety requirement; `luaL_argerror` does not return.
    unsafe {
        sys::luaL_argerror(state, index, text(message));
        core::hint::unreachable_unchecked()
    }
}

/// Raises the error on top of the stack of Lua.
///
/// # Safety
///
/// Called in a C function of Lua's, with something on the stack.
pub(crate) unsafe fn rethrow(state: *mut lua_State) -> ! {
    unsafe extern "C" {
        #[link_name = "lua_error"]
        fn throw(state: *mut lua_State) -> !;
    }
    // SAFETY: By the safety requirement.
    unsafe { throw(state) }
}
