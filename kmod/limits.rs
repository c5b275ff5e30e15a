// SPDX-License-Identifier: GPL-2.0

//! What a script may use up, and the end of one that wants more.
//!
//! # How a script is ended
//!
//! Lua's interpreter and libraries count what they do down from a small amount of *fuel*
//! (`lua/lunatik_conf.h` says what counts how much) and come here when there is none left: to let
//! others run, and to hear whether the script goes on. If not, its [`Meter`] notes why, for good, and an
//! error is raised. A script may catch that, but what it catches it with is itself a call, and the next
//! thing that happens after any call is a look at the fuel, of which there never is any again: so the
//! error is raised once more, in what called that, and so on up to the beginning of the script, without
//! an instruction of it in between. Finalizers and `__close` handlers are not called any more, but for
//! those of Lua's own buffers.
//!
//! The state's memory ends a script in the same way, but for an allocation that the kernel has no
//! memory for: that is an error like others.

use crate::{
    generated::config::{
        INSTRUCTION_LIMIT,
        MEMORY_LIMIT,
        OUTPUT_LIMIT,
        TIME_LIMIT, //
    },
    glue,
    lua::{
        c_char,
        c_int, //
    },
    state::Run, //
};
use core::{
    cell::Cell,
    ffi::{
        c_long,
        CStr, //
    },
    slice, //
};
use kernel::{
    fmt::{
        self,
        Write, //
    },
    prelude::*,
    time::{
        Instant,
        Monotonic, //
    },
};

/// Instructions between two looks at whether the script is to end.
const SLICE: u64 = 1024;

/// What one script may use up.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Instructions of Lua's virtual machine; 0 means no limit.
    pub(crate) instructions: u64,
    /// Milliseconds; 0 means no limit.
    pub(crate) time: u64,
    /// Bytes of its state.
    pub(crate) memory: usize,
    /// Bytes printed.
    pub(crate) output: usize,
}

impl Limits {
    /// Those of the flavour.
    pub(crate) const FLAVOUR: Self = Self {
        instructions: INSTRUCTION_LIMIT,
        time: TIME_LIMIT,
        memory: MEMORY_LIMIT,
        output: OUTPUT_LIMIT,
    };
}

/// Why a script was ended: `LUNATIK_STATUS_*` of `uapi/lunatik.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Ending {
    Instructions = 4,
    Time = 5,
    Memory = 6,
    Output = 7,
    Killed = 8,
    Unloaded = 9,
}

impl Ending {
    const ALL: [Self; 6] = [
        Self::Instructions,
        Self::Time,
        Self::Memory,
        Self::Output,
        Self::Killed,
        Self::Unloaded,
    ];

    /// Whether it is by a limit.
    pub(crate) fn is_limit(self) -> bool {
        !matches!(self, Self::Killed | Self::Unloaded)
    }

    /// What `close` fails with when this ends the compiling of a script.
    pub(crate) fn error(self) -> Error {
        match self {
            Self::Instructions | Self::Time | Self::Output => ETIME,
            Self::Memory => ENOMEM,
            Self::Killed => ECANCELED,
            Self::Unloaded => ENODEV,
        }
    }

    fn from_number(number: c_int) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|ending| *ending as c_int == number)
    }

    /// Says it, to the script's author.
    fn say(self, limits: &Limits, to: &mut dyn Write) -> fmt::Result {
        match self {
            Self::Instructions => {
                write!(to, "instruction-limit of {} exceeded", limits.instructions)
            }
            Self::Time => write!(to, "time-limit of {} ms exceeded", limits.time),
            Self::Memory => write!(to, "memory-limit of {} bytes exceeded", limits.memory),
            Self::Output => write!(to, "output-limit of {} bytes exceeded", limits.output),
            Self::Killed => to.write_str("script killed"),
            Self::Unloaded => to.write_str("script stopped: the module is being unloaded"),
        }
    }
}

/// What a script has used up. Its own thread writes it.
///
/// `struct lunatik_run` in `lua/lunatik_conf.h` is the beginning of it.
#[repr(C)]
pub(crate) struct Meter {
    /// Below zero once the script is ended.
    fuel: Cell<c_long>,
    ending: Cell<c_int>,
    /// Fuel that there was in all, what is left of it included.
    granted: Cell<u64>,
    /// Why it is to end at the next checkpoint.
    due: Cell<Option<Ending>>,
    limits: Cell<Limits>,
    began: Cell<Instant<Monotonic>>,
    /// Why the script was ended, and where.
    message: Cell<Text>,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            fuel: Cell::new(SLICE as c_long),
            ending: Cell::new(0),
            due: Cell::new(None),
            limits: Cell::new(Limits::FLAVOUR),
            began: Cell::new(Instant::now()),
            granted: Cell::new(SLICE),
            message: Cell::new(Text(KVec::new())),
        }
    }

    /// Begins a script.
    pub(crate) fn begin(&self, limits: Limits) {
        self.limits.set(limits);
        self.began.set(Instant::now());
        self.ending.set(0);
        self.due.set(None);
        self.with_text(|text| text.0.clear());
        self.granted.set(0);
        self.fuel.set(0);
        self.grant();
    }

    /// Why the script was ended, if it was.
    pub(crate) fn ending(&self) -> Option<Ending> {
        Ending::from_number(self.ending.get())
    }

    /// Why the script is to end at its next checkpoint, where it could not be ended at once.
    pub(crate) fn due(&self) -> Option<Ending> {
        self.due.get()
    }

    /// Calls `with` with what there is to say of the end of the script.
    pub(crate) fn message<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R {
        self.with_text(|text| with(&text.0))
    }

    fn with_text<R>(&self, with: impl FnOnce(&mut Text) -> R) -> R {
        let mut text = self.message.replace(Text(KVec::new()));
        let result = with(&mut text);
        self.message.set(text);
        result
    }

    /// Counts work of the C library's or the allocator's on so many bytes.
    pub(crate) fn burn(&self, bytes: usize) {
        let units = (bytes >> 8) as c_long;
        self.fuel.set(self.fuel.get().saturating_sub(units));
    }

    /// A turn of a loop. Returns whether there is no fuel left.
    pub(crate) fn turn(&self) -> bool {
        self.fuel.set(self.fuel.get() - 1);
        self.fuel.get() < 0
    }

    /// How many instructions have been run by now.
    pub(crate) fn instructions(&self) -> u64 {
        self.granted.get().wrapping_sub(self.fuel.get() as u64)
    }

    /// Has the script end at its next checkpoint, where nothing can be raised now.
    pub(crate) fn end_soon(&self, ending: Ending) {
        self.due.set(Some(ending));
        self.drain();
    }

    /// Leaves no fuel: each checkpoint comes to `lunatik_refuel`.
    fn drain(&self) {
        self.granted.set(self.instructions().wrapping_sub(1));
        self.fuel.set(-1);
    }

    fn grant(&self) {
        let used = self.instructions();
        let left = match self.limits.get().instructions {
            0 => SLICE,
            limit => SLICE.min(limit.saturating_sub(used)),
        };
        self.granted.set(used + left);
        self.fuel.set(left as c_long);
    }

    /// What the script has used too much of, or nothing.
    pub(crate) fn exceeded(&self) -> Option<Ending> {
        let limits = self.limits.get();
        if limits.instructions != 0 && self.instructions() >= limits.instructions {
            return Some(Ending::Instructions);
        }
        let taken = self.began.get().elapsed().as_nanos() as u64 / 1_000_000;
        (limits.time != 0 && taken >= limits.time).then_some(Ending::Time)
    }
}

/// A text that is cut where there is no memory for more of it.
struct Text(KVec<u8>);

/// A traceback has 22 lines at most.
const TEXT_MAX: usize = 4096;

impl Text {
    fn add(&mut self, bytes: &[u8]) {
        let room = TEXT_MAX.saturating_sub(self.0.len());
        let bytes = bytes.get(..room).unwrap_or(bytes);
        // Without memory it stays shorter.
        let _ = self.0.extend_from_slice(bytes, GFP_KERNEL);
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}

/// Refills the fuel of a run. Returns why the script must end, or 0.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn lunatik_refuel(run: &Run) -> c_int {
    glue::lunatik_cond_resched();
    run.publish();
    match run.due() {
        Some(ending) => ending as c_int,
        None => {
            run.meter.grant();
            0
        }
    }
}

/// Why a script must end that got no memory, or 0 if the kernel has none.
#[unsafe(no_mangle)]
extern "C" fn lunatik_refused(run: &Run) -> c_int {
    // A collection that would have made room was given up if the script was to end.
    match run.due() {
        Some(ending) => ending as c_int,
        None if run.account.refused() => Ending::Memory as c_int,
        None => 0,
    }
}

/// Notes that a script is ended at a line of a source, or nowhere if that is negative.
///
/// # Safety
///
/// `source` is a string if there is a line.
#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_ending(run: &Run, ending: c_int, source: *const c_char, line: c_int) {
    let meter = &run.meter;
    meter.ending.set(ending);
    meter.drain();
    meter.with_text(|text| {
        if line > 0 {
            // SAFETY: By the safety requirement.
            text.add(unsafe { CStr::from_char_ptr(source.cast()) }.to_bytes());
            // A `Text` takes what there is room for, and says no more about it.
            let _ = write!(text, ":{line}: ");
        }
        if let Some(ending) = meter.ending() {
            let _ = ending.say(&meter.limits.get(), text);
            run.trace_ending(ending, &text.0);
        }
    });
}

/// Adds to what there is to say of the end of a script.
///
/// # Safety
///
/// `text` has `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_tell(run: &Run, text: *const c_char, len: usize) {
    // SAFETY: By the safety requirement.
    let text = unsafe { slice::from_raw_parts(text.cast(), len) };
    run.meter.with_text(|to| to.add(text));
}
