// SPDX-License-Identifier: GPL-2.0
//! `generated/libraries.rs`: the libraries of Lua, the modules for `require`, and the scripts.

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
    Script,
    Word, //
};
use crate::stdlib;

pub fn emit(config: &Config) -> TokenStream {
    let libraries = config
        .lua
        .libraries
        .iter()
        .map(|library| self::library(*library));
    let modules = config.lua.stdlib.iter().map(|name| module(name, config));
    let scripts = config.scripts.iter().map(script);
    let chunks = config.has_chunks();
    let contains = !config.scripts.is_empty();
    let names: Vec<_> = config.lua.stdlib.iter().map(String::as_str).collect();
    let names = c_string(&names.join(", "));
    let own = own(config);
    let history = config.lua.libraries.contains(&Library::History);
    let unload = history.then(|| quote!(history::unload();));
    quote! {
        use crate::script::{Code, Script};
        use crate::state::{Library, Module};
        use core::ffi::CStr;

        #own

        /// Lua's libraries in this flavour.
        pub(crate) static LIBRARIES: &[Library] = &[#(#libraries),*];

        /// The modules that `require` finds.
        pub(crate) static STDLIB: &[Module] = &[#(#modules),*];

        /// Their names, for an error.
        pub(crate) const STDLIB_NAMES: &CStr = #names;

        /// Whether what the module contains was compiled on the host.
        pub(crate) const CHUNKS: bool = #chunks;

        /// Whether it contains scripts.
        pub(crate) const CONTAINS: bool = #contains;

        /// The scripts that the module contains.
        pub(crate) const SCRIPTS: &[Script] = &[#(#scripts),*];

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

/// A chunk that was compiled on the host.
fn chunk(path: &str) -> TokenStream {
    quote!(Code(&crate::script::Aligned(*include_bytes!(#path)).0))
}

fn script(script: &Script) -> TokenStream {
    let name = c_string(&script.name);
    let at_load = script.at_load;
    let code = chunk(&format!("../{}", script.path("luac")));
    quote!(Script { name: #name, at_load: #at_load, code: #code })
}

fn module(name: &str, config: &Config) -> TokenStream {
    let chunk = c_string(&format!("=stdlib/{name}.lua"));
    let code = match config.has_chunks() {
        true => self::chunk(&format!("../stdlib/{name}.luac")),
        false => {
            let path = format!("../stdlib/{name}.lua");
            quote!(Code(include_bytes!(#path)))
        }
    };
    let native = if name == stdlib::RCUTABLE {
        quote!(super::tables::NATIVE)
    } else {
        quote!(&[])
    };
    let bytes = Literal::byte_string(name.as_bytes());
    quote!(Module { name: #bytes, chunk: #chunk, code: #code, native: #native })
}
