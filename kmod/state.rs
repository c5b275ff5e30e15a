// SPDX-License-Identifier: GPL-2.0

//! One Lua state: its start, its libraries, the running of a script in it, its end.
//!
//! A state serves one script, and what that does to globals, libraries or metatables ends with it,
//! unless its submitter wants the state kept for the next one.

use crate::{
    arguments::Arguments,
    generated::{
        config::{
            COMPILER,
            DEVICE_NAME,
            STATES,
            TRACEBACKS,
            TRACEPOINTS, //
        },
        libraries::{
            CONTAINS,
            LIBRARIES,
            STDLIB,
            STDLIB_NAMES, //
        },
        tables, //
    },
    glue,
    job::{
        Job,
        Outcome, //
    },
    json::{
        Json,
        Sink, //
    },
    limits::{
        Ending,
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
    output::{
        Full,
        Place, //
    },
    script::{
        Code,
        Script, //
    },
    table::{
        self,
        Key, //
    },
    uapi::{
        flag,
        status, //
    },
};
use core::{
    cell::{
        Cell,
        UnsafeCell, //
    },
    ffi::CStr,
    iter, mem,
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
    pub(crate) code: Code,
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

/// Chooses the seed, and the key of the hashes of addresses. Called once, before there is a state.
pub(crate) fn choose_seed() {
    SEED.store(glue::lunatik_random(), Relaxed);
    glue::lunatik_choose_key();
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

/// Bytes that a state asks of the kernel, with nothing run in it and all collected that can be.
pub(crate) fn idle_memory() -> Result<usize> {
    let state = State::new(0, Arc::new(Stop::new(), GFP_KERNEL)?)?;
    // SAFETY: Nothing runs in the state, and no finalizer is its user's.
    unsafe { sys::lua_gc(state.lua.as_ptr(), sys::LUA_GCCOLLECT) };
    let run = &*state.run;
    Ok(run.account.used() + size_of::<Run>() + tables::LONGEST_KEY + run.log.memory())
}

/// Asks what runs in a state to end; given from any thread.
pub(crate) struct Stop {
    /// The script of the moment is to end.
    killed: Atomic<bool>,
    /// Every script is to end.
    unloaded: Atomic<bool>,
}

impl Stop {
    pub(crate) const fn new() -> Self {
        Self {
            killed: Atomic::new(false),
            unloaded: Atomic::new(false),
        }
    }

    /// Asks.
    pub(crate) fn request(&self, ending: Ending) {
        match ending {
            Ending::Unloaded => self.unloaded.store(true, Relaxed),
            _ => self.killed.store(true, Relaxed),
        }
    }

    /// Forgets what was asked of a script that has ended.
    pub(crate) fn clear(&self) {
        self.killed.store(false, Relaxed);
    }

    pub(crate) fn requested(&self) -> Option<Ending> {
        if self.unloaded.load(Relaxed) {
            Some(Ending::Unloaded)
        } else if self.killed.load(Relaxed) {
            Some(Ending::Killed)
        } else {
            None
        }
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
    /// The script that runs.
    job: UnsafeCell<Option<Arc<Job>>>,
    /// Whether `warn` is on.
    warnings: Cell<bool>,
    /// Whether a warning is under way in the log.
    warning: Cell<bool>,
    /// Room for what a table gives, on its way to Lua.
    scratch: UnsafeCell<KVec<u8>>,
}

impl Run {
    /// Begins a script: nothing of the one before counts.
    fn begin(&self, job: &Arc<Job>) {
        self.meter.begin(job.limits);
        self.warnings.set(true);
        self.warning.set(false);
        self.account.begin(job.limits.memory);
        self.set_job(Some(job.clone()));
    }

    fn set_job(&self, job: Option<Arc<Job>>) {
        // SAFETY: Nobody has a reference: nothing of the state's runs now.
        let before = unsafe { mem::replace(&mut *self.job.get(), job) };
        drop(before);
    }

    /// The script that runs.
    fn job(&self) -> Option<&Job> {
        // SAFETY: It stays as long as something of the state's runs, which the caller does.
        unsafe { (*self.job.get()).as_deref() }
    }

    /// Lets others see how far the script is.
    pub(crate) fn publish(&self) {
        if let Some(job) = self.job() {
            job.publish(self.meter.instructions(), self.account.used());
        }
    }

    /// Lets who traces the module see that the script has come to a limit.
    pub(crate) fn trace_ending(&self, ending: Ending, message: &[u8]) {
        if let Some(job) = self.job().filter(|_| TRACEPOINTS && ending.is_limit()) {
            let (text, size) = (message.as_ptr(), message.len());
            // SAFETY: So many bytes are there.
            unsafe { glue::lunatik_trace_limit(job.id, ending as u32, text, size) };
        }
    }

    /// A turn of a loop: uses up fuel, and raises if the script is to end.
    ///
    /// # Safety
    ///
    /// Called in a C function that `state` runs, of which this is the run.
    pub(crate) unsafe fn checkpoint(&self, state: *mut lua_State) {
        if self.meter.turn() {
            // SAFETY: By the safety requirement.
            unsafe { glue::lunatik_checkpoint(state) };
        }
    }

    /// Why the script is to end, if it is.
    pub(crate) fn due(&self) -> Option<Ending> {
        let ended = self.meter.ending().or(self.meter.due());
        let asked = ended.or_else(|| self.stop.requested());
        asked.or_else(|| {
            // A process that compiles a script at its close: see `is_wrong`.
            let dying = glue::lunatik_is_dying();
            if dying {
                Some(Ending::Killed)
            } else {
                self.meter.exceeded()
            }
        })
    }

    /// Notes how far the script has come.
    fn measure(&self, outcome: &mut Outcome) {
        outcome.instructions = self.meter.instructions();
        outcome.memory = self.account.peak();
    }

    /// Says why a script has ended, where what it prints goes: in its outcome, or in the log.
    fn tell(&self, outcome: &mut Outcome, text: &[u8]) {
        if self.job().is_none_or(|job| job.output.is_logged()) {
            self.log.lines(Level::Error, text);
        } else {
            // Without memory for it there is the status still.
            let _ = memory::append(&mut outcome.error, text);
        }
    }

    /// Prints for the script: says whether it is for the log.
    fn print<'a>(&self, pieces: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Place, Full> {
        match self.job() {
            Some(job) => job.output.print(pieces),
            None => Ok(Place::Log),
        }
    }

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

/// A state of Lua's, which is closed when this is dropped.
struct Lua(NonNull<lua_State>);

impl Lua {
    fn as_ptr(&self) -> *mut lua_State {
        self.0.as_ptr()
    }
}

impl Drop for Lua {
    fn drop(&mut self) {
        // SAFETY: The state is closed once, by its owner. Finalizers run in protected calls.
        unsafe { sys::lua_close(self.0.as_ptr()) };
    }
}

/// A Lua state with the flavour's libraries and tables, in which nothing has run yet.
///
/// One in which something has run ends with [`State::finish`].
pub(crate) struct State {
    /// It comes first: finalizers need the run when it is closed.
    lua: Lua,
    run: KBox<Run>,
}

impl State {
    /// Makes state number `number`, in which `stop` asks scripts to end.
    pub(crate) fn new(number: u32, stop: Arc<Stop>) -> Result<Self> {
        let run = KBox::new(
            Run {
                meter: Meter::new(),
                account: Account::new(Limits::FLAVOUR.memory),
                log: Log::new(number),
                stop,
                job: UnsafeCell::new(None),
                warnings: Cell::new(true),
                warning: Cell::new(false),
                scratch: UnsafeCell::new(KVec::from_elem(0, tables::LONGEST_KEY, GFP_KERNEL)?),
            },
            GFP_KERNEL,
        )?;
        let run_ptr: *const Run = &*run;
        // SAFETY: The run lives as long as the state, whose last field it is.
        let lua = unsafe {
            sys::lua_newstate(
                memory::allocate,
                run_ptr.cast_mut().cast(),
                SEED.load(Relaxed),
            )
        };
        let lua = Lua(NonNull::new(lua).ok_or(ENOMEM)?);
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

    /// Runs a script. What the state does from here to [`State::leave`] or [`State::finish`] is the script's.
    pub(crate) fn run(&self, job: &Arc<Job>) -> Outcome {
        let mut outcome = Outcome::default();
        let run = &*self.run;
        run.begin(job);
        let text = job.take_text();
        let compiled = match job.script {
            Some(script) if CONTAINS => self.load(script),
            _ => self.compile(&text, job.name.chunk()),
        };
        drop(text);
        match compiled {
            sys::LUA_OK => {
                job.complete(Ok(()));
                if !job.has(flag::CHECK) {
                    self.call(job, &mut outcome);
                }
            }
            failure => {
                self.fail(failure, status::SYNTAX, &mut outcome);
                job.complete(Err(match (run.meter.ending(), failure) {
                    (Some(ending), _) => ending.error(),
                    (None, sys::LUA_ERRMEM) => ENOMEM,
                    (None, _) => ENOEXEC,
                }));
            }
        }
        run.measure(&mut outcome);
        run.publish();
        outcome
    }

    /// The script has ended, and the state is kept for another.
    pub(crate) fn leave(&self) {
        // SAFETY: Nothing runs in the state; no slot is one to be closed.
        unsafe { sys::lua_settop(self.lua.as_ptr(), 0) };
        self.run.set_job(None);
    }

    /// The state, which was kept after `job`, is kept no more: runs its finalizers as part of that, within its
    /// limits. What is left to do is to drop the state.
    pub(crate) fn release(&self, job: &Arc<Job>) {
        self.run.begin(job);
        // Nobody asks any more how that script ended.
        self.finish(&mut Outcome::default());
    }

    /// The script has ended, and nothing of the state's runs after this: its finalizers are the last of
    /// the script. One that has to be ended is how the script ended, if nothing was wrong with it
    /// before. What is left to do is to drop the state.
    pub(crate) fn finish(&self, outcome: &mut Outcome) {
        let run = &*self.run;
        let ended = run.meter.ending().is_some();
        // SAFETY: Nothing runs in the state, which is closed next. Finalizers run in protected calls.
        unsafe { glue::lunatik_finalize(self.lua.as_ptr()) };
        if run.job().is_some() {
            run.measure(outcome);
        }
        if let (false, Some(ending)) = (ended, run.meter.ending()) {
            if outcome.status == status::OK {
                outcome.status = ending as u32;
            } else if !outcome.error.is_empty() {
                run.tell(outcome, b"\n");
            }
            run.meter.message(|text| run.tell(outcome, text));
        }
        run.set_job(None);
    }

    /// Compiles a script. Leaves the message handler, and the function or an error.
    fn compile(&self, script: &[u8], name: &CStr) -> c_int {
        let raw = self.lua.as_ptr();
        // SAFETY: An empty stack has room for what is pushed. Compiling is a protected call of its own,
        // and Lua copies the name.
        unsafe {
            sys::lua_pushcclosure(raw, handler, 0);
            sys::luaL_loadbufferx(
                raw,
                script.as_ptr().cast(),
                script.len(),
                name.as_char_ptr().cast(),
                lua::text(c"t"),
            )
        }
    }

    /// The same for a script of the module's own.
    fn load(&self, script: &Script) -> c_int {
        let raw = self.lua.as_ptr();
        // SAFETY: An empty stack has room for what is pushed.
        unsafe {
            sys::lua_pushcclosure(raw, handler, 0);
            script.code.load(raw, script.name)
        }
    }

    /// Calls the function that [`State::compile`] or [`State::load`] left.
    fn call(&self, job: &Job, outcome: &mut Outcome) {
        let raw = self.lua.as_ptr();
        let wanted = job.has(flag::VALUES | flag::JSON);
        let results = if wanted { sys::LUA_MULTRET } else { 0 };
        // SAFETY: The handler and the function are on the stack, which has room for two more. What the
        // light userdata points to outlives the call.
        let failure = unsafe {
            sys::lua_pushcclosure(raw, push_arguments, 0);
            sys::lua_pushlightuserdata(raw, (&raw const job.arguments).cast_mut().cast());
            match sys::lua_pcallk(raw, 1, sys::LUA_MULTRET, 1, 0, None) {
                sys::LUA_OK => {
                    let count = sys::lua_gettop(raw) - 2;
                    sys::lua_pcallk(raw, count, results, 1, 0, None)
                }
                failure => failure,
            }
        };
        if failure != sys::LUA_OK || self.run.meter.ending().is_some() {
            self.fail(failure, status::ERROR, outcome);
        } else if wanted {
            self.collect(job, outcome);
        }
    }

    /// Turns what the script has returned into text.
    fn collect(&self, job: &Job, outcome: &mut Outcome) {
        let account = &self.run.account;
        let json = match job.has(flag::JSON).then(|| Json::new(account)) {
            None => None,
            Some(Ok(json)) => Some(json),
            Some(Err(_)) => {
                outcome.status = status::NO_MEMORY;
                return;
            }
        };
        let mut results = Results {
            values: job.has(flag::VALUES).then(|| Sink::new(account)),
            json,
        };
        let raw = self.lua.as_ptr();
        // SAFETY: Room for two more is asked for; `results` outlives the call, which is protected.
        let failure = unsafe {
            if sys::lua_checkstack(raw, 2) == 0 {
                outcome.status = status::NO_MEMORY;
                return;
            }
            let count = sys::lua_gettop(raw) - 1;
            sys::lua_pushcclosure(raw, collect, 0);
            sys::lua_pushlightuserdata(raw, (&raw mut results).cast());
            sys::lua_rotate(raw, 2, 2);
            sys::lua_pcallk(raw, count + 1, 0, 1, 0, None)
        };
        if failure != sys::LUA_OK {
            let full = results.values.as_ref().and_then(Sink::full);
            let full = full.or(results.json.as_ref().and_then(Json::full));
            return self.fail(failure, full.unwrap_or(status::ERROR), outcome);
        }
        if let Some(values) = &mut results.values {
            outcome.values = values.take();
        }
        if let Some(json) = &mut results.json {
            outcome.json = json.take();
        }
    }

    /// Notes that a protected call has failed, with the error on top of the stack as a string. `other`
    /// is the status if neither memory was the reason nor a limit.
    fn fail(&self, failure: c_int, other: u32, outcome: &mut Outcome) {
        outcome.status = match (self.run.meter.ending(), failure) {
            (Some(ending), _) => ending as u32,
            (None, sys::LUA_ERRMEM) => status::NO_MEMORY,
            (None, _) => other,
        };
        let run = &*self.run;
        if run.meter.ending().is_some() {
            return run.meter.message(|text| run.tell(outcome, text));
        }
        // SAFETY: There is an error on top of the stack, and it stays there.
        let text = unsafe { lua::string(self.lua.as_ptr(), -1) };
        run.tell(outcome, text.unwrap_or(b"error in error handling"));
    }
}

/// What becomes of what a script returns.
struct Results<'a> {
    values: Option<Sink<'a>>,
    json: Option<Json<'a>>,
}

/// Pushes the arguments of a script.
///
/// # Safety
///
/// Called by Lua, with a pointer to [`Arguments`](crate::arguments::Arguments).
unsafe extern "C" fn push_arguments(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        let arguments = sys::lua_touserdata(state, 1).cast::<Arguments>();
        (*arguments).push(state)
    }
}

/// Turns values into text.
///
/// # Safety
///
/// Called by Lua, with a pointer to [`Results`], and the values.
unsafe extern "C" fn collect(state: *mut lua_State) -> c_int {
    // SAFETY: By the safety requirement. What may raise does so with nothing in this frame to drop.
    unsafe {
        let results = &mut *sys::lua_touserdata(state, 1).cast::<Results<'_>>();
        if let Some(json) = &mut results.json {
            json.write(state, 2);
        }
        if let Some(values) = &mut results.values {
            let last = sys::lua_gettop(state);
            sys::luaL_checkstack(state, 4, ptr::null());
            for index in 2..=last {
                Run::of(state).checkpoint(state);
                sys::luaL_tolstring(state, index, ptr::null_mut());
                let text = lua::string(state, -1).unwrap_or_default();
                Run::of(state).meter.burn(text.len());
                let separator: &[u8] = if index > 2 { b"\t" } else { b"" };
                let put = values.put(separator).and_then(|()| values.put(text));
                if put.is_err() {
                    glue::lunatik_nomemory(state);
                }
                sys::lua_settop(state, last);
            }
        }
    }
    0
}

/// Whether `script` is not the beginning of anything that can be run. If so, that is logged.
pub(crate) fn is_wrong(script: &[u8]) -> bool {
    if COMPILER {
        return is_no_lua(script);
    }
    let wrong = !Script::begins(script);
    if wrong {
        log_unknown();
    }
    wrong
}

/// Says that no script has the name that was written. What that was may be nobody else's business.
#[inline]
pub(crate) fn log_unknown() {
    log::device!(
        Error,
        "script refused: this module runs its own scripts alone, and what was written is no name of one"
    );
}

/// Whether `script` is not the beginning of any Lua. If so, that is logged.
///
/// Compiles it in a state of its own, with a newline behind it: an error that comes before the newline
/// is looked at comes whatever follows. What there was no memory to look at is not wrong.
fn is_no_lua(script: &[u8]) -> bool {
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
        for (number, global) in (0..).zip(tables::GLOBALS) {
            sys::lua_newuserdatauv(state, 0, 0);
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
        if TRACEBACKS {
            sys::luaL_traceback(state, state, message, 1);
        } else {
            sys::lua_pushstring(state, message);
        }
    }
    1
}

/// `print`: a line of what the script's file gives to read, or of the kernel log.
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
        let run = Run::of(state);
        let pieces = (1..=count).flat_map(|index| {
            let separator: &[u8] = if index > 1 { b"\t" } else { b"" };
            [separator, lua::string(state, index).unwrap_or_default()]
        });
        match run.print(Iterator::chain(pieces.clone(), iter::once(&b"\n"[..]))) {
            Ok(Place::Buffer) => {}
            Ok(Place::Log) => {
                run.log.begin(Level::Info);
                for piece in pieces {
                    for (piece, is_line) in log::pieces(piece) {
                        run.log.add(piece);
                        if is_line {
                            // The log is slow. This may raise: what begins next ends the line.
                            run.meter.burn(log::LINE_COST);
                            run.checkpoint(state);
                        }
                    }
                }
                run.log.end();
            }
            Err(Full::Limit) => glue::lunatik_exceeded(state, Ending::Output as c_int),
            Err(Full::Memory) => lua::raise(
                state,
                c"no memory for what is printed",
                ptr::null(),
                ptr::null(),
            ),
        }
    }
    0
}

/// The warning function: a line as of `print`, `@on` and `@off`.
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
    let prefix: &[u8] = if run.warning.replace(continued != 0) {
        b""
    } else {
        run.log.begin(Level::Warning);
        b"Lua warning: "
    };
    let end: &[u8] = if continued != 0 { b"" } else { b"\n" };
    match run.print([prefix, text, end].into_iter()) {
        Ok(Place::Buffer) => {}
        Ok(Place::Log) => {
            run.log.add(prefix);
            for (piece, _) in log::pieces(text) {
                // The log is slow, and here nothing may raise: who is to end does so at the next checkpoint.
                run.meter.burn(log::LINE_COST);
                if run.due().is_some() {
                    break;
                }
                run.log.add(piece);
                glue::lunatik_cond_resched();
            }
            if continued == 0 {
                run.log.end();
            }
        }
        // A warning must not raise.
        Err(Full::Limit) => run.meter.end_soon(Ending::Output),
        Err(Full::Memory) => {}
    }
}

/// Pushes the module `lunatik`: where a script is.
///
/// # Safety
///
/// There is room for two slots on the stack of Lua.
unsafe fn push_place(state: *mut lua_State) {
    // SAFETY: By the safety requirement.
    unsafe {
        sys::lua_createtable(state, 0, 3);
        sys::lua_pushinteger(state, i64::from(Run::of(state).number()));
        sys::lua_setfield(state, -2, lua::text(c"state"));
        sys::lua_pushinteger(state, STATES as i64);
        sys::lua_setfield(state, -2, lua::text(c"states"));
        sys::lua_pushstring(state, lua::text(DEVICE_NAME));
        sys::lua_setfield(state, -2, lua::text(c"device"));
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
        if name == b"lunatik" {
            push_place(state);
            sys::lua_pushvalue(state, 1);
            sys::lua_pushvalue(state, -2);
            sys::lua_rawset(state, 2);
            return 1;
        }
        let Some(module) = STDLIB.iter().find(|module| module.name == name) else {
            lua::raise(
                state,
                c"module '%s' is not in this flavour, which has: %s",
                sys::lua_tolstring(state, 1, ptr::null_mut()),
                lua::text(STDLIB_NAMES),
            );
        };
        let status = module.code.load(state, module.chunk);
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
