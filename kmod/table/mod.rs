// SPDX-License-Identifier: GPL-2.0

//! A hash table that readers never wait for.
//!
//! # Layout
//!
//! ```text
//! buckets              elements, in the order of (position, length of key, key)
//! ┌──────────┬─┬─┐    ┌───────┐    ┌───────┐
//! │ pointer  │M│L├───►│ next  ├───►│ next  ├───► null
//! ├──────────┼─┼─┤    │ value │    │ value │
//! │ pointer  │M│L│    │ key   │    │ key   │      L: the bucket's lock, bit 0 of its pointer
//! └──────────┴─┴─┘    └───────┘    └───────┘      M: the bucket has been moved, bit 1
//! ```
//!
//! The number of buckets is a power of two, fixed or changing within bounds (see `buckets`, which tells
//! how). An element's *position* is its hash, spread by a multiplication; the position's high bits name
//! the bucket, so that walking the buckets in turn, and each bucket's list, meets all elements in the
//! order of (position, length, key), however many buckets there are. That order is what iteration is
//! made of: a step of it is "the first element behind this key", and needs nothing kept between steps.
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
//! - (D) Each operation on one key takes effect at one point between its call and its return. A write's
//!   is the store that links, unlinks or changes a word. A read that finds an element has it when it
//!   loads the word, or else the link; one that finds none, when it loads the link that leads past
//!   the key's place, or when the element that this link is in was unlinked, if that was earlier (it
//!   was during the read, or the read would not have come to that element).
//!
//! # Progress
//!
//! - (E) Reads ([`Table::search`], [`Table::successor`]) never wait. Their steps are bounded by the
//!   length of a list, which is at most [`LONGEST`] but for elements added meanwhile, and once more as
//!   many for each resize that overtakes them.
//! - (F) Writes spin for the lock of one bucket, which is held for a walk along its list (by
//!   [`Table::compare_exchange`], for comparing a value as well), with preemption off, and never while
//!   memory is allocated, freed or waited for.
//! - (G) Writes that retire memory faster than grace periods end are held up in the end, with nothing
//!   locked ([`sys::retired`]).
//!
//! # Limits
//!
//! A table has a limit of elements and one of bytes. A list has one too, so that keys chosen to
//! collide make writes fail and not everyone slow.
//!
//! This module knows neither Lua nor the configuration; `table_sys` beside it is what it needs of the
//! machine (atomics, memory, RCU), in the kernel or on a host.

mod buckets;
mod element;

use crate::table_sys::{
    self as sys,
    AtomicSize, //
};
pub(crate) use buckets::{
    Buckets,
    Fixed,
    Growing, //
};
use buckets::{
    Link,
    Locked, //
};
use core::{
    cmp::Ordering,
    marker::PhantomData,
    ptr, //
};
use element::New;
pub(crate) use element::{
    Element,
    Hashed,
    Held,
    Key,
    Kind,
    Parts, //
};

/// `GOLDEN_RATIO_32` of `linux/hash.h`: multiplying by it spreads a hash over its high bits.
const GOLDEN_RATIO: u32 = 0x61C8_8647;

/// Elements of a bucket, at most. A table that is filled as its limits allow has 64 in the mean; this
/// many share a bucket if their keys were made to.
pub(crate) const LONGEST: usize = 512;

/// Why a write was refused. The table is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// [`Table::add`] of a key that is there.
    Exists,
    /// [`Table::replace`] of a key that is not there.
    Absent,
    /// [`Table::fetch_add`] to a value that is not a word of the right type.
    Type,
    /// There are as many elements as there may be.
    Entries,
    /// The elements would take more bytes than they may.
    Bytes,
    /// There are [`LONGEST`] elements in the key's bucket.
    Crowded,
    /// No memory for an element.
    NoMemory,
}

/// What the elements of a table may come to.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many there may be.
    pub(crate) entries: usize,
    /// Bytes of memory that they may take, keys and values and headers.
    pub(crate) bytes: usize,
}

/// A table with values of kind `K`.
///
/// Made to be a `static`: it needs no start.
pub(crate) struct Table<K: Kind, B: Buckets> {
    buckets: B,
    limits: Limits,
    count: AtomicSize,
    bytes: AtomicSize,
    _kind: PhantomData<fn() -> K>,
}

impl<K: Kind, B: Buckets> Table<K, B> {
    /// An empty table.
    pub(crate) const fn new(limits: Limits) -> Self {
        Self {
            buckets: B::EMPTY,
            limits,
            count: AtomicSize::new(0),
            bytes: AtomicSize::new(0),
            _kind: PhantomData,
        }
    }

    /// How many elements there are. Exact when nobody writes.
    pub(crate) fn len(&self) -> usize {
        self.count.load()
    }

    /// Bytes that its elements hold.
    #[allow(dead_code, reason = "the device asks, and no test of the table")]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load()
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
        let mut array = self.buckets.array();
        loop {
            let bucket = array.bucket(position);
            if let Some(mut link) = bucket.first::<B>() {
                // SAFETY: Links lead to elements that are freed a grace period after they are
                // unlinked, and `_guard` has been held since the first link was read.
                while let Some(element) = unsafe { (link as *const Element<K>).as_ref() } {
                    match element.order(position, key.bytes) {
                        Ordering::Less => link = element.next.load_acquire(),
                        Ordering::Equal => return Some(found(element)),
                        Ordering::Greater => return None,
                    }
                }
                if !bucket.has_moved::<B>() {
                    return None;
                }
            }
            array = array.next();
        }
    }

    /// Calls `found` with the first element behind `key` in the order of iteration, or with the very
    /// first one for no key, inside a read-side critical section: `found` must not sleep. `key` need
    /// not be in the table (any more). Lets others run between buckets.
    ///
    /// Repeated from no key until `None`, this meets each element that is in the table all the time
    /// exactly once, and one that is added or removed meanwhile at most once.
    pub(crate) fn successor<R>(
        &self,
        key: Option<Key<'_>>,
        found: impl FnOnce(&Element<K>) -> R,
    ) -> Option<R> {
        let mut start = key.map_or(0, |key| position(key.hash));
        // Only in the first bucket there are elements that are not behind it.
        let mut key = key.map(|key| key.bytes);
        let mut steps = 0_u32;
        loop {
            let guard = sys::read_lock();
            let mut array = self.buckets.array();
            let last = loop {
                let bucket = array.bucket(start);
                if let Some(mut link) = bucket.first::<B>() {
                    // SAFETY: As in `search`.
                    while let Some(element) = unsafe { (link as *const Element<K>).as_ref() } {
                        let behind = match key {
                            Some(key) => element.order(start, key) == Ordering::Greater,
                            None => element.position() >= start,
                        };
                        if behind {
                            return Some(found(element));
                        }
                        link = element.next.load_acquire();
                    }
                    if !bucket.has_moved::<B>() {
                        break array.last(start);
                    }
                }
                array = array.next();
            };
            drop(guard);
            start = last.checked_add(1)?;
            key = None;
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(1024) {
                sys::breathe();
            }
        }
    }

    /// Adds an element for a key that is not there yet.
    pub(crate) fn add(&self, key: Key<'_>, value: K::Value<'_>) -> Result<(), Error> {
        let absent = |element: Option<&Element<K>>| element.is_none();
        match self.write(key, Some(value), absent, |_| ())? {
            (true, ()) => Ok(()),
            (false, ()) => Err(Error::Exists),
        }
    }

    /// Replaces the value of a key that is there.
    #[cfg_attr(not(test), expect(dead_code, reason = "scripts have `set`"))]
    pub(crate) fn replace(&self, key: Key<'_>, value: K::Value<'_>) -> Result<(), Error> {
        let present = |element: Option<&Element<K>>| element.is_some();
        match self.write(key, Some(value), present, |_| ())? {
            (true, ()) => Ok(()),
            (false, ()) => Err(Error::Absent),
        }
    }

    /// Adds an element or replaces its value.
    // Inlined, so that the key is in registers for each kind of value.
    #[inline(always)]
    pub(crate) fn set(&self, key: Key<'_>, value: K::Value<'_>) -> Result<(), Error> {
        // Two functions, each with the code for one kind of value, and with all in registers.
        match K::split(value) {
            Parts {
                tag,
                bytes: Some(value),
                ..
            } if K::BYTES => self.set_bytes(key.bytes, key.hash, value.bytes, value.hash, tag),
            Parts { tag, word, .. } => self.set_word(key.bytes, key.hash, word, tag),
        }
    }

    /// [`Table::set`] to a word.
    #[inline(never)]
    fn set_word(&self, bytes: &[u8], hash: u32, word: i64, tag: u8) -> Result<(), Error> {
        let parts = Parts {
            tag,
            word,
            bytes: None,
        };
        let mut new = None;
        if !B::GROWS {
            let position = position(hash);
            // In an empty bucket there is nothing to look for, if it still is empty when there is something
            // to put in.
            if self.buckets.array().bucket(position).is_empty() {
                let made = Element::allocate(position, bytes, &parts).ok_or(Error::NoMemory)?;
                let locked = buckets::lock(&self.buckets, position);
                if locked.link().load() == 0 {
                    if let Err(error) = self.admit(made.size()) {
                        // `made` goes with nothing locked: freeing may sleep.
                        drop(locked);
                        return Err(error);
                    }
                    locked.unlock_with(made.publish(0));
                    return Ok(());
                }
                drop(locked);
                new = Some(made);
            }
        }
        self.write_parts(
            Key { bytes, hash },
            Some(parts),
            new,
            false,
            |_| true,
            |_| (),
        )
        .map(|_| ())
    }

    /// [`Table::set`] to bytes.
    #[inline(never)]
    fn set_bytes(
        &self,
        bytes: &[u8],
        hash: u32,
        value: &[u8],
        value_hash: u32,
        tag: u8,
    ) -> Result<(), Error> {
        let value = Hashed {
            bytes: value,
            hash: value_hash,
        };
        let parts = Parts {
            tag,
            word: 0,
            bytes: Some(value),
        };
        self.write_parts(
            Key { bytes, hash },
            Some(parts),
            None,
            true,
            |_| true,
            |_| (),
        )
        .map(|_| ())
    }

    /// Removes the element of `key`. Returns whether there was one.
    #[inline(always)]
    pub(crate) fn delete(&self, key: Key<'_>) -> bool {
        self.delete_bytes(key.bytes, key.hash)
    }

    /// [`Table::delete`], with all in registers.
    // Here `write` is short, but not so short as to have it in each caller.
    #[inline(never)]
    fn delete_bytes(&self, bytes: &[u8], hash: u32) -> bool {
        let was = |element: Option<&Element<K>>| element.is_some();
        // Nothing is refused to who deletes.
        self.write(Key { bytes, hash }, None, |_| true, was)
            .is_ok_and(|(_, was)| was)
    }

    /// Sets or removes the value of `key` if it is `old`; `None` is that of a key that is not there.
    /// Returns whether it was.
    pub(crate) fn compare_exchange(
        &self,
        key: Key<'_>,
        old: Option<K::Value<'_>>,
        new: Option<K::Value<'_>>,
    ) -> Result<bool, Error> {
        let old = old.map(K::split);
        let same = |element: Option<&Element<K>>| element.map(Element::parts) == old;
        self.write(key, new, same, |_| ()).map(|(done, ())| done)
    }

    /// Adds an element for a key unless it is there. If so, returns what `seen` makes of it; `seen`
    /// must not sleep.
    pub(crate) fn get_or_add<R>(
        &self,
        key: Key<'_>,
        value: K::Value<'_>,
        seen: impl FnOnce(&Element<K>) -> R,
    ) -> Result<Option<R>, Error> {
        let absent = |element: Option<&Element<K>>| element.is_none();
        self.write(key, Some(value), absent, |element| element.map(seen))
            .map(|(_, seen)| seen)
    }

    /// Adds to a word, wrapping around, and returns what it was before. `value` is a word, too, of the same
    /// type; a key that is not there counts as that of 0.
    pub(crate) fn fetch_add(&self, key: Key<'_>, value: K::Value<'_>) -> Result<i64, Error> {
        let position = position(key.hash);
        let parts = K::split(value);
        loop {
            let locked = buckets::lock(&self.buckets, position);
            if let Some(element) = locate::<K>(&locked, position, key.bytes).element {
                let word = element.word_for(&parts).ok_or(Error::Type)?;
                let before = word.load();
                word.store(before.wrapping_add(parts.word));
                return Ok(before);
            }
            drop(locked);
            // Add it, unless someone else is quicker.
            if self.get_or_add(key, value, |_| ())?.is_none() {
                return Ok(0);
            }
        }
    }

    /// Removes all elements; may sleep. Those that others add meanwhile may stay. `go_on` is asked
    /// behind each bucket, with nothing locked, whether to.
    pub(crate) fn clear(&self, mut go_on: impl FnMut() -> bool) {
        let mut start = 0;
        loop {
            let locked = buckets::lock(&self.buckets, start);
            let last = locked.last();
            let first = locked.link().load();
            let mut link = first;
            let (mut elements, mut size) = (0, 0);
            // SAFETY: The bucket is locked.
            while let Some(element) = unsafe { (link as *const Element<K>).as_ref() } {
                elements += 1;
                size += element.size();
                link = element.next.load_relaxed();
            }
            self.discharge(elements, size);
            locked.unlock_with::<K>(ptr::null());
            link = first;
            // SAFETY: The whole list was unlinked just now, by this writer alone: an element of it is
            // freed only by what `retire` does.
            while let Some(element) = unsafe { (link as *const Element<K>).as_ref() } {
                link = element.next.load_relaxed();
                // SAFETY: As above.
                unsafe { Old::of(element).retire() };
            }
            self.buckets.tend::<K>(&self.count);
            sys::breathe();
            match last.checked_add(1) {
                Some(next) if go_on() => start = next,
                _ => break,
            }
        }
    }

    /// Removes all elements and frees what the buckets took over time.
    ///
    /// # Safety
    ///
    /// Nobody else uses the table now.
    pub(crate) unsafe fn reset(&self) {
        self.clear(|| true);
        // SAFETY: By the safety requirement.
        unsafe { self.buckets.reset() };
    }

    /// Every write: gives `key` the value, or none, if `allowed` says so of the element that is there.
    /// Returns whether it did, and what `seen` made of the element that was there before. Both are
    /// called with the bucket locked.
    // Inlined, since callers that know `value` need only a part of it.
    #[inline(always)]
    fn write<R>(
        &self,
        key: Key<'_>,
        value: Option<K::Value<'_>>,
        allowed: impl Fn(Option<&Element<K>>) -> bool,
        seen: impl FnOnce(Option<&Element<K>>) -> R,
    ) -> Result<(bool, R), Error> {
        let parts = value.map(K::split);
        // None may be needed where a word takes the place of a word; nothing is in the way of one in an
        // empty bucket, which shows without its lock.
        let empty = || self.buckets.array().bucket(position(key.hash)).is_empty();
        let make = parts.is_some_and(|parts| parts.bytes.is_some() || !B::GROWS && empty());
        self.write_parts(key, parts, None, make, allowed, seen)
    }

    /// [`Table::write`] of a value that is taken apart; `new` is an element for it, if there is one already,
    /// and `make` is whether to make one before it is known that one is needed.
    #[inline(always)]
    fn write_parts<R>(
        &self,
        key: Key<'_>,
        parts: Option<Parts<'_>>,
        mut new: Option<New<K>>,
        mut make: bool,
        allowed: impl Fn(Option<&Element<K>>) -> bool,
        seen: impl FnOnce(Option<&Element<K>>) -> R,
    ) -> Result<(bool, R), Error> {
        let position = position(key.hash);
        loop {
            // Before the lock is taken, since making one may sleep.
            if let (true, Some(parts)) = (make, &parts) {
                new = Some(Element::allocate(position, key.bytes, parts).ok_or(Error::NoMemory)?);
            }
            let locked = buckets::lock(&self.buckets, position);
            let place = locate::<K>(&locked, position, key.bytes);
            if !allowed(place.element) {
                return Ok((false, seen(place.element)));
            }
            let Some(parts) = &parts else {
                let Some(element) = place.element else {
                    return Ok((true, seen(None)));
                };
                let seen = seen(Some(element));
                let old = Old::of(element);
                self.discharge(1, old.size);
                let next = element.next.load_relaxed() as *const _;
                match place.before {
                    0 => locked.unlock_with::<K>(next),
                    _ => {
                        place.link.store::<K>(next);
                        drop(locked);
                    }
                }
                // SAFETY: `old` was unlinked just now, by this writer alone.
                unsafe { old.retire() };
                self.buckets.tend::<K>(&self.count);
                return Ok((true, seen));
            };
            if let Some(word) = place.element.and_then(|old| old.word_for(parts)) {
                let seen = seen(place.element);
                word.store(parts.word);
                return Ok((true, seen));
            }
            let Some(new) = new.take() else {
                make = true;
                continue;
            };
            let old = place.element.map(Old::of);
            let charged = match &old {
                Some(old) => self.charge_more(old.size, new.size()),
                None => self.charge(&place, new.size()),
            };
            if let Err(error) = charged {
                // `new` goes with nothing locked: freeing may sleep.
                drop(locked);
                return Err(error);
            }
            let seen = seen(place.element);
            let next = match place.element {
                Some(element) => element.next.load_relaxed(),
                None => place.link.load(),
            };
            let new = new.publish(next);
            match place.before {
                0 => locked.unlock_with::<K>(new),
                _ => {
                    place.link.store::<K>(new);
                    drop(locked);
                }
            }
            match old {
                // SAFETY: It was unlinked just now, by this writer alone.
                Some(old) => unsafe { old.retire() },
                None => self.buckets.tend::<K>(&self.count),
            }
            return Ok((true, seen));
        }
    }

    /// Counts an element of `size` bytes that is about to be put in a place where none is, if the limits
    /// allow for it.
    #[inline(always)]
    fn charge(&self, place: &Place<'_, K>, size: usize) -> Result<(), Error> {
        if place.length() >= LONGEST {
            return Err(Error::Crowded);
        }
        self.admit(size)
    }

    /// Counts an element of `size` bytes, if the limits of the table allow for it.
    #[inline(always)]
    fn admit(&self, size: usize) -> Result<(), Error> {
        if !self.bytes.add_up_to(size, self.limits.bytes) {
            return Err(Error::Bytes);
        }
        if !self.count.add_up_to(1, self.limits.entries) {
            // Nobody else could have added an element meanwhile anyway.
            self.bytes.sub(size);
            return Err(Error::Entries);
        }
        Ok(())
    }

    /// Counts an element of `to` bytes that is about to take the place of one of `from`.
    #[inline(always)]
    fn charge_more(&self, from: usize, to: usize) -> Result<(), Error> {
        match to.checked_sub(from) {
            None => self.bytes.sub(from - to),
            Some(0) => {}
            Some(more) if self.bytes.add_up_to(more, self.limits.bytes) => {}
            Some(_) => return Err(Error::Bytes),
        }
        Ok(())
    }

    /// Does no more count `elements` of `size` bytes in all that are about to be unlinked: whoever finds
    /// them gone also finds the room that they took.
    #[inline(always)]
    fn discharge(&self, elements: usize, size: usize) {
        self.count.sub(elements);
        self.bytes.sub(size);
    }
}

/// An element that is linked no more, or will not be when its bucket is unlocked.
struct Old<K: Kind> {
    element: *const Element<K>,
    size: usize,
}

impl<K: Kind> Old<K> {
    fn of(element: &Element<K>) -> Self {
        Self {
            element,
            size: element.size(),
        }
    }

    /// Gives up the element; may sleep.
    ///
    /// # Safety
    ///
    /// The caller unlinked it.
    unsafe fn retire(self) {
        // SAFETY: By the safety requirement.
        unsafe { Element::release(self.element) };
        sys::retired(self.size);
    }
}

/// Where an element with this hash is in the order of all elements.
#[inline]
fn position(hash: u32) -> u32 {
    hash.wrapping_mul(GOLDEN_RATIO)
}

/// Where in a locked bucket a key is or belongs.
struct Place<'a, K: Kind> {
    /// The link that leads to its element, or would.
    link: Link<'a>,
    element: Option<&'a Element<K>>,
    /// How many elements there are in front of it.
    before: usize,
}

impl<K: Kind> Place<'_, K> {
    /// How long the list is.
    fn length(&self) -> usize {
        let mut length = self.before;
        let mut link = self.link.load();
        // SAFETY: The bucket is locked.
        while let Some(element) = unsafe { (link as *const Element<K>).as_ref() } {
            length = length.wrapping_add(1);
            link = element.next.load_relaxed();
        }
        length
    }
}

/// Finds the place of a key.
#[inline(always)]
fn locate<'a, K: Kind>(locked: &'a Locked<'_>, position: u32, key: &[u8]) -> Place<'a, K> {
    let mut place = Place {
        link: locked.link(),
        element: None,
        before: 0,
    };
    loop {
        // SAFETY: While the bucket is locked, no element of it is unlinked, so none is freed.
        let element = unsafe { (place.link.load() as *const Element<K>).as_ref() };
        let Some(element) = element else {
            return place;
        };
        match element.order(position, key) {
            Ordering::Less => {
                place.link = Link::of(element);
                place.before = place.before.wrapping_add(1);
            }
            Ordering::Equal => {
                place.element = Some(element);
                return place;
            }
            Ordering::Greater => return place,
        }
    }
}
