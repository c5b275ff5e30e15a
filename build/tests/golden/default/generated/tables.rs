// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::{
    binding::{self, Binding, Description, Error},
    glue, lua::{self, c_int, lua_State},
    state::{Function, Global},
    table::{Fixed, Hashed, Kind, Limits, Parts, Table},
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
    unsafe {
        let (description, result) = match crate::glue::lunatik_totable(state) {
            0 => (&table_rcu::DESCRIPTION, binding::add::<table_rcu::Face>(state)),
            _ => crate::binding::raise_no_table(state),
        };
        match result {
            Ok(count) => count,
            Err(error) => crate::binding::raise(state, description, error),
        }
    }
}

/// `rcutable.cas`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_cas(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        let (description, result) = match crate::glue::lunatik_totable(state) {
            0 => (&table_rcu::DESCRIPTION, binding::cas::<table_rcu::Face>(state)),
            _ => crate::binding::raise_no_table(state),
        };
        match result {
            Ok(count) => count,
            Err(error) => crate::binding::raise(state, description, error),
        }
    }
}

/// `rcutable.swap`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_swap(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        let (description, result) = match crate::glue::lunatik_totable(state) {
            0 => (&table_rcu::DESCRIPTION, binding::swap::<table_rcu::Face>(state)),
            _ => crate::binding::raise_no_table(state),
        };
        match result {
            Ok(count) => count,
            Err(error) => crate::binding::raise(state, description, error),
        }
    }
}

/// `rcutable.setdefault`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_setdefault(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        let (description, result) = match crate::glue::lunatik_totable(state) {
            0 => (&table_rcu::DESCRIPTION, binding::setdefault::<table_rcu::Face>(state)),
            _ => crate::binding::raise_no_table(state),
        };
        match result {
            Ok(count) => count,
            Err(error) => crate::binding::raise(state, description, error),
        }
    }
}

/// `rcutable.clear`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn native_clear(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        let (description, result) = match crate::glue::lunatik_totable(state) {
            0 => (&table_rcu::DESCRIPTION, binding::clear::<table_rcu::Face>()),
            _ => crate::binding::raise_no_table(state),
        };
        match result {
            Ok(count) => count,
            Err(error) => crate::binding::raise(state, description, error),
        }
    }
}

/// The table `rcu`.
mod table_rcu {
    use super::*;

    pub(super) const NAME: &CStr = c"rcu";

    /// Where the buckets are.
    type Place = Fixed<256>;

    /// What the configuration says.
    pub(super) const DESCRIPTION: Description = Description {
        name: NAME,
        types: c"an integer, a boolean or a string",
        key_max: 255,
        string_max: 65536,
        limits: Limits {
            entries: 16384,
            bytes: 16777216,
        },
        read_only: false,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value<'a> {
        Integer(i64),
        Boolean(bool),
        String(Hashed<'a>),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, Place> = Table::new(DESCRIPTION.limits);

    const INTEGER: u8 = 0;
    const BOOLEAN: u8 = 1;
    const STRING: u8 = 2;

    // SAFETY: Strings alone have bytes, and `BYTES` says that there are strings.
    unsafe impl Kind for Face {
        type Value<'a> = Value<'a>;

        const BYTES: bool = true;
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
                Value::Boolean(truth) => {
                    Parts {
                        tag: BOOLEAN,
                        word: i64::from(truth),
                        bytes: None,
                    }
                }
                Value::String(text) => {
                    Parts {
                        tag: STRING,
                        word: 0,
                        bytes: Some(text),
                    }
                }
            }
        }

        fn join(parts: Parts<'_>) -> Value<'_> {
            match parts.tag {
                BOOLEAN => Value::Boolean(parts.word != 0),
                STRING => {
                    Value::String(parts.bytes.unwrap_or(Hashed { bytes: &[], hash: 0 }))
                }
                _ => Value::Integer(parts.word),
            }
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
                    mlua_sys::LUA_TBOOLEAN => {
                        Ok(
                            Some(
                                Value::Boolean(mlua_sys::lua_toboolean(state, index) != 0),
                            ),
                        )
                    }
                    mlua_sys::LUA_TSTRING => {
                        binding::check_string(state, index, DESCRIPTION.string_max)
                            .map(|text| Some(Value::String(text)))
                    }
                    other => Err(Error::ValueType(other)),
                }
            }
        }

        unsafe fn push(state: *mut lua_State, value: Value<'_>) {
            // SAFETY: By the safety requirement of `Binding::push`.
            unsafe {
                match value {
                    Value::Integer(word) => mlua_sys::lua_pushinteger(state, word),
                    Value::Boolean(truth) => {
                        mlua_sys::lua_pushboolean(state, c_int::from(truth))
                    }
                    Value::String(text) => lua::push_string(state, text.bytes),
                }
            }
        }

        #[inline]
        fn to_lua<'a>(value: <Self as Kind>::Value<'a>) -> vm::Value<'a> {
            match value {
                Value::Integer(value) => vm::Value::Integer(value),
                Value::Boolean(value) => vm::Value::Boolean(value),
                Value::String(value) => vm::Value::String(value),
            }
        }

        #[inline]
        fn from_lua<'a>(value: vm::Value<'a>) -> Option<<Self as Kind>::Value<'a>> {
            match value {
                vm::Value::Integer(value) => Some(Value::Integer(value)),
                vm::Value::Boolean(value) => Some(Value::Boolean(value)),
                vm::Value::String(text) => {
                    vm::up_to(text, DESCRIPTION.string_max).map(Value::String)
                }
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
