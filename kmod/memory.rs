// SPDX-License-Identifier: GPL-2.0

//! The memory of one Lua state: each byte is accounted, none beyond the flavour's limit is given.

use crate::{
    lua::c_void,
    state::Run, //
};
use core::{
    alloc::Layout,
    cell::Cell,
    ptr::{
        self,
        NonNull, //
    },
};
use kernel::{
    alloc::{
        allocator::KVmalloc,
        flags::{
            __GFP_NOWARN, //
            GFP_KERNEL_ACCOUNT,
        },
        Allocator,
        NumaNode, //
    },
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

/// Bytes in use by a state, and how many there may be.
///
/// Used by the one thread that runs the state.
pub(crate) struct Account {
    /// Written by that thread alone.
    used: Atomic<usize>,
    peak: Cell<usize>,
    limit: Cell<usize>,
    /// Whether the last thing that happened was that the limit was in the way.
    refused: Cell<bool>,
}

impl Account {
    /// An account of `limit` bytes.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            used: Atomic::new(0),
            peak: Cell::new(0),
            limit: Cell::new(limit),
            refused: Cell::new(false),
        }
    }

    /// Sets another limit.
    pub(crate) fn limit(&self, limit: usize) {
        self.limit.set(limit);
    }

    /// Takes `bytes` if so many are left.
    pub(crate) fn charge(&self, bytes: usize) -> bool {
        let used = self.used.load(Relaxed).saturating_add(bytes);
        self.refused.set(used > self.limit.get());
        if self.refused.get() {
            return false;
        }
        self.used.store(used, Relaxed);
        self.peak.set(self.peak.get().max(used));
        true
    }

    /// Gives back `bytes` that were taken.
    pub(crate) fn uncharge(&self, bytes: usize) {
        self.used
            .store(self.used.load(Relaxed).saturating_sub(bytes), Relaxed);
    }

    /// Whether it was the limit that the last allocation failed for.
    pub(crate) fn refused(&self) -> bool {
        self.refused.get()
    }

    /// Bytes in use. From any thread.
    #[expect(dead_code, reason = "to be shown")]
    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// The most bytes that were in use at a time.
    #[expect(dead_code, reason = "to be shown")]
    pub(crate) fn peak(&self) -> usize {
        self.peak.get()
    }
}

/// Lua wants what `malloc` promises: alignment for any type of C's but the vectors.
const ALIGNMENT: usize = 8;

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size, ALIGNMENT).ok()
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
    let block = NonNull::new(block.cast::<u8>());
    // Without a block, Lua gives a type in the place of the old size.
    let old = if block.is_some() { old } else { 0 };

    if new == 0 {
        if let (Some(block), Some(layout)) = (block, layout(old)) {
            // SAFETY: By the safety requirement.
            unsafe { KVmalloc::free(block, layout) };
            account.uncharge(old);
        }
        return ptr::null_mut();
    }
    // A large block is for large work.
    run.meter.burn(new);
    if new > old && !account.charge(new - old) {
        return ptr::null_mut();
    }
    let (Some(old_layout), Some(new_layout)) = (layout(old), layout(new)) else {
        account.uncharge(new.saturating_sub(old));
        return ptr::null_mut();
    };
    // SAFETY: By the safety requirement.
    let moved = unsafe {
        KVmalloc::realloc(
            block,
            new_layout,
            old_layout,
            GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
            NumaNode::NO_NODE,
        )
    };
    match (moved, block) {
        (Ok(moved), _) => {
            account.uncharge(old.saturating_sub(new));
            moved.cast::<c_void>().as_ptr()
        }
        // Lua takes it for granted that shrinking does not fail: the old block serves as well.
        (Err(_), Some(block)) if new <= old => {
            account.uncharge(old - new);
            block.cast::<c_void>().as_ptr()
        }
        (Err(_), _) => {
            account.uncharge(new.saturating_sub(old));
            ptr::null_mut()
        }
    }
}
