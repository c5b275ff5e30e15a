// SPDX-License-Identifier: GPL-2.0

//! Values of Lua as JSON (RFC 8259).
//!
//! A table whose keys are 1 to n is an array, an empty one too; any other is an object, whose keys
//! must be strings and integers. Bytes of a string that are no UTF-8 become U+FFFD. Tables are read as
//! they are, without metamethods, and nothing of the script's runs meanwhile.
//!
//! What is inside what stands on the stack of Lua, not on that of the kernel.

use crate::{
    lua::{
        self,
        c_int,
        c_void,
        lua_State, //
    },
    memory::{
        self,
        Account, //
    },
    state::Run,
    uapi::status, //
};
use core::{
    fmt::{
        self,
        Write as _, //
    },
    mem, //
};
use kernel::prelude::*;
use mlua_sys as sys;

/// Tables inside each other, at most.
const DEPTH_MAX: usize = 64;

/// Bytes on their way out, which a state's account is charged for meanwhile.
pub(crate) struct Sink<'a> {
    bytes: KVVec<u8>,
    account: &'a Account,
    charged: usize,
    /// The `LUNATIK_STATUS_*` that says why there was no room, if there was none.
    full: Option<u32>,
}

/// There was no room; the [`Sink`] knows why.
pub(crate) struct NoRoom;

impl<'a> Sink<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self {
            bytes: KVVec::new(),
            account,
            charged: 0,
            full: None,
        }
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(), NoRoom> {
        if !self.account.charge(bytes.len()) {
            self.full = Some(status::MEMORY_LIMIT);
            return Err(NoRoom);
        }
        self.charged += bytes.len();
        memory::append(&mut self.bytes, bytes).map_err(|_| {
            self.account.kernel_refused();
            self.full = Some(status::NO_MEMORY);
            NoRoom
        })
    }

    /// Why there was no room, if there was none.
    pub(crate) fn full(&self) -> Option<u32> {
        self.full
    }

    pub(crate) fn take(&mut self) -> KVVec<u8> {
        mem::take(&mut self.bytes)
    }
}

impl Drop for Sink<'_> {
    fn drop(&mut self) {
        self.account.uncharge(self.charged);
    }
}

impl fmt::Write for Sink<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// Why a value has no JSON.
enum Refused {
    NoRoom,
    /// There is something in it that JSON has nothing for.
    What(&'static str),
    /// The same, by its type.
    Type(c_int),
    Key(c_int),
}

impl From<NoRoom> for Refused {
    fn from(_: NoRoom) -> Self {
        Self::NoRoom
    }
}

impl From<fmt::Error> for Refused {
    fn from(_: fmt::Error) -> Self {
        Self::NoRoom
    }
}

/// A table that is being written. On the stack of Lua it lies at `base`; above it, for an object, the
/// key of what is being written.
struct Level {
    table: *const c_void,
    base: c_int,
    /// How many elements of an array; `None` for an object.
    length: Option<i64>,
    /// How many have been begun.
    begun: i64,
}

/// A writer of JSON.
pub(crate) struct Json<'a> {
    sink: Sink<'a>,
    levels: KVec<Level>,
    /// Which of the results is being written.
    result: c_int,
    /// What is wrong.
    complaint: Sink<'a>,
}

impl<'a> Json<'a> {
    pub(crate) fn new(account: &'a Account) -> Result<Self> {
        Ok(Self {
            sink: Sink::new(account),
            levels: KVec::with_capacity(DEPTH_MAX, GFP_KERNEL_ACCOUNT)?,
            result: 0,
            complaint: Sink::new(account),
        })
    }

    pub(crate) fn full(&self) -> Option<u32> {
        self.sink.full().or(self.complaint.full())
    }

    pub(crate) fn take(&mut self) -> KVVec<u8> {
        self.sink.take()
    }

    /// Writes an array of the values from index `first` of the stack of Lua to its top. May raise.
    ///
    /// # Safety
    ///
    /// Called in a C function of Lua's.
    pub(crate) unsafe fn write(&mut self, state: *mut lua_State, first: c_int) {
        // SAFETY: By the safety requirement.
        let Err(refused) = (unsafe { self.array(state, first) }) else {
            return;
        };
        // SAFETY: As above. What is raised needs no dropping: it is a string of Lua's by then.
        unsafe {
            // Whatever else is there is not needed any more, but the keys are.
            let message: &[u8] = match self.complain(state, refused) {
                Ok(()) => &self.complaint.bytes,
                Err(_) => b"not enough memory",
            };
            if sys::lua_checkstack(state, 1) == 0 {
                sys::lua_settop(state, 0);
            }
            lua::push_string(state, message);
            lua::rethrow(state)
        }
    }

    /// The writing itself.
    ///
    /// # Safety
    ///
    /// As of [`Json::write`].
    unsafe fn array(&mut self, state: *mut lua_State, first: c_int) -> Result<(), Refused> {
        self.sink.put(b"[")?;
        // SAFETY: By the caller's.
        unsafe {
            let last = sys::lua_gettop(state);
            for index in first..=last {
                self.result = index - first + 1;
                if self.result > 1 {
                    self.sink.put(b",")?;
                }
                room(state)?;
                sys::lua_pushvalue(state, index);
                self.value(state)?;
                while !self.levels.is_empty() {
                    checkpoint(state);
                    self.step(state)?;
                }
            }
        }
        Ok(self.sink.put(b"]")?)
    }

    /// Writes the next element of the innermost table, or its end.
    ///
    /// # Safety
    ///
    /// As of [`Json::write`].
    unsafe fn step(&mut self, state: *mut lua_State) -> Result<(), Refused> {
        let Some(level) = self.levels.last_mut() else {
            return Ok(());
        };
        // SAFETY: By the caller's; the table of the level is at its base, at the top or below a key.
        unsafe {
            let more = match level.length {
                Some(length) => level.begun < length,
                None => sys::lua_next(state, level.base) != 0,
            };
            let is_array = level.length.is_some();
            if !more {
                sys::lua_settop(state, level.base - 1);
                self.levels.pop();
                return Ok(self.sink.put(if is_array { b"]" } else { b"}" })?);
            }
            level.begun += 1;
            let (begun, key) = (level.begun, level.base + 1);
            if begun > 1 {
                self.sink.put(b",")?;
            }
            if is_array {
                sys::lua_rawgeti(state, -1, begun);
            } else if let Some(text) = lua::string(state, key) {
                self.string(state, text)?;
                self.sink.put(b":")?;
            } else if sys::lua_isinteger(state, key) != 0 {
                let number = sys::lua_tointegerx(state, key, core::ptr::null_mut());
                write!(self.sink, "\"{number}\":")?;
            } else {
                return Err(Refused::Key(sys::lua_type(state, key)));
            }
            self.value(state)
        }
    }

    /// Writes the value on top of the stack of Lua and takes it off, or begins to, if it is a table.
    ///
    /// # Safety
    ///
    /// As of [`Json::write`].
    unsafe fn value(&mut self, state: *mut lua_State) -> Result<(), Refused> {
        // SAFETY: By the caller's.
        unsafe {
            match sys::lua_type(state, -1) {
                sys::LUA_TNIL => self.sink.put(b"null")?,
                sys::LUA_TBOOLEAN if sys::lua_toboolean(state, -1) != 0 => {
                    self.sink.put(b"true")?
                }
                sys::LUA_TBOOLEAN => self.sink.put(b"false")?,
                sys::LUA_TNUMBER => {
                    let number = sys::lua_tointegerx(state, -1, core::ptr::null_mut());
                    write!(self.sink, "{number}")?;
                }
                sys::LUA_TSTRING => {
                    let text = lua::string(state, -1).unwrap_or_default();
                    self.string(state, text)?;
                }
                sys::LUA_TTABLE => return self.table(state),
                other => return Err(Refused::Type(other)),
            }
            sys::lua_settop(state, -2);
        }
        Ok(())
    }

    /// Begins the table on top of the stack of Lua, and leaves it there.
    ///
    /// # Safety
    ///
    /// As of [`Json::write`].
    unsafe fn table(&mut self, state: *mut lua_State) -> Result<(), Refused> {
        // SAFETY: By the caller's; there is room for a key and a value.
        unsafe {
            let table = sys::lua_topointer(state, -1);
            if self.levels.iter().any(|level| level.table == table) {
                return Err(Refused::What("a table inside itself"));
            }
            room(state)?;
            let base = sys::lua_gettop(state);
            let length = length(state);
            let level = Level {
                table,
                base,
                length,
                begun: 0,
            };
            if self.levels.push_within_capacity(level).is_err() {
                return Err(Refused::What("tables too deep inside each other"));
            }
            if length.is_none() {
                sys::lua_pushnil(state);
            }
            Ok(self.sink.put(if length.is_some() { b"[" } else { b"{" })?)
        }
    }

    /// Writes a string.
    ///
    /// # Safety
    ///
    /// As of [`Json::write`].
    unsafe fn string(&mut self, state: *mut lua_State, text: &[u8]) -> Result<(), Refused> {
        // SAFETY: By the caller's.
        unsafe { Run::of(state) }.meter.burn(text.len());
        self.sink.put(b"\"")?;
        for chunk in text.utf8_chunks() {
            let mut rest = chunk.valid().as_bytes();
            while let Some(at) = rest
                .iter()
                .position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\')
            {
                let (plain, special) = rest.split_at(at);
                self.sink.put(plain)?;
                // SAFETY: By the caller's.
                unsafe { checkpoint(state) };
                match special[0] {
                    b'"' => self.sink.put(b"\\\"")?,
                    b'\\' => self.sink.put(b"\\\\")?,
                    b'\n' => self.sink.put(b"\\n")?,
                    b'\r' => self.sink.put(b"\\r")?,
                    b'\t' => self.sink.put(b"\\t")?,
                    byte => write!(self.sink, "\\u{byte:04x}")?,
                }
                rest = &special[1..];
            }
            self.sink.put(rest)?;
            if !chunk.invalid().is_empty() {
                // SAFETY: By the caller's.
                unsafe { checkpoint(state) };
                self.sink.put("\u{fffd}".as_bytes())?;
            }
        }
        Ok(self.sink.put(b"\"")?)
    }

    /// Says what is wrong and where: `no JSON for result 1.users[2].name: a function`.
    ///
    /// # Safety
    ///
    /// As of [`Json::write`].
    unsafe fn complain(&mut self, state: *mut lua_State, refused: Refused) -> Result<(), NoRoom> {
        let to = &mut self.complaint;
        write!(to, "no JSON for result {}", self.result).map_err(|_| NoRoom)?;
        let whole = match refused {
            // The key itself is what is wrong.
            Refused::Key(_) => self.levels.len() - 1,
            _ => self.levels.len(),
        };
        for level in &self.levels[..whole] {
            // SAFETY: By the caller's; an object that was begun has a key there.
            unsafe {
                if level.length.is_some() {
                    write!(to, "[{}]", level.begun).map_err(|_| NoRoom)?;
                } else if let Some(text) = lua::string(state, level.base + 1) {
                    to.put(b".")?;
                    to.put(&text[..text.len().min(NAME_MAX)])?;
                } else {
                    let number = sys::lua_tointegerx(state, level.base + 1, core::ptr::null_mut());
                    write!(to, "[{number}]").map_err(|_| NoRoom)?;
                }
            }
        }
        let (before, tag) = match refused {
            Refused::NoRoom => return Err(NoRoom),
            Refused::What(what) => (what, None),
            Refused::Type(tag) => ("a ", Some(tag)),
            Refused::Key(tag) => ("a key that is a ", Some(tag)),
        };
        to.put(b": ")?;
        to.put(before.as_bytes())?;
        if let Some(tag) = tag {
            // SAFETY: By the caller's; the name of a type is a static string.
            unsafe {
                let name = sys::lua_typename(state, tag);
                let name = core::ffi::CStr::from_char_ptr(name.cast());
                to.put(name.to_bytes())?;
            }
        }
        Ok(())
    }
}

/// Bytes of a key that a complaint shows.
const NAME_MAX: usize = 64;

/// Makes room for a table with its key and value, and what else is needed.
///
/// # Safety
///
/// As of [`Json::write`].
unsafe fn room(state: *mut lua_State) -> Result<(), Refused> {
    // SAFETY: By the caller's. Raises nothing.
    match unsafe { sys::lua_checkstack(state, 5) } {
        0 => Err(Refused::What("tables too deep inside each other")),
        _ => Ok(()),
    }
}

/// How many elements the table on top of the stack of Lua has if its keys are 1 to that number.
///
/// # Safety
///
/// As of [`Json::write`].
unsafe fn length(state: *mut lua_State) -> Option<i64> {
    // SAFETY: By the caller's; there is room for a key and a value.
    unsafe {
        let table = sys::lua_gettop(state);
        let (mut count, mut last) = (0, 0);
        sys::lua_pushnil(state);
        while sys::lua_next(state, table) != 0 {
            checkpoint(state);
            sys::lua_settop(state, table + 1);
            let number = match sys::lua_isinteger(state, -1) {
                0 => 0,
                _ => sys::lua_tointegerx(state, -1, core::ptr::null_mut()),
            };
            if number < 1 {
                sys::lua_settop(state, table);
                return None;
            }
            count += 1;
            last = number.max(last);
        }
        (count == last).then_some(count)
    }
}

/// A look at whether the script is to end. May raise; the writer's owner is not on the way.
///
/// # Safety
///
/// As of [`Json::write`].
unsafe fn checkpoint(state: *mut lua_State) {
    // SAFETY: By the caller's.
    unsafe { Run::of(state).checkpoint(state) };
}
