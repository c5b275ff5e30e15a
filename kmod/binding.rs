// SPDX-License-Identifier: GPL-2.0

//! Tables as Lua sees them: the metamethods of a table's global, for every kind of table.
//!
//! The generator makes a [`Binding`] for each table of the flavour, and trampolines that Lua calls
//! and that call the functions here. A function here returns how many values it pushed, or an
//! [`Error`] for [`raise`]; it raises itself only where Lua has no memory, and holds nothing then.

use crate::{
    glue::{
        self,
        RawKey, //
    },
    lua::{
        self,
        c_int,
        c_void,
        lua_CFunction,
        lua_State, //
    },
    state::Run,
    table::{
        self,
        Element,
        Held,
        Key,
        Kind,
        Parts,
        Table, //
    },
};
use core::{
    ffi::CStr,
    mem::MaybeUninit,
    ptr,
    slice, //
};
use mlua_sys as sys;

/// A table of the flavour, of `BUCKETS` buckets.
pub(crate) trait Binding<const BUCKETS: usize>: Sized + 'static {
    /// What its values are.
    type Kind: Kind;

    /// Its name, in Lua and in errors.
    const NAME: &'static CStr;

    /// The types of its values, for errors.
    const TYPES: &'static CStr;

    /// Bytes of a key, at most.
    const KEY_MAX: usize;

    /// Bytes of a string value, at most.
    const STRING_MAX: usize;

    /// The table itself.
    fn table() -> &'static Table<Self::Kind, BUCKETS>;

    /// The value at `index`; `None` for nil.
    ///
    /// # Safety
    ///
    /// `index` is valid and stays as it is for `'a`.
    unsafe fn check<'a>(
        state: *mut lua_State,
        index: c_int,
    ) -> Result<Option<<Self::Kind as Kind>::Value<'a>>, Error>;

    /// Pushes a value. May raise, for want of memory.
    ///
    /// # Safety
    ///
    /// There is room for a slot.
    unsafe fn push(state: *mut lua_State, value: <Self::Kind as Kind>::Value<'_>);
}

/// Why a script may not do this with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// The key is no string but of this type of Lua's.
    KeyType(c_int),
    /// The key has this many bytes.
    KeyLength(usize),
    /// The value is of this type of Lua's.
    ValueType(c_int),
    /// The value is a string of this many bytes.
    StringLength(usize),
    /// There is no memory for an element, or for a string in the state.
    Memory,
}

/// Raises an error. Argument 2 is the key.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 2 is the key.
pub(crate) unsafe fn raise<B: Binding<N>, const N: usize>(
    state: *mut lua_State,
    error: Error,
) -> ! {
    let name = lua::text(B::NAME);
    // SAFETY: The formats get what they want: `%s` a string of C's, `%I` an integer of Lua's.
    // `luaL_error` does not return.
    unsafe {
        let type_name = |of| sys::lua_typename(state, of);
        let key = || sys::lua_tolstring(state, 2, ptr::null_mut());
        match error {
            Error::KeyType(of) => sys::luaL_error(
                state,
                lua::text(c"table '%s': a key is a string, not a %s"),
                name,
                type_name(of),
            ),
            Error::KeyLength(length) => sys::luaL_error(
                state,
                lua::text(c"table '%s': key of %I bytes is longer than key-max (%I)"),
                name,
                length as i64,
                B::KEY_MAX as i64,
            ),
            Error::ValueType(of) => sys::luaL_error(
                state,
                lua::text(c"table '%s', key '%s': a value is %s, not a %s"),
                name,
                key(),
                lua::text(B::TYPES),
                type_name(of),
            ),
            Error::StringLength(length) => sys::luaL_error(
                state,
                lua::text(
                    c"table '%s', key '%s': string of %I bytes is longer than string-max (%I)",
                ),
                name,
                key(),
                length as i64,
                B::STRING_MAX as i64,
            ),
            Error::Memory => sys::luaL_error(
                state,
                lua::text(c"table '%s', key '%s': not enough memory"),
                name,
                key(),
            ),
        };
        core::hint::unreachable_unchecked()
    }
}

/// The string at `index`, for [`Binding::check`].
///
/// # Safety
///
/// There is a string at `index`, and it stays there for `'a`.
pub(crate) unsafe fn check_string<'a>(
    state: *mut lua_State,
    index: c_int,
    max: usize,
) -> Result<&'a [u8], Error> {
    // SAFETY: By the safety requirement.
    let bytes = unsafe { lua::string(state, index) }.unwrap_or_default();
    if bytes.len() > max {
        return Err(Error::StringLength(bytes.len()));
    }
    Ok(bytes)
}

/// The string at argument `index` as a key, or the type of Lua's that is there instead.
///
/// # Safety
///
/// Called in a C function of Lua's, with an argument `index` that stays as it is for `'a`.
unsafe fn key<'a>(state: *mut lua_State, index: c_int) -> Result<Key<'a>, c_int> {
    let mut raw = MaybeUninit::<RawKey>::uninit();
    // SAFETY: By the safety requirement; what is there is a string where it says so.
    unsafe {
        match glue::lunatik_tokey(state, index, raw.as_mut_ptr()) {
            sys::LUA_TSTRING => {
                let raw = raw.assume_init();
                Ok(Key {
                    bytes: slice::from_raw_parts(raw.bytes, raw.len),
                    hash: raw.hash,
                })
            }
            other => Err(other),
        }
    }
}

/// Argument 2 as a key that the table may have.
///
/// # Safety
///
/// As for [`key`].
unsafe fn checked_key<'a, B: Binding<N>, const N: usize>(
    state: *mut lua_State,
) -> Result<Key<'a>, Error> {
    // SAFETY: By the safety requirement.
    let key = unsafe { key(state, 2) }.map_err(Error::KeyType)?;
    if key.bytes.len() > B::KEY_MAX {
        return Err(Error::KeyLength(key.bytes.len()));
    }
    Ok(key)
}

/// A value on its way from a table to Lua, beyond the read-side section.
enum Fetched<K: Kind> {
    Word {
        tag: u8,
        word: i64,
    },
    Short {
        tag: u8,
        bytes: [u8; lua::SHORT_STRING],
        len: usize,
    },
    Long(Held<K>),
}

impl<K: Kind> Fetched<K> {
    /// `None` if the element lost its last reference while it was looked at.
    fn new(element: &Element<K>) -> Option<Self> {
        let Parts { tag, word, bytes } = K::split(element.value());
        Some(match bytes {
            None => Fetched::Word { tag, word },
            Some(from) if from.len() <= lua::SHORT_STRING => {
                let mut bytes = [0; lua::SHORT_STRING];
                for (to, from) in bytes.iter_mut().zip(from) {
                    *to = *from;
                }
                Fetched::Short {
                    tag,
                    bytes,
                    len: from.len(),
                }
            }
            Some(_) => Fetched::Long(element.hold()?),
        })
    }
}

/// Fetches the value of `key` and pushes it. Returns whether there was one.
///
/// # Safety
///
/// Called in a C function of Lua's, with room for a slot.
unsafe fn push_value<B: Binding<N>, const N: usize>(
    state: *mut lua_State,
    key: Key<'_>,
) -> Result<bool, Error> {
    let mut collected = false;
    let fetched = loop {
        match B::table().search(key, Fetched::new) {
            None => return Ok(false),
            // The element went away while it was looked at, replaced or deleted: each turn of this
            // loop for that is a write that succeeded.
            Some(None) => {}
            Some(Some(Fetched::Long(held))) => {
                // SAFETY: By the safety requirement.
                if unsafe { push_held(state, held) } {
                    return Ok(true);
                }
                if collected {
                    return Err(Error::Memory);
                }
                // Strings that the script has dropped may still be charged. Finalizers run in this,
                // so it comes when nothing is held.
                // SAFETY: By the safety requirement.
                unsafe { sys::lua_gc(state, sys::LUA_GCCOLLECT) };
                collected = true;
            }
            Some(Some(fetched)) => break fetched,
        }
    };
    match fetched {
        Fetched::Word { tag, word } => {
            let parts = Parts {
                tag,
                word,
                bytes: None,
            };
            // SAFETY: By the safety requirement.
            unsafe { B::push(state, B::Kind::join(parts)) };
        }
        Fetched::Short { tag, bytes, len } => {
            let parts = Parts {
                tag,
                word: 0,
                bytes: bytes.get(..len),
            };
            // SAFETY: By the safety requirement.
            unsafe { B::push(state, B::Kind::join(parts)) };
        }
        // Pushed above.
        Fetched::Long(_) => {}
    }
    Ok(true)
}

/// Pushes a string without a copy of its bytes: Lua gets the reference. Returns `false`, with nothing
/// pushed, if the state has not so much memory left.
///
/// # Safety
///
/// Called in a C function of Lua's, with room for a slot.
unsafe fn push_held<K: Kind>(state: *mut lua_State, held: Held<K>) -> bool {
    // SAFETY: By the safety requirement.
    let run = unsafe { Run::of(state) };
    let len = held.bytes().len();
    // All of the element stays in memory for the string, so the script is charged for all of it.
    if !run.account.charge(held.size()) {
        return false;
    }
    let bytes = held.into_bytes();
    // SAFETY: The bytes end with a zero and stay as they are until `release_held` is called, once:
    // by the collector, or at once if there is no memory for Lua's part of the string.
    unsafe {
        sys::lua_pushexternalstring(
            state,
            bytes.cast(),
            len,
            Some(release_held::<K>),
            ptr::from_ref(run).cast_mut().cast(),
        )
    };
    true
}

/// The `lua_Alloc` of a string whose bytes are an element's: called once, to free it.
///
/// # Safety
///
/// Called by Lua for a string of [`push_held`].
unsafe extern "C" fn release_held<K: Kind>(
    run: *mut c_void,
    bytes: *mut c_void,
    _size: usize,
    _new: usize,
) -> *mut c_void {
    // SAFETY: By the safety requirement.
    unsafe {
        let held = Held::<K>::from_bytes(bytes.cast());
        (*run.cast::<Run>()).account.uncharge(held.size());
    }
    ptr::null_mut()
}

/// `__index`: the value of a key, or nil.
///
/// # Safety
///
/// Called in a C function of Lua's with two arguments.
pub(crate) unsafe fn index<B: Binding<N>, const N: usize>(
    state: *mut lua_State,
) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    unsafe {
        let key = checked_key::<B, N>(state)?;
        if !push_value::<B, N>(state, key)? {
            sys::lua_pushnil(state);
        }
    }
    Ok(1)
}

/// `__newindex`: adds, replaces, or with nil deletes.
///
/// # Safety
///
/// Called in a C function of Lua's with three arguments.
pub(crate) unsafe fn newindex<B: Binding<N>, const N: usize>(
    state: *mut lua_State,
) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    let (key, value) = unsafe { (checked_key::<B, N>(state)?, B::check(state, 3)?) };
    match value {
        Some(value) => B::table().set(key, value).map_err(|error| match error {
            table::Error::NoMemory | table::Error::Exists | table::Error::Absent => Error::Memory,
        })?,
        None => {
            B::table().delete(key);
        }
    }
    Ok(0)
}

/// `__len`: the number of elements.
///
/// # Safety
///
/// Called in a C function of Lua's.
pub(crate) unsafe fn len<B: Binding<N>, const N: usize>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe { sys::lua_pushinteger(state, B::table().len() as i64) };
    1
}

/// `__pairs`: the iterator `next`, the table, and no key to begin with.
///
/// # Safety
///
/// Called in a C function of Lua's with an argument.
pub(crate) unsafe fn pairs(state: *mut lua_State, next: lua_CFunction) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        sys::lua_pushcclosure(state, next, 0);
        sys::lua_pushvalue(state, 1);
        sys::lua_pushnil(state);
    }
    3
}

/// A step of iteration: the key and the value behind a key, or nil.
///
/// # Safety
///
/// Called in a C function of Lua's with two arguments.
pub(crate) unsafe fn next<B: Binding<N>, const N: usize>(
    state: *mut lua_State,
) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    let scratch = unsafe {
        // A script may call this with anything.
        sys::lua_settop(state, 2);
        Run::of(state).scratch()
    };
    loop {
        // SAFETY: By the safety requirement.
        let before = match unsafe { key(state, 2) } {
            Ok(key) => Some(key),
            Err(sys::LUA_TNIL) => None,
            Err(other) => return Err(Error::KeyType(other)),
        };
        let found = B::table().successor(before, |element| {
            let key = element.key();
            // SAFETY: The room is for the longest key of all tables, and nobody else's now.
            unsafe { ptr::copy_nonoverlapping(key.as_ptr(), scratch, key.len()) };
            key.len()
        });
        // SAFETY: The bytes were copied just now. Lua copies them before anything else can run.
        // Slot 2, the key that was, becomes the key that is: by then it is not in use.
        unsafe {
            let Some(len) = found else {
                sys::lua_pushnil(state);
                return Ok(1);
            };
            lua::push_string(state, slice::from_raw_parts(scratch, len));
            sys::lua_copy(state, -1, 2);
            sys::lua_settop(state, 2);
            if let Ok(key) = key(state, 2) {
                sys::lua_pushvalue(state, 2);
                if push_value::<B, N>(state, key)? {
                    return Ok(2);
                }
                sys::lua_settop(state, 2);
            }
        }
        // The element went away meanwhile: on to what is behind it.
    }
}
