// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::{
    binding::{self, Binding, Error},
    lua::{c_int, lua_State},
    state::{Function, Global},
    table::{Kind, Parts, Table},
};
use core::ffi::CStr;

/// Bytes of the longest key of any table.
pub(crate) const LONGEST_KEY: usize = 255;

/// The tables, as globals of Lua.
pub(crate) static GLOBALS: &[Global] = &[
    Global {
        name: table_rcu::NAME,
        metamethods: table_rcu::METAMETHODS,
    },
];

/// Empties all tables.
pub(crate) fn clear() {
    table_rcu::TABLE.clear();
}

use super::libraries::bench;

/// The tables, for the library `bench`.
pub(crate) static SUBJECTS: &[bench::Subject] = &[
    bench::Subject {
        name: table_rcu::NAME,
        header: core::mem::size_of::<crate::table::Element<table_rcu::Face>>(),
        search: |keys, rounds| {
            bench::searches(
                keys,
                rounds,
                |key| { table_rcu::TABLE.search(key, |_| ()).is_some() },
            )
        },
    },
];

/// The table `rcu`.
mod table_rcu {
    use super::*;

    pub(super) const NAME: &CStr = c"rcu";

    /// The number of buckets.
    const BUCKETS: usize = 256;

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value {
        Integer(i64),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, BUCKETS> = Table::new();

    const INTEGER: u8 = 0;

    // SAFETY: No value has bytes, as `BYTES` says.
    unsafe impl Kind for Face {
        type Value<'a> = Value;

        const BYTES: bool = false;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            match value {
                Value::Integer(word) => {
                    Parts {
                        tag: INTEGER,
                        word,
                        bytes: None,
                    }
                }
            }
        }

        fn join(parts: Parts<'_>) -> Value {
            Value::Integer(parts.word)
        }
    }

    impl Binding<BUCKETS> for Face {
        type Kind = Self;

        const NAME: &'static CStr = NAME;
        const TYPES: &'static CStr = c"an integer";
        const KEY_MAX: usize = 255;
        const STRING_MAX: usize = 0;

        fn table() -> &'static Table<Self, BUCKETS> {
            &TABLE
        }

        unsafe fn check<'a>(
            state: *mut lua_State,
            index: c_int,
        ) -> Result<Option<<Self as Kind>::Value<'a>>, Error> {
            // SAFETY: By the safety requirement of `Binding::check`.
            unsafe {
                match mlua_sys::lua_type(state, index) {
                    mlua_sys::LUA_TNIL => Ok(None),
                    mlua_sys::LUA_TNUMBER => {
                        Ok(Some(Value::Integer(mlua_sys::lua_tointeger(state, index))))
                    }
                    other => Err(Error::ValueType(other)),
                }
            }
        }

        unsafe fn push(state: *mut lua_State, value: Value) {
            // SAFETY: By the safety requirement of `Binding::push`.
            unsafe {
                match value {
                    Value::Integer(word) => mlua_sys::lua_pushinteger(state, word),
                }
            }
        }
    }

    /// The metamethods of the global.
    pub(super) static METAMETHODS: &[Function] = &[
        Function {
            name: c"__index",
            function: index,
        },
        Function {
            name: c"__newindex",
            function: newindex,
        },
        Function {
            name: c"__len",
            function: len,
        },
        Function {
            name: c"__pairs",
            function: pairs,
        },
    ];

    /// `__index`.
    ///
    /// # Safety
    ///
    /// Called by Lua as that metamethod of the global.
    unsafe extern "C" fn index(state: *mut lua_State) -> c_int {
        // SAFETY: By the safety requirement.
        unsafe {
            match binding::index::<Face, BUCKETS>(state) {
                Ok(count) => count,
                Err(error) => binding::raise::<Face, BUCKETS>(state, error),
            }
        }
    }

    /// `__newindex`.
    ///
    /// # Safety
    ///
    /// Called by Lua as that metamethod of the global.
    unsafe extern "C" fn newindex(state: *mut lua_State) -> c_int {
        // SAFETY: By the safety requirement.
        unsafe {
            match binding::newindex::<Face, BUCKETS>(state) {
                Ok(count) => count,
                Err(error) => binding::raise::<Face, BUCKETS>(state, error),
            }
        }
    }

    /// `__len`.
    ///
    /// # Safety
    ///
    /// Called by Lua as that metamethod of the global.
    unsafe extern "C" fn len(state: *mut lua_State) -> c_int {
        // SAFETY: By the safety requirement.
        unsafe { binding::len::<Face, BUCKETS>(state) }
    }

    /// `__pairs`.
    ///
    /// # Safety
    ///
    /// Called by Lua as that metamethod of the global.
    unsafe extern "C" fn pairs(state: *mut lua_State) -> c_int {
        // SAFETY: By the safety requirement.
        unsafe { binding::pairs(state, next) }
    }

    /// The iterator that `pairs` gives to Lua.
    ///
    /// # Safety
    ///
    /// Called by Lua; a script may call it with anything.
    unsafe extern "C" fn next(state: *mut lua_State) -> c_int {
        // SAFETY: By the safety requirement.
        unsafe {
            match binding::next::<Face, BUCKETS>(state) {
                Ok(count) => count,
                Err(error) => binding::raise::<Face, BUCKETS>(state, error),
            }
        }
    }
}
