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
use crate::stdlib;

pub fn emit(config: &Config) -> TokenStream {
    let libraries = config
        .lua
        .libraries
        .iter()
        .map(|library| self::library(*library));
    let modules = config.lua.stdlib.iter().map(|name| module(name));
    let names: Vec<_> = config.lua.stdlib.iter().map(String::as_str).collect();
    let names = c_string(&names.join(", "));
    let own = own(config);
    let history = config.lua.libraries.contains(&Library::History);
    let unload = history.then(|| quote!(history::unload();));
    quote! {
        use crate::state::{Library, Module};
        use core::ffi::CStr;

        #own

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
    if matches!(library, Library::Bench | Library::History) {
        let module = format_ident!("{}", library.word());
        return quote!(Library { name: #name, open: #module::open });
    }
    let open = format_ident!("luaopen_{}", library.word());
    quote!(Library { name: #name, open: mlua_sys::#open })
}

/// The libraries that are the module's own: their sources lie in each flavour, and are part of the crate
/// in those that want them.
fn own(config: &Config) -> TokenStream {
    let own = [Library::Bench, Library::History];
    let modules = own
        .iter()
        .filter(|library| config.lua.libraries.contains(library))
        .map(|library| {
            let module = format_ident!("{}", library.word());
            let path = format!("../{}.rs", library.word());
            quote! {
                #[path = #path]
                pub(crate) mod #module;
            }
        });
    quote!(#(#modules)*)
}

fn module(name: &str) -> TokenStream {
    let chunk = c_string(&format!("=stdlib/{name}.lua"));
    let path = format!("../stdlib/{name}.lua");
    let native = if name == stdlib::RCUTABLE {
        quote!(super::tables::NATIVE)
    } else {
        quote!(&[])
    };
    let bytes = Literal::byte_string(name.as_bytes());
    quote!(Module { name: #bytes, chunk: #chunk, source: include_bytes!(#path), native: #native })
}
