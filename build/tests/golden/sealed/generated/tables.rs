// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use crate::{
    binding, glue, lua::{self, lua_State},
    state, table, vm,
};

/// Bytes of the longest key of any table.
pub(crate) const LONGEST_KEY: usize = 255;

/// The tables, as globals of Lua. The number of a table is its place here.
pub(crate) static GLOBALS: &[state::Global] = &[binding::global::<table_rcu::Face>()];

/// Puts in what the tables begin with; `key` hashes.
pub(crate) fn fill(
    _key: impl Fn(&'static [u8]) -> table::Key<'static>,
) -> Result<(), table::Error> {
    Ok(())
}

/// Bytes that the elements of all tables hold.
pub(crate) fn bytes() -> usize {
    let all: &[usize] = &[table_rcu::TABLE.bytes()];
    all.iter().sum()
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
        let _ = (*table).number();
        vm::get::<table_rcu::Face>(state, key, value)
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
        let _ = (*table).number();
        vm::set::<table_rcu::Face>(key, value)
    }
}

/// The table `rcu`.
mod table_rcu {
    use crate::{
        binding::{Binding, Description},
        table::{self, Kind, Limits, Parts, Table},
        vm,
    };

    /// A value of this table.
    #[derive(Clone, Copy)]
    pub(super) enum Value<'a> {
        Integer(i64),
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
                vm::Value::BOOLEAN => Value::Boolean(parts.word != 0),
                vm::Value::STRING => Value::String(parts.bytes.unwrap_or_default()),
                _ => Value::Integer(parts.word),
            }
        }
    }

    impl Binding for Face {
        type Buckets = table::Fixed<256>;

        const DESCRIPTION: Description = Description {
            name: c"rcu",
            types: c"an integer, a boolean or a string",
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
                Value::Boolean(value) => vm::Value::Boolean(value),
                Value::String(value) => vm::Value::String(value),
            }
        }

        #[inline]
        fn from_lua(value: vm::Value<'_>) -> Option<Self::Value<'_>> {
            match value {
                vm::Value::Integer(value) => Some(Value::Integer(value)),
                vm::Value::Boolean(value) => Some(Value::Boolean(value)),
                vm::Value::String(value) => Some(Value::String(value)),
            }
        }
    }
}
