// SPDX-License-Identifier: GPL-2.0
//! What Lua calls of the kernel: a table of its symbols, in the order of
//! `kmod/lua/lunatik_conf.h`, and the kernel's stack, of which a thread of the
//! host makes believe that it had no other.

use std::cell::Cell;
use std::ffi::{
    CStr,
    c_char,
    c_int,
    c_uint,
    c_void, //
};
use std::slice;

use crate::limits::Meter;
use crate::sys::State;

/// Bytes of a kernel's stack, and of it what its own frames take before Lua's.
/// The compiler's checks make frames larger.
const STACK: usize = 16 * 1024 * SCALE;
const ENTRY: usize = 1024 * SCALE;
const SCALE: usize = if cfg!(sanitized) { 4 } else { 1 };

/// What a thread of the host must have: enough for what the check does not look at.
pub const THREAD_STACK: usize = 1 << 20;

/// The flavour's `stack-reserve`.
const RESERVE: usize = number(env!("LUNATIK_STACK_RESERVE")) * SCALE;

/// The flavour's `memory-limit`.
pub const MEMORY_LIMIT: usize = number(env!("LUNATIK_MEMORY_LIMIT"));

/// The flavour's `script-max`: the bytes of the longest script.
pub const SCRIPT_MAX: usize = number(env!("LUNATIK_SCRIPT_MAX"));

const fn number(text: &str) -> usize {
    match usize::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("build.rs gives numbers"),
    }
}

thread_local! {
    /// Where the stack of the kernel would begin.
    static TOP: Cell<usize> = const { Cell::new(0) };
    /// The least that a check has found to be left.
    static LEAST: Cell<usize> = const { Cell::new(STACK) };
    static RANDOM: Cell<u32> = const { Cell::new(0) };
}

/// Begins a script on this thread, whose stack is a kernel's from here on.
pub fn enter(seed: u32) {
    TOP.set(here() + ENTRY);
    LEAST.set(STACK);
    RANDOM.set(seed);
}

/// Bytes of the kernel's stack that were left when the least of it was, as a kernel
/// would count them.
pub fn least_stack() -> usize {
    LEAST.get() / SCALE
}

fn here() -> usize {
    let local = 0u8;
    (&raw const local).addr()
}

fn stack_left() -> usize {
    let used = TOP.get().saturating_sub(here());
    let left = STACK.saturating_sub(used);
    LEAST.set(LEAST.get().min(left));
    left
}

#[unsafe(no_mangle)]
extern "C" fn lunatik_random() -> c_uint {
    // Numerical Recipes' generator: any will do that gives the same each time.
    let next = RANDOM
        .get()
        .wrapping_mul(1_664_525)
        .wrapping_add(1_013_904_223);
    RANDOM.set(next);
    next
}

/// Addresses are no secret here.
#[unsafe(no_mangle)]
extern "C" fn lunatik_hash_pointer(address: *const c_void) -> c_uint {
    address.addr() as c_uint
}

#[unsafe(no_mangle)]
extern "C" fn lunatik_stack_low() -> c_int {
    (stack_left() < RESERVE / 4 * 5).into()
}

#[unsafe(no_mangle)]
extern "C" fn lunatik_stack_exhausted() -> c_int {
    (stack_left() < RESERVE).into()
}

#[unsafe(no_mangle)]
extern "C" fn lunatik_refuel(run: &Meter) -> c_int {
    run.refuel().map_or(0, |ending| ending as c_int)
}

#[unsafe(no_mangle)]
extern "C" fn lunatik_refused(run: &Meter) -> c_int {
    run.refused().map_or(0, |ending| ending as c_int)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_ending(
    run: &Meter,
    ending: c_int,
    source: *const c_char,
    line: c_int,
) {
    // SAFETY: Lua gives a string if there is a line.
    let source = (line > 0).then(|| unsafe { CStr::from_ptr(source) });
    run.end(ending, source, line);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_tell(run: &Meter, text: *const c_char, len: usize) {
    // SAFETY: So many bytes are there.
    run.tell(unsafe { slice::from_raw_parts(text.cast(), len) });
}

#[unsafe(no_mangle)]
extern "C" fn lunatik_index(
    _: *mut State,
    _: *const c_void,
    _: *mut c_void,
    _: *mut c_void,
) -> bool {
    no_tables()
}

#[unsafe(no_mangle)]
extern "C" fn lunatik_newindex(_: *const c_void, _: *mut c_void, _: *mut c_void) -> bool {
    no_tables()
}

/// There is no shared table on the host. Something else was taken for one.
fn no_tables() -> ! {
    panic!("Lua took a value for a shared table, of which there is none");
}

/// Where an assertion of Lua's is wrong; `include/assert.h` calls it.
#[unsafe(no_mangle)]
unsafe extern "C" fn lunatik_assertion(what: *const c_char, file: *const c_char, line: c_int) -> ! {
    // SAFETY: The macro gives literals.
    let (what, file) = unsafe { (CStr::from_ptr(what), CStr::from_ptr(file)) };
    let file = file.to_string_lossy();
    let name = file.rsplit('/').next().unwrap_or_default();
    panic!(
        "{name}:{line}: assertion of Lua's: {}",
        what.to_string_lossy()
    );
}
