// SPDX-License-Identifier: GPL-2.0

//! Buckets, their locks, and the two ways to have them: a number that is [`Fixed`], or one that is
//! [`Growing`] and shrinking with the table. What lists are made of is in `element`, what is done to
//! them in the table itself.
//!
//! # Growing
//!
//! Order makes it simple. A bucket is a range of positions, and its list is sorted by position; so a
//! bucket is split by cutting its list in two, and two are merged by joining their lists: no element is
//! relinked. (Split-ordered lists: Shalev and Shavit, "Split-Ordered Lists: Lock-Free Extensible
//! Hash Tables", Journal of the ACM 53(3), 2006. Readers that go on while a table is resized: Triplett,
//! McKenney and Walpole, "Resizable, Scalable, Concurrent Hash Tables via Relativistic Programming",
//! USENIX ATC 2011. That one waits for grace periods where this one marks buckets.)
//!
//! ```text
//!     old array                        new array
//!    ┌─────────┬─┐                    ┌─────────┬─┐
//!    │ pointer │M├─ next ────────────►│ pointer │ ├──► 1 ──► 3 ──► null      positions below the middle
//!    ├─────────┼─┤                    ├─────────┼─┤              ╳ cut
//!    │ pointer │ │                    │ pointer │ ├────────────► 6 ──► null  positions from it on
//!    └─────────┴─┘                    └─────────┴─┘
//! ```
//!
//! The writer that finds too many elements, or too few, links an array of twice or half the size behind
//! the current one. From then on every writer that adds or deletes also moves a few buckets, and the
//! last of them makes the new array the current one. To move a bucket is to lock it, to fill the new
//! ones, to set [`MOVED`] and to unlock it. Who meets `MOVED` goes on in the next array; a reader that
//! comes to the end of a list looks once more whether its bucket has been moved meanwhile, since the
//! end may be a cut. That is all that readers pay.
//!
//! Memory goes as that of elements does: an array that is current no more is freed after a grace period.

use super::element::{
    Element,
    Kind, //
};
use crate::table_sys::{
    self as sys,
    AtomicLink,
    AtomicSize, //
};
use core::{
    cell::UnsafeCell,
    mem::{
        self,
        size_of, //
    },
    ptr::{
        self,
        NonNull, //
    },
};

/// The bit of a bucket's link that is its lock.
const LOCKED: usize = 1;

/// The bit of a bucket's link that says: what was here is in the next array.
const MOVED: usize = 2;

/// Buckets that a write moves at most. One would do for an array to be moved before it is too small.
const HELP: usize = 8;

/// A table shrinks when it has so many times more buckets than elements.
const SPARSE: usize = 8;

/// One list and its lock.
///
/// # Invariants
///
/// Without its bits, the link is null or the first element of this bucket, linked for readers. Once
/// `MOVED` is set, it does not change.
#[repr(transparent)]
pub(super) struct Bucket(AtomicLink);

impl Bucket {
    const fn new() -> Self {
        Self(AtomicLink::new(0))
    }

    /// The first element, for a reader; `None` if the bucket has been moved.
    #[inline]
    pub(super) fn first<B: Buckets>(&self) -> Option<usize> {
        let link = self.0.load_acquire();
        if B::GROWS && link & MOVED != 0 {
            return None;
        }
        Some(link & !(LOCKED | MOVED))
    }

    /// Locks it; `nested` is how many others the caller has locked.
    #[inline]
    fn lock(&self, nested: u32) {
        const { assert!(LOCKED == 1, "what `sys` sets") };
        sys::lock(&self.0, nested);
    }

    fn unlock(&self) {
        sys::unlock(&self.0, self.0.load_relaxed() & !LOCKED);
    }

    /// Whether the list is empty, as it was a moment ago.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.load_relaxed() & !(LOCKED | MOVED) == 0
    }

    /// Whether the bucket has been moved, asked by a reader at the end of its list.
    #[inline]
    pub(super) fn has_moved<B: Buckets>(&self) -> bool {
        B::GROWS && self.0.load_acquire() & MOVED != 0
    }
}

/// Evidence that a bucket is locked.
pub(super) struct Locked<'a> {
    lock: Lock<'a>,
    last: u32,
    /// Keeps the array, where arrays come and go.
    _guard: Option<sys::Guard>,
}

impl<'a> Locked<'a> {
    /// The first link of the list.
    pub(super) fn link(&self) -> Link<'_> {
        Link(&self.lock.bucket.0)
    }

    /// The last position that belongs to the bucket.
    pub(super) fn last(&self) -> u32 {
        self.last
    }

    /// Unlocks the bucket and changes where its own link leads, in one.
    #[inline]
    pub(super) fn unlock_with<K: Kind>(self, first: *const Element<K>) {
        // Who has locked a bucket has seen that it has not been moved.
        sys::unlock(&self.lock.bucket.0, first as usize);
        mem::forget(self.lock);
    }
}

/// What a [`Locked`] unlocks at its end.
struct Lock<'a> {
    bucket: &'a Bucket,
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.bucket.unlock();
    }
}

/// A link that may be changed, since its bucket is locked: the bucket's own or an element's.
#[derive(Clone, Copy)]
pub(super) struct Link<'a>(&'a AtomicLink);

impl<'a> Link<'a> {
    /// The link of an element whose bucket is locked.
    pub(super) fn of<K: Kind>(element: &'a Element<K>) -> Self {
        Self(&element.next)
    }

    pub(super) fn load(&self) -> usize {
        self.0.load_relaxed() & !(LOCKED | MOVED)
    }

    /// Changes where the link leads. The bucket's own stays locked.
    pub(super) fn store<K: Kind>(&self, to: *const Element<K>) {
        self.0
            .store_release(to as usize | self.0.load_relaxed() & LOCKED);
    }
}

/// `1 << bits` buckets. Position `p` belongs to bucket `p >> (32 - bits)`.
///
/// # Invariants
///
/// `first` points to so many buckets, which live for `'a`, and so does `header`.
#[derive(Clone, Copy)]
pub(super) struct Array<'a> {
    first: *const Bucket,
    bits: u32,
    header: Option<&'a Header>,
}

impl<'a> Array<'a> {
    #[inline]
    fn at(&self, index: usize) -> &'a Bucket {
        debug_assert!(index < 1 << self.bits);
        // SAFETY: By the type invariant; the callers' indices are below `1 << bits`.
        unsafe { &*self.first.add(index) }
    }

    /// The bucket of a position.
    #[inline]
    pub(super) fn bucket(&self, position: u32) -> &'a Bucket {
        // Two shifts, since one of 32 is no shift at all.
        self.at((position >> 1 >> (31 - self.bits)) as usize)
    }

    /// The last position of the bucket that has `position`.
    pub(super) fn last(&self, position: u32) -> u32 {
        position | u32::MAX >> self.bits
    }

    /// The array that a bucket with `MOVED` has been moved to.
    #[inline]
    pub(super) fn next(&self) -> Self {
        // Only an array with a header has buckets that move, and it has a next one before they do.
        match self.header.and_then(Header::next) {
            Some(next) => next.array(),
            None => *self,
        }
    }
}

/// Where a table keeps its buckets.
pub(crate) trait Buckets: Sync + 'static {
    /// Whether their number changes.
    const GROWS: bool;

    /// No elements yet.
    const EMPTY: Self;

    /// The array to begin with; in a read-side section if the number changes.
    #[expect(private_interfaces, reason = "the table's own business")]
    fn array(&self) -> Array<'_>;

    /// Called by a writer that has added or deleted, with nothing locked, when there are `count`
    /// elements: may sleep.
    fn tend<K: Kind>(&self, count: &AtomicSize);

    /// Frees what the buckets took over time.
    ///
    /// # Safety
    ///
    /// The table is empty, and nobody else uses it now.
    unsafe fn reset(&self);
}

/// Locks the bucket of a position.
pub(super) fn lock<B: Buckets>(buckets: &B, position: u32) -> Locked<'_> {
    let guard = B::GROWS.then(sys::read_lock);
    let mut array = buckets.array();
    loop {
        let bucket = array.bucket(position);
        bucket.lock(0);
        if !bucket.has_moved::<B>() {
            return Locked {
                lock: Lock { bucket },
                last: array.last(position),
                _guard: guard,
            };
        }
        bucket.unlock();
        array = array.next();
    }
}

/// `N` buckets, a power of two.
pub(crate) struct Fixed<const N: usize>([Bucket; N]);

impl<const N: usize> Fixed<N> {
    const BITS: u32 = bits(N);
}

/// The logarithm of a number of buckets.
const fn bits(buckets: usize) -> u32 {
    assert!(buckets.is_power_of_two() && buckets <= 1 << 31);
    buckets.trailing_zeros()
}

impl<const N: usize> Buckets for Fixed<N> {
    const GROWS: bool = false;

    const EMPTY: Self = Self([const { Bucket::new() }; N]);

    #[expect(private_interfaces, reason = "the table's own business")]
    #[inline]
    fn array(&self) -> Array<'_> {
        // INVARIANT: `N` buckets are there.
        Array {
            first: self.0.as_ptr(),
            bits: Self::BITS,
            header: None,
        }
    }

    #[inline]
    fn tend<K: Kind>(&self, _count: &AtomicSize) {}

    unsafe fn reset(&self) {}
}

/// What stands in front of an array of buckets that can be moved.
///
/// # Invariants
///
/// `1 << bits` buckets follow. `next` is null or another header, and is set once.
#[repr(C)]
struct Header {
    next: AtomicLink,
    reclaim: UnsafeCell<sys::Reclaim>,
    /// Moves that somebody has taken on: of one bucket to two, or of two to one.
    claimed: AtomicSize,
    /// Moves that have been made.
    made: AtomicSize,
    bits: u32,
}

impl Header {
    const fn new(bits: u32) -> Self {
        Self {
            next: AtomicLink::new(0),
            reclaim: UnsafeCell::new(sys::Reclaim::EMPTY),
            claimed: AtomicSize::new(0),
            made: AtomicSize::new(0),
            bits,
        }
    }

    /// Allocates an array of empty buckets; may sleep.
    fn allocate(bits: u32) -> Option<NonNull<Self>> {
        let size = size_of::<Bucket>().checked_mul(1 << bits)?;
        let memory = sys::allocate_zeroed(size.checked_add(size_of::<Self>())?)?.cast::<Self>();
        // SAFETY: There is room for the header. INVARIANT: Behind it are zeroes, empty buckets.
        unsafe { memory.write(Self::new(bits)) };
        Some(memory)
    }

    #[inline]
    fn array(&self) -> Array<'_> {
        // INVARIANT: By the invariant of the header.
        Array {
            first: ptr::from_ref(self).wrapping_add(1).cast(),
            bits: self.bits,
            header: Some(self),
        }
    }

    #[inline]
    fn next(&self) -> Option<&Self> {
        // SAFETY: By the type invariant. The next array is freed a grace period after it was current,
        // which is after this one was.
        unsafe { (self.next.load_acquire() as *const Self).as_ref() }
    }
}

/// `N` buckets with a header.
#[repr(C)]
struct Initial<const N: usize> {
    header: Header,
    buckets: [Bucket; N],
}

/// From `MIN` to `MAX` buckets, as many as there are elements, about.
pub(crate) struct Growing<const MIN: usize, const MAX: usize> {
    /// The header of the current array, or null for the initial one.
    current: AtomicLink,
    /// How many elements there must be before a larger array is tried, after one could not be had.
    retry: AtomicSize,
    initial: UnsafeCell<Initial<MIN>>,
}

// SAFETY: The initial array is shared as every other one is; `reset` alone takes it for its own.
unsafe impl<const MIN: usize, const MAX: usize> Sync for Growing<MIN, MAX> {}

impl<const MIN: usize, const MAX: usize> Growing<MIN, MAX> {
    /// Makes some of the moves from `old` to the next array; in a read-side section.
    fn help<K: Kind>(&self, old: &Header, next: &Header) {
        let total = 1 << old.bits.min(next.bits);
        if old.claimed.load() >= total {
            return;
        }
        let begin = old.claimed.fetch_add(HELP);
        let end = total.min(begin.saturating_add(HELP));
        if begin >= end {
            return;
        }
        let (from, to) = (old.array(), next.array());
        for index in begin..end {
            if from.bits < to.bits {
                split::<K>(from.at(index), to.at(2 * index), to.at(2 * index + 1), {
                    // The first position of the second bucket.
                    (2 * index as u32 + 1) << (32 - to.bits)
                });
            } else {
                merge::<K>(from.at(2 * index), from.at(2 * index + 1), to.at(index));
            }
        }
        if old.made.fetch_add(end - begin) + (end - begin) == total {
            self.current.store_release(ptr::from_ref(next) as usize);
            if !ptr::addr_eq(old, self.initial.get()) {
                // SAFETY: New readers find `next`. `old` is not the initial array, so it comes from
                // `allocate`.
                unsafe {
                    sys::free_after_grace_period(ptr::from_ref(old).cast_mut(), |header| {
                        UnsafeCell::raw_get(&raw const (*header).reclaim)
                    });
                }
            }
        }
    }

    #[inline]
    fn header(&self) -> &Header {
        let current = self.current.load_acquire() as *const Header;
        // SAFETY: `current` is a header whose array is freed a grace period after it is not current
        // any more, and the caller is in a read-side section.
        match unsafe { current.as_ref() } {
            Some(header) => header,
            // SAFETY: The initial array stays for good.
            None => unsafe { &(*self.initial.get()).header },
        }
    }

    /// How many bits the next array is to have, if one is wanted.
    fn wanted(&self, bits: u32, count: usize) -> Option<u32> {
        let size = 1_usize << bits;
        if count > size && size < MAX && count >= self.retry.load() {
            Some(bits + 1)
        } else if count < size / SPARSE && size > MIN {
            Some(bits - 1)
        } else {
            None
        }
    }
}

impl<const MIN: usize, const MAX: usize> Buckets for Growing<MIN, MAX> {
    const GROWS: bool = true;

    const EMPTY: Self = {
        assert!(bits(MIN) < bits(MAX));
        Self {
            current: AtomicLink::new(0),
            retry: AtomicSize::new(0),
            initial: UnsafeCell::new(Initial {
                header: Header::new(bits(MIN)),
                buckets: [const { Bucket::new() }; MIN],
            }),
        }
    };

    #[expect(private_interfaces, reason = "the table's own business")]
    #[inline]
    fn array(&self) -> Array<'_> {
        self.header().array()
    }

    fn tend<K: Kind>(&self, count: &AtomicSize) {
        let count = count.load();
        let guard = sys::read_lock();
        let header = self.header();
        if let Some(next) = header.next() {
            self.help::<K>(header, next);
            return;
        }
        let bits = header.bits;
        let Some(wanted) = self.wanted(bits, count) else {
            return;
        };
        // Memory may have to be waited for, so not in here.
        drop(guard);
        let Some(new) = Header::allocate(wanted) else {
            // Not with each write from now on. A table of long lists works, too.
            self.retry.store(count.saturating_add(count / SPARSE));
            return;
        };
        let guard = sys::read_lock();
        let header = self.header();
        if header.bits == bits && header.next.set_if_null(new.as_ptr() as usize) {
            self.retry.store(0);
            // SAFETY: It is an array now, and freed a grace period after it has been the current one.
            self.help::<K>(header, unsafe { new.as_ref() });
        } else {
            // Freeing may sleep, too.
            drop(guard);
            // SAFETY: Nobody else has seen it.
            unsafe { sys::free(new.as_ptr().cast()) };
        }
    }

    unsafe fn reset(&self) {
        let initial = self.initial.get();
        let mut header: *const Header = self.header();
        while !header.is_null() {
            // SAFETY: Nobody else frees arrays now.
            let next = unsafe { (*header).next.load_relaxed() as *const Header };
            if !ptr::addr_eq(header, initial) {
                // SAFETY: It comes from `allocate`, and nobody uses it.
                unsafe { sys::free(header.cast_mut().cast()) };
            }
            header = next;
        }
        self.current.store_relaxed(0);
        self.retry.store(0);
        // SAFETY: Nobody else uses the table, says the caller.
        unsafe {
            (*initial).header = Header::new(bits(MIN));
            for bucket in &(*initial).buckets {
                bucket.0.store_relaxed(0);
            }
        }
    }
}

/// Moves a bucket to the two that it becomes, the second of which begins at position `middle`.
fn split<K: Kind>(old: &Bucket, low: &Bucket, high: &Bucket, middle: u32) {
    old.lock(0);
    let first = old.0.load_relaxed() & !LOCKED;
    // The last element before the middle, and the link to the first one behind it.
    let mut before: Option<&Element<K>> = None;
    let mut link = first;
    // SAFETY: While the bucket is locked, no element of it is unlinked, so none is freed.
    while let Some(element) = unsafe { (link as *const Element<K>).as_ref() } {
        if element.position() >= middle {
            break;
        }
        before = Some(element);
        link = element.next.load_relaxed();
    }
    // `MOVED` below makes the two buckets known to others, and what is in them with them.
    low.0
        .store_relaxed(if before.is_some() { first } else { 0 });
    high.0.store_relaxed(link);
    old.0.store_release(first | MOVED | LOCKED);
    // Only now: who meets the cut in the old list must find `MOVED`.
    if let Some(before) = before {
        before.next.store_release(0);
    }
    old.unlock();
}

/// Moves two buckets to the one that they become.
fn merge<K: Kind>(low: &Bucket, high: &Bucket, new: &Bucket) {
    // In this order, and nobody else locks two.
    low.lock(0);
    high.lock(1);
    let first = low.0.load_relaxed() & !LOCKED;
    let second = high.0.load_relaxed() & !LOCKED;
    let mut last: Option<&Element<K>> = None;
    let mut link = first;
    // SAFETY: As in `split`.
    while let Some(element) = unsafe { (link as *const Element<K>).as_ref() } {
        last = Some(element);
        link = element.next.load_relaxed();
    }
    // First of all: the new list must be whole for whom `MOVED` leads to it. In the old one, what is
    // behind a bucket's own elements is past every position that is looked for.
    if let Some(last) = last {
        last.next.store_release(second);
    }
    new.0
        .store_relaxed(if last.is_some() { first } else { second });
    low.0.store_release(first | MOVED | LOCKED);
    high.0.store_release(second | MOVED | LOCKED);
    high.unlock();
    low.unlock();
}
