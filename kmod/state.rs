// SPDX-License-Identifier: GPL-2.0

//! One Lua state: its start, its libraries, the running of a script in it, its end.
//!
//! A state serves one script. What a script does to globals, libraries or metatables ends with it.

use crate::{
    generated::{
        config::{
            DEVICE_NAME,
            STATES, //
        },
        libraries::{
            LIBRARIES,
            STDLIB,
            STDLIB_NAMES, //
        },
        tables, //
    },
    glue,
    limits::{
        Limits,
        Meter, //
    },
    log::{
        self,
        Level,
        Log, //
    },
    lua::{
        self,
        c_char,
        c_int,
        c_void,
        lua_CFunction,
        lua_State, //
    },
    memory::{
        self,
        Account, //
    },
    table::{
        self,
        Key, //
    },
};
use core::{
    cell::{
        Cell,
        UnsafeCell, //
    },
    ffi::{
        c_uint,
        CStr, //
    },
    ptr::{
        self,
        NonNull, //
    },
};
use kernel::{
    prelude::*,
    str::BStr,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};
use mlua_sys as sys;

/// A library of Lua's.
pub(crate) struct Library {
    pub(crate) name: &'static CStr,
    pub(crate) open: lua_CFunction,
}

/// A module of the standard library, for `require`.
pub(crate) struct Module {
    pub(crate) name: &'static [u8],
    /// What errors call it.
    pub(crate) chunk: &'static CStr,
    pub(crate) source: &'static [u8],
    /// Functions that it gets in a table, as its second argument.
    pub(crate) native: &'static [Function],
}

/// A table of the flavour as a global of Lua.
pub(crate) struct Global {
    pub(crate) name: &'static CStr,
    pub(crate) metamethods: &'static [Function],
}

/// A function for Lua.
pub(crate) struct Function {
    pub(crate) name: &'static CStr,
    pub(crate) function: lua_CFunction,
}

/// The seed of every state's hashes: one, so that a string has the same hash in all of them, which
/// serves the tables as well; random, so that nobody outside knows which strings collide.
static SEED: Atomic<u32> = Atomic::new(0);

/// Chooses the seed. Called once, before there is a state.
pub(crate) fn choose_seed() {
    SEED.store(glue::lunatik_random(), Relaxed);
}

/// Puts in what the tables begin with. Called once, after `choose_seed`.
pub(crate) fn fill_tables() -> Result {
    let seed = SEED.load(Relaxed);
    let key = |bytes: &'static [u8]| Key {
        bytes,
        // SAFETY: So many bytes are there.
        hash: unsafe { glue::lunatik_hash(bytes.as_ptr(), bytes.len(), seed) },
    };
    tables::fill(key).map_err(|error| match error {
        table::Error::NoMemory => ENOMEM,
        // The configuration was checked for the rest, but for how large a header is here.
        error => {
            log::device!(
                Error,
                "the contents of [table.init] do not fit: {:?}",
                error
            );
            ENOSPC
        }
    })
}

/// Asks scripts to end; given from any thread.
pub(crate) struct Stop(Atomic<bool>);

impl Stop {
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(false))
    }

    /// Asks.
    pub(crate) fn request(&self) {
        self.0.store(true, Relaxed);
    }

    pub(crate) fn requested(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// What belongs to a state beside Lua's own: Lua finds it from any of its threads.
#[repr(C)]
pub(crate) struct Run {
    /// The first, since its beginning is Lua's.
    pub(crate) meter: Meter,
    pub(crate) account: Account,
    log: Log,
    pub(crate) stop: Arc<Stop>,
    /// Whether `warn` is on.
    warnings: Cell<bool>,
    /// Whether a warning is under way in the log.
    warning: Cell<bool>,
    /// Room for what a table gives, on its way to Lua.
    scratch: UnsafeCell<KVec<u8>>,
}

impl Run {
    /// The run of the state that `state` is a thread of.
    ///
    /// # Safety
    ///
    /// `state` is a thread of a [`State`] and lives for `'a`.
    pub(crate) unsafe fn of<'a>(state: *mut lua_State) -> &'a Self {
        // SAFETY: `State::new` put the pointer there, and Lua copies it to each new thread.
        unsafe { &**sys::lua_getextraspace(state).cast::<*const Self>() }
    }

    /// The number of the state.
    pub(crate) fn number(&self) -> u32 {
        self.log.state()
    }

    /// Room for the longest key of any table: the caller's alone, until it calls Lua with something
    /// other than these bytes.
    pub(crate) fn scratch(&self) -> *mut u8 {
        // SAFETY: The vector is neither moved nor grown; its bytes are the caller's.
        unsafe { (*self.scratch.get()).as_mut_ptr() }
    }
}

/// Why a script could not be run or did not end well. It has been logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It is no Lua, or no text.
    Syntax,
    /// No memory.
    Memory,
    /// It was ended while it was compiled.
    Ended,
}

/// A Lua state with the flavour's libraries and tables, in which nothing has run yet.
pub(crate) struct State {
    lua: NonNull<lua_State>,
    run: KBox<Run>,
}

impl State {
    /// Makes state number `number`, which scripts are asked to leave by `stop`.
    pub(crate) fn new(number: u32, stop: Arc<Stop>) -> Result<Self> {
        let run = KBox::new(
            Run {
                meter: Meter::new(),
                account: Account::new(Limits::FLAVOUR.memory),
                log: Log::new(number)?,
                stop,
                warnings: Cell::new(true),
                warning: Cell::new(false),
                scratch: UnsafeCell::new(KVec::from_elem(0, tables::LONGEST_KEY, GFP_KERNEL)?),
            },
            GFP_KERNEL,
        )?;
        let run_ptr: *const Run = &*run;
        // SAFETY: The run lives as long as the state: see `drop`.
        let lua = unsafe {
            sys::lua_newstate(
                memory::allocate,
                run_ptr.cast_mut().cast(),
                SEED.load(Relaxed),
            )
        };
        let lua = NonNull::new(lua).ok_or(ENOMEM)?;
        // From here on `drop` closes the state.
        let state = Self { lua, run };
        let raw = state.lua.as_ptr();
        // SAFETY: The space is there for this, and a new state has room for what is pushed.
        let status = unsafe {
            sys::lua_getextraspace(raw)
                .cast::<*const Run>()
                .write(run_ptr);
            sys::lua_setwarnf(raw, Some(warn), run_ptr.cast_mut().cast());
            sys::lua_pushcclosure(raw, open, 0);
            sys::lua_pcallk(raw, 0, 0, 0, 0, None)
        };
        match status {
            sys::LUA_OK => Ok(state),
            // Opening libraries fails for want of memory alone.
            _ => Err(ENOMEM),
        }
    }

    /// Compiles a script, and leaves its function on the stack for [`State::call`].
    pub(crate) fn load(&self, script: &[u8], limits: Limits) -> Result<(), Failure> {
        self.run.meter.begin(limits);
        self.run.account.limit(limits.memory);
        match self.compile(script) {
            sys::LUA_OK => Ok(()),
            status => {
                self.log_error();
                Err(match status {
                    sys::LUA_ERRMEM if self.run.meter.ending().is_some() => Failure::Ended,
                    sys::LUA_ERRMEM => Failure::Memory,
                    _ => Failure::Syntax,
                })
            }
        }
    }

    /// Compiles a script in a new state. Leaves the message handler, and the function or an error.
    fn compile(&self, script: &[u8]) -> c_int {
        let raw = self.lua.as_ptr();
        // SAFETY: A new state has room for what is pushed. Compiling is a protected call of its own.
        unsafe {
            sys::lua_pushcclosure(raw, handler, 0);
            sys::luaL_loadbufferx(
                raw,
                script.as_ptr().cast(),
                script.len(),
                lua::text(c"=script"),
                lua::text(c"t"),
            )
        }
    }

    /// Runs the script that was compiled. What it raises is logged.
    pub(crate) fn call(&self) {
        // SAFETY: `load` left the handler and the function on the stack.
        unsafe {
            let status = sys::lua_pcallk(self.lua.as_ptr(), 0, 0, 1, 0, None);
            if status != sys::LUA_OK || self.run.meter.ending().is_some() {
                self.log_error();
            }
        }
    }

    /// Logs why the script was ended, or else the error on top of the stack.
    fn log_error(&self) {
        if self.run.meter.ending().is_some() {
            let log = |message: &[u8]| self.run.log.lines(Level::Error, message);
            return self.run.meter.message(log);
        }
        let raw = self.lua.as_ptr();
        // SAFETY: There is an error on top of the stack, and it stays there.
        let text = unsafe { lua::string(raw, -1) };
        self.run
            .log
            .lines(Level::Error, text.unwrap_or(b"error in error handling"));
    }
}

/// Whether `script` is not the beginning of any Lua. If so, that is logged.
///
/// Compiles it in a state of its own, with a newline behind it: an error that comes before the newline
/// is looked at comes whatever follows. What there was no memory to look at is not wrong.
pub(crate) fn is_wrong(script: &[u8]) -> bool {
    let Ok(stop) = Arc::new(Stop::new(), GFP_KERNEL) else {
        return false;
    };
    let Ok(state) = State::new(0, stop) else {
        return false;
    };
    let mut source = Bytewise {
        rest: script,
        newline: false,
    };
    let raw = state.lua.as_ptr();
    // SAFETY: Compiling is a protected call of its own; `source` outlives it.
    let status = unsafe {
        sys::lua_load(
            raw,
            read_byte,
            (&raw mut source).cast(),
            lua::text(c"=script"),
            lua::text(c"t"),
        )
    };
    if source.newline || matches!(status, sys::LUA_OK | sys::LUA_ERRMEM) {
        return false;
    }
    // SAFETY: There is an error on top of the stack, and it stays there.
    let text = unsafe { lua::string(raw, -1) }.unwrap_or_default();
    log::device!(Error, "{}", BStr::from_bytes(text));
    true
}

/// A script that is read byte by byte, and a newline after it.
struct Bytewise<'a> {
    rest: &'a [u8],
    /// Whether the newline has been read.
    newline: bool,
}

/// The `lua_Reader` of a [`Bytewise`].
///
/// # Safety
///
/// Called by Lua, which has it in `source`.
unsafe extern "C" fn read_byte(
    _state: *mut lua_State,
    source: *mut c_void,
    size: *mut usize,
) -> *const c_char {
    // SAFETY: By the safety requirement.
    let (source, size) = unsafe { (&mut *source.cast::<Bytewise<'_>>(), &mut *size) };
    *size = 1;
    match source.rest.split_first() {
        Some((first, rest)) => {
            source.rest = rest;
            ptr::from_ref(first).cast()
        }
        None if !source.newline => {
            source.newline = true;
            lua::text(c"\n")
        }
        None => {
            *size = 0;
            ptr::null()
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let ended = self.run.meter.ending().is_some();
        // SAFETY: The state is closed once, by its owner. Finalizers run in protected calls.
        unsafe { sys::lua_close(self.lua.as_ptr()) };
        // One of them may have been ended, too.
        if !ended && self.run.meter.ending().is_some() {
            self.log_error();
        }
    }
}

/// Opens what a state has, as a protected call.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn open(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua, with room for 20 slots; no more than 5 are in use at once.
    unsafe {
        for library in LIBRARIES {
            sys::luaL_requiref(state, lua::text(library.name), library.open, 1);
            sys::lua_settop(state, 0);
        }
        for function in [
            Function {
                name: c"print",
                function: print,
            },
            Function {
                name: c"require",
                function: require,
            },
        ] {
            sys::lua_pushcclosure(state, function.function, 0);
            sys::lua_setglobal(state, lua::text(function.name));
        }
        // The module `lunatik`: where a script is.
        sys::luaL_getsubtable(state, sys::LUA_REGISTRYINDEX, lua::text(c"_LOADED"));
        sys::lua_createtable(state, 0, 3);
        sys::lua_pushinteger(state, i64::from(Run::of(state).number()));
        sys::lua_setfield(state, -2, lua::text(c"state"));
        sys::lua_pushinteger(state, STATES as i64);
        sys::lua_setfield(state, -2, lua::text(c"states"));
        sys::lua_pushstring(state, lua::text(DEVICE_NAME));
        sys::lua_setfield(state, -2, lua::text(c"device"));
        sys::lua_setfield(state, -2, lua::text(c"lunatik"));
        sys::lua_settop(state, 0);
        for (number, global) in (0..).zip(tables::GLOBALS) {
            sys::lua_newuserdatauv(state, size_of::<c_uint>(), 0);
            sys::lua_createtable(state, 0, 8);
            for function in global.metamethods {
                sys::lua_pushcclosure(state, function.function, 0);
                sys::lua_setfield(state, -2, lua::text(function.name));
            }
            sys::lua_pushstring(state, lua::text(global.name));
            sys::lua_setfield(state, -2, lua::text(c"__name"));
            // `getmetatable` gives this instead of the functions.
            sys::lua_pushboolean(state, 0);
            sys::lua_setfield(state, -2, lua::text(c"__metatable"));
            sys::lua_setmetatable(state, -2);
            glue::lunatik_share(state, number);
            sys::lua_setglobal(state, lua::text(global.name));
        }
    }
    0
}

/// Makes a message with a traceback of an error.
///
/// # Safety
///
/// Called by Lua, with the error as the argument.
unsafe extern "C" fn handler(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua, with room for 20 slots.
    unsafe {
        let mut message = sys::lua_tolstring(state, 1, ptr::null_mut());
        if message.is_null() {
            if sys::luaL_getmetafield(state, 1, lua::text(c"__tostring")) != sys::LUA_TNIL {
                message = sys::luaL_tolstring(state, 1, ptr::null_mut());
            } else {
                message = sys::lua_pushfstring(
                    state,
                    lua::text(c"(error object is a %s value)"),
                    sys::lua_typename(state, sys::lua_type(state, 1)),
                );
            }
        }
        sys::luaL_traceback(state, state, message, 1);
    }
    1
}

/// `print`: a line of the kernel log.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn print(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua; `luaL_tolstring` pushes what `lua_replace` pops.
    unsafe {
        let count = sys::lua_gettop(state);
        // All conversions first: they may raise, or print themselves.
        sys::luaL_checkstack(state, 4, ptr::null());
        for index in 1..=count {
            sys::luaL_tolstring(state, index, ptr::null_mut());
            sys::lua_replace(state, index);
        }
        let log = &Run::of(state).log;
        log.begin(Level::Info);
        for index in 1..=count {
            if index > 1 {
                log.add(b"\t");
            }
            log.add(lua::string(state, index).unwrap_or_default());
        }
        log.end();
    }
    0
}

/// The warning function: a line of the kernel log, `@on` and `@off`.
///
/// # Safety
///
/// Called by Lua with its [`Run`].
unsafe extern "C" fn warn(run: *mut c_void, message: *const c_char, continued: c_int) {
    // SAFETY: By the safety requirement.
    let (run, message) = unsafe { (&*run.cast::<Run>(), CStr::from_char_ptr(message.cast())) };
    let text = message.to_bytes();
    if !run.warning.get() && continued == 0 && text.first() == Some(&b'@') {
        match text {
            b"@on" => run.warnings.set(true),
            b"@off" => run.warnings.set(false),
            _ => {}
        }
        return;
    }
    // Of a script that is ended, each finalizer fails.
    if !run.warnings.get() || run.meter.ending().is_some() {
        return;
    }
    if !run.warning.replace(continued != 0) {
        run.log.begin(Level::Warning);
        run.log.add(b"Lua warning: ");
    }
    run.log.add(text);
    if continued == 0 {
        run.log.end();
    }
}

/// `require`: a library of Lua's or a module of the flavour's standard library.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn require(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua, with room for 20 slots; nothing here needs dropping.
    unsafe {
        sys::luaL_checklstring(state, 1, ptr::null_mut());
        sys::lua_settop(state, 1);
        sys::luaL_getsubtable(state, sys::LUA_REGISTRYINDEX, lua::text(c"_LOADED"));
        sys::lua_pushvalue(state, 1);
        if sys::lua_rawget(state, 2) != sys::LUA_TNIL {
            return 1;
        }
        // A number as a name is a string by now: `luaL_checklstring` converted it.
        let name = lua::string(state, 1).unwrap_or_default();
        let Some(module) = STDLIB.iter().find(|module| module.name == name) else {
            lua::raise(
                state,
                c"module '%s' is not in this flavour, which has: %s",
                sys::lua_tolstring(state, 1, ptr::null_mut()),
                lua::text(STDLIB_NAMES),
            );
        };
        let status = sys::luaL_loadbufferx(
            state,
            module.source.as_ptr().cast(),
            module.source.len(),
            lua::text(module.chunk),
            lua::text(c"t"),
        );
        if status != sys::LUA_OK {
            lua::rethrow(state);
        }
        sys::lua_pushvalue(state, 1);
        sys::lua_createtable(state, 0, module.native.len() as c_int);
        for function in module.native {
            sys::lua_pushcclosure(state, function.function, 0);
            sys::lua_setfield(state, -2, lua::text(function.name));
        }
        sys::lua_callk(state, 2, 1, 0, None);
        if sys::lua_type(state, -1) == sys::LUA_TNIL {
            sys::lua_pushboolean(state, 1);
        }
        sys::lua_pushvalue(state, 1);
        sys::lua_pushvalue(state, -2);
        sys::lua_rawset(state, 2);
    }
    1
}
