// SPDX-License-Identifier: GPL-2.0
//! `generated/tables.rs`: each table as a module of its own, with its type of
//! value and what that is to Lua, and the ways from a table's number to the table.

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
        use crate::{binding, glue, lua::{self, lua_State}, state, table, vm};

        /// Bytes of the longest key of any table.
        pub(crate) const LONGEST_KEY: usize = #longest_key;

        /// The tables, as globals of Lua. The number of a table is its place here.
        pub(crate) static GLOBALS: &[state::Global] = &[
            #(binding::global::<#names::Face>()),*
        ];

        #fill

        /// Bytes that the elements of all tables hold.
        pub(crate) fn bytes() -> usize {
            let all: &[usize] = &[#(#names::TABLE.bytes()),*];
            all.iter().sum()
        }

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
    Some(quote! {
        use super::libraries::bench;

        /// The tables, for the library `bench`.
        pub(crate) static SUBJECTS: &[bench::Subject] = &[
            #(bench::Subject::of::<#names::Face>()),*
        ];
    })
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
            #key: impl Fn(&'static [u8]) -> table::Key<'static>,
        ) -> Result<(), table::Error> {
            #add
            Ok(())
        }
    }
}

/// The interpreter's way to the tables, by number.
fn dispatch(tables: &[Table]) -> TokenStream {
    let way = |arguments: &[&str], call: fn(&Ident, &[Ident]) -> TokenStream| {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|name| format_ident!("{name}"))
            .collect();
        if tables.is_empty() {
            return quote! {
                let _ = (table, #(#arguments),*);
                false
            };
        }
        let found = by_number(
            tables,
            &quote!((*table).number()),
            |module| call(module, &arguments),
            None,
        );
        let safety = comment("SAFETY: By the safety requirement.");
        quote! {
            #safety
            unsafe { #found }
        }
    };
    let get = way(
        &["state", "key", "value"],
        |module, arguments| quote!(vm::get::<#module::Face>(#(#arguments),*)),
    );
    let set = way(
        &["key", "value"],
        |module, arguments| quote!(vm::set::<#module::Face>(#(#arguments),*)),
    );
    quote! {
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
            #get
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
            #set
        }
    }
}

/// The functions of `rcutable` that are not written in Lua.
fn native(tables: &[Table]) -> TokenStream {
    let names = ["add", "cas", "swap", "setdefault", "clear"];
    let entries = names.map(|name| {
        let (function, name) = (format_ident!("native_{name}"), c_string(name));
        quote!(state::Function { name: #name, function: #function })
    });
    let functions = names.map(|name| {
        let doc = format!(" `rcutable.{name}`.");
        let (function, operation) = (format_ident!("native_{name}"), format_ident!("{name}"));
        let call = by_number(
            tables,
            &quote!(glue::lunatik_totable(state)),
            |module| quote!(binding::#operation::<#module::Face>(state)),
            Some(&quote!(binding::raise_no_table(state))),
        );
        let safety = comment("SAFETY: By the safety requirement.");
        quote! {
            #[doc = #doc]
            ///
            /// # Safety
            ///
            /// Called by Lua.
            unsafe extern "C" fn #function(state: *mut lua_State) -> lua::c_int {
                #safety
                unsafe { #call }
            }
        }
    });
    quote! {
        /// What `rcutable` has of this module.
        pub(crate) static NATIVE: &[state::Function] = &[#(#entries),*];

        #(#functions)*
    }
}

/// A call for the module of the table with that number, or `otherwise`; without that, the number is one
/// of a table.
fn by_number(
    tables: &[Table],
    number: &TokenStream,
    call: impl Fn(&Ident) -> TokenStream,
    otherwise: Option<&TokenStream>,
) -> TokenStream {
    let calls = tables.iter().map(|table| call(&module_name(table)));
    let mut calls: Vec<_> = calls.collect();
    let rest = match otherwise {
        Some(otherwise) => Some(otherwise.clone()),
        None => calls.pop(),
    };
    if tables.is_empty() {
        return quote!(#rest);
    }
    if calls.is_empty() {
        return quote! {
            let _ = #number;
            #rest
        };
    }
    let numbers = (0..calls.len()).map(Literal::usize_unsuffixed);
    quote! {
        match #number {
            #(#numbers => #calls,)*
            _ => #rest,
        }
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
    let buckets = buckets(table);
    let value = value(table);
    let kind = kind(table);
    let binding = binding(table);
    quote! {
        #[doc = #doc]
        #case
        mod #module {
            use crate::{
                binding::{Binding, Description},
                table::{self, Kind, Limits, Parts, Table},
                vm,
            };

            #value

            /// The kind of value, and the table's face to Lua.
            pub(super) struct Face;

            pub(super) static TABLE: Table<Face, #buckets> = Table::new(Face::DESCRIPTION.limits);

            #kind
            #binding
        }
    }
}

/// Lua's names need not be in the case of Rust's, which takes any number of `_` at the end.
fn case(name: &str) -> Option<TokenStream> {
    let odd = name.contains(|c: char| c.is_ascii_uppercase())
        || format!("_{name}").trim_end_matches('_').contains("__");
    odd.then(|| quote!(#[expect(non_snake_case, reason = "a name of Lua")]))
}

fn buckets(table: &Table) -> TokenStream {
    let smallest = Literal::u32_unsuffixed(table.buckets);
    if !table.grows() {
        return quote!(table::Fixed<#smallest>);
    }
    let largest = Literal::u32_unsuffixed(table.max_buckets);
    quote!(table::Growing<#smallest, #largest>)
}

fn value(table: &Table) -> TokenStream {
    let lifetime = table.string_max.map(|_| quote!(<'a>));
    let variants = table.value_types.iter().map(|value_type| match value_type {
        ValueType::Integer => quote!(Integer(i64)),
        ValueType::Boolean => quote!(Boolean(bool)),
        ValueType::String => quote!(String(table::Hashed<'a>)),
    });
    quote! {
        /// A value of this table.
        #[derive(Clone, Copy)]
        pub(super) enum Value #lifetime {
            #(#variants),*
        }
    }
}

fn kind(table: &Table) -> TokenStream {
    let safety = match table.string_max {
        Some(_) => "SAFETY: Strings alone have bytes, and `BYTES` says that there are strings.",
        None => "SAFETY: No value has bytes, as `BYTES` says.",
    };
    let safety = comment(safety);
    let bytes = table.string_max.is_some();
    let lifetime = bytes.then(|| quote!(<'a>));
    let join = join(table);
    quote! {
        #safety
        unsafe impl Kind for Face {
            type Value<'a> = Value #lifetime;

            const BYTES: bool = #bytes;
            const FEW: usize = crate::lua::SHORT_STRING;

            fn split(value: Self::Value<'_>) -> Parts<'_> {
                Self::to_lua(value).split()
            }

            fn join(parts: Parts<'_>) -> Self::Value<'_> {
                #join
            }
        }
    }
}

/// From the parts back to the value. Tags are only ever those of values that the
/// table has, so the first of them can be whatever the others are not.
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
            let value = value(value_type);
            match value_type {
                ValueType::Integer => quote!(vm::Value::INTEGER => #value),
                ValueType::Boolean => quote!(vm::Value::BOOLEAN => #value),
                ValueType::String => quote!(vm::Value::STRING => #value),
            }
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
    let buckets = buckets(table);
    let description = description(table);
    let variants: Vec<_> = table
        .value_types
        .iter()
        .map(|value_type| match value_type {
            ValueType::Integer => format_ident!("Integer"),
            ValueType::Boolean => format_ident!("Boolean"),
            ValueType::String => format_ident!("String"),
        })
        .collect();
    let other = (variants.len() < ValueType::ALL.len()).then(|| quote!(_ => None,));
    quote! {
        impl Binding for Face {
            type Buckets = #buckets;

            const DESCRIPTION: Description = #description;

            fn table() -> &'static Table<Self, Self::Buckets> {
                &TABLE
            }

            #[inline]
            fn to_lua(value: Self::Value<'_>) -> vm::Value<'_> {
                match value {
                    #(Value::#variants(value) => vm::Value::#variants(value)),*
                }
            }

            #[inline]
            fn from_lua(value: vm::Value<'_>) -> Option<Self::Value<'_>> {
                match value {
                    #(vm::Value::#variants(value) => Some(Value::#variants(value)),)*
                    #other
                }
            }
        }
    }
}

fn description(table: &Table) -> TokenStream {
    let name = c_string(&table.name);
    let types = c_string(&types(table));
    let key_max = Literal::u64_unsuffixed(table.key_max);
    let string_max = Literal::u64_unsuffixed(table.string_max.unwrap_or(0));
    let entries = Literal::u64_unsuffixed(table.max_entries);
    let bytes = Literal::u64_unsuffixed(table.max_bytes);
    let read_only = table.access == Access::ReadOnly;
    quote! {
        Description {
            name: #name,
            types: #types,
            key_max: #key_max,
            string_max: #string_max,
            limits: Limits { entries: #entries, bytes: #bytes },
            read_only: #read_only,
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
