// SPDX-License-Identifier: GPL-2.0

//! The arguments of a script as they come from user space: records of `struct lunatik_value`.

use crate::{
    lua::{
        self,
        lua_State, //
    },
    uapi::tag, //
};
use core::ffi::c_int;
use kernel::prelude::*;
use mlua_sys as sys;

/// Bytes of a record before its value.
const HEADER: usize = 8;
/// Each record begins at a multiple of this.
const ALIGNMENT: usize = 8;

/// Records that were checked.
///
/// # Invariants
///
/// `bytes` are `count` records, each of a type that there is, with a value of that type.
pub(crate) struct Arguments {
    bytes: KVVec<u8>,
    count: u32,
}

/// A value in a record.
enum Value<'a> {
    Nil,
    Boolean(bool),
    Integer(i64),
    String(&'a [u8]),
}

impl Arguments {
    /// No arguments.
    pub(crate) const fn none() -> Self {
        // INVARIANT: No bytes, no records.
        Self {
            bytes: KVVec::new(),
            count: 0,
        }
    }

    /// Takes `bytes` if they are `count` records and nothing else.
    pub(crate) fn check(bytes: KVVec<u8>, count: u32) -> Result<Self> {
        let mut rest = &bytes[..];
        for _ in 0..count {
            (_, rest) = record(rest).ok_or(EINVAL)?;
        }
        if !rest.is_empty() {
            return Err(EINVAL);
        }
        // INVARIANT: Just checked.
        Ok(Self { bytes, count })
    }

    /// Pushes them on the stack of Lua, and says how many they are. May raise.
    ///
    /// # Safety
    ///
    /// Called in a C function of Lua's.
    pub(crate) unsafe fn push(&self, state: *mut lua_State) -> c_int {
        let mut rest = &self.bytes[..];
        // SAFETY: By the safety requirement; there is room for what is pushed.
        unsafe {
            sys::luaL_checkstack(state, self.count as c_int, lua::text(c"too many arguments"));
            while let Some((value, after)) = record(rest) {
                rest = after;
                match value {
                    Value::Nil => sys::lua_pushnil(state),
                    Value::Boolean(value) => sys::lua_pushboolean(state, value.into()),
                    Value::Integer(value) => sys::lua_pushinteger(state, value),
                    Value::String(bytes) => lua::push_string(state, bytes),
                }
            }
        }
        self.count as c_int
    }
}

/// The first record of `bytes`, and what comes after it. `None` if there is no right one.
fn record(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let word = |at| Some(u32::from_ne_bytes(*header.get(at..)?.first_chunk()?));
    let (tag, size) = (word(0)?, word(4)? as usize);
    let (value, rest) = rest.split_at_checked(size)?;
    let value = match (tag, value) {
        (tag::NIL, []) => Value::Nil,
        (tag::BOOLEAN, [0]) => Value::Boolean(false),
        (tag::BOOLEAN, [1]) => Value::Boolean(true),
        (tag::INTEGER, _) => Value::Integer(i64::from_ne_bytes(value.try_into().ok()?)),
        (tag::STRING, _) => Value::String(value),
        _ => return None,
    };
    // What is between two records may mean something one day. After the last there need be nothing.
    let gap = size.next_multiple_of(ALIGNMENT) - size;
    let (gap, rest) = rest.split_at(gap.min(rest.len()));
    gap.iter().all(|&byte| byte == 0).then_some((value, rest))
}
