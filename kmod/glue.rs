// SPDX-License-Identifier: GPL-2.0

//! Declarations of the module's own C: `glue.h` and `lua/lunatik.h`.

use crate::lua::{
    c_int,
    c_void,
    lua_State, //
};
use crate::uapi;
use core::ffi::c_uint;

/// `struct lunatik_key`.
#[repr(C)]
pub(crate) struct RawKey {
    pub(crate) bytes: *const u8,
    pub(crate) len: usize,
    pub(crate) hash: c_uint,
}

unsafe extern "C" {
    pub(crate) fn lunatik_checkpoint(state: *mut lua_State);
    /// Of Lua's own: `lua/patches/10-end.patch`.
    #[link_name = "luaE_finalize"]
    pub(crate) fn lunatik_finalize(state: *mut lua_State);
    pub(crate) fn lunatik_share(state: *mut lua_State, number: c_uint);
    pub(crate) fn lunatik_totable(state: *mut lua_State) -> c_int;
    pub(crate) fn lunatik_interned(
        state: *mut lua_State,
        bytes: *const u8,
        len: usize,
        hash: c_uint,
    ) -> *mut c_void;
    pub(crate) fn lunatik_exceeded(state: *mut lua_State, ending: c_int) -> !;
    pub(crate) fn lunatik_nomemory(state: *mut lua_State) -> !;
    pub(crate) fn lunatik_hash(bytes: *const u8, len: usize, seed: c_uint) -> c_uint;
    pub(crate) fn lunatik_tokey(
        state: *mut lua_State,
        arg: c_int,
        max: usize,
        key: *mut RawKey,
    ) -> c_int;

    pub(crate) safe fn lunatik_random() -> c_uint;
    pub(crate) safe fn lunatik_choose_key();
    pub(crate) safe fn lunatik_cond_resched();
    pub(crate) safe fn lunatik_allocate(size: usize) -> *mut c_void;
    pub(crate) safe fn lunatik_allocate_zeroed(size: usize) -> *mut c_void;
    pub(crate) fn lunatik_reallocate(block: *mut c_void, old: usize, size: usize) -> *mut c_void;
    pub(crate) safe fn lunatik_total_memory() -> usize;
    pub(crate) safe fn lunatik_begin_grace_period() -> usize;
    pub(crate) safe fn lunatik_await_grace_period(period: usize);
    pub(crate) fn lunatik_bit_lock(word: *mut usize);
    pub(crate) fn lunatik_preempt_enable();

    pub(crate) fn lunatik_file_is_shared(file: *mut c_void) -> bool;
    pub(crate) safe fn lunatik_killed_by() -> c_int;
    pub(crate) safe fn lunatik_exiting() -> bool;
    pub(crate) safe fn lunatik_is_kernel_thread() -> bool;
    pub(crate) safe fn lunatik_is_dying() -> bool;

    pub(crate) safe fn lunatik_get_process() -> *mut c_void;
    pub(crate) fn lunatik_pid_here(process: *mut c_void) -> c_uint;
    pub(crate) safe fn lunatik_euid() -> c_uint;
    pub(crate) safe fn lunatik_uid_here(uid: c_uint) -> c_uint;
    pub(crate) safe fn lunatik_is_admin() -> bool;
    pub(crate) safe fn lunatik_may_write(need_admin: bool) -> c_int;
    pub(crate) safe fn lunatik_locked_down() -> c_int;

    pub(crate) safe fn lunatik_get_memcg() -> *mut c_void;
    pub(crate) fn lunatik_put_memcg(memcg: *mut c_void);
    pub(crate) fn lunatik_charge_memcg(memcg: *mut c_void) -> *mut c_void;
    pub(crate) safe fn lunatik_cpu_time() -> u64;

    pub(crate) safe fn lunatik_trace_start(script: &uapi::Script);
    pub(crate) safe fn lunatik_trace_end(result: &uapi::Result);
    pub(crate) fn lunatik_trace_limit(id: u64, status: c_uint, message: *const u8, size: usize);

    /// An array of pointers to attribute groups with a null at its end.
    pub(crate) static lunatik_device_groups: [*const c_void; 2];

    #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
    pub(crate) fn lunatik_bucket_acquired(nested: c_uint);
    #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
    pub(crate) fn lunatik_bucket_released();
}
