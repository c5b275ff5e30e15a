// SPDX-License-Identifier: GPL-2.0

//! The interpreter's own way to the tables: a field of a shared table is got and set without a call of
//! a metamethod. What cannot be done in this way, an error for one, is left to `binding`.
//!
//! For this to be as fast as it is meant to be, the structures of Lua that are in the way are laid out
//! here as Lua has them; `lua/lunatik.c` checks that they agree.

use crate::{
    binding::{
        self,
        Binding, //
    },
    glue,
    lua::{
        c_int,
        c_void,
        lua_State, //
    },
    table::{
        Hashed,
        Key,
        Parts, //
    },
};
use core::{
    mem::{
        offset_of,
        size_of, //
    },
    slice, //
};
use mlua_sys as sys;

/// `TValue`: a value of Lua's.
#[repr(C)]
pub(crate) struct TValue {
    /// An integer, or the address of an object.
    value: i64,
    tag: u8,
}

/// The tags of values (`lobject.h`). A bit says that the value is an object of the collector's.
mod tag {
    pub(super) const NIL: u8 = 0;
    pub(super) const FALSE: u8 = 0x01;
    pub(super) const TRUE: u8 = 0x11;
    pub(super) const INTEGER: u8 = 0x03;
    pub(super) const SHORT_STRING: u8 = 0x44;
    pub(super) const LONG_STRING: u8 = 0x54;
    /// What nil and its kin have in common: none of these bits.
    pub(super) const TYPE: u8 = 0x0f;
}

/// `TString`: a string.
#[repr(C)]
struct TString {
    next: *const c_void,
    tt: u8,
    marked: u8,
    extra: u8,
    /// The length of a short string, else negative.
    short_len: i8,
    /// Of a short string; of a long one only if it was asked for.
    hash: u32,
    /// The length of a long string.
    long_len: usize,
    /// Where the bytes of a long string are; those of a short one are in this place.
    contents: *const u8,
}

impl TString {
    /// The bytes and the hash of a short string.
    #[inline]
    fn short(&self) -> Hashed<'_> {
        Hashed {
            // SAFETY: A short string has so many bytes, in this place.
            bytes: unsafe {
                slice::from_raw_parts(
                    (&raw const self.contents).cast(),
                    self.short_len as u8 as usize,
                )
            },
            hash: self.hash,
        }
    }

    /// The bytes of a long string.
    #[inline]
    fn long(&self) -> Hashed<'_> {
        Hashed {
            // SAFETY: A long string has so many bytes, in that place.
            bytes: unsafe { slice::from_raw_parts(self.contents, self.long_len) },
            hash: 0,
        }
    }
}

/// What `Udata` begins with.
#[repr(C)]
struct Udata {
    next: *const c_void,
    tt: u8,
    marked: u8,
    values: u16,
    /// The number of the shared table that it is, from 1, or 0.
    shared: u32,
}

/// A value on its way between Lua and a table.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Integer(i64),
    Boolean(bool),
    /// Of a long string the hash is not known.
    String(Hashed<'a>),
}

impl<'a> Value<'a> {
    /// The tags of values in a table, whichever types it has.
    pub(crate) const INTEGER: u8 = 0;
    pub(crate) const BOOLEAN: u8 = 1;
    pub(crate) const STRING: u8 = 2;

    /// Which type it is in Lua.
    pub(crate) fn type_of(self) -> c_int {
        match self {
            Value::Integer(_) => sys::LUA_TNUMBER,
            Value::Boolean(_) => sys::LUA_TBOOLEAN,
            Value::String(_) => sys::LUA_TSTRING,
        }
    }

    /// Takes it apart for a table.
    #[inline]
    pub(crate) fn split(self) -> Parts<'a> {
        let (tag, word, bytes) = match self {
            Value::Integer(n) => (Self::INTEGER, n, None),
            Value::Boolean(truth) => (Self::BOOLEAN, i64::from(truth), None),
            Value::String(text) => (Self::STRING, 0, Some(text)),
        };
        Parts { tag, word, bytes }
    }
}

// `lua/lunatik.c` says the same of Lua's own.
const _: () = {
    const WORD: usize = size_of::<usize>();
    assert!(offset_of!(TValue, tag) == 8);
    assert!(offset_of!(TString, short_len) == WORD + 3);
    assert!(offset_of!(TString, hash) == WORD + 4);
    assert!(offset_of!(TString, long_len) == WORD + 8);
    assert!(offset_of!(TString, contents) == 2 * WORD + 8);
    assert!(offset_of!(Udata, shared) == WORD + 4);
};

impl TValue {
    /// The number of the shared table that this is.
    ///
    /// # Safety
    ///
    /// It is one.
    #[inline]
    pub(crate) unsafe fn number(&self) -> u32 {
        // SAFETY: By the safety requirement.
        unsafe { (*(self.value as *const Udata)).shared - 1 }
    }

    /// The string that this is, if it is a short one.
    ///
    /// # Safety
    ///
    /// The value stays where Lua sees it for `'a`.
    #[inline]
    unsafe fn short<'a>(&self) -> Option<Key<'a>> {
        // SAFETY: The tag says what the value is.
        (self.tag == tag::SHORT_STRING)
            .then(|| unsafe { (*(self.value as *const TString)).short() })
    }
}

/// Gets a field of a table. Returns whether it did.
///
/// # Safety
///
/// Called by the interpreter.
#[inline]
pub(crate) unsafe fn get<B: Binding>(
    state: *mut lua_State,
    key: *const TValue,
    value: *mut TValue,
) -> bool {
    // SAFETY: By the safety requirement.
    unsafe { (*key).short() }.is_some_and(|key| {
        // A key that is too long is an error, not absent.
        if key.bytes.len() > B::DESCRIPTION.key_max {
            return false;
        }
        let found = B::table().search(key, |element| match B::to_lua(element.value()) {
            Value::Integer(n) => Some((tag::INTEGER, n)),
            Value::Boolean(false) => Some((tag::FALSE, 0)),
            Value::Boolean(true) => Some((tag::TRUE, 0)),
            // A string that the state has already is that one. To make one is for the other way.
            Value::String(few) => {
                if few.bytes.len() > crate::lua::SHORT_STRING {
                    return None;
                }
                let (bytes, len) = (few.bytes.as_ptr(), few.bytes.len());
                // SAFETY: So many bytes are there. This neither sleeps nor raises anything.
                let string = unsafe { glue::lunatik_interned(state, bytes, len, few.hash) };
                (!string.is_null()).then_some((tag::SHORT_STRING, string as i64))
            }
        });
        let Some((tag, word)) = found.unwrap_or(Some((tag::NIL, 0))) else {
            return false;
        };
        // SAFETY: It is the interpreter's, for this.
        unsafe {
            (*value).value = word;
            (*value).tag = tag;
        }
        true
    })
}

/// Sets a field of a table. Returns whether it did.
///
/// # Safety
///
/// Called by the interpreter.
#[inline]
pub(crate) unsafe fn set<B: Binding>(key: *const TValue, value: *const TValue) -> bool {
    // SAFETY: By the safety requirement.
    unsafe { (*key).short() }.is_some_and(|key| {
        if B::DESCRIPTION.read_only || key.bytes.len() > B::DESCRIPTION.key_max {
            return false;
        }
        let write = move |value| binding::write::<B>(key, value).is_ok();
        // SAFETY: The tag says what the value is; it stays while this runs.
        unsafe {
            let (tag, word) = ((*value).tag, (*value).value);
            // These two first: in a `match` of all they would not be.
            if tag == tag::INTEGER {
                return write(Some(Value::Integer(word)));
            }
            if tag & tag::TYPE == tag::NIL {
                return write(None);
            }
            let object = word as *const TString;
            match tag {
                tag::FALSE => write(Some(Value::Boolean(false))),
                tag::TRUE => write(Some(Value::Boolean(true))),
                tag::SHORT_STRING => write(Some(Value::String((*object).short()))),
                // Lua counts what this takes.
                tag::LONG_STRING => write(Some(Value::String((*object).long()))),
                _ => false,
            }
        }
    })
}
