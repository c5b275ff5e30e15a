// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::{
    binding, glue, lua::{self, lua_State},
    state, table, vm,
};

/// Bytes of the longest key of any table.
pub(crate) const LONGEST_KEY: usize = 4096;

/// The tables, as globals of Lua. The number of a table is its place here.
pub(crate) static GLOBALS: &[state::Global] = &[
    binding::global::<table_self::Face>(),
    binding::global::<table_CamelCase::Face>(),
    binding::global::<table___x::Face>(),
    binding::global::<table_value::Face>(),
    binding::global::<table_Value::Face>(),
    binding::global::<table_end__::Face>(),
];

/// Puts in what the tables begin with; `key` hashes.
pub(crate) fn fill(
    _key: impl Fn(&'static [u8]) -> table::Key<'static>,
) -> Result<(), table::Error> {
    Ok(())
}

/// Bytes that the elements of all tables hold.
pub(crate) fn bytes() -> usize {
    let all: &[usize] = &[
        table_self::TABLE.bytes(),
        table_CamelCase::TABLE.bytes(),
        table___x::TABLE.bytes(),
        table_value::TABLE.bytes(),
        table_Value::TABLE.bytes(),
        table_end__::TABLE.bytes(),
    ];
    all.iter().sum()
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
    // SAFETY: By the safety requirement.
    unsafe { table_end__::TABLE.reset() };
}

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
    // SAFETY: By the safety requirement.
    unsafe {
        match (*table).number() {
            0 => vm::get::<table_self::Face>(state, key, value),
            1 => vm::get::<table_CamelCase::Face>(state, key, value),
            2 => vm::get::<table___x::Face>(state, key, value),
            3 => vm::get::<table_value::Face>(state, key, value),
            4 => vm::get::<table_Value::Face>(state, key, value),
            _ => vm::get::<table_end__::Face>(state, key, value),
        }
    }
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
    // SAFETY: By the safety requirement.
    unsafe {
        match (*table).number() {
            0 => vm::set::<table_self::Face>(key, value),
            1 => vm::set::<table_CamelCase::Face>(key, value),
            2 => vm::set::<table___x::Face>(key, value),
            3 => vm::set::<table_value::Face>(key, value),
            4 => vm::set::<table_Value::Face>(key, value),
            _ => vm::set::<table_end__::Face>(key, value),
        }
    }
}

/// The table `self`.
mod table_self {
    use crate::{
        binding::{Binding, Description},
        table::{self, Kind, Limits, Parts, Table},
        vm,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value<'a> {
        String(table::Hashed<'a>),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, table::Fixed<1>> = Table::new(
        Face::DESCRIPTION.limits,
    );

    // SAFETY: Strings alone have bytes, and `BYTES` says that there are strings.
    unsafe impl Kind for Face {
        type Value<'a> = Value<'a>;

        const BYTES: bool = true;
        const FEW: usize = crate::lua::SHORT_STRING;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            Self::to_lua(value).split()
        }

        fn join(parts: Parts<'_>) -> Self::Value<'_> {
            Value::String(parts.bytes.unwrap_or_default())
        }
    }

    impl Binding for Face {
        type Buckets = table::Fixed<1>;

        const DESCRIPTION: Description = Description {
            name: c"self",
            types: c"a string",
            key_max: 255,
            string_max: 1,
            limits: Limits {
                entries: 64,
                bytes: 16777216,
            },
            read_only: false,
        };

        fn table() -> &'static Table<Self, Self::Buckets> {
            &TABLE
        }

        #[inline]
        fn to_lua(value: Self::Value<'_>) -> vm::Value<'_> {
            match value {
                Value::String(value) => vm::Value::String(value),
            }
        }

        #[inline]
        fn from_lua(value: vm::Value<'_>) -> Option<Self::Value<'_>> {
            match value {
                vm::Value::String(value) => Some(Value::String(value)),
                _ => None,
            }
        }
    }
}

/// The table `CamelCase`.
#[expect(non_snake_case, reason = "a name of Lua")]
mod table_CamelCase {
    use crate::{
        binding::{Binding, Description},
        table::{self, Kind, Limits, Parts, Table},
        vm,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value {
        Boolean(bool),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, table::Fixed<65536>> = Table::new(
        Face::DESCRIPTION.limits,
    );

    // SAFETY: No value has bytes, as `BYTES` says.
    unsafe impl Kind for Face {
        type Value<'a> = Value;

        const BYTES: bool = false;
        const FEW: usize = crate::lua::SHORT_STRING;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            Self::to_lua(value).split()
        }

        fn join(parts: Parts<'_>) -> Self::Value<'_> {
            Value::Boolean(parts.word != 0)
        }
    }

    impl Binding for Face {
        type Buckets = table::Fixed<65536>;

        const DESCRIPTION: Description = Description {
            name: c"CamelCase",
            types: c"a boolean",
            key_max: 4096,
            string_max: 0,
            limits: Limits {
                entries: 4194304,
                bytes: 16777216,
            },
            read_only: false,
        };

        fn table() -> &'static Table<Self, Self::Buckets> {
            &TABLE
        }

        #[inline]
        fn to_lua(value: Self::Value<'_>) -> vm::Value<'_> {
            match value {
                Value::Boolean(value) => vm::Value::Boolean(value),
            }
        }

        #[inline]
        fn from_lua(value: vm::Value<'_>) -> Option<Self::Value<'_>> {
            match value {
                vm::Value::Boolean(value) => Some(Value::Boolean(value)),
                _ => None,
            }
        }
    }
}

/// The table `__x`.
#[expect(non_snake_case, reason = "a name of Lua")]
mod table___x {
    use crate::{
        binding::{Binding, Description},
        table::{self, Kind, Limits, Parts, Table},
        vm,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value<'a> {
        Boolean(bool),
        String(table::Hashed<'a>),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, table::Fixed<256>> = Table::new(
        Face::DESCRIPTION.limits,
    );

    // SAFETY: Strings alone have bytes, and `BYTES` says that there are strings.
    unsafe impl Kind for Face {
        type Value<'a> = Value<'a>;

        const BYTES: bool = true;
        const FEW: usize = crate::lua::SHORT_STRING;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            Self::to_lua(value).split()
        }

        fn join(parts: Parts<'_>) -> Self::Value<'_> {
            match parts.tag {
                vm::Value::STRING => Value::String(parts.bytes.unwrap_or_default()),
                _ => Value::Boolean(parts.word != 0),
            }
        }
    }

    impl Binding for Face {
        type Buckets = table::Fixed<256>;

        const DESCRIPTION: Description = Description {
            name: c"__x",
            types: c"a boolean or a string",
            key_max: 255,
            string_max: 65536,
            limits: Limits {
                entries: 16384,
                bytes: 16777216,
            },
            read_only: false,
        };

        fn table() -> &'static Table<Self, Self::Buckets> {
            &TABLE
        }

        #[inline]
        fn to_lua(value: Self::Value<'_>) -> vm::Value<'_> {
            match value {
                Value::Boolean(value) => vm::Value::Boolean(value),
                Value::String(value) => vm::Value::String(value),
            }
        }

        #[inline]
        fn from_lua(value: vm::Value<'_>) -> Option<Self::Value<'_>> {
            match value {
                vm::Value::Boolean(value) => Some(Value::Boolean(value)),
                vm::Value::String(value) => Some(Value::String(value)),
                _ => None,
            }
        }
    }
}

/// The table `value`.
mod table_value {
    use crate::{
        binding::{Binding, Description},
        table::{self, Kind, Limits, Parts, Table},
        vm,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value<'a> {
        Integer(i64),
        String(table::Hashed<'a>),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, table::Fixed<256>> = Table::new(
        Face::DESCRIPTION.limits,
    );

    // SAFETY: Strings alone have bytes, and `BYTES` says that there are strings.
    unsafe impl Kind for Face {
        type Value<'a> = Value<'a>;

        const BYTES: bool = true;
        const FEW: usize = crate::lua::SHORT_STRING;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            Self::to_lua(value).split()
        }

        fn join(parts: Parts<'_>) -> Self::Value<'_> {
            match parts.tag {
                vm::Value::STRING => Value::String(parts.bytes.unwrap_or_default()),
                _ => Value::Integer(parts.word),
            }
        }
    }

    impl Binding for Face {
        type Buckets = table::Fixed<256>;

        const DESCRIPTION: Description = Description {
            name: c"value",
            types: c"an integer or a string",
            key_max: 255,
            string_max: 65536,
            limits: Limits {
                entries: 16384,
                bytes: 16777216,
            },
            read_only: false,
        };

        fn table() -> &'static Table<Self, Self::Buckets> {
            &TABLE
        }

        #[inline]
        fn to_lua(value: Self::Value<'_>) -> vm::Value<'_> {
            match value {
                Value::Integer(value) => vm::Value::Integer(value),
                Value::String(value) => vm::Value::String(value),
            }
        }

        #[inline]
        fn from_lua(value: vm::Value<'_>) -> Option<Self::Value<'_>> {
            match value {
                vm::Value::Integer(value) => Some(Value::Integer(value)),
                vm::Value::String(value) => Some(Value::String(value)),
                _ => None,
            }
        }
    }
}

/// The table `Value`.
#[expect(non_snake_case, reason = "a name of Lua")]
mod table_Value {
    use crate::{
        binding::{Binding, Description},
        table::{self, Kind, Limits, Parts, Table},
        vm,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value {
        Integer(i64),
        Boolean(bool),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, table::Fixed<256>> = Table::new(
        Face::DESCRIPTION.limits,
    );

    // SAFETY: No value has bytes, as `BYTES` says.
    unsafe impl Kind for Face {
        type Value<'a> = Value;

        const BYTES: bool = false;
        const FEW: usize = crate::lua::SHORT_STRING;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            Self::to_lua(value).split()
        }

        fn join(parts: Parts<'_>) -> Self::Value<'_> {
            match parts.tag {
                vm::Value::BOOLEAN => Value::Boolean(parts.word != 0),
                _ => Value::Integer(parts.word),
            }
        }
    }

    impl Binding for Face {
        type Buckets = table::Fixed<256>;

        const DESCRIPTION: Description = Description {
            name: c"Value",
            types: c"an integer or a boolean",
            key_max: 255,
            string_max: 0,
            limits: Limits {
                entries: 16384,
                bytes: 16777216,
            },
            read_only: false,
        };

        fn table() -> &'static Table<Self, Self::Buckets> {
            &TABLE
        }

        #[inline]
        fn to_lua(value: Self::Value<'_>) -> vm::Value<'_> {
            match value {
                Value::Integer(value) => vm::Value::Integer(value),
                Value::Boolean(value) => vm::Value::Boolean(value),
            }
        }

        #[inline]
        fn from_lua(value: vm::Value<'_>) -> Option<Self::Value<'_>> {
            match value {
                vm::Value::Integer(value) => Some(Value::Integer(value)),
                vm::Value::Boolean(value) => Some(Value::Boolean(value)),
                _ => None,
            }
        }
    }
}

/// The table `end__`.
mod table_end__ {
    use crate::{
        binding::{Binding, Description},
        table::{self, Kind, Limits, Parts, Table},
        vm,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value {
        Integer(i64),
    }

    /// The kind of value, and the table's face to Lua.
    pub(super) struct Face;

    pub(super) static TABLE: Table<Face, table::Fixed<256>> = Table::new(
        Face::DESCRIPTION.limits,
    );

    // SAFETY: No value has bytes, as `BYTES` says.
    unsafe impl Kind for Face {
        type Value<'a> = Value;

        const BYTES: bool = false;
        const FEW: usize = crate::lua::SHORT_STRING;

        fn split(value: Self::Value<'_>) -> Parts<'_> {
            Self::to_lua(value).split()
        }

        fn join(parts: Parts<'_>) -> Self::Value<'_> {
            Value::Integer(parts.word)
        }
    }

    impl Binding for Face {
        type Buckets = table::Fixed<256>;

        const DESCRIPTION: Description = Description {
            name: c"end__",
            types: c"an integer",
            key_max: 255,
            string_max: 0,
            limits: Limits {
                entries: 16384,
                bytes: 16777216,
            },
            read_only: false,
        };

        fn table() -> &'static Table<Self, Self::Buckets> {
            &TABLE
        }

        #[inline]
        fn to_lua(value: Self::Value<'_>) -> vm::Value<'_> {
            match value {
                Value::Integer(value) => vm::Value::Integer(value),
            }
        }

        #[inline]
        fn from_lua(value: vm::Value<'_>) -> Option<Self::Value<'_>> {
            match value {
                vm::Value::Integer(value) => Some(Value::Integer(value)),
                _ => None,
            }
        }
    }
}
