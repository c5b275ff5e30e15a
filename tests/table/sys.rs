// SPDX-License-Identifier: GPL-2.0

//! The host's place-holder for `kmod/table_sys.rs`: the standard library's atomics, its allocator, and
//! `crossbeam-epoch` for RCU.
//!
//! [`allocated`] tells how many allocations are alive, [`fail_after`] makes one fail.

use std::{
    alloc::{Layout, alloc, dealloc},
    cell::{Cell, UnsafeCell},
    ptr::NonNull,
    sync::atomic::{AtomicI32, AtomicI64, AtomicIsize, AtomicUsize, Ordering},
};

use crossbeam_epoch as epoch;

pub(crate) const ALIGNMENT: usize = 8;

#[repr(transparent)]
pub(crate) struct AtomicLink(AtomicUsize);

impl AtomicLink {
    pub(crate) const fn new(link: usize) -> Self {
        Self(AtomicUsize::new(link))
    }

    pub(crate) fn load_acquire(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn load_relaxed(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn store_relaxed(&self, link: usize) {
        self.0.store(link, Ordering::Relaxed);
    }

    pub(crate) fn store_release(&self, link: usize) {
        self.0.store(link, Ordering::Release);
    }

    pub(crate) fn set_if_null(&self, link: usize) -> bool {
        self.0
            .compare_exchange(0, link, Ordering::SeqCst, Ordering::Relaxed)
            .is_ok()
    }
}

#[repr(transparent)]
pub(crate) struct AtomicWord(AtomicI64);

impl AtomicWord {
    pub(crate) const fn new(word: i64) -> Self {
        Self(AtomicI64::new(word))
    }

    pub(crate) fn load(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn store(&self, word: i64) {
        self.0.store(word, Ordering::Relaxed);
    }
}

pub(crate) struct AtomicSize(AtomicUsize);

impl AtomicSize {
    pub(crate) const fn new(size: usize) -> Self {
        Self(AtomicUsize::new(size))
    }

    pub(crate) fn load(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn store(&self, size: usize) {
        self.0.store(size, Ordering::Relaxed);
    }

    pub(crate) fn fetch_add(&self, n: usize) -> usize {
        self.0.fetch_add(n, Ordering::SeqCst)
    }

    pub(crate) fn add_up_to(&self, n: usize, max: usize) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |seen| {
                seen.checked_add(n).filter(|sum| *sum <= max)
            })
            .is_ok()
    }

    pub(crate) fn sub(&self, n: usize) {
        let before = self.0.fetch_sub(n, Ordering::Relaxed);
        assert!(before >= n, "more was taken away than was there");
    }
}

pub(crate) struct Reference(AtomicI32);

impl Reference {
    pub(crate) const fn new() -> Self {
        Self(AtomicI32::new(1))
    }

    pub(crate) fn increment_not_zero(&self) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
                (n > 0).then_some(n + 1)
            })
            .is_ok()
    }

    pub(crate) fn decrement_and_test(&self) -> bool {
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

pub(crate) struct Reclaim(usize);

impl Reclaim {
    pub(crate) const EMPTY: Self = Self(0);
}

thread_local! {
    /// Locks that this thread holds and read-side sections that it is in: it must not sleep.
    static ATOMIC: Cell<u32> = const { Cell::new(0) };
}

/// What the kernel does with `might_sleep()`.
fn may_sleep() {
    assert_eq!(ATOMIC.get(), 0, "this may sleep");
}

pub(crate) struct Guard(#[expect(dead_code, reason = "held")] epoch::Guard);

impl Drop for Guard {
    fn drop(&mut self) {
        ATOMIC.set(ATOMIC.get() - 1);
    }
}
/// Nothing here: `tests/loom` is what looks.
#[inline(always)]
pub(crate) fn visible(_reclaim: &UnsafeCell<Reclaim>) {}

pub(crate) fn lock(link: &AtomicLink, _nested: u32) {
    ATOMIC.set(ATOMIC.get() + 1);
    loop {
        let seen = link.0.load(Ordering::Relaxed) & !1;
        if link
            .0
            .compare_exchange(seen, seen | 1, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
        {
            return;
        }
        std::thread::yield_now();
    }
}

pub(crate) fn unlock(link: &AtomicLink, to: usize) {
    link.store_release(to);
    ATOMIC.set(ATOMIC.get() - 1);
}

pub(crate) fn read_lock() -> Guard {
    ATOMIC.set(ATOMIC.get() + 1);
    Guard(epoch::pin())
}

/// The size of an allocation stands in front of it, for `dealloc`.
const HEAD: usize = 16;

static ALLOCATED: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static FAIL_AFTER: Cell<Option<usize>> = const { Cell::new(None) };
}

/// How many allocations are alive.
pub(crate) fn allocated() -> isize {
    ALLOCATED.load(Ordering::SeqCst)
}

/// Waits until so many allocations are alive: deferred frees run as the epoch goes on.
pub(crate) fn settle(count: isize) {
    for _ in 0..1_000_000 {
        if allocated() == count {
            return;
        }
        epoch::pin().flush();
        std::thread::yield_now();
    }
    panic!("{} allocations are left", allocated() - count);
}

/// Makes this thread's allocation after `n` more fail.
pub(crate) fn fail_after(n: Option<usize>) {
    FAIL_AFTER.set(n);
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size + HEAD, HEAD).expect("a size of the tests")
}

pub(crate) fn allocate_zeroed(size: usize) -> Option<NonNull<u8>> {
    let memory = allocate(size)?;
    // SAFETY: It has so many bytes.
    unsafe { memory.write_bytes(0, size) };
    Some(memory)
}

pub(crate) fn retired(_size: usize) {
    may_sleep();
}

pub(crate) fn breathe() {
    may_sleep();
}

pub(crate) fn allocate(size: usize) -> Option<NonNull<u8>> {
    may_sleep();
    match FAIL_AFTER.get() {
        Some(0) => return None,
        Some(n) => FAIL_AFTER.set(Some(n - 1)),
        None => {}
    }
    // SAFETY: The layout is larger than nothing, and has room for the head.
    let memory = unsafe {
        let memory = NonNull::new(alloc(layout(size)))?;
        memory.cast::<usize>().write(size);
        memory.add(HEAD)
    };
    ALLOCATED.fetch_add(1, Ordering::SeqCst);
    Some(memory)
}

/// # Safety
///
/// As in the kernel.
pub(crate) unsafe fn free(memory: *mut u8) {
    may_sleep();
    // SAFETY: As in the kernel.
    unsafe { release(memory) };
}

/// # Safety
///
/// As for [`free`].
unsafe fn release(memory: *mut u8) {
    ALLOCATED.fetch_sub(1, Ordering::SeqCst);
    // SAFETY: `allocate` left the size in front.
    unsafe {
        let start = memory.sub(HEAD);
        // What is read after this is seen to be wrong.
        let size = start.cast::<usize>().read();
        memory.write_bytes(0x6b, size);
        dealloc(start, layout(size));
    }
}

/// # Safety
///
/// As in the kernel.
pub(crate) unsafe fn free_after_grace_period<T>(
    element: *mut T,
    reclaim: unsafe fn(*mut T) -> *mut Reclaim,
) {
    // SAFETY: The element is alive. Writing there finds out whether it was given up twice.
    unsafe {
        let reclaim = &mut *reclaim(element);
        assert_eq!(reclaim.0, 0, "an element was given up twice");
        reclaim.0 = 1;
    }
    let address = element as usize;
    // SAFETY: Nobody finds the element any more, and those that have found it hold a guard.
    unsafe { epoch::pin().defer_unchecked(move || release(address as *mut u8)) };
}
