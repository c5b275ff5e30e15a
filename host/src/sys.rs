// SPDX-License-Identifier: GPL-2.0
//! The part of Lua's C interface that this crate calls, as lua.h and lauxlib.h declare it.
//!
//! What may raise an error jumps over the frames of its callers up to the
//! protected call, which therefore hold nothing that needs dropping.

use std::ffi::{
    c_char,
    c_int,
    c_uint,
    c_void, //
};
use std::time::Duration;

/// A thread of Lua's.
#[repr(C)]
pub struct State {
    _private: [u8; 0],
}

pub type Function = unsafe extern "C" fn(*mut State) -> c_int;
pub type Allocate = unsafe extern "C" fn(*mut c_void, *mut c_void, usize, usize) -> *mut c_void;
pub type Writer = unsafe extern "C" fn(*mut State, *const c_void, usize, *mut c_void) -> c_int;
pub type Warn = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);

pub const OK: c_int = 0;
pub const ERRSYNTAX: c_int = 3;
pub const TNIL: c_int = 0;
pub const TSTRING: c_int = 4;

unsafe extern "C" {
    pub fn lua_newstate(allocate: Allocate, data: *mut c_void, seed: c_uint) -> *mut State;
    pub fn lua_close(state: *mut State);
    pub fn lua_setwarnf(state: *mut State, warn: Option<Warn>, data: *mut c_void);
    pub fn lua_pushcclosure(state: *mut State, function: Function, upvalues: c_int);
    pub fn lua_pushfstring(state: *mut State, format: *const c_char, ...) -> *const c_char;
    pub fn lua_pcallk(
        state: *mut State,
        arguments: c_int,
        results: c_int,
        handler: c_int,
        context: isize,
        continuation: Option<Function>,
    ) -> c_int;
    pub fn lua_pushlightuserdata(state: *mut State, data: *mut c_void);
    pub fn lua_pushvalue(state: *mut State, index: c_int);
    pub fn lua_touserdata(state: *mut State, index: c_int) -> *mut c_void;
    pub fn lua_settop(state: *mut State, index: c_int);
    pub fn lua_gettop(state: *mut State) -> c_int;
    pub fn lua_copy(state: *mut State, from: c_int, to: c_int);
    pub fn lua_setglobal(state: *mut State, name: *const c_char);
    pub fn lua_type(state: *mut State, index: c_int) -> c_int;
    pub fn lua_typename(state: *mut State, kind: c_int) -> *const c_char;
    pub fn lua_tolstring(state: *mut State, index: c_int, len: *mut usize) -> *const c_char;
    pub fn luaL_tolstring(state: *mut State, index: c_int, len: *mut usize) -> *const c_char;
    pub fn luaL_checkstack(state: *mut State, slots: c_int, message: *const c_char);
    pub fn luaL_getmetafield(state: *mut State, index: c_int, name: *const c_char) -> c_int;
    pub fn luaL_traceback(to: *mut State, of: *mut State, message: *const c_char, level: c_int);
    pub fn luaL_requiref(state: *mut State, name: *const c_char, open: Function, global: c_int);
    pub fn luaL_loadbufferx(
        state: *mut State,
        bytes: *const c_char,
        len: usize,
        name: *const c_char,
        mode: *const c_char,
    ) -> c_int;

    /// Gives the function on top of the stack to `writer`, piece by piece, as a compiled chunk.
    pub fn lunatik_dump(
        state: *mut State,
        writer: Writer,
        data: *mut c_void,
        strip: c_int,
    ) -> c_int;

    /// Ends the script.
    pub fn lunatik_exceeded(state: *mut State, ending: c_int) -> !;

    pub fn luaopen_base(state: *mut State) -> c_int;
    pub fn luaopen_string(state: *mut State) -> c_int;
    pub fn luaopen_table(state: *mut State) -> c_int;
    pub fn luaopen_math(state: *mut State) -> c_int;
    pub fn luaopen_utf8(state: *mut State) -> c_int;
    pub fn luaopen_coroutine(state: *mut State) -> c_int;
}

/// The space that Lua keeps for its user in front of each thread (`lua_getextraspace`).
///
/// # Safety
///
/// `state` is a thread of Lua's.
pub unsafe fn extra_space(state: *mut State) -> *mut *const c_void {
    // SAFETY: LUA_EXTRASPACE, the size of a pointer, lies in front of it.
    unsafe { state.cast::<*const c_void>().sub(1) }
}

/// What this thread has had of a CPU.
pub fn cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: It is a place for that. A thread can always read its own clock.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
