// SPDX-License-Identifier: GPL-2.0
//! A script on the host: its limits, its libraries, its end. What `kmod/state.rs`
//! and `kmod/memory.rs` are in the module.

use std::alloc::{
    self,
    Layout, //
};
use std::cell::{
    Cell,
    RefCell, //
};
use std::ffi::{
    CStr,
    c_char,
    c_int,
    c_void, //
};
use std::fmt;
use std::ptr;
use std::slice;
use std::thread;
use std::time::Duration;

use crate::kernel;
use crate::limits::{
    Ending,
    Failing,
    Meter, //
};
use crate::sys::{
    self,
    State, //
};

/// How a script is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Bytes that its state may hold.
    pub memory: usize,
    /// Instructions that it may run.
    pub instructions: u64,
    /// Bytes that it may print.
    pub output: usize,
    /// What is random in it follows from this.
    pub seed: u32,
    /// Memory that is refused before the limit.
    pub failing: Option<Failing>,
}

/// What became of a script.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What it printed and warned.
    pub output: Vec<u8>,
    pub result: Result<(), Error>,
    /// Instructions that it ran.
    pub instructions: u64,
    /// How often it was asked whether the script is to end.
    pub looks: u64,
    /// The longest CPU time between two such questions.
    pub unseen: Duration,
    /// Bytes that it held at most.
    pub memory: usize,
    /// Bytes of the kernel's stack that were left when the least of it was.
    pub stack: usize,
}

/// Why a script did not run to its end, with what the module would log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It is no Lua.
    Syntax(String),
    /// There was no memory to begin with it.
    Memory,
    /// It raised an error.
    Raised(String),
    /// It was over a limit.
    Ended(Ending, String),
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Syntax(text) | Error::Raised(text) | Error::Ended(_, text) => to.write_str(text),
            Error::Memory => to.write_str("not enough memory"),
        }
    }
}

impl std::error::Error for Error {}

impl Default for Run {
    /// The memory of the default flavour, and no end of instructions.
    fn default() -> Self {
        Self {
            memory: kernel::MEMORY_LIMIT,
            instructions: u64::MAX,
            output: 1 << 20,
            seed: 0,
            failing: None,
        }
    }
}

/// Compiles a script and runs nothing of it. `name` is what errors call it, with no zero in it.
///
/// # Errors
///
/// What the module says of such a script.
pub fn check(source: &[u8], name: &[u8]) -> Result<(), String> {
    let outcome = Run::default().on_stack(|running| running.compile(source, name));
    outcome.result.map_err(|error| error.to_string())
}

/// Compiles a script to a chunk that a module can contain. With `strip`, errors in it have
/// neither lines nor names.
///
/// # Errors
///
/// As [`check`].
pub fn compile(source: &[u8], name: &[u8], strip: bool) -> Result<Vec<u8>, String> {
    let mut chunk = Vec::new();
    let outcome = Run::default().on_stack(|running| {
        running.compile(source, name)?;
        chunk = running.dump(strip)?;
        Ok(())
    });
    match outcome.result {
        Ok(()) => Ok(chunk),
        Err(error) => Err(error.to_string()),
    }
}

impl Run {
    /// Compiles and runs a script.
    pub fn script(&self, source: &[u8], name: &str) -> Outcome {
        self.on_stack(|running| {
            running.compile(source, name.as_bytes())?;
            running.call()
        })
    }

    /// Runs a chunk that was compiled, as a module runs one that it contains. It must come from
    /// [`compile`], or have a header that is wrong.
    pub fn chunk(&self, chunk: &[u8], name: &str) -> Outcome {
        // An address that instructions can be used at.
        let mut words = vec![0u64; chunk.len().div_ceil(size_of::<u64>())];
        // SAFETY: The words have at least so many bytes.
        let bytes = unsafe {
            let bytes = slice::from_raw_parts_mut(words.as_mut_ptr().cast(), chunk.len());
            bytes.copy_from_slice(chunk);
            &*bytes
        };
        self.on_stack(|running| {
            running.load(bytes, name.as_bytes(), c"B")?;
            running.call()
        })
    }

    /// Does something in a new state, on a thread of its own with a kernel's stack.
    fn on_stack(&self, work: impl FnOnce(&Running) -> Result<(), Error> + Send) -> Outcome {
        let job = || {
            kernel::enter(self.seed);
            let record = Box::new(Record::new(self));
            let result = Running::new(&record, self.seed).and_then(|running| work(&running));
            let used = record.meter.used();
            assert_eq!(used, 0, "Lua has not given back all memory");
            Outcome {
                instructions: record.meter.instructions(),
                looks: record.meter.looks(),
                unseen: record.meter.unseen(),
                memory: record.meter.peak(),
                stack: kernel::least_stack(),
                output: record.output.into_inner(),
                result,
            }
        };
        thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(kernel::THREAD_STACK);
            let thread = builder.spawn_scoped(scope, job).expect("a thread");
            match thread.join() {
                Ok(outcome) => outcome,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }
}

/// What belongs to a state beside Lua's own. Lua has its address.
#[repr(C)]
struct Record {
    /// The first, since its beginning is Lua's.
    meter: Meter,
    output: RefCell<Vec<u8>>,
    output_max: usize,
    /// Whether `warn` is on, and whether a warning is under way.
    warnings: Cell<bool>,
    warning: Cell<bool>,
}

impl Record {
    fn new(run: &Run) -> Self {
        Self {
            meter: Meter::new(run.clone()),
            output: RefCell::default(),
            output_max: run.output,
            warnings: Cell::new(true),
            warning: Cell::new(false),
        }
    }

    /// # Safety
    ///
    /// `state` is a thread of a [`Running`] and lives for `'a`.
    unsafe fn of<'a>(state: *mut State) -> &'a Self {
        // SAFETY: `Running::new` put it there.
        unsafe { &*(*sys::extra_space(state)).cast::<Self>() }
    }

    /// Adds to the output; false if there is no room.
    fn print(&self, text: &[u8]) -> bool {
        let mut output = self.output.borrow_mut();
        let fits = output.len() + text.len() <= self.output_max;
        if fits {
            output.extend_from_slice(text);
        }
        fits
    }
}

/// A state with the libraries, in which nothing has run yet.
struct Running<'a> {
    lua: *mut State,
    record: &'a Record,
}

impl<'a> Running<'a> {
    fn new(record: &'a Record, seed: u32) -> Result<Self, Error> {
        let data = ptr::from_ref(record).cast::<c_void>();
        // SAFETY: The record outlives the state.
        let lua = unsafe { sys::lua_newstate(allocate, data.cast_mut(), seed) };
        if lua.is_null() {
            return Err(Error::Memory);
        }
        // From here on `drop` closes the state.
        let running = Self { lua, record };
        // SAFETY: The space is there for this, and a new state has room for what is pushed.
        let status = unsafe {
            *sys::extra_space(lua) = data;
            sys::lua_setwarnf(lua, Some(warn), data.cast_mut());
            sys::lua_pushcclosure(lua, open, 0);
            sys::lua_pcallk(lua, 0, 0, 0, 0, None)
        };
        match status {
            sys::OK => Ok(running),
            // Opening libraries fails for want of memory alone.
            _ => Err(Error::Memory),
        }
    }

    /// Compiles a script. Leaves the message handler, and the function or an error.
    fn compile(&self, source: &[u8], name: &[u8]) -> Result<(), Error> {
        self.load(source, name, c"t")
    }

    /// Loads what `mode` says. The rest is as with [`Self::compile`].
    fn load(&self, source: &[u8], name: &[u8], mode: &CStr) -> Result<(), Error> {
        let name: Vec<u8> = [b"=", name, b"\0"].concat();
        // SAFETY: A new state has room for what is pushed. Compiling is a protected
        // call of its own. The name has a zero at its end, be it not the first.
        let status = unsafe {
            sys::lua_pushcclosure(self.lua, handler, 0);
            sys::luaL_loadbufferx(
                self.lua,
                source.as_ptr().cast(),
                source.len(),
                name.as_ptr().cast(),
                mode.as_ptr(),
            )
        };
        self.record.meter.look();
        match status {
            sys::OK => Ok(()),
            sys::ERRSYNTAX => Err(Error::Syntax(self.error())),
            _ => Err(self.ended().unwrap_or(Error::Memory)),
        }
    }

    /// What was compiled, as a chunk.
    fn dump(&self, strip: bool) -> Result<Vec<u8>, Error> {
        let mut chunk = Chunk {
            bytes: Vec::new(),
            strip,
        };
        // SAFETY: There is room for three more. `compile` left the function on top; the chunk
        // outlives the call, which is protected.
        let status = unsafe {
            sys::lua_pushcclosure(self.lua, dump, 0);
            sys::lua_pushlightuserdata(self.lua, (&raw mut chunk).cast());
            sys::lua_pushvalue(self.lua, 2);
            sys::lua_pcallk(self.lua, 2, 0, 0, 0, None)
        };
        match status {
            sys::OK => Ok(chunk.bytes),
            // Nothing else is in its way.
            _ => Err(self.ended().unwrap_or(Error::Memory)),
        }
    }

    /// Runs what was compiled.
    fn call(&self) -> Result<(), Error> {
        // SAFETY: `compile` left the handler and the function on the stack.
        let status = unsafe { sys::lua_pcallk(self.lua, 0, 0, 1, 0, None) };
        self.record.meter.look();
        match self.ended() {
            Some(ended) => Err(ended),
            None if status == sys::OK => Ok(()),
            None => Err(Error::Raised(self.error())),
        }
    }

    fn ended(&self) -> Option<Error> {
        let ending = self.record.meter.ending();
        ending.map(|(why, text)| Error::Ended(why, text))
    }

    /// The error on top of the stack.
    fn error(&self) -> String {
        // SAFETY: There is an error on top of the stack, and it stays there.
        let text = unsafe { string(self.lua, -1) };
        let text = text.unwrap_or(b"error in error handling");
        String::from_utf8_lossy(text).into_owned()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // SAFETY: The state is closed once. Finalizers run in protected calls.
        unsafe { sys::lua_close(self.lua) };
    }
}

/// The bytes of the string at `index`, or `None` if there is no string.
///
/// # Safety
///
/// `index` is valid, and the string stays on the stack of Lua for `'a`.
unsafe fn string<'a>(state: *mut State, index: c_int) -> Option<&'a [u8]> {
    // SAFETY: By the safety requirement; Lua's strings have the length it says.
    unsafe {
        if sys::lua_type(state, index) != sys::TSTRING {
            return None;
        }
        let mut len = 0;
        let bytes = sys::lua_tolstring(state, index, &mut len);
        Some(slice::from_raw_parts(bytes.cast(), len))
    }
}

/// The `lua_Alloc` of every state. A block that changes its size moves, so that
/// whoever holds its old address is found out.
///
/// # Safety
///
/// As Lua calls it, with a [`Record`].
unsafe extern "C" fn allocate(
    record: *mut c_void,
    block: *mut c_void,
    old: usize,
    new: usize,
) -> *mut c_void {
    // SAFETY: By the safety requirement.
    let meter = unsafe { &(*record.cast::<Record>()).meter };
    // Without a block, Lua gives a type in the place of the old size.
    let old = if block.is_null() { 0 } else { old };
    let layout = |size| Layout::from_size_align(size, 8);
    if new > old && !meter.charge(new - old) {
        return ptr::null_mut();
    }
    // A large block is for large work; one that is refused is for none.
    meter.burn(new);
    let mut moved = ptr::null_mut();
    if new > 0 {
        // SAFETY: It is not empty.
        moved = match layout(new) {
            Ok(layout) => unsafe { alloc::alloc(layout) },
            Err(_) => ptr::null_mut(),
        };
        if moved.is_null() {
            meter.uncharge(new.saturating_sub(old));
            return ptr::null_mut();
        }
    }
    if let (false, Ok(layout)) = (block.is_null(), layout(old)) {
        // SAFETY: By the safety requirement the block has this size.
        unsafe {
            if new > 0 {
                ptr::copy_nonoverlapping(block.cast::<u8>(), moved, old.min(new));
            }
            if old > 0 {
                alloc::dealloc(block.cast(), layout);
            }
        }
    }
    meter.uncharge(old.saturating_sub(new));
    moved.cast()
}

/// Opens what a state has, as a protected call.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn open(state: *mut State) -> c_int {
    const LIBRARIES: &[(&CStr, sys::Function)] = &[
        (c"_G", sys::luaopen_base),
        (c"string", sys::luaopen_string),
        (c"table", sys::luaopen_table),
        (c"math", sys::luaopen_math),
        (c"utf8", sys::luaopen_utf8),
        (c"coroutine", sys::luaopen_coroutine),
    ];
    // SAFETY: Called by Lua, with room for 20 slots.
    unsafe {
        for (name, open) in LIBRARIES {
            sys::luaL_requiref(state, name.as_ptr(), *open, 1);
            sys::lua_settop(state, 0);
        }
        sys::lua_pushcclosure(state, print, 0);
        sys::lua_setglobal(state, c"print".as_ptr());
    }
    0
}

/// A chunk that is being written.
struct Chunk {
    bytes: Vec<u8>,
    strip: bool,
}

/// Writes a chunk.
///
/// # Safety
///
/// Called by Lua, with a pointer to a [`Chunk`] and a function of Lua's.
unsafe extern "C" fn dump(state: *mut State) -> c_int {
    // SAFETY: By the safety requirement. What may raise does so with nothing here to drop.
    unsafe {
        let chunk = sys::lua_touserdata(state, 1);
        let strip = (*chunk.cast::<Chunk>()).strip;
        sys::lunatik_dump(state, write, chunk, strip.into());
    }
    0
}

/// The writer of [`dump`].
///
/// # Safety
///
/// `size` bytes are at `piece`, if there are any, and `chunk` is a [`Chunk`].
unsafe extern "C" fn write(
    _: *mut State,
    piece: *const c_void,
    size: usize,
    chunk: *mut c_void,
) -> c_int {
    if size > 0 {
        // SAFETY: By the safety requirement.
        let (piece, chunk) = unsafe {
            let piece = slice::from_raw_parts(piece.cast::<u8>(), size);
            (piece, &mut *chunk.cast::<Chunk>())
        };
        chunk.bytes.extend_from_slice(piece);
    }
    0
}

/// Makes a message with a traceback of an error.
///
/// # Safety
///
/// Called by Lua, with the error as the argument.
unsafe extern "C" fn handler(state: *mut State) -> c_int {
    // SAFETY: Called by Lua, with room for 20 slots.
    unsafe {
        let mut message = sys::lua_tolstring(state, 1, ptr::null_mut());
        if message.is_null() {
            if sys::luaL_getmetafield(state, 1, c"__tostring".as_ptr()) != sys::TNIL {
                message = sys::luaL_tolstring(state, 1, ptr::null_mut());
            } else {
                message = sys::lua_pushfstring(
                    state,
                    c"(error object is a %s value)".as_ptr(),
                    sys::lua_typename(state, sys::lua_type(state, 1)),
                );
            }
        }
        sys::luaL_traceback(state, state, message, 1);
    }
    1
}

/// `print`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn print(state: *mut State) -> c_int {
    // SAFETY: Called by Lua. `luaL_tolstring` pushes one value, which is taken off again.
    unsafe {
        let count = sys::lua_gettop(state);
        sys::luaL_checkstack(state, 4, ptr::null());
        for index in 1..=count {
            sys::luaL_tolstring(state, index, ptr::null_mut());
            sys::lua_copy(state, -1, index);
            sys::lua_settop(state, count);
        }
        let record = Record::of(state);
        let mut fits = true;
        for index in 1..=count {
            fits &= index == 1 || record.print(b"\t");
            fits &= record.print(string(state, index).unwrap_or_default());
        }
        fits &= record.print(b"\n");
        if !fits {
            sys::lunatik_exceeded(state, Ending::Output as c_int);
        }
    }
    0
}

/// The warning function: a line of output, `@on` and `@off`.
///
/// # Safety
///
/// Called by Lua with a [`Record`].
unsafe extern "C" fn warn(record: *mut c_void, message: *const c_char, continued: c_int) {
    // SAFETY: By the safety requirement.
    let (record, text) = unsafe { (&*record.cast::<Record>(), CStr::from_ptr(message)) };
    let text = text.to_bytes();
    if !record.warning.get() && continued == 0 && text.first() == Some(&b'@') {
        match text {
            b"@on" => record.warnings.set(true),
            b"@off" => record.warnings.set(false),
            _ => {}
        }
        return;
    }
    // Of a script that is ended, each finalizer fails.
    if !record.warnings.get() || record.meter.ending().is_some() {
        return;
    }
    if !record.warning.replace(continued != 0) {
        record.print(b"Lua warning: ");
    }
    record.print(text);
    if continued == 0 {
        record.print(b"\n");
    }
}
