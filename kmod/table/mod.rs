// SPDX-License-Identifier: GPL-2.0

//! A hash table that readers never wait for.
//!
//! # Layout
//!
//! ```text
//! buckets            elements, in the order of (position, key)
//! ┌──────────┬─┐    ┌──────┐    ┌──────┐
//! │ pointer  │L├───►│ next ├───►│ next ├───► null
//! ├──────────┼─┤    │ value│    │ value│
//! │ pointer  │L│    │ key  │    │ key  │      L: the bucket's lock, bit 0 of its pointer
//! └──────────┴─┘    └──────┘    └──────┘
//! ```
//!
//! The number of buckets is a power of two, fixed when the table's type is made. An element's
//! *position* is its hash, spread by a multiplication; the position's high bits name the bucket, so
//! that walking the buckets in turn, and each bucket's list, meets all elements in the order of
//! (position, key). That order is what iteration is made of: a step of it is "the first element
//! behind this key", and needs nothing kept between steps.
//!
//! Lists are singly linked and published by RCU in the way of `rculist.h` and `hlist_bl`: a new
//! element is complete before a release store links it; a removed one keeps its `next`, so that a
//! reader standing on it goes on; it is freed after a grace period. Replacing puts the new element
//! in the old one's place with one store, so a reader sees the one or the other, never neither.
//!
//! # Ordering
//!
//! - (A) A reader that finds an element sees its key and value whole: elements are linked by a
//!   release store and found by acquire loads.
//! - (B) A value that is one word of the same type is replaced in place by one atomic store, so a
//!   reader sees an old or a new one, never a mixture.
//! - (C) Two writes of one key are ordered by the lock of its bucket; writes of keys in different
//!   buckets have no order among them.
//!
//! # Progress
//!
//! Reads ([`Table::search`], [`Table::successor`]) are wait-free but for the length of the list.
//! Writes spin for the lock of one bucket, which is held for a walk along its list, with preemption
//! off, and never while memory is allocated, freed or waited for.
//!
//! This module knows neither Lua nor the configuration; `table_sys` beside it is what it needs of the
//! machine (atomics, memory, RCU), in the kernel or on a host.

mod element;

use crate::table_sys::{
    self as sys,
    AtomicLink,
    AtomicSize, //
};
use core::{
    cmp::Ordering,
    marker::PhantomData, //
};
pub(crate) use element::{
    Element,
    Held,
    Key,
    Kind,
    Parts, //
};

/// `GOLDEN_RATIO_32` of `linux/hash.h`: multiplying by it spreads a hash over its high bits.
const GOLDEN_RATIO: u32 = 0x61C8_8647;

/// The bit of a bucket's pointer that is its lock.
const LOCKED: usize = 1;

/// Why a write was refused. The table is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// [`Table::add`] of a key that is there.
    Exists,
    /// [`Table::replace`] of a key that is not there.
    Absent,
    /// No memory for an element.
    NoMemory,
}

/// What a write is to do with a key that is there, or is not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Add,
    Replace,
    Set,
}

/// One list and its lock.
///
/// # Invariants
///
/// Without [`LOCKED`], the link is null or an element of this bucket, linked for readers.
#[repr(transparent)]
struct Bucket(AtomicLink);

impl Bucket {
    fn lock(&self) -> Locked<'_> {
        sys::lock(&self.0, LOCKED);
        Locked { bucket: self }
    }
}

/// Evidence that a bucket is locked.
struct Locked<'a> {
    bucket: &'a Bucket,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        sys::unlock(&self.bucket.0, LOCKED);
    }
}

/// A link that may be changed, since its bucket is locked: the bucket's own or an element's.
struct Link<'a> {
    cell: &'a AtomicLink,
    /// [`LOCKED`] in the bucket's own link, which stays locked while it is changed, else 0.
    bit: usize,
}

impl Link<'_> {
    fn store<K: Kind>(&self, to: *const Element<K>) {
        self.cell.store_release(to as usize | self.bit);
    }
}

/// A table of `BUCKETS` buckets with values of kind `K`.
///
/// Made to be a `static`: it is all zero when empty and needs no start.
pub(crate) struct Table<K: Kind, const BUCKETS: usize> {
    buckets: [Bucket; BUCKETS],
    count: AtomicSize,
    _kind: PhantomData<fn() -> K>,
}

impl<K: Kind, const BUCKETS: usize> Table<K, BUCKETS> {
    const BITS: u32 = {
        assert!(BUCKETS.is_power_of_two() && BUCKETS <= 1 << 31);
        BUCKETS.trailing_zeros()
    };

    /// An empty table.
    pub(crate) const fn new() -> Self {
        Self {
            buckets: [const { Bucket(AtomicLink::new(0)) }; BUCKETS],
            count: AtomicSize::new(0),
            _kind: PhantomData,
        }
    }

    /// How many elements there are. Exact when nobody writes.
    pub(crate) fn len(&self) -> usize {
        self.count.load()
    }

    fn index(position: u32) -> usize {
        // Two shifts, since one of 32 is no shift at all.
        (position >> 1 >> (31 - Self::BITS)) as usize
    }

    fn bucket(&self, position: u32) -> &Bucket {
        // The mask tells the compiler what `index` ensures: no bounds check is left.
        &self.buckets[Self::index(position) & (BUCKETS - 1)]
    }

    /// Calls `found` with the element of `key` if there is one, inside a read-side critical section:
    /// `found` must not sleep.
    #[inline]
    pub(crate) fn search<R>(
        &self,
        key: Key<'_>,
        found: impl FnOnce(&Element<K>) -> R,
    ) -> Option<R> {
        let position = position(key.hash);
        let _guard = sys::read_lock();
        let mut link = self.bucket(position).0.load_acquire() & !LOCKED;
        loop {
            // SAFETY: Links lead to elements that are freed a grace period after they are unlinked,
            // and `_guard` has been held since the first link was read.
            let element = unsafe { (link as *const Element<K>).as_ref() }?;
            match element.order(position, key.bytes) {
                Ordering::Less => link = element.next.load_acquire(),
                Ordering::Equal => return Some(found(element)),
                Ordering::Greater => return None,
            }
        }
    }

    /// Calls `found` with the first element behind `key` in the order of iteration, or with the very
    /// first one for no key, inside a read-side critical section: `found` must not sleep. `key` need
    /// not be in the table (any more).
    ///
    /// Repeated from no key until `None`, this meets each element that is in the table all the time
    /// exactly once, and one that is added or removed meanwhile at most once.
    pub(crate) fn successor<R>(
        &self,
        key: Option<Key<'_>>,
        found: impl FnOnce(&Element<K>) -> R,
    ) -> Option<R> {
        let start = key.map_or(0, |key| position(key.hash));
        let _guard = sys::read_lock();
        for bucket in self.buckets.iter().skip(Self::index(start)) {
            let mut link = bucket.0.load_acquire() & !LOCKED;
            // SAFETY: As in `search`.
            while let Some(element) = unsafe { (link as *const Element<K>).as_ref() } {
                let behind =
                    key.is_none_or(|key| element.order(start, key.bytes) == Ordering::Greater);
                if behind {
                    return Some(found(element));
                }
                link = element.next.load_acquire();
            }
        }
        None
    }

    /// Adds an element for a key that is not there yet.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "scripts assign by `set` so far")
    )]
    pub(crate) fn add(&self, key: Key<'_>, value: K::Value<'_>) -> Result<(), Error> {
        self.write(key, value, Mode::Add)
    }

    /// Replaces the value of a key that is there.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "scripts assign by `set` so far")
    )]
    pub(crate) fn replace(&self, key: Key<'_>, value: K::Value<'_>) -> Result<(), Error> {
        self.write(key, value, Mode::Replace)
    }

    /// Adds an element or replaces its value.
    pub(crate) fn set(&self, key: Key<'_>, value: K::Value<'_>) -> Result<(), Error> {
        self.write(key, value, Mode::Set)
    }

    /// Removes the element of `key`. Returns whether there was one.
    pub(crate) fn delete(&self, key: Key<'_>) -> bool {
        let position = position(key.hash);
        let locked = self.bucket(position).lock();
        let (link, element) = locate(&locked, position, key.bytes);
        let Some(element) = element else {
            return false;
        };
        link.store::<K>(element.next.load_relaxed() as *const Element<K>);
        self.count.sub(1);
        let old: *const Element<K> = element;
        drop(locked);
        // SAFETY: `old` was unlinked just now, by this writer alone.
        unsafe { Element::release(old) };
        true
    }

    /// Removes all elements. Those that others add meanwhile may stay.
    pub(crate) fn clear(&self) {
        for bucket in &self.buckets {
            let locked = bucket.lock();
            let mut link = bucket.0.load_relaxed() & !LOCKED;
            Link {
                cell: &bucket.0,
                bit: LOCKED,
            }
            .store::<K>(core::ptr::null());
            drop(locked);
            while link != 0 {
                let old = link as *const Element<K>;
                // SAFETY: The whole list was unlinked just now, by this writer alone: `old` is freed
                // only by the `release` below.
                link = unsafe { (*old).next.load_relaxed() };
                self.count.sub(1);
                // SAFETY: As above.
                unsafe { Element::release(old) };
            }
        }
    }

    fn write(&self, key: Key<'_>, value: K::Value<'_>, mode: Mode) -> Result<(), Error> {
        let position = position(key.hash);
        let parts = K::split(value);

        // Without an element to hand: this suffices where a word takes the place of a word.
        if mode != Mode::Add {
            let locked = self.bucket(position).lock();
            let (_, element) = locate::<K>(&locked, position, key.bytes);
            match element {
                Some(element) if element.store_word(&parts) => return Ok(()),
                None if mode == Mode::Replace => return Err(Error::Absent),
                _ => {}
            }
        }

        // An element is made before the lock is taken, since making one may sleep.
        let new = Element::<K>::allocate(position, key.bytes, &parts).ok_or(Error::NoMemory)?;
        let locked = self.bucket(position).lock();
        let (link, element) = locate(&locked, position, key.bytes);
        let refused = match (element, mode) {
            (Some(_), Mode::Add) => Some(Error::Exists),
            (None, Mode::Replace) => Some(Error::Absent),
            _ => None,
        };
        if let Some(error) = refused {
            drop(locked);
            new.discard();
            return Err(error);
        }
        match element {
            Some(old) => {
                let old: *const Element<K> = old;
                // SAFETY: `old` is linked, and stays so until the store below.
                let next = unsafe { (*old).next.load_relaxed() };
                link.store(new.publish(next));
                drop(locked);
                // SAFETY: `old` was unlinked just now, by this writer alone.
                unsafe { Element::release(old) };
            }
            None => {
                let next = link.cell.load_relaxed() & !LOCKED;
                link.store(new.publish(next));
                self.count.add(1);
            }
        }
        Ok(())
    }
}

/// Where an element with this hash is in the order of all elements.
fn position(hash: u32) -> u32 {
    hash.wrapping_mul(GOLDEN_RATIO)
}

/// The link in a locked bucket behind which `key` is or belongs, and its element if it is there.
fn locate<'a, K: Kind>(
    locked: &'a Locked<'_>,
    position: u32,
    key: &[u8],
) -> (Link<'a>, Option<&'a Element<K>>) {
    let mut link = Link {
        cell: &locked.bucket.0,
        bit: LOCKED,
    };
    loop {
        // SAFETY: While the bucket is locked, no element of it is unlinked, so none is freed.
        let element =
            unsafe { ((link.cell.load_relaxed() & !LOCKED) as *const Element<K>).as_ref() };
        let Some(element) = element else {
            return (link, None);
        };
        match element.order(position, key) {
            Ordering::Less => {
                link = Link {
                    cell: &element.next,
                    bit: 0,
                }
            }
            Ordering::Equal => return (link, Some(element)),
            Ordering::Greater => return (link, None),
        }
    }
}
