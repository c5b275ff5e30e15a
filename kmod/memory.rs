// SPDX-License-Identifier: GPL-2.0

//! The memory of one Lua state: each byte is accounted, none beyond the flavour's limit is given.

use crate::{
    glue,
    lua::c_void,
    state::Run, //
};
use core::{
    cell::Cell,
    ptr::{
        self,
        NonNull, //
    },
};
use kernel::{
    alloc::AllocError,
    bindings,
    prelude::*, //
};

/// Bytes in use by a state, and how many there may be.
///
/// Used by the one thread that runs the state.
pub(crate) struct Account {
    used: Cell<usize>,
    /// The most that was in use since the limit was set.
    peak: Cell<usize>,
    limit: Cell<usize>,
    /// Whether it was the limit that the last failure was due to.
    exceeded: Cell<bool>,
}

/// Appends to what a script's submitter is charged for, in the way of the states' memory: where there is no room, that
/// is an error of the script's, and nobody is killed for its sake. (The flags for that are none of
/// `kernel::alloc`'s.)
pub(crate) fn append(to: &mut KVVec<u8>, bytes: &[u8]) -> Result<(), AllocError> {
    reserve(to, bytes.len())?;
    to.extend_from_slice(bytes, GFP_KERNEL)
}

/// Makes room for what [`append`] is to append.
pub(crate) fn reserve(to: &mut KVVec<u8>, more: usize) -> Result<(), AllocError> {
    let needed = to.len().checked_add(more).ok_or(AllocError)?;
    if needed <= to.capacity() {
        return Ok(());
    }
    let capacity = needed.max(to.capacity().saturating_mul(2));
    let room = NonNull::new(glue::lunatik_allocate(capacity)).ok_or(AllocError)?;
    // SAFETY: It is `KVmalloc`'s: kmalloc's or vmalloc's memory, of so many bytes, and nobody else's.
    let mut moved = unsafe { KVVec::from_raw_parts(room.as_ptr().cast::<u8>(), 0, capacity) };
    moved.extend_from_slice(to, GFP_KERNEL)?;
    *to = moved;
    Ok(())
}

impl Account {
    /// An account of `limit` bytes.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            used: Cell::new(0),
            peak: Cell::new(0),
            limit: Cell::new(limit),
            exceeded: Cell::new(false),
        }
    }

    /// Sets the limit for another script.
    pub(crate) fn begin(&self, limit: usize) {
        self.limit.set(limit);
        self.peak.set(self.used.get());
        self.exceeded.set(false);
    }

    pub(crate) fn used(&self) -> usize {
        self.used.get()
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak.get()
    }

    /// Whether it was the limit that the last failure was due to, rather than the kernel's memory.
    pub(crate) fn refused(&self) -> bool {
        self.exceeded.get()
    }

    /// Notes a failure that is due to the kernel's memory.
    pub(crate) fn kernel_refused(&self) {
        self.exceeded.set(false);
    }

    /// Takes `bytes` if so many are left.
    pub(crate) fn charge(&self, bytes: usize) -> bool {
        match self.used.get().checked_add(bytes) {
            Some(used) if used <= self.limit.get() => {
                self.used.set(used);
                self.peak.set(used.max(self.peak.get()));
                true
            }
            _ => {
                self.exceeded.set(true);
                false
            }
        }
    }

    /// Gives back `bytes` that were taken.
    pub(crate) fn uncharge(&self, bytes: usize) {
        self.used.set(self.used.get().saturating_sub(bytes));
    }
}

/// The `lua_Alloc` of every state; `run` is its [`Run`].
///
/// # Safety
///
/// As Lua calls it: `block` is null or comes from here with the size `old`, `run` is valid.
pub(crate) unsafe extern "C" fn allocate(
    run: *mut c_void,
    block: *mut c_void,
    old: usize,
    new: usize,
) -> *mut c_void {
    // SAFETY: By the safety requirement.
    let run = unsafe { &*run.cast::<Run>() };
    let account = &run.account;
    // Without a block, Lua gives a type in the place of the old size.
    let old = if block.is_null() { 0 } else { old };

    if new == 0 {
        // SAFETY: By the safety requirement; null is nothing to free.
        unsafe { bindings::kvfree(block) };
        account.uncharge(old);
        return ptr::null_mut();
    }
    if new > old && !account.charge(new - old) {
        return ptr::null_mut();
    }
    // A large block is for large work; one that is refused is for none.
    run.meter.burn(new);
    let moved = if block.is_null() {
        glue::lunatik_allocate(new)
    } else {
        // SAFETY: By the safety requirement.
        unsafe { glue::lunatik_reallocate(block, old, new) }
    };
    if new <= old {
        account.uncharge(old - new);
        // Lua takes it for granted that this does not fail: the old block serves as well.
        return if moved.is_null() { block } else { moved };
    }
    if moved.is_null() {
        account.kernel_refused();
        account.uncharge(new - old);
    }
    moved
}
