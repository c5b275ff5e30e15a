// SPDX-License-Identifier: GPL-2.0
//! `generated/tables.rs`: each table as a module of its own, with its type of
//! value, its conversions from and to Lua, and the functions that Lua calls.

use proc_macro2::{
    Ident,
    Literal,
    TokenStream, //
};
use quote::{
    format_ident,
    quote, //
};

use super::config_rs::c_string;
use super::rust::comment;
use crate::config::{
    Config,
    Library,
    Table,
    ValueType, //
};

pub fn emit(config: &Config) -> TokenStream {
    let imports = imports(&config.tables);
    let longest_key = config.tables.iter().map(|table| table.key_max).max();
    let longest_key = Literal::u64_unsuffixed(longest_key.unwrap_or(0));
    let names: Vec<_> = config.tables.iter().map(module_name).collect();
    let modules = config.tables.iter().map(module);
    let subjects = subjects(config, &names);
    quote! {
        #imports

        /// Bytes of the longest key of any table.
        pub(crate) const LONGEST_KEY: usize = #longest_key;

        /// The tables, as globals of Lua.
        pub(crate) static GLOBALS: &[Global] = &[
            #(Global { name: #names::NAME, metamethods: #names::METAMETHODS }),*
        ];

        /// Empties all tables.
        pub(crate) fn clear() {
            #(#names::TABLE.clear();)*
        }

        #subjects

        #(#modules)*
    }
}

/// The tables for the library `bench`, which searches them without Lua around.
fn subjects(config: &Config, names: &[Ident]) -> Option<TokenStream> {
    if !config.lua.libraries.contains(&Library::Bench) {
        return None;
    }
    let subjects = names.iter().map(|table| {
        quote! {
            bench::Subject {
                name: #table::NAME,
                header: core::mem::size_of::<crate::table::Element<#table::Face>>(),
                search: |keys, rounds| {
                    bench::searches(keys, rounds, |key| {
                        #table::TABLE.search(key, |_| ()).is_some()
                    })
                },
            }
        }
    });
    Some(quote! {
        use super::libraries::bench;

        /// The tables, for the library `bench`.
        pub(crate) static SUBJECTS: &[bench::Subject] = &[#(#subjects),*];
    })
}

/// What the modules of the tables use; they import it from here.
fn imports(tables: &[Table]) -> TokenStream {
    if tables.is_empty() {
        return quote!(
            use crate::state::Global;
        );
    }
    // Only `push` of a string goes by the crate's own `lua`.
    let lua = tables.iter().any(|table| table.string_max.is_some());
    let lua = lua.then(|| quote!(self,));
    quote! {
        use crate::{
            binding::{self, Binding, Error},
            lua::{#lua c_int, lua_State},
            state::{Function, Global},
            table::{Kind, Parts, Table},
        };
        use core::ffi::CStr;
    }
}

/// The table's module. The prefix keeps it apart from what Rust and this file
/// call by the same name.
fn module_name(table: &Table) -> Ident {
    format_ident!("table_{}", table.name)
}

fn module(table: &Table) -> TokenStream {
    let doc = format!(" The table `{}`.", table.name);
    let module = module_name(table);
    let case = case(&table.name);
    let name = c_string(&table.name);
    let buckets = Literal::u32_unsuffixed(table.buckets);
    let value = value(table);
    let tags = tags(table);
    let kind = kind(table);
    let binding = binding(table);
    let metamethods = metamethods();
    let trampolines = trampolines();
    quote! {
        #[doc = #doc]
        #case
        mod #module {
            use super::*;

            pub(super) const NAME: &CStr = #name;

            /// The number of buckets.
            const BUCKETS: usize = #buckets;

            #value

            /// The kind of value, and the table's face to Lua.
            pub(super) struct Face;

            pub(super) static TABLE: Table<Face, BUCKETS> = Table::new();

            #tags
            #kind
            #binding
            #metamethods
            #trampolines
        }
    }
}

/// Lua's names need not be in the case of Rust's.
fn case(name: &str) -> Option<TokenStream> {
    let odd = name.contains(|c: char| c.is_ascii_uppercase()) || format!("_{name}").contains("__");
    odd.then(|| quote!(#[expect(non_snake_case, reason = "a name of Lua")]))
}

fn value(table: &Table) -> TokenStream {
    let lifetime = table.string_max.map(|_| quote!(<'a>));
    let variants = table.value_types.iter().map(|value_type| match value_type {
        ValueType::Integer => quote!(Integer(i64)),
        ValueType::Boolean => quote!(Boolean(bool)),
        ValueType::String => quote!(String(&'a [u8])),
    });
    quote! {
        /// A value of this table.
        #[derive(Clone, Copy)]
        pub(super) enum Value #lifetime {
            #(#variants),*
        }
    }
}

/// `Value` where its lifetime can be left out or is `lifetime`.
fn value_of(table: &Table, lifetime: TokenStream) -> TokenStream {
    match table.string_max {
        Some(_) => quote!(Value<#lifetime>),
        None => quote!(Value),
    }
}

fn tag(value_type: ValueType) -> Ident {
    match value_type {
        ValueType::Integer => format_ident!("INTEGER"),
        ValueType::Boolean => format_ident!("BOOLEAN"),
        ValueType::String => format_ident!("STRING"),
    }
}

fn tags(table: &Table) -> TokenStream {
    let tags = table
        .value_types
        .iter()
        .enumerate()
        .map(|(number, value_type)| {
            let tag = tag(*value_type);
            let number = Literal::usize_unsuffixed(number);
            quote!(const #tag: u8 = #number;)
        });
    quote!(#(#tags)*)
}

fn kind(table: &Table) -> TokenStream {
    let safety = match table.string_max {
        Some(_) => "SAFETY: Strings alone have bytes, and `BYTES` says that there are strings.",
        None => "SAFETY: No value has bytes, as `BYTES` says.",
    };
    let safety = comment(safety);
    let bytes = table.string_max.is_some();
    let associated = value_of(table, quote!('a));
    let split = table
        .value_types
        .iter()
        .map(|value_type| split(*value_type));
    let join = join(table);
    let result = value_of(table, quote!('_));
    quote! {
        #safety
        unsafe impl Kind for Face {
            type Value<'a> = #associated;

            const BYTES: bool = #bytes;

            fn split(value: Self::Value<'_>) -> Parts<'_> {
                match value {
                    #(#split),*
                }
            }

            fn join(parts: Parts<'_>) -> #result {
                #join
            }
        }
    }
}

/// An arm from a value to its parts.
fn split(value_type: ValueType) -> TokenStream {
    let tag = tag(value_type);
    match value_type {
        ValueType::Integer => quote! {
            Value::Integer(word) => Parts { tag: #tag, word, bytes: None }
        },
        ValueType::Boolean => quote! {
            Value::Boolean(truth) => Parts { tag: #tag, word: i64::from(truth), bytes: None }
        },
        ValueType::String => quote! {
            Value::String(bytes) => Parts { tag: #tag, word: 0, bytes: Some(bytes) }
        },
    }
}

/// From the parts back to the value. Tags are only ever those of `split`, so the
/// first of them can be whatever the others are not.
fn join(table: &Table) -> TokenStream {
    let value = |value_type: &ValueType| match value_type {
        ValueType::Integer => quote!(Value::Integer(parts.word)),
        ValueType::Boolean => quote!(Value::Boolean(parts.word != 0)),
        ValueType::String => quote!(Value::String(parts.bytes.unwrap_or_default())),
    };
    let mut types = table.value_types.iter();
    let first = types.next().map(value);
    let others: Vec<_> = types
        .map(|value_type| {
            let (tag, value) = (tag(*value_type), value(value_type));
            quote!(#tag => #value)
        })
        .collect();
    if others.is_empty() {
        return quote!(#first);
    }
    quote! {
        match parts.tag {
            #(#others,)*
            _ => #first,
        }
    }
}

fn binding(table: &Table) -> TokenStream {
    let types = c_string(&types(table));
    let key_max = Literal::u64_unsuffixed(table.key_max);
    let string_max = Literal::u64_unsuffixed(table.string_max.unwrap_or(0));
    let check = table
        .value_types
        .iter()
        .map(|value_type| check(*value_type));
    let check_safety = comment("SAFETY: By the safety requirement of `Binding::check`.");
    let pushed = value_of(table, quote!('_));
    let push = table.value_types.iter().map(|value_type| push(*value_type));
    let push_safety = comment("SAFETY: By the safety requirement of `Binding::push`.");
    quote! {
        impl Binding<BUCKETS> for Face {
            type Kind = Self;

            const NAME: &'static CStr = NAME;
            const TYPES: &'static CStr = #types;
            const KEY_MAX: usize = #key_max;
            const STRING_MAX: usize = #string_max;

            fn table() -> &'static Table<Self, BUCKETS> {
                &TABLE
            }

            unsafe fn check<'a>(
                state: *mut lua_State,
                index: c_int,
            ) -> Result<Option<<Self as Kind>::Value<'a>>, Error> {
                #check_safety
                unsafe {
                    match mlua_sys::lua_type(state, index) {
                        mlua_sys::LUA_TNIL => Ok(None),
                        #(#check,)*
                        other => Err(Error::ValueType(other)),
                    }
                }
            }

            unsafe fn push(state: *mut lua_State, value: #pushed) {
                #push_safety
                unsafe {
                    match value {
                        #(#push),*
                    }
                }
            }
        }
    }
}

/// "an integer or a string"
fn types(table: &Table) -> String {
    let types: Vec<_> = table
        .value_types
        .iter()
        .map(|value_type| match value_type {
            ValueType::Integer => "an integer",
            ValueType::Boolean => "a boolean",
            ValueType::String => "a string",
        })
        .collect();
    match types.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => types.concat(),
    }
}

/// An arm from a type of Lua's to a value.
fn check(value_type: ValueType) -> TokenStream {
    match value_type {
        ValueType::Integer => quote! {
            mlua_sys::LUA_TNUMBER => {
                Ok(Some(Value::Integer(mlua_sys::lua_tointeger(state, index))))
            }
        },
        ValueType::Boolean => quote! {
            mlua_sys::LUA_TBOOLEAN => {
                Ok(Some(Value::Boolean(mlua_sys::lua_toboolean(state, index) != 0)))
            }
        },
        ValueType::String => quote! {
            mlua_sys::LUA_TSTRING => {
                binding::check_string(state, index, Self::STRING_MAX)
                    .map(|bytes| Some(Value::String(bytes)))
            }
        },
    }
}

/// An arm from a value to a push of it.
fn push(value_type: ValueType) -> TokenStream {
    match value_type {
        ValueType::Integer => quote! {
            Value::Integer(word) => mlua_sys::lua_pushinteger(state, word)
        },
        ValueType::Boolean => quote! {
            Value::Boolean(truth) => mlua_sys::lua_pushboolean(state, c_int::from(truth))
        },
        ValueType::String => quote! {
            Value::String(bytes) => lua::push_string(state, bytes)
        },
    }
}

fn metamethods() -> TokenStream {
    let methods = ["index", "newindex", "len", "pairs"].map(|method| {
        let name = c_string(&format!("__{method}"));
        let function = format_ident!("{method}");
        quote!(Function { name: #name, function: #function })
    });
    quote! {
        /// The metamethods of the global.
        pub(super) static METAMETHODS: &[Function] = &[#(#methods),*];
    }
}

/// The functions that Lua calls. An error is raised when all else has returned:
/// no frame that Lua jumps over holds anything.
fn trampolines() -> TokenStream {
    let call = |function: &str| {
        let function = format_ident!("{function}");
        quote!(binding::#function::<Face, BUCKETS>(state))
    };
    let or_raise = |function: &str| {
        let call = call(function);
        quote! {
            match #call {
                Ok(count) => count,
                Err(error) => binding::raise::<Face, BUCKETS>(state, error),
            }
        }
    };
    let of_the_global = "Called by Lua as that metamethod of the global.";
    let trampolines = [
        trampoline("index", "`__index`.", of_the_global, or_raise("index")),
        trampoline(
            "newindex",
            "`__newindex`.",
            of_the_global,
            or_raise("newindex"),
        ),
        trampoline("len", "`__len`.", of_the_global, call("len")),
        trampoline(
            "pairs",
            "`__pairs`.",
            of_the_global,
            quote!(binding::pairs(state, next)),
        ),
        trampoline(
            "next",
            "The iterator that `pairs` gives to Lua.",
            "Called by Lua; a script may call it with anything.",
            or_raise("next"),
        ),
    ];
    quote!(#(#trampolines)*)
}

fn trampoline(name: &str, what: &str, requirement: &str, body: TokenStream) -> TokenStream {
    let name = format_ident!("{name}");
    let (what, requirement) = (format!(" {what}"), format!(" {requirement}"));
    let safety = comment("SAFETY: By the safety requirement.");
    quote! {
        #[doc = #what]
        #[doc = ""]
        #[doc = " # Safety"]
        #[doc = ""]
        #[doc = #requirement]
        unsafe extern "C" fn #name(state: *mut lua_State) -> c_int {
            #safety
            unsafe { #body }
        }
    }
}
