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
    Access,
    Config,
    Initial,
    Library,
    Table,
    ValueType,
    Word as _, //
};
use crate::stdlib;

pub fn emit(config: &Config) -> TokenStream {
    let tables = &config.tables;
    let rcutable = config.lua.stdlib.contains(stdlib::RCUTABLE);
    let imports = imports(tables);
    let longest_key = tables.iter().map(|table| table.key_max).max();
    let longest_key = Literal::u64_unsuffixed(longest_key.unwrap_or(0));
    let names: Vec<_> = tables.iter().map(module_name).collect();
    let modules = tables.iter().map(module);
    let safety = comment("SAFETY: By the safety requirement.");
    let reset = names.iter().map(|module| {
        quote! {
            #safety
            unsafe { #module::TABLE.reset() };
        }
    });
    let reset = quote!(#(#reset)*);
    let fill = fill(tables);
    let dispatch = dispatch(tables);
    let native = rcutable.then(|| native(tables));
    let subjects = subjects(config, &names);
    quote! {
        #imports

        /// Bytes of the longest key of any table.
        pub(crate) const LONGEST_KEY: usize = #longest_key;

        /// The tables, as globals of Lua. The number of a table is its place here.
        pub(crate) static GLOBALS: &[Global] = &[
            #(Global { name: #names::NAME, metamethods: #names::METAMETHODS }),*
        ];

        #fill

        /// Empties all tables.
        ///
        /// # Safety
        ///
        /// Nobody uses them any more.
        pub(crate) unsafe fn reset() {
            #reset
        }

        #dispatch
        #native
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
                write: |key, value| match value {
                    Some(value) => <#table::Face as Binding>::from_lua(value)
                        .is_some_and(|value| #table::TABLE.set(key, value).is_ok()),
                    None => {
                        #table::TABLE.delete(key);
                        true
                    }
                },
                size: |key| #table::TABLE.search(bench::raw_key(key), crate::table::Element::size),
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
        return quote! {
            use crate::{
                glue,
                lua::lua_State,
                state::Global,
                vm::TValue,
            };
        };
    }
    // Only `push` of a string goes by the crate's own `lua`.
    let lua = tables.iter().any(|table| table.string_max.is_some());
    let hashed = lua.then(|| quote!(Hashed,));
    let lua = lua.then(|| quote!(self,));
    let growing = tables.iter().any(Table::grows).then(|| quote!(Growing,));
    let fixed = !tables.iter().all(Table::grows);
    let fixed = fixed.then(|| quote!(Fixed,));
    quote! {
        use crate::{
            binding::{self, Binding, Description, Error},
            glue,
            lua::{#lua c_int, lua_State},
            state::{Function, Global},
            table::{#fixed #growing #hashed Kind, Limits, Parts, Table},
            vm::{self, TValue},
        };
        use core::ffi::CStr;
    }
}

/// The tables' contents to begin with.
fn fill(tables: &[Table]) -> TokenStream {
    let filled = tables.iter().filter(|table| !table.init.is_empty());
    let entries = filled.flat_map(|table| {
        let module = module_name(table);
        table.init.iter().map(move |(key, value)| {
            let key = Literal::byte_string(key.as_bytes());
            let value = match value {
                Initial::Integer(n) => {
                    let n = Literal::i64_unsuffixed(*n);
                    quote!(Integer(#n))
                }
                Initial::Boolean(truth) => quote!(Boolean(#truth)),
                Initial::String(text) => {
                    let text = Literal::byte_string(text.as_bytes());
                    quote!(String(key(#text)))
                }
            };
            quote!(#module::TABLE.add(key(#key), #module::Value::#value)?;)
        })
    });
    let entries: Vec<_> = entries.collect();
    let (key, add) = if entries.is_empty() {
        (quote!(_key), quote!())
    } else {
        (quote!(key), quote!(#(#entries)*))
    };
    quote! {
        /// Puts in what the tables begin with; `key` hashes.
        pub(crate) fn fill(
            #key: impl Fn(&'static [u8]) -> crate::table::Key<'static>,
        ) -> Result<(), crate::table::Error> {
            #add
            Ok(())
        }
    }
}

/// The interpreter's way to the tables, by number.
fn dispatch(tables: &[Table]) -> TokenStream {
    let arms = |call: fn(&Ident) -> TokenStream| {
        let arms: Vec<_> = (0_u32..)
            .zip(tables)
            .map(|(number, table)| {
                let number = Literal::u32_unsuffixed(number);
                let call = call(&module_name(table));
                quote!(#number => #call,)
            })
            .collect();
        quote!(#(#arms)*)
    };
    let get = arms(|module| quote!(vm::get::<#module::Face>(state, table, key, value)));
    let set = arms(|module| quote!(vm::set::<#module::Face>(state, table, key, value)));
    let safety = comment("SAFETY: By the safety requirement.");
    quote! {
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
            #safety
            unsafe {
                match (*table).number() {
                    #get
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
            #safety
            unsafe {
                match (*table).number() {
                    #set
                    _ => glue::lunatik_setmeta(state, table, key, value),
                }
            }
        }
    }
}

/// The functions of `rcutable` that are not written in Lua.
fn native(tables: &[Table]) -> TokenStream {
    let names = ["add", "cas", "swap", "setdefault", "clear"];
    let entries = names.map(|name| {
        let (function, name) = (format_ident!("native_{name}"), c_string(name));
        quote!(crate::state::Function { name: #name, function: #function })
    });
    let functions = names.map(|name| {
        let operation = format_ident!("{name}");
        let argument = (name != "clear").then(|| quote!(state));
        let arms: Vec<_> = (0_i32..)
            .zip(tables)
            .map(|(number, table)| {
                let number = Literal::i32_unsuffixed(number);
                let module = module_name(table);
                quote! {
                    #number => (
                        &#module::DESCRIPTION,
                        binding::#operation::<#module::Face>(#argument),
                    )
                }
            })
            .collect();
        let body = quote! {
            let (description, result) = match crate::glue::lunatik_totable(state) {
                #(#arms,)*
                _ => crate::binding::raise_no_table(state),
            };
            match result {
                Ok(count) => count,
                Err(error) => crate::binding::raise(state, description, error),
            }
        };
        let body = if tables.is_empty() {
            quote!(crate::binding::raise_no_table(state))
        } else {
            body
        };
        trampoline(
            &format!("native_{name}"),
            &format!("`rcutable.{name}`."),
            "Called by Lua.",
            body,
        )
    });
    let state = tables.is_empty().then(|| {
        quote!(
            use crate::lua::lua_State;
        )
    });
    quote! {
        #state

        /// What `rcutable` has of this module.
        pub(crate) static NATIVE: &[crate::state::Function] = &[#(#entries),*];

        #(#functions)*
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
    let smallest = Literal::u32_unsuffixed(table.buckets);
    let buckets = if table.grows() {
        let largest = Literal::u32_unsuffixed(table.max_buckets);
        quote!(Growing<#smallest, #largest>)
    } else {
        quote!(Fixed<#smallest>)
    };
    let description = description(table);
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

            /// Where the buckets are.
            type Place = #buckets;

            #description

            #value

            /// The kind of value, and the table's face to Lua.
            pub(super) struct Face;

            pub(super) static TABLE: Table<Face, Place> = Table::new(DESCRIPTION.limits);

            #tags
            #kind
            #binding
            #metamethods
            #trampolines
        }
    }
}

fn description(table: &Table) -> TokenStream {
    let types = c_string(&types(table));
    let key_max = Literal::u64_unsuffixed(table.key_max);
    let string_max = Literal::u64_unsuffixed(table.string_max.unwrap_or(0));
    let entries = Literal::u64_unsuffixed(table.max_entries);
    let bytes = Literal::u64_unsuffixed(table.max_bytes);
    let read_only = table.access == Access::ReadOnly;
    quote! {
        /// What the configuration says.
        pub(super) const DESCRIPTION: Description = Description {
            name: NAME,
            types: #types,
            key_max: #key_max,
            string_max: #string_max,
            limits: Limits { entries: #entries, bytes: #bytes },
            read_only: #read_only,
        };
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
        ValueType::String => quote!(String(Hashed<'a>)),
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
            const FEW: usize = crate::lua::SHORT_STRING;

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
            Value::String(text) => Parts { tag: #tag, word: 0, bytes: Some(text) }
        },
    }
}

/// From the parts back to the value. Tags are only ever those of `split`, so the
/// first of them can be whatever the others are not.
fn join(table: &Table) -> TokenStream {
    let value = |value_type: &ValueType| match value_type {
        ValueType::Integer => quote!(Value::Integer(parts.word)),
        ValueType::Boolean => quote!(Value::Boolean(parts.word != 0)),
        ValueType::String => quote!(Value::String(parts.bytes.unwrap_or(Hashed {
            bytes: &[],
            hash: 0
        }))),
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
    let check = table
        .value_types
        .iter()
        .map(|value_type| check(*value_type));
    let check_safety = comment("SAFETY: By the safety requirement of `Binding::check`.");
    let pushed = value_of(table, quote!('_));
    let push = table.value_types.iter().map(|value_type| push(*value_type));
    let push_safety = comment("SAFETY: By the safety requirement of `Binding::push`.");
    let to_lua = table.value_types.iter().map(|value_type| {
        let name = variant(*value_type);
        quote!(Value::#name(value) => vm::Value::#name(value))
    });
    let from_lua = table.value_types.iter().map(|value_type| match value_type {
        ValueType::String => quote! {
            vm::Value::String(text) => vm::up_to(text, DESCRIPTION.string_max).map(Value::String)
        },
        other => {
            let name = variant(*other);
            quote!(vm::Value::#name(value) => Some(Value::#name(value)))
        }
    });
    let other = (table.value_types.len() < ValueType::ALL.len()).then(|| quote!(_ => None,));
    let integer = if table.value_types.contains(&ValueType::Integer) {
        quote! {
            fn integer(n: i64) -> Option<<Self as Kind>::Value<'static>> {
                Some(Value::Integer(n))
            }
        }
    } else {
        quote! {
            fn integer(_n: i64) -> Option<<Self as Kind>::Value<'static>> {
                None
            }
        }
    };
    quote! {
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

            #[inline]
            fn to_lua<'a>(value: <Self as Kind>::Value<'a>) -> vm::Value<'a> {
                match value {
                    #(#to_lua),*
                }
            }

            #[inline]
            fn from_lua<'a>(value: vm::Value<'a>) -> Option<<Self as Kind>::Value<'a>> {
                match value {
                    #(#from_lua,)*
                    #other
                }
            }

            #integer
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
                binding::check_string(state, index, DESCRIPTION.string_max)
                    .map(|text| Some(Value::String(text)))
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
            Value::String(text) => lua::push_string(state, text.bytes)
        },
    }
}

/// The variant of `Value`, the table's or the interpreter's.
fn variant(value_type: ValueType) -> Ident {
    match value_type {
        ValueType::Integer => format_ident!("Integer"),
        ValueType::Boolean => format_ident!("Boolean"),
        ValueType::String => format_ident!("String"),
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
        quote!(binding::#function::<Face>(state))
    };
    let or_raise = |function: &str| {
        let call = call(function);
        quote! {
            match #call {
                Ok(count) => count,
                Err(error) => binding::raise(state, &DESCRIPTION, error),
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
