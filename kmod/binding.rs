// SPDX-License-Identifier: GPL-2.0

//! Tables as Lua sees them: the metamethods of a table's global and the functions of `rcutable`, for
//! every kind of table.
//!
//! The generator makes a [`Binding`] for each table of the flavour. The functions that Lua calls are made
//! here of it. What can go wrong is an [`Error`], and is raised when all else has returned ([`or_raise`]);
//! nothing else raises but where Lua has no memory, and then nothing is held.
//!
//! Most reads and writes come by `vm` instead. What that can't do, it leaves to these.

use crate::{
    glue::{
        self,
        RawKey, //
    },
    limits,
    lua::{
        self,
        c_int,
        c_void,
        lua_State, //
    },
    state::{
        Function,
        Global,
        Run, //
    },
    table::{
        self,
        Buckets,
        Element,
        Hashed,
        Held,
        Key,
        Kind,
        Limits,
        Table, //
    },
    vm::Value, //
};
use core::{
    ffi::CStr,
    mem::MaybeUninit,
    ptr,
    slice, //
};
use mlua_sys as sys;

/// A table of the flavour. The type itself is the kind of its values.
pub(crate) trait Binding: Kind + Sized {
    /// Where its buckets are.
    type Buckets: Buckets;

    /// What the configuration says of it.
    const DESCRIPTION: Description;

    /// The table itself.
    fn table() -> &'static Table<Self, Self::Buckets>;

    /// A value for the interpreter.
    fn to_lua(value: Self::Value<'_>) -> Value<'_>;

    /// A value of the interpreter's, if it is of a type that the table has.
    fn from_lua(value: Value<'_>) -> Option<Self::Value<'_>>;
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
    /// The kernel has no memory for an element.
    Memory,
    /// The script would take more memory than it may.
    Limit,
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
            Error::Limit => glue::lunatik_nomemory(state),
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
    // SAFETY: By the safety requirement.
    unsafe { lua::refuse(state, 1, c"shared table expected") }
}

/// What a C function of Lua's returns that does what `call` does and pushes so many values. An error is
/// raised when `call` has returned: no frame that Lua jumps over holds anything.
///
/// # Safety
///
/// As for [`raise`].
unsafe fn or_raise<B: Binding>(
    state: *mut lua_State,
    call: impl FnOnce() -> Result<c_int, Error>,
) -> c_int {
    match call() {
        Ok(count) => count,
        // SAFETY: By the safety requirement.
        Err(error) => unsafe { raise(state, const { &B::DESCRIPTION }, error) },
    }
}

/// Argument `index` as a value of Lua's; `None` for nil.
///
/// # Safety
///
/// As for [`key`].
unsafe fn value<'a, B: Binding>(
    state: *mut lua_State,
    index: c_int,
) -> Result<Option<Value<'a>>, Error> {
    // SAFETY: By the safety requirement.
    unsafe {
        Ok(Some(match sys::lua_type(state, index) {
            sys::LUA_TNIL => return Ok(None),
            sys::LUA_TNUMBER => Value::Integer(sys::lua_tointeger(state, index)),
            sys::LUA_TBOOLEAN => Value::Boolean(sys::lua_toboolean(state, index) != 0),
            sys::LUA_TSTRING if B::BYTES => Value::String(match lua::string(state, index) {
                // To hash a long string takes long, and nobody asks for it.
                Some(bytes) if bytes.len() > lua::SHORT_STRING => {
                    Run::of(state).meter.burn(bytes.len());
                    Hashed { bytes, hash: 0 }
                }
                _ => key(state, index, lua::SHORT_STRING).map_err(Error::ValueType)?,
            }),
            other => return Err(Error::ValueType(other)),
        }))
    }
}

/// Gives `key` a value of Lua's, or none.
// Inlined, since `vm` knows which value it has.
#[inline(always)]
pub(crate) fn write<B: Binding>(key: Key<'_>, value: Option<Value<'_>>) -> Result<(), Error> {
    match value {
        Some(value) => B::table().set(key, accepted::<B>(value)?)?,
        None => {
            B::table().delete(key);
        }
    }
    Ok(())
}

/// A value of Lua's as one that the table may have.
#[inline]
fn accepted<B: Binding>(value: Value<'_>) -> Result<B::Value<'_>, Error> {
    match value {
        Value::String(text) if B::BYTES && text.bytes.len() > B::DESCRIPTION.string_max => {
            Err(Error::StringLength(text.bytes.len()))
        }
        _ => B::from_lua(value).ok_or(Error::ValueType(value.type_of())),
    }
}

/// Argument `index` as a value that the table may have; `None` for nil.
///
/// # Safety
///
/// As for [`key`].
unsafe fn checked_value<'a, B: Binding>(
    state: *mut lua_State,
    index: c_int,
) -> Result<Option<B::Value<'a>>, Error> {
    // SAFETY: By the safety requirement.
    let value = unsafe { value::<B>(state, index) }?;
    value.map(accepted::<B>).transpose()
}

/// The string at argument `index` as a key, or the type of Lua's that is there instead. The hash is
/// that of a string of `max` bytes at most.
///
/// # Safety
///
/// Called in a C function of Lua's, with an argument `index` that stays as it is for `'a`.
pub(crate) unsafe fn key<'a>(
    state: *mut lua_State,
    index: c_int,
    max: usize,
) -> Result<Key<'a>, c_int> {
    let mut raw = MaybeUninit::<RawKey>::uninit();
    // SAFETY: By the safety requirement; what is there is a string where it says so.
    unsafe {
        match glue::lunatik_tokey(state, index, max, raw.as_mut_ptr()) {
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
    let key = unsafe { key(state, 2, B::DESCRIPTION.key_max) }.map_err(Error::KeyType)?;
    if key.bytes.len() > B::DESCRIPTION.key_max {
        return Err(Error::KeyLength(key.bytes.len()));
    }
    Ok(key)
}

/// A value on its way from a table to Lua, beyond the read-side section.
enum Fetched<B: Binding> {
    Integer(i64),
    Boolean(bool),
    Short {
        bytes: [u8; lua::SHORT_STRING],
        len: usize,
    },
    Long(Held<B>),
}

impl<B: Binding> Fetched<B> {
    /// `None` if the element lost its last reference while it was looked at.
    fn new(element: &Element<B>) -> Option<Self> {
        Some(match B::to_lua(element.value()) {
            Value::Integer(n) => Fetched::Integer(n),
            Value::Boolean(truth) => Fetched::Boolean(truth),
            Value::String(from) if from.bytes.len() <= lua::SHORT_STRING => {
                let mut bytes = [0; lua::SHORT_STRING];
                for (to, from) in bytes.iter_mut().zip(from.bytes) {
                    *to = *from;
                }
                Fetched::Short {
                    bytes,
                    len: from.bytes.len(),
                }
            }
            Value::String(_) => Fetched::Long(element.hold()?),
        })
    }
}

/// Fetches the value of `key` and pushes it. Returns whether there was one.
///
/// # Safety
///
/// Called in a C function of Lua's, with room for a slot.
unsafe fn push_value<B: Binding>(state: *mut lua_State, key: Key<'_>) -> Result<bool, Error> {
    loop {
        match B::table().search(key, Fetched::new) {
            None => return Ok(false),
            // The element went away while it was looked at, replaced or deleted: each turn of this
            // loop for that is a write that succeeded.
            Some(None) => {}
            Some(Some(fetched)) => {
                // SAFETY: By the safety requirement.
                unsafe { push_fetched::<B>(state, fetched) }?;
                return Ok(true);
            }
        }
    }
}

/// Pushes what was fetched.
///
/// # Safety
///
/// Called in a C function of Lua's, with room for a slot.
unsafe fn push_fetched<B: Binding>(
    state: *mut lua_State,
    fetched: Fetched<B>,
) -> Result<(), Error> {
    // SAFETY: By the safety requirement. If this raises, what it jumps over has nothing to drop.
    unsafe {
        match fetched {
            Fetched::Integer(n) => sys::lua_pushinteger(state, n),
            Fetched::Boolean(truth) => sys::lua_pushboolean(state, c_int::from(truth)),
            Fetched::Short { bytes, len } => {
                lua::push_string(state, bytes.get(..len).unwrap_or_default())
            }
            Fetched::Long(held) if B::BYTES => push_held(state, held)?,
            // A table without strings has none, and no code for them.
            Fetched::Long(_) => {}
        }
    }
    Ok(())
}

/// Pushes a string without a copy of its bytes: Lua gets the reference.
///
/// # Safety
///
/// Called in a C function of Lua's, with room for a slot.
unsafe fn push_held<K: Kind>(state: *mut lua_State, held: Held<K>) -> Result<(), Error> {
    // SAFETY: By the safety requirement.
    let run = unsafe { Run::of(state) };
    let len = held.bytes().len();
    // All of the element stays in memory for the string, so the script is charged for all of it.
    if !run.account.charge(held.size()) {
        // Strings that the script has dropped may still be charged. A collection raises nothing: errors
        // of finalizers end in warnings.
        // SAFETY: By the safety requirement.
        unsafe { sys::lua_gc(state, sys::LUA_GCCOLLECT) };
        if !run.account.charge(held.size()) {
            return Err(Error::Limit);
        }
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

/// The global of a table.
pub(crate) const fn global<B: Binding>() -> Global {
    Global {
        name: B::DESCRIPTION.name,
        metamethods: const {
            &[
                Function {
                    name: c"__index",
                    function: index::<B>,
                },
                Function {
                    name: c"__newindex",
                    function: newindex::<B>,
                },
                Function {
                    name: c"__len",
                    function: len::<B>,
                },
                Function {
                    name: c"__pairs",
                    function: pairs::<B>,
                },
            ]
        },
    }
}

/// `__index`: the value of a key, or nil.
///
/// # Safety
///
/// Called by Lua with two arguments.
unsafe extern "C" fn index<B: Binding>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        or_raise::<B>(state, || {
            let key = checked_key::<B>(state)?;
            if !push_value::<B>(state, key)? {
                sys::lua_pushnil(state);
            }
            Ok(1)
        })
    }
}

/// `__newindex`: adds, replaces, or with nil deletes.
///
/// # Safety
///
/// Called by Lua with three arguments.
unsafe extern "C" fn newindex<B: Binding>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        or_raise::<B>(state, || {
            let key = writable_key::<B>(state)?;
            write::<B>(key, value::<B>(state, 3)?)?;
            Ok(0)
        })
    }
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
/// Called by Lua.
unsafe extern "C" fn len<B: Binding>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe { sys::lua_pushinteger(state, B::table().len() as i64) };
    1
}

/// `__pairs`: the iterator [`next`], the table, and no key to begin with.
///
/// # Safety
///
/// Called by Lua with an argument.
unsafe extern "C" fn pairs<B: Binding>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        sys::lua_pushcclosure(state, next::<B>, 0);
        sys::lua_pushvalue(state, 1);
        sys::lua_pushnil(state);
    }
    3
}

/// A step of iteration: the key and the value behind a key, or nil.
///
/// # Safety
///
/// Called by Lua; a script may call it with anything.
unsafe extern "C" fn next<B: Binding>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement; there are two arguments from here on.
    unsafe {
        sys::lua_settop(state, 2);
        or_raise::<B>(state, || step::<B>(state))
    }
}

/// Pushes the key and the value behind argument 2, or nil.
///
/// # Safety
///
/// Called in a C function of Lua's with two arguments.
unsafe fn step<B: Binding>(state: *mut lua_State) -> Result<c_int, Error> {
    // SAFETY: By the safety requirement.
    let scratch = unsafe { Run::of(state) }.scratch();
    loop {
        // SAFETY: By the safety requirement.
        let before = match unsafe { key(state, 2, B::DESCRIPTION.key_max) } {
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
            if let Ok(key) = key(state, 2, B::DESCRIPTION.key_max) {
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
pub(crate) unsafe fn add<B: Binding>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        // What is not given is nil.
        sys::lua_settop(state, 3);
        or_raise::<B>(state, || {
            let key = writable_key::<B>(state)?;
            let n = match sys::lua_type(state, 3) {
                sys::LUA_TNUMBER => Value::Integer(sys::lua_tointeger(state, 3)),
                other => return Err(Error::ValueType(other)),
            };
            let n = B::from_lua(n).ok_or(Error::NotInteger)?;
            sys::lua_pushinteger(state, B::table().fetch_add(key, n)?);
            Ok(1)
        })
    }
}

/// `rcutable.cas`: gives a key the value of argument 4 if it has that of argument 3; says whether.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 1 is the table.
pub(crate) unsafe fn cas<B: Binding>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        // What is not given is nil.
        sys::lua_settop(state, 4);
        or_raise::<B>(state, || {
            let key = writable_key::<B>(state)?;
            let (old, new) = (checked_value::<B>(state, 3)?, checked_value::<B>(state, 4)?);
            let done = B::table().compare_exchange(key, old, new)?;
            sys::lua_pushboolean(state, c_int::from(done));
            Ok(1)
        })
    }
}

/// `rcutable.swap`: gives a key the value of argument 3, and gives what it had before.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 1 is the table.
pub(crate) unsafe fn swap<B: Binding>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        // What is not given is nil.
        sys::lua_settop(state, 3);
        or_raise::<B>(state, || {
            let key = writable_key::<B>(state)?;
            let value = checked_value::<B>(state, 3)?;
            let run = Run::of(state);
            // There must be room for the old value in the state before it leaves the table.
            loop {
                if !push_value::<B>(state, key)? {
                    sys::lua_pushnil(state);
                }
                let old = checked_value::<B>(state, 4)?;
                // Where it fails, another write succeeded. Of a script that is to end, the next thing is
                // the checkpoint behind this call.
                if B::table().compare_exchange(key, old, value)?
                    || run.meter.turn() && limits::lunatik_refuel(run) != 0
                {
                    return Ok(1);
                }
                sys::lua_settop(state, 3);
            }
        })
    }
}

/// `rcutable.setdefault`: gives a key the value of argument 3 if it has none; gives what it has then.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 1 is the table.
pub(crate) unsafe fn setdefault<B: Binding>(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        // What is not given is nil.
        sys::lua_settop(state, 3);
        or_raise::<B>(state, || {
            let key = writable_key::<B>(state)?;
            let value = checked_value::<B>(state, 3)?.ok_or(Error::ValueType(sys::LUA_TNIL))?;
            match B::table().get_or_add(key, value, Fetched::new)? {
                Some(Some(fetched)) => push_fetched::<B>(state, fetched)?,
                _ => sys::lua_pushvalue(state, 3),
            }
            Ok(1)
        })
    }
}

/// `rcutable.clear`: removes all elements.
///
/// # Safety
///
/// Called in a C function of Lua's whose argument 1 is the table.
pub(crate) unsafe fn clear<B: Binding>(state: *mut lua_State) -> c_int {
    let call = || {
        if B::DESCRIPTION.read_only {
            return Err(Error::ReadOnly);
        }
        // SAFETY: By the safety requirement.
        let run = unsafe { Run::of(state) };
        // Of a script that is to end, the next thing is the checkpoint behind this call.
        B::table().clear(|| !run.meter.turn() || limits::lunatik_refuel(run) == 0);
        Ok(0)
    };
    // SAFETY: By the safety requirement.
    unsafe { or_raise::<B>(state, call) }
}
