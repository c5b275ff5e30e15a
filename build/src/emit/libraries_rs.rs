// SPDX-License-Identifier: GPL-2.0
//! `generated/libraries.rs`: the libraries of Lua and the modules for `require`.

use proc_macro2::{
    Literal,
    TokenStream, //
};
use quote::{
    format_ident,
    quote, //
};

use super::config_rs::c_string;
use crate::config::{
    Config,
    Library,
    Word, //
};

pub fn emit(config: &Config) -> TokenStream {
    let libraries = config
        .lua
        .libraries
        .iter()
        .map(|library| self::library(*library));
    let modules = config.lua.stdlib.iter().map(|name| module(name));
    let names: Vec<_> = config.lua.stdlib.iter().map(String::as_str).collect();
    let names = c_string(&names.join(", "));
    let history = history(config);
    let unload = history.is_some().then(|| quote!(history::unload();));
    quote! {
        use crate::state::{Library, Module};
        use core::ffi::CStr;

        #history

        /// Lua's libraries in this flavour.
        pub(crate) static LIBRARIES: &[Library] = &[#(#libraries),*];

        /// The modules that `require` finds.
        pub(crate) static STDLIB: &[Module] = &[#(#modules),*];

        /// Their names, for an error.
        pub(crate) const STDLIB_NAMES: &CStr = #names;

        /// Gives back what libraries keep for as long as the module is loaded.
        pub(crate) fn unload() {
            #unload
        }
    }
}

fn library(library: Library) -> TokenStream {
    // The base library is the table of globals itself.
    let name = match library {
        Library::Base => c_string("_G"),
        other => c_string(other.word()),
    };
    if library == Library::History {
        return quote!(Library { name: #name, open: history::open });
    }
    let open = format_ident!("luaopen_{}", library.word());
    quote!(Library { name: #name, open: mlua_sys::#open })
}

/// The library that is the module's own: its source lies in each flavour, and is part of the crate in
/// those that want it.
fn history(config: &Config) -> Option<TokenStream> {
    config.lua.libraries.contains(&Library::History).then(|| {
        quote! {
            #[path = "../history.rs"]
            pub(crate) mod history;
        }
    })
}

fn module(name: &str) -> TokenStream {
    let chunk = c_string(&format!("=stdlib/{name}.lua"));
    let path = format!("../stdlib/{name}.lua");
    let name = Literal::byte_string(name.as_bytes());
    quote!(Module { name: #name, chunk: #chunk, source: include_bytes!(#path) })
}
