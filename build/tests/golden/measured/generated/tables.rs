// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::{
    binding::{self, Binding, Description, Error},
    glue, lua::{c_int, lua_State},
    state::{Function, Global},
    table::{Fixed, Kind, Limits, Parts, Table},
    vm::{self, TValue},
};
use core::ffi::CStr;

/// Bytes of the longest key of any table.
pub(crate) const LONGEST_KEY: usize = 255;

/// The tables, as globals of Lua. The number of a table is its place here.
pub(crate) static GLOBALS: &[Global] = &[
    Global {
        name: table_rcu::NAME,
        metamethods: table_rcu::METAMETHODS,
    },
];

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
pub(crate) unsafe fn reset() {
    // SAFETY: By the safety requirement.
    unsafe { table_rcu::TABLE.reset() };
}

/// Gets a field of a shared table: `lua/lunatik_conf.h`.
///
/// # Safety
///
/// Called by the interpreter, for a shared table.
#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_index(
    state: *mut lua_State,
    table: *const TValue,
    key: *const TValue,
    value: *mut TValue,
) -> u8 {
    // SAFETY: By the safety requirement.
    unsafe {
        match (*table).number() {
            0 => vm::get::<table_rcu::Face>(state, table, key, value),
            _ => glue::lunatik_getmeta(state, table, key, value),
        }
    }
}

/// Sets a field of a shared table: `lua/lunatik_conf.h`.
///
/// # Safety
///
/// Called by the interpreter, for a shared table.
#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_newindex(
    state: *mut lua_State,
    table: *const TValue,
    key: *const TValue,
    value: *const TValue,
) {
    // SAFETY: By the safety requirement.
    unsafe {
        match (*table).number() {
            0 => vm::set::<table_rcu::Face>(state, table, key, value),
            _ => glue::lunatik_setmeta(state, table, key, value),
        }
    }
}

use super::libraries::bench;

/// The tables, for the library `bench`.
pub(crate) static SUBJECTS: &[bench::Subject] = &[
    bench::Subject {
        name: table_rcu::NAME,
        write: |key, value| match value {
            Some(value) => {
                <table_rcu::Face as Binding>::from_lua(value)
                    .is_some_and(|value| table_rcu::TABLE.set(key, value).is_ok())
            }
            None => {
                table_rcu::TABLE.delete(key);
                true
            }
        },
        size: |key| {
            table_rcu::TABLE.search(bench::raw_key(key), crate::table::Element::size)
        },
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

    /// Where the buckets are.
    type Place = Fixed<256>;

    /// What the configuration says.
    pub(super) const DESCRIPTION: Description = Description {
        name: NAME,
        types: c"an integer",
        key_max: 255,
        string_max: 0,
        limits: Limits {
            entries: 16384,
            bytes: 16777216,
        },
        read_only: false,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value {
        Integer(i64),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, Place> = Table::new(DESCRIPTION.limits);

    const INTEGER: u8 = 0;

    // SAFETY: No value has bytes, as `BYTES` says.
    unsafe impl Kind for Face {
        type Value<'a> = Value;

        const BYTES: bool = false;
        const FEW: usize = crate::lua::SHORT_STRING;

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

    impl Binding for Face {
        type Kind = Self;

        type Buckets = Place;

        const DESCRIPTION: Description = DESCRIPTION;

        fn table() -> &'static Table<Self, Place> {
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

        #[inline]
        fn to_lua<'a>(value: <Self as Kind>::Value<'a>) -> vm::Value<'a> {
            match value {
                Value::Integer(value) => vm::Value::Integer(value),
            }
        }

        #[inline]
        fn from_lua<'a>(value: vm::Value<'a>) -> Option<<Self as Kind>::Value<'a>> {
            match value {
                vm::Value::Integer(value) => Some(Value::Integer(value)),
                _ => None,
            }
        }

        fn integer(n: i64) -> Option<<Self as Kind>::Value<'static>> {
            Some(Value::Integer(n))
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
            match binding::index::<Face>(state) {
                Ok(count) => count,
                Err(error) => binding::raise(state, &DESCRIPTION, error),
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
            match binding::newindex::<Face>(state) {
                Ok(count) => count,
                Err(error) => binding::raise(state, &DESCRIPTION, error),
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
        unsafe { binding::len::<Face>(state) }
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
            match binding::next::<Face>(state) {
                Ok(count) => count,
                Err(error) => binding::raise(state, &DESCRIPTION, error),
            }
        }
    }
}
