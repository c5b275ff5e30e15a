// SPDX-License-Identifier: GPL-2.0

//! What a table needs of the machine, in the kernel: atomics in the kernel's memory model, memory,
//! the lock bit of a bucket, RCU. Host tests put a file of their own in this one's place.

use core::{
    cell::UnsafeCell,
    mem::MaybeUninit,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        rcu, //
    },
};

use crate::glue;

/// How every allocation is aligned, at least.
pub(crate) const ALIGNMENT: usize = 8;

/// A pointer that is a `usize`, since a bit of it may be a lock.
#[repr(transparent)]
pub(crate) struct AtomicLink(Atomic<usize>);

impl AtomicLink {
    pub(crate) const fn new(link: usize) -> Self {
        Self(Atomic::new(link))
    }

    #[inline]
    pub(crate) fn load_acquire(&self) -> usize {
        self.0.load(Acquire)
    }

    #[inline]
    pub(crate) fn load_relaxed(&self) -> usize {
        self.0.load(Relaxed)
    }

    #[inline]
    pub(crate) fn store_relaxed(&self, link: usize) {
        self.0.store(link, Relaxed);
    }

    #[inline]
    pub(crate) fn store_release(&self, link: usize) {
        self.0.store(link, Release);
    }

    /// Sets a link that is null. Returns whether it was.
    pub(crate) fn set_if_null(&self, link: usize) -> bool {
        self.0.cmpxchg(0, link, Full).is_ok()
    }
}

/// A value of one word.
#[repr(transparent)]
pub(crate) struct AtomicWord(Atomic<i64>);

impl AtomicWord {
    pub(crate) const fn new(word: i64) -> Self {
        Self(Atomic::new(word))
    }

    #[inline]
    pub(crate) fn load(&self) -> i64 {
        self.0.load(Relaxed)
    }

    #[inline]
    pub(crate) fn store(&self, word: i64) {
        self.0.store(word, Relaxed);
    }
}

/// A count of elements, bytes or buckets.
pub(crate) struct AtomicSize(Atomic<usize>);

impl AtomicSize {
    pub(crate) const fn new(size: usize) -> Self {
        Self(Atomic::new(size))
    }

    #[inline]
    pub(crate) fn load(&self) -> usize {
        self.0.load(Relaxed)
    }

    pub(crate) fn store(&self, size: usize) {
        self.0.store(size, Relaxed);
    }

    /// Adds, fully ordered, and returns what was there before.
    pub(crate) fn fetch_add(&self, n: usize) -> usize {
        self.0.fetch_add(n, Full)
    }

    /// Adds if the sum is no more than `max`. Returns whether it is.
    pub(crate) fn add_up_to(&self, n: usize, max: usize) -> bool {
        let mut seen = self.0.load(Relaxed);
        loop {
            let Some(sum) = seen.checked_add(n).filter(|sum| *sum <= max) else {
                return false;
            };
            match self.0.cmpxchg(seen, sum, Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
    }

    /// Takes away what was added before.
    pub(crate) fn sub(&self, n: usize) {
        self.0.add(n.wrapping_neg(), Relaxed);
    }
}

/// A count of references, from 1. (`refcount_t` cannot be told from Rust to take a reference only
/// where one is left; these are bounded by the number of states times their memory.)
pub(crate) struct Reference(Atomic<i32>);

impl Reference {
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(1))
    }

    pub(crate) fn increment_not_zero(&self) -> bool {
        let mut seen = self.0.load(Relaxed);
        loop {
            if seen == 0 || seen == i32::MAX {
                return false;
            }
            match self.0.cmpxchg(seen, seen + 1, Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
    }

    pub(crate) fn decrement_and_test(&self) -> bool {
        self.0.fetch_sub(1, Full) == 1
    }
}

/// What RCU needs inside an allocation to free it later.
#[repr(transparent)]
pub(crate) struct Reclaim(MaybeUninit<bindings::kvfree_rcu_head>);

impl Reclaim {
    /// RCU fills it in.
    pub(crate) const EMPTY: Self = Self(MaybeUninit::uninit());
}

/// Notes that what is plain memory in the element of `reclaim` is read. Nothing here; a model checker
/// looks whether it was published to the reader and is not freed.
#[inline(always)]
pub(crate) fn visible(_reclaim: &UnsafeCell<Reclaim>) {}

/// Evidence of a read-side critical section, which ends with it.
pub(crate) type Guard = rcu::Guard;

/// Locks by setting bit 0, and turns preemption off. `nested` is how many locks the caller holds.
#[cfg_attr(not(CONFIG_DEBUG_LOCK_ALLOC), expect(unused_variables))]
#[inline]
pub(crate) fn lock(link: &AtomicLink, nested: u32) {
    // SAFETY: The word is there. Undone by `unlock`.
    unsafe { glue::lunatik_bit_lock(link.0.as_ptr()) };
    #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
    // SAFETY: The lock was taken just now.
    unsafe {
        glue::lunatik_bucket_acquired(nested)
    };
}

/// Undoes [`lock`] by a release store of `to`, which has no bit 0.
#[inline]
pub(crate) fn unlock(link: &AtomicLink, to: usize) {
    #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
    // SAFETY: The lock is held.
    unsafe {
        glue::lunatik_bucket_released()
    };
    link.store_release(to);
    // SAFETY: `lock` turned it off.
    unsafe { glue::lunatik_preempt_enable() };
}

/// Begins a read-side critical section, which ends with the guard.
#[inline]
pub(crate) fn read_lock() -> Guard {
    rcu::read_lock()
}

/// Allocates `size` bytes, more than none; may sleep.
pub(crate) fn allocate(size: usize) -> Option<NonNull<u8>> {
    NonNull::new(glue::lunatik_allocate(size).cast())
}

/// Allocates `size` bytes of zeroes, more than none; may sleep. It is the module's own, and charged to
/// nobody.
pub(crate) fn allocate_zeroed(size: usize) -> Option<NonNull<u8>> {
    NonNull::new(glue::lunatik_allocate_zeroed(size).cast())
}

/// Frees at once.
///
/// # Safety
///
/// `memory` comes from [`allocate`], and nobody else knows of it.
pub(crate) unsafe fn free(memory: *mut u8) {
    // SAFETY: By the safety requirement.
    unsafe { bindings::kvfree(memory.cast()) };
}

/// Frees when every read-side critical section of now has ended; does not wait for that.
///
/// # Safety
///
/// `element` is at the start of what [`allocate`] gave and not reachable for new readers; `reclaim`
/// gives the address of its field.
pub(crate) unsafe fn free_after_grace_period<T>(
    element: *mut T,
    reclaim: unsafe fn(*mut T) -> *mut Reclaim,
) {
    // SAFETY: By the safety requirement.
    unsafe { bindings::kvfree_call_rcu(reclaim(element).cast(), element.cast()) };
}

/// Bytes retired since the module was loaded, modulo the largest number there is.
static RETIRED: AtomicSize = AtomicSize::new(0);

/// The bits of such a number that change with as many bytes as may be retired while one grace period goes
/// on. All, before that is known.
static BACKLOG: AtomicSize = AtomicSize::new(usize::MAX);

/// Which grace period began last when so many more bytes had been retired.
static GRACE_PERIOD: Atomic<usize> = Atomic::new(0);

/// A small part of the machine's memory, and more than a fast writer retires in a grace period where
/// there is plenty. A power of two.
fn backlog() -> usize {
    let part = glue::lunatik_total_memory() / 64;
    1 << part.clamp(256 << 10, 8 << 20).ilog2()
}

/// Notes that so much memory has been given to RCU. May sleep.
///
/// Nobody need wait for a grace period; but who retires memory for ever faster than they end takes all
/// of it. So with each backlog of bytes a grace period is begun, and the one begun at the last such
/// point must have ended. Mostly it has.
#[inline]
pub(crate) fn retired(size: usize) {
    let before = RETIRED.fetch_add(size);
    if (before ^ before.wrapping_add(size)) & BACKLOG.load() != 0 {
        keep_pace();
    }
}

#[cold]
fn keep_pace() {
    if BACKLOG.load() == usize::MAX {
        // The first time of all.
        BACKLOG.store(!(backlog() - 1));
        return;
    }
    let began = glue::lunatik_begin_grace_period();
    glue::lunatik_await_grace_period(GRACE_PERIOD.xchg(began, Full));
}

/// Lets others run; may sleep.
pub(crate) fn breathe() {
    glue::lunatik_cond_resched();
}

/// Waits for the callbacks of RCU that are under way, before the module goes.
///
/// None of them is the module's code: `kvfree_call_rcu` frees by the kernel's own, in batches whose
/// barrier the kernel keeps to itself. So what this does not cover is freed soon all the same.
pub(crate) fn barrier() {
    rcu::rcu_barrier();
}
