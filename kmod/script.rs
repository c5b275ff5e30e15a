// SPDX-License-Identifier: GPL-2.0

//! The scripts that the module contains: Lua that was compiled on the host and lies in the module's
//! own memory. Nothing else is ever loaded as a chunk that was compiled.
//!
//! Which ones there are is in `generated/libraries.rs`; `exec` starts those that run when the module is
//! loaded.

use crate::{
    generated::libraries::{
        CHUNKS,
        SCRIPTS, //
    },
    lua::{
        self,
        c_int,
        lua_State, //
    },
};
use core::ffi::CStr;
use kernel::prelude::*;
use mlua_sys as sys;

/// A script.
pub(crate) struct Script {
    pub(crate) name: &'static CStr,
    /// Whether it runs when the module is loaded.
    pub(crate) at_load: bool,
    pub(crate) code: Code,
}

/// Lua that the module contains: text, or in a module with [`CHUNKS`] what that was compiled to on the
/// host, as [`Aligned`] bytes.
pub(crate) struct Code(pub(crate) &'static [u8]);

/// Bytes that instructions and line numbers of a chunk can be used at.
#[allow(dead_code, reason = "a flavour without chunks has none")]
#[repr(C, align(8))]
pub(crate) struct Aligned<B>(pub(crate) B);

impl Code {
    pub(crate) fn size(&self) -> usize {
        self.0.len()
    }

    /// Loads it, and leaves the function or an error. Errors call it `name`.
    ///
    /// # Safety
    ///
    /// There is room for one slot on the stack of Lua.
    pub(crate) unsafe fn load(&self, state: *mut lua_State, name: &CStr) -> c_int {
        let bytes = self.0;
        // A chunk is not copied, but used where it is.
        let mode = if CHUNKS { c"B" } else { c"t" };
        // SAFETY: By the safety requirement. Loading is a protected call of its own. Lua copies the
        // name. A chunk is what the compiler made, and stays as long as the module.
        unsafe {
            sys::luaL_loadbufferx(
                state,
                bytes.as_ptr().cast(),
                bytes.len(),
                name.as_char_ptr().cast(),
                lua::text(mode),
            )
        }
    }
}

impl Script {
    /// The script that `text` names: a line, with its end or without.
    pub(crate) fn named(text: &[u8]) -> Option<&'static Self> {
        let name = text.strip_suffix(b"\n").unwrap_or(text);
        SCRIPTS.iter().find(|script| script.name.to_bytes() == name)
    }

    /// Whether `text` can become a name of a script when more follows.
    pub(crate) fn begins(text: &[u8]) -> bool {
        let begins = |script: &Self| script.name.to_bytes().starts_with(text);
        Self::named(text).is_some() || SCRIPTS.iter().any(begins)
    }
}
