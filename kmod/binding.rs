// SPDX-License-Identifier: GPL-2.0

//! Tables as Lua sees them: the metamethods of a table's global and the functions of `rcutable`, for
//! every kind of table.
//!
//! The generator makes a [`Binding`] for each table of the flavour, and trampolines that Lua calls
//! and that call the functions here. A function here returns how many values it pushed, or an
//! [`Error`] for [`raise`]; it raises itself only where Lua has no memory, and holds nothing then.
//!
//! Most reads and writes come by `vm` instead. What that can't do, it leaves to these.

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
        Buckets,
        Element,
        Hashed,
        Held,
        Key,
        Kind,
        Limits,
        Parts,
        Table, //
    },
    vm, //
};
use core::{
    ffi::CStr,
    mem::MaybeUninit,
    ptr,
    slice, //
};
use mlua_sys as sys;

/// A table of the flavour.
pub(crate) trait Binding: Sized + 'static {
    /// What its values are.
    type Kind: Kind;

    /// Where its buckets are.
    type Buckets: Buckets;

    /// What the configuration says of it.
    const DESCRIPTION: Description;

    /// The table itself.
    fn table() -> &'static Table<Self::Kind, Self::Buckets>;

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

    /// A value for the interpreter.
    fn to_lua<'a>(value: <Self::Kind as Kind>::Value<'a>) -> vm::Value<'a>;

    /// A value of the interpreter's, if the table can have it.
    fn from_lua<'a>(value: vm::Value<'a>) -> Option<<Self::Kind as Kind>::Value<'a>>;

    /// An integer as a value, where the table has integers.
    fn integer(n: i64) -> Option<<Self::Kind as Kind>::Value<'static>>;
}

/// What the configuration says of a table.
pub(crate) struct Description {
    /// Its name, in Lua and in errors.
    pub(crate) name: &'static CStr,
    /// The types of its values, for errors.
    pub(crate) types: &'static CStr,
    /// Bytes of a key, at most.
    pub(crate) key_max: usize,
    /// Bytes of a string value, at most.
    pub(crate) string_max: usize,
    /// What its elements may come to.
    pub(crate) limits: Limits,
    /// Whether scripts may not write.
    pub(crate) read_only: bool,
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
    /// The value is not an integer to add to.
    NotInteger,
    /// Scripts may not write to the table.
    ReadOnly,
    /// There are as many elements as may be.
    Entries,
    /// The elements would take more bytes than they may.
    Bytes,
    /// The key's bucket has as many elements as may be.
    Crowded,
    /// There is no memory for an element, or for a string in the state.
    Memory,
}

impl From<table::Error> for Error {
    fn from(error: table::Error) -> Self {
        match error {
            table::Error::Type => Error::NotInteger,
            table::Error::Entries => Error::Entries,
            table::Error::Bytes => Error::Bytes,
            table::Error::Crowded => Error::Crowded,
            // The other two come from `add` and `replace`, which scripts have no way to.
            table::Error::NoMemory | table::Error::Exists | table::Error::Absent => Error::Memory,
        }
    }
}

/// Raises an error. Argument 2 is the key.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 2 is the key.
pub(crate) unsafe fn raise(
    state: *mut lua_State,
    description: &'static Description,
    error: Error,
) -> ! {
    let name = lua::text(description.name);
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
                description.key_max as i64,
            ),
            Error::ValueType(of) => sys::luaL_error(
                state,
                lua::text(c"table '%s', key '%s': a value is %s, not a %s"),
                name,
                key(),
                lua::text(description.types),
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
                description.string_max as i64,
            ),
            Error::NotInteger => sys::luaL_error(
                state,
                lua::text(c"table '%s', key '%s': only to an integer can be added"),
                name,
                key(),
            ),
            Error::ReadOnly => sys::luaL_error(state, lua::text(c"table '%s' is read-only"), name),
            Error::Entries => sys::luaL_error(
                state,
                lua::text(c"table '%s', key '%s': the table is full (max-entries is %I)"),
                name,
                key(),
                description.limits.entries as i64,
            ),
            Error::Bytes => sys::luaL_error(
                state,
                lua::text(c"table '%s', key '%s': the table is full (max-bytes is %I)"),
                name,
                key(),
                description.limits.bytes as i64,
            ),
            Error::Crowded => sys::luaL_error(
                state,
                lua::text(c"table '%s', key '%s': its bucket is full (%I keys share it)"),
                name,
                key(),
                table::LONGEST as i64,
            ),
            // Of its own, it has as much as its limit says.
            Error::Memory if Run::of(state).account.refused() => glue::lunatik_nomemory(state),
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

/// Raises that argument 1 is no shared table.
///
/// # Safety
///
/// Called in a C function of Lua's.
pub(crate) unsafe fn raise_no_table(state: *mut lua_State) -> ! {
    // SAFETY: By the safety requirement. `luaL_argerror` does not return.
    unsafe {
        sys::luaL_argerror(state, 1, lua::text(c"shared table expected"));
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
) -> Result<Hashed<'a>, Error> {
    // SAFETY: By the safety requirement.
    let bytes = unsafe { lua::string(state, index) }.unwrap_or_default();
    if bytes.len() > max {
        return Err(Error::StringLength(bytes.len()));
    }
    if bytes.len() > lua::SHORT_STRING {
        // To hash a long string takes long, and nobody asks for it.
        return Ok(Hashed { bytes, hash: 0 });
    }
    // SAFETY: By the safety requirement.
    unsafe { key(state, index) }.map_err(Error::ValueType)
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
unsafe fn checked_key<'a, B: Binding>(state: *mut lua_State) -> Result<Key<'a>, Error> {
    // SAFETY: By the safety requirement.
    let key = unsafe { key(state, 2) }.map_err(Error::KeyType)?;
    if key.bytes.len() > B::DESCRIPTION.key_max {
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
            Some(Hashed { bytes: from, .. }) if from.len() <= lua::SHORT_STRING => {
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
unsafe fn push_value<B: Binding>(state: *mut lua_State, key: Key<'_>) -> Result<bool, Error> {
    let mut collected = false;
    loop {
        match B::table().search(key, Fetched::new) {
            None => return Ok(false),
            // The element went away while it was looked at, replaced or deleted: each turn of this
            // loop for that is a write that succeeded.
            Some(None) => {}
            Some(Some(fetched)) => {
                // SAFETY: By the safety requirement.
                if unsafe { push_fetched::<B>(state, fetched) }.is_ok() {
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
        }
    }
}

/// Pushes what was fetched. Gives it back, with nothing pushed, if it is a long string and the state
/// has not so much memory left.
///
/// # Safety
///
/// Called in a C function of Lua's, with room for a slot.
unsafe fn push_fetched<B: Binding>(
    state: *mut lua_State,
    fetched: Fetched<B::Kind>,
) -> Result<(), Held<B::Kind>> {
    let short;
    let parts = match fetched {
        Fetched::Word { tag, word } => Parts {
            tag,
            word,
            bytes: None,
        },
        Fetched::Short { tag, bytes, len } => {
            short = bytes;
            Parts {
                tag,
                word: 0,
                bytes: short.get(..len).map(|bytes| Hashed { bytes, hash: 0 }),
            }
        }
        // SAFETY: By the safety requirement.
        Fetched::Long(held) => return unsafe { push_held(state, held) },
    };
    // SAFETY: By the safety requirement. If this raises, what it jumps over has nothing to drop.
    unsafe { B::push(state, B::Kind::join(parts)) };
    Ok(())
}

/// Pushes a string without a copy of its bytes: Lua gets the reference. Gives it back, with nothing
/// pushed, if the state has not so much memory left.
///
/// # Safety
///
/// Called in a C function of Lua's, with room for a slot.
unsafe fn push_held<K: Kind>(state: *mut lua_State, held: Held<K>) -> Result<(), Held<K>> {
    // SAFETY: By the safety requirement.
    let run = unsafe { Run::of(state) };
    let len = held.bytes().len();
    // All of the element stays in memory for the string, so the script is charged for all of it.
    if !run.account.charge(held.size()) {
        return Err(held);
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
    Ok(())
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
pub(crate) unsafe fn index<B: Binding>(state: *mut lua_State) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    unsafe {
        let key = checked_key::<B>(state)?;
        if !push_value::<B>(state, key)? {
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
pub(crate) unsafe fn newindex<B: Binding>(state: *mut lua_State) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    let (key, value) = unsafe { (writable_key::<B>(state)?, B::check(state, 3)?) };
    match value {
        Some(value) => B::table().set(key, value)?,
        None => {
            B::table().delete(key);
        }
    }
    Ok(0)
}

/// Argument 2 as a key to write to.
///
/// # Safety
///
/// As for [`key`].
unsafe fn writable_key<'a, B: Binding>(state: *mut lua_State) -> Result<Key<'a>, Error> {
    if B::DESCRIPTION.read_only {
        return Err(Error::ReadOnly);
    }
    // SAFETY: By the safety requirement.
    unsafe { checked_key::<B>(state) }
}

/// `__len`: the number of elements.
///
/// # Safety
///
/// Called in a C function of Lua's.
pub(crate) unsafe fn len<B: Binding>(state: *mut lua_State) -> c_int {
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
pub(crate) unsafe fn next<B: Binding>(state: *mut lua_State) -> Result<c_int, Error> {
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
                if push_value::<B>(state, key)? {
                    return Ok(2);
                }
                sys::lua_settop(state, 2);
            }
        }
        // The element went away meanwhile: on to what is behind it.
    }
}

/// `rcutable.add`: adds argument 3 to the integer of a key, and gives what it was before.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 1 is the table.
pub(crate) unsafe fn add<B: Binding>(state: *mut lua_State) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    unsafe {
        // What is not given is nil.
        sys::lua_settop(state, 3);
        let key = writable_key::<B>(state)?;
        let n = match sys::lua_type(state, 3) {
            sys::LUA_TNUMBER => sys::lua_tointeger(state, 3),
            other => return Err(Error::ValueType(other)),
        };
        let before = B::table().fetch_add(key, n, B::integer)?;
        sys::lua_pushinteger(state, before);
    }
    Ok(1)
}

/// `rcutable.cas`: gives a key the value of argument 4 if it has that of argument 3; says whether.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 1 is the table.
pub(crate) unsafe fn cas<B: Binding>(state: *mut lua_State) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    unsafe {
        // What is not given is nil.
        sys::lua_settop(state, 4);
        let key = writable_key::<B>(state)?;
        let (old, new) = (B::check(state, 3)?, B::check(state, 4)?);
        let done = B::table().compare_exchange(key, old, new)?;
        sys::lua_pushboolean(state, c_int::from(done));
    }
    Ok(1)
}

/// `rcutable.swap`: gives a key the value of argument 3, and gives what it had before.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 1 is the table.
pub(crate) unsafe fn swap<B: Binding>(state: *mut lua_State) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    unsafe {
        // What is not given is nil.
        sys::lua_settop(state, 3);
        let key = writable_key::<B>(state)?;
        let value = B::check(state, 3)?;
        let seen = |element: Option<&Element<B::Kind>>| element.and_then(Fetched::new);
        match B::table().swap(key, value, seen)? {
            Some(fetched) => push_surely::<B>(state, fetched)?,
            None => sys::lua_pushnil(state),
        }
    }
    Ok(1)
}

/// `rcutable.setdefault`: gives a key the value of argument 3 if it has none; gives what it has then.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 1 is the table.
pub(crate) unsafe fn setdefault<B: Binding>(state: *mut lua_State) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    unsafe {
        // What is not given is nil.
        sys::lua_settop(state, 3);
        let key = writable_key::<B>(state)?;
        let value = B::check(state, 3)?.ok_or(Error::ValueType(sys::LUA_TNIL))?;
        match B::table().get_or_add(key, value, Fetched::new)? {
            Some(Some(fetched)) => push_surely::<B>(state, fetched)?,
            _ => sys::lua_pushvalue(state, 3),
        }
    }
    Ok(1)
}

/// `rcutable.clear`: removes all elements.
pub(crate) fn clear<B: Binding>() -> Result<c_int, Error> {
    if B::DESCRIPTION.read_only {
        return Err(Error::ReadOnly);
    }
    B::table().clear();
    Ok(0)
}

/// Pushes what was fetched, if need be after a collection of garbage.
///
/// # Safety
///
/// Called in a C function of Lua's, with room for a slot.
unsafe fn push_surely<B: Binding>(
    state: *mut lua_State,
    fetched: Fetched<B::Kind>,
) -> Result<(), Error> {
    // SAFETY: By the safety requirement. A collection raises nothing: errors of finalizers end in
    // warnings.
    unsafe {
        let Err(held) = push_fetched::<B>(state, fetched) else {
            return Ok(());
        };
        sys::lua_gc(state, sys::LUA_GCCOLLECT);
        push_fetched::<B>(state, Fetched::Long(held)).map_err(|_| Error::Memory)
    }
}
