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
pub(crate) const LONGEST_KEY: usize = 4096;

/// The tables, as globals of Lua. The number of a table is its place here.
pub(crate) static GLOBALS: &[Global] = &[
    Global {
        name: table_self::NAME,
        metamethods: table_self::METAMETHODS,
    },
    Global {
        name: table_CamelCase::NAME,
        metamethods: table_CamelCase::METAMETHODS,
    },
    Global {
        name: table___x::NAME,
        metamethods: table___x::METAMETHODS,
    },
    Global {
        name: table_value::NAME,
        metamethods: table_value::METAMETHODS,
    },
    Global {
        name: table_Value::NAME,
        metamethods: table_Value::METAMETHODS,
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
    unsafe { table_self::TABLE.reset() };
    // SAFETY: By the safety requirement.
    unsafe { table_CamelCase::TABLE.reset() };
    // SAFETY: By the safety requirement.
    unsafe { table___x::TABLE.reset() };
    // SAFETY: By the safety requirement.
    unsafe { table_value::TABLE.reset() };
    // SAFETY: By the safety requirement.
    unsafe { table_Value::TABLE.reset() };
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
            0 => vm::get::<table_self::Face>(state, table, key, value),
            1 => vm::get::<table_CamelCase::Face>(state, table, key, value),
            2 => vm::get::<table___x::Face>(state, table, key, value),
            3 => vm::get::<table_value::Face>(state, table, key, value),
            4 => vm::get::<table_Value::Face>(state, table, key, value),
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
            0 => vm::set::<table_self::Face>(state, table, key, value),
            1 => vm::set::<table_CamelCase::Face>(state, table, key, value),
            2 => vm::set::<table___x::Face>(state, table, key, value),
            3 => vm::set::<table_value::Face>(state, table, key, value),
            4 => vm::set::<table_Value::Face>(state, table, key, value),
            _ => glue::lunatik_setmeta(state, table, key, value),
        }
    }
}

/// The table `self`.
mod table_self {
    use super::*;

    pub(super) const NAME: &CStr = c"self";

    /// Where the buckets are.
    type Place = Fixed<1>;

    /// What the configuration says.
    pub(super) const DESCRIPTION: Description = Description {
        name: NAME,
        types: c"a string",
        key_max: 255,
        string_max: 1,
        limits: Limits {
            entries: 64,
            bytes: 16777216,
        },
        read_only: false,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value<'a> {
        String(Hashed<'a>),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, Place> = Table::new(DESCRIPTION.limits);

    const STRING: u8 = 0;

    // SAFETY: Strings alone have bytes, and `BYTES` says that there are strings.
    unsafe impl Kind for Face {
        type Value<'a> = Value<'a>;

        const BYTES: bool = true;
        const FEW: usize = crate::lua::SHORT_STRING;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            match value {
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
            Value::String(parts.bytes.unwrap_or(Hashed { bytes: &[], hash: 0 }))
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
                    Value::String(text) => lua::push_string(state, text.bytes),
                }
            }
        }

        #[inline]
        fn to_lua<'a>(value: <Self as Kind>::Value<'a>) -> vm::Value<'a> {
            match value {
                Value::String(value) => vm::Value::String(value),
            }
        }

        #[inline]
        fn from_lua<'a>(value: vm::Value<'a>) -> Option<<Self as Kind>::Value<'a>> {
            match value {
                vm::Value::String(text) => {
                    vm::up_to(text, DESCRIPTION.string_max).map(Value::String)
                }
                _ => None,
            }
        }

        fn integer(_n: i64) -> Option<<Self as Kind>::Value<'static>> {
            None
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

/// The table `CamelCase`.
#[expect(non_snake_case, reason = "a name of Lua")]
mod table_CamelCase {
    use super::*;

    pub(super) const NAME: &CStr = c"CamelCase";

    /// Where the buckets are.
    type Place = Fixed<65536>;

    /// What the configuration says.
    pub(super) const DESCRIPTION: Description = Description {
        name: NAME,
        types: c"a boolean",
        key_max: 4096,
        string_max: 0,
        limits: Limits {
            entries: 4194304,
            bytes: 16777216,
        },
        read_only: false,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value {
        Boolean(bool),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, Place> = Table::new(DESCRIPTION.limits);

    const BOOLEAN: u8 = 0;

    // SAFETY: No value has bytes, as `BYTES` says.
    unsafe impl Kind for Face {
        type Value<'a> = Value;

        const BYTES: bool = false;
        const FEW: usize = crate::lua::SHORT_STRING;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            match value {
                Value::Boolean(truth) => {
                    Parts {
                        tag: BOOLEAN,
                        word: i64::from(truth),
                        bytes: None,
                    }
                }
            }
        }

        fn join(parts: Parts<'_>) -> Value {
            Value::Boolean(parts.word != 0)
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
                    mlua_sys::LUA_TBOOLEAN => {
                        Ok(
                            Some(
                                Value::Boolean(mlua_sys::lua_toboolean(state, index) != 0),
                            ),
                        )
                    }
                    other => Err(Error::ValueType(other)),
                }
            }
        }

        unsafe fn push(state: *mut lua_State, value: Value) {
            // SAFETY: By the safety requirement of `Binding::push`.
            unsafe {
                match value {
                    Value::Boolean(truth) => {
                        mlua_sys::lua_pushboolean(state, c_int::from(truth))
                    }
                }
            }
        }

        #[inline]
        fn to_lua<'a>(value: <Self as Kind>::Value<'a>) -> vm::Value<'a> {
            match value {
                Value::Boolean(value) => vm::Value::Boolean(value),
            }
        }

        #[inline]
        fn from_lua<'a>(value: vm::Value<'a>) -> Option<<Self as Kind>::Value<'a>> {
            match value {
                vm::Value::Boolean(value) => Some(Value::Boolean(value)),
                _ => None,
            }
        }

        fn integer(_n: i64) -> Option<<Self as Kind>::Value<'static>> {
            None
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

/// The table `__x`.
#[expect(non_snake_case, reason = "a name of Lua")]
mod table___x {
    use super::*;

    pub(super) const NAME: &CStr = c"__x";

    /// Where the buckets are.
    type Place = Fixed<256>;

    /// What the configuration says.
    pub(super) const DESCRIPTION: Description = Description {
        name: NAME,
        types: c"a boolean or a string",
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
        Boolean(bool),
        String(Hashed<'a>),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, Place> = Table::new(DESCRIPTION.limits);

    const BOOLEAN: u8 = 0;
    const STRING: u8 = 1;

    // SAFETY: Strings alone have bytes, and `BYTES` says that there are strings.
    unsafe impl Kind for Face {
        type Value<'a> = Value<'a>;

        const BYTES: bool = true;
        const FEW: usize = crate::lua::SHORT_STRING;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            match value {
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
                STRING => {
                    Value::String(parts.bytes.unwrap_or(Hashed { bytes: &[], hash: 0 }))
                }
                _ => Value::Boolean(parts.word != 0),
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
                Value::Boolean(value) => vm::Value::Boolean(value),
                Value::String(value) => vm::Value::String(value),
            }
        }

        #[inline]
        fn from_lua<'a>(value: vm::Value<'a>) -> Option<<Self as Kind>::Value<'a>> {
            match value {
                vm::Value::Boolean(value) => Some(Value::Boolean(value)),
                vm::Value::String(text) => {
                    vm::up_to(text, DESCRIPTION.string_max).map(Value::String)
                }
                _ => None,
            }
        }

        fn integer(_n: i64) -> Option<<Self as Kind>::Value<'static>> {
            None
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

/// The table `value`.
mod table_value {
    use super::*;

    pub(super) const NAME: &CStr = c"value";

    /// Where the buckets are.
    type Place = Fixed<256>;

    /// What the configuration says.
    pub(super) const DESCRIPTION: Description = Description {
        name: NAME,
        types: c"an integer or a string",
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
        String(Hashed<'a>),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, Place> = Table::new(DESCRIPTION.limits);

    const INTEGER: u8 = 0;
    const STRING: u8 = 1;

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
                    Value::String(text) => lua::push_string(state, text.bytes),
                }
            }
        }

        #[inline]
        fn to_lua<'a>(value: <Self as Kind>::Value<'a>) -> vm::Value<'a> {
            match value {
                Value::Integer(value) => vm::Value::Integer(value),
                Value::String(value) => vm::Value::String(value),
            }
        }

        #[inline]
        fn from_lua<'a>(value: vm::Value<'a>) -> Option<<Self as Kind>::Value<'a>> {
            match value {
                vm::Value::Integer(value) => Some(Value::Integer(value)),
                vm::Value::String(text) => {
                    vm::up_to(text, DESCRIPTION.string_max).map(Value::String)
                }
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

/// The table `Value`.
#[expect(non_snake_case, reason = "a name of Lua")]
mod table_Value {
    use super::*;

    pub(super) const NAME: &CStr = c"Value";

    /// Where the buckets are.
    type Place = Fixed<256>;

    /// What the configuration says.
    pub(super) const DESCRIPTION: Description = Description {
        name: NAME,
        types: c"an integer or a boolean",
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
        Boolean(bool),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, Place> = Table::new(DESCRIPTION.limits);

    const INTEGER: u8 = 0;
    const BOOLEAN: u8 = 1;

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
                Value::Boolean(truth) => {
                    Parts {
                        tag: BOOLEAN,
                        word: i64::from(truth),
                        bytes: None,
                    }
                }
            }
        }

        fn join(parts: Parts<'_>) -> Value {
            match parts.tag {
                BOOLEAN => Value::Boolean(parts.word != 0),
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
                    other => Err(Error::ValueType(other)),
                }
            }
        }

        unsafe fn push(state: *mut lua_State, value: Value) {
            // SAFETY: By the safety requirement of `Binding::push`.
            unsafe {
                match value {
                    Value::Integer(word) => mlua_sys::lua_pushinteger(state, word),
                    Value::Boolean(truth) => {
                        mlua_sys::lua_pushboolean(state, c_int::from(truth))
                    }
                }
            }
        }

        #[inline]
        fn to_lua<'a>(value: <Self as Kind>::Value<'a>) -> vm::Value<'a> {
            match value {
                Value::Integer(value) => vm::Value::Integer(value),
                Value::Boolean(value) => vm::Value::Boolean(value),
            }
        }

        #[inline]
        fn from_lua<'a>(value: vm::Value<'a>) -> Option<<Self as Kind>::Value<'a>> {
            match value {
                vm::Value::Integer(value) => Some(Value::Integer(value)),
                vm::Value::Boolean(value) => Some(Value::Boolean(value)),
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
