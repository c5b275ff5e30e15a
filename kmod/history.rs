// SPDX-License-Identifier: GPL-2.0

//! The library `history`, for tests: a record of what scripts did with tables and when, from which a
//! checker on the host (`tests/history.rs`) finds out whether all of it can have happened in one order.
//! Compiled only into flavours that list it; not for products, whose scripts could fill memory by it.
//!
//! # For scripts
//!
//! | | |
//! |---|---|
//! | `history.start(n)` | makes room for `n` operations, once for as long as the module is loaded |
//! | `history.invoke(op, key [, arg [, arg2]])` | notes that an operation begins; returns its number, or nil when the room is used up |
//! | `history.respond(number [, result])` | notes that it has ended |
//! | `history.READ` … | the operations, [`OPERATIONS`] |
//!
//! `key` is a number of the script's choice, 0 to 65535. Arguments and results are nil, booleans,
//! integers, or strings, which are recorded as a hash of their bytes: one that is not as somebody
//! wrote it has a hash that nobody wrote.
//!
//! # Time
//!
//! A stamp is taken from one counter by a fully ordered addition, so if operation A has ended before
//! operation B begins, on whichever processors, A's second stamp is less than B's first. The stamp is
//! the last thing that `invoke` does and the first that `respond` does.
//!
//! # The file
//!
//! The device's file `history` in sysfs (`history.c`) holds the records, [`Record`], in the order of
//! their numbers. It may be read at any time; what is under way then has no response.

use crate::{
    lua::{
        self,
        c_int,
        lua_CFunction,
        lua_State, //
    },
    state::Run, //
};
use core::{
    alloc::Layout,
    ffi::CStr,
    ptr::{
        self,
        NonNull, //
    },
    slice, //
};
use kernel::{
    alloc::{
        allocator::Vmalloc,
        flags::{
            __GFP_NOWARN,
            __GFP_ZERO,
            GFP_KERNEL, //
        },
        Allocator,
        KBox,
        NumaNode, //
    },
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Full,
        Relaxed,
        Release, //
    },
};
use mlua_sys as sys;

/// What the operations are called in Lua and are in a record. The checker has the same list.
const OPERATIONS: [(&CStr, i64); 7] = [
    (c"READ", 0),
    (c"WRITE", 1),
    (c"DELETE", 2),
    (c"ADD", 3),
    (c"CAS", 4),
    (c"SWAP", 5),
    (c"SETDEFAULT", 6),
];

/// Operations that there can be room for: 192 MiB of it.
const CAPACITY_MAX: i64 = 1 << 22;

/// Words of a [`Record`].
const WORDS: usize = 6;

/// An operation. The words are little-endian in the file.
///
/// | word | |
/// |---|---|
/// | 0 | the stamp of its beginning; 0: it did not begin |
/// | 1 | the stamp of its end; 0: it has not ended |
/// | 2, 3, 4 | argument, second argument, result |
/// | 5 | from the lowest byte: operation, types of the words 2, 3, 4 ([`Value`]), 2 bytes key, 2 bytes state |
///
/// Atomic, since the file may be read meanwhile; only the script whose operation it is writes.
type Record = [Atomic<u64>; WORDS];

/// A value as it is recorded: a type (0 nil, 1 boolean, 2 integer, 3 string) and a word.
#[derive(Clone, Copy)]
struct Value {
    tag: u8,
    word: u64,
}

/// The record.
struct History {
    records: NonNull<Record>,
    capacity: usize,
    /// How many numbers were asked for, those beyond the capacity included.
    next: Atomic<usize>,
    /// The last stamp.
    clock: Atomic<u64>,
}

/// The address of the [`History`] that was started, or 0. It is given back by [`unload`].
static HISTORY: Atomic<usize> = Atomic::new(0);

fn history() -> Option<&'static History> {
    // SAFETY: What is published there stays as long as there are states or files of the device.
    unsafe { (HISTORY.load(Acquire) as *const History).as_ref() }
}

impl History {
    fn new(capacity: usize) -> Result<KBox<Self>> {
        let layout = Layout::array::<Record>(capacity).map_err(|_| EOVERFLOW)?;
        // Zeroes are records of what did not begin.
        let memory = Vmalloc::alloc(
            layout,
            GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN,
            NumaNode::NO_NODE,
        )?;
        let history = Self {
            records: memory.cast(),
            capacity,
            next: Atomic::new(0),
            clock: Atomic::new(0),
        };
        // If there is no memory for it, it is dropped, and with it the records.
        Ok(KBox::new(history, GFP_KERNEL)?)
    }

    fn records(&self) -> &[Record] {
        // SAFETY: `new` allocated so many.
        unsafe { slice::from_raw_parts(self.records.as_ptr(), self.capacity) }
    }

    fn stamp(&self) -> u64 {
        self.clock.fetch_add(1, Full) + 1
    }
}

impl Drop for History {
    fn drop(&mut self) {
        if let Ok(layout) = Layout::array::<Record>(self.capacity) {
            // SAFETY: `new` allocated this.
            unsafe { Vmalloc::free(self.records.cast(), layout) };
        }
    }
}

/// Starts the record. The error is one for Lua.
fn start(capacity: usize) -> Result<(), &'static CStr> {
    let history = History::new(capacity).map_err(|_| c"not enough memory for a history")?;
    let history = KBox::into_raw(history);
    if HISTORY.cmpxchg(0, history as usize, Release).is_err() {
        // SAFETY: Nobody else has seen it.
        drop(unsafe { KBox::from_raw(history) });
        return Err(c"the history was started before");
    }
    Ok(())
}

/// Gives the record back, when there are neither states nor files of the device any more.
pub(crate) fn unload() {
    let history = HISTORY.xchg(0, Full) as *mut History;
    if !history.is_null() {
        // SAFETY: `start` published it, and nobody is left who could have found it.
        drop(unsafe { KBox::from_raw(history) });
    }
}

/// The value at `index`, or `None` if it is none that can be recorded.
///
/// # Safety
///
/// Called in a C function of Lua's; `index` is acceptable to it.
unsafe fn value(state: *mut lua_State, index: c_int) -> Option<Value> {
    // SAFETY: By the safety requirement.
    let (tag, word) = unsafe {
        match sys::lua_type(state, index) {
            sys::LUA_TNONE | sys::LUA_TNIL => (0, 0),
            sys::LUA_TBOOLEAN => (1, sys::lua_toboolean(state, index) as u64),
            sys::LUA_TNUMBER => (2, sys::lua_tointeger(state, index) as u64),
            sys::LUA_TSTRING => (3, hash(lua::string(state, index)?)),
            _ => return None,
        }
    };
    Some(Value { tag, word })
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// Argument `index` as a number from 0 to `max`. Raises an error if it is none.
///
/// # Safety
///
/// Called in a C function of Lua's.
unsafe fn number(state: *mut lua_State, index: c_int, max: i64) -> u64 {
    // SAFETY: By the safety requirement.
    unsafe {
        let number = sys::luaL_checkinteger(state, index);
        if !(0..=max).contains(&number) {
            lua::refuse(state, index, c"out of range");
        }
        number as u64
    }
}

/// Argument `index` as a [`Value`]. Raises an error if it is none.
///
/// # Safety
///
/// Called in a C function of Lua's.
unsafe fn argument(state: *mut lua_State, index: c_int) -> Value {
    // SAFETY: By the safety requirement.
    unsafe {
        match value(state, index) {
            Some(value) => value,
            None => lua::refuse(state, index, c"this cannot be recorded"),
        }
    }
}

/// The record that was started. Raises an error if none was.
///
/// # Safety
///
/// Called in a C function of Lua's.
unsafe fn started(state: *mut lua_State) -> &'static History {
    match history() {
        Some(history) => history,
        // SAFETY: By the safety requirement.
        None => unsafe {
            lua::raise(
                state,
                c"the history was not started",
                ptr::null(),
                ptr::null(),
            )
        },
    }
}

/// `history.start(n)`
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn lua_start(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua; nothing here needs dropping.
    unsafe {
        let capacity = number(state, 1, CAPACITY_MAX);
        if let Err(message) = start(capacity as usize) {
            lua::raise(state, c"%s", lua::text(message), ptr::null());
        }
    }
    0
}

/// `history.invoke(op, key [, arg [, arg2]])`
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn invoke(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua, with room for 20 slots; nothing here needs dropping.
    unsafe {
        let history = started(state);
        let operation = number(state, 1, i64::from(u8::MAX));
        let key = number(state, 2, i64::from(u16::MAX));
        let (first, second) = (argument(state, 3), argument(state, 4));
        let run = u64::from(Run::of(state).number());
        let number = history.next.fetch_add(1, Relaxed);
        let Some(record) = history.records().get(number) else {
            sys::lua_pushnil(state);
            return 1;
        };
        let [begin, _, first_word, second_word, _, description] = record;
        first_word.store(first.word, Relaxed);
        second_word.store(second.word, Relaxed);
        description.store(
            operation
                | u64::from(first.tag) << 8
                | u64::from(second.tag) << 16
                | key << 32
                | run << 48,
            Relaxed,
        );
        sys::lua_pushinteger(state, number as i64);
        begin.store(history.stamp(), Relaxed);
    }
    1
}

/// `history.respond(number [, result])`
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn respond(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua; nothing here needs dropping.
    unsafe {
        let history = started(state);
        let stamp = history.stamp();
        let number = number(state, 1, i64::MAX);
        let result = argument(state, 2);
        let Some(record) = history.records().get(number as usize) else {
            lua::refuse(state, 1, c"no such operation");
        };
        let [_, end, _, _, result_word, description] = record;
        result_word.store(result.word, Relaxed);
        description.store(
            description.load(Relaxed) | u64::from(result.tag) << 24,
            Relaxed,
        );
        // A reader of the file that sees the end sees the result.
        end.store(stamp, Release);
    }
    0
}

/// The `luaopen` of this library.
///
/// # Safety
///
/// Called by Lua.
pub(crate) unsafe extern "C" fn open(state: *mut lua_State) -> c_int {
    let functions: [(&CStr, lua_CFunction); 3] = [
        (c"start", lua_start),
        (c"invoke", invoke),
        (c"respond", respond),
    ];
    // SAFETY: Called by Lua, with room for 20 slots.
    unsafe {
        sys::lua_createtable(state, 0, 16);
        for (name, function) in functions {
            sys::lua_pushcclosure(state, function, 0);
            sys::lua_setfield(state, -2, lua::text(name));
        }
        for (name, code) in OPERATIONS {
            sys::lua_pushinteger(state, code);
            sys::lua_setfield(state, -2, lua::text(name));
        }
    }
    1
}

/// Copies up to `count` bytes of the file from `offset` on. Returns how many.
///
/// # Safety
///
/// `to` has room for `count` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_history_read(to: *mut u8, offset: usize, count: usize) -> usize {
    const WORD: usize = size_of::<u64>();
    let Some(history) = history() else {
        return 0;
    };
    let used = history.next.load(Relaxed).min(history.capacity);
    let records = history.records().get(..used).unwrap_or_default();
    let words = records.as_flattened();
    let end = offset.saturating_add(count).min(words.len() * WORD);
    let mut at = offset;
    while at < end {
        let Some(word) = words.get(at / WORD) else {
            break;
        };
        let bytes = word.load(Acquire).to_le_bytes();
        let part = bytes.get(at % WORD..).unwrap_or_default();
        let part = part.get(..end - at).unwrap_or(part);
        // SAFETY: By the safety requirement: `at - offset + part.len()` is at most `count`.
        unsafe { ptr::copy_nonoverlapping(part.as_ptr(), to.add(at - offset), part.len()) };
        at += part.len();
    }
    at.saturating_sub(offset)
}
