// SPDX-License-Identifier: GPL-2.0

//! One element of a table: its memory, its life, and what kinds of value there are.
//!
//! An element is one allocation: a header, the bytes of its value with a zero behind them, the bytes of
//! its key. It begins with one reference, the table's; readers take more to keep the bytes of a
//! value beyond their read-side section. Who drops the last one hands it to RCU.

use crate::table_sys::{
    self as sys,
    AtomicLink,
    AtomicWord,
    Reference, //
};
use core::{
    cell::UnsafeCell,
    cmp::Ordering,
    marker::PhantomData,
    mem::{
        align_of,
        size_of, //
    },
    ptr::{
        self,
        NonNull, //
    },
    slice, //
};

/// A key: bytes, and a hash of them that is the same for all users of a table.
#[derive(Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) hash: u32,
}

/// A value taken apart: which type it is, and a word or bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    /// Which type of the table's kind, counted by the kind.
    pub(crate) tag: u8,
    /// The value itself where it is a word, else 0.
    pub(crate) word: i64,
    /// The value's bytes, where it has some.
    pub(crate) bytes: Option<&'a [u8]>,
}

/// The values that a table can hold.
///
/// # Safety
///
/// `split` gives bytes for no value unless [`Kind::BYTES`] is true.
pub(crate) unsafe trait Kind: 'static {
    /// A value, as users know it.
    type Value<'a>: Copy;

    /// Whether some values have bytes. Where none has, no code for bytes is made.
    const BYTES: bool;

    /// Takes a value apart.
    fn split(value: Self::Value<'_>) -> Parts<'_>;

    /// Puts together what [`Kind::split`] took apart.
    fn join(parts: Parts<'_>) -> Self::Value<'_>;
}

/// An element. See the head of this file for what follows it in memory.
///
/// # Invariants
///
/// `value_len` bytes, a zero byte if the value has bytes, and `key_len` bytes follow the header and
/// do not change, nor does the header but for `next`, `word` and `references`.
#[repr(C)]
pub(crate) struct Element<K: Kind> {
    pub(super) next: AtomicLink,
    word: AtomicWord,
    reclaim: UnsafeCell<sys::Reclaim>,
    references: Reference,
    position: u32,
    value_len: u32,
    key_len: u16,
    tag: u8,
    has_bytes: bool,
    _kind: PhantomData<fn() -> K>,
}

/// An element that is not in a table yet.
pub(super) struct New<K: Kind>(NonNull<Element<K>>);

impl<K: Kind> New<K> {
    /// Readies the element to be linked in front of `next` and gives it up to the table.
    pub(super) fn publish(self, next: usize) -> *const Element<K> {
        // SAFETY: Nobody else has seen the element.
        unsafe { self.0.as_ref() }.next.store_relaxed(next);
        self.0.as_ptr()
    }

    /// Frees the element.
    pub(super) fn discard(self) {
        // SAFETY: Nobody else has seen the element.
        unsafe { sys::free(self.0.as_ptr().cast()) };
    }
}

impl<K: Kind> Element<K> {
    const HEADER: usize = size_of::<Self>();

    /// Allocates an element; may sleep. `None` when there is no memory.
    pub(super) fn allocate(position: u32, key: &[u8], parts: &Parts<'_>) -> Option<New<K>> {
        let bytes = if K::BYTES { parts.bytes } else { None };
        let value_size = bytes.map_or(0, |bytes| bytes.len() + 1);
        let header = Self {
            next: AtomicLink::new(0),
            word: AtomicWord::new(parts.word),
            reclaim: UnsafeCell::new(sys::Reclaim::default()),
            references: Reference::new(),
            position,
            value_len: u32::try_from(bytes.map_or(0, <[u8]>::len)).ok()?,
            key_len: u16::try_from(key.len()).ok()?,
            tag: parts.tag,
            has_bytes: bytes.is_some(),
            _kind: PhantomData,
        };
        let size = Self::HEADER
            .checked_add(value_size)?
            .checked_add(key.len())?;
        const { assert!(align_of::<Self>() <= sys::ALIGNMENT) };
        let memory = sys::allocate(size)?;
        // SAFETY: `memory` is new, aligned for the header and has `size` bytes: the header, the
        // value's, a zero, the key's. INVARIANT: They are written here, once.
        unsafe {
            memory.cast::<Self>().write(header);
            let mut at = memory.as_ptr().add(Self::HEADER);
            if let Some(bytes) = bytes {
                ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len());
                at.add(bytes.len()).write(0);
                at = at.add(value_size);
            }
            ptr::copy_nonoverlapping(key.as_ptr(), at, key.len());
        }
        Some(New(memory.cast()))
    }

    /// Compares this element with a place in the order of all elements.
    #[inline]
    pub(super) fn order(&self, position: u32, key: &[u8]) -> Ordering {
        self.position
            .cmp(&position)
            .then_with(|| self.key().len().cmp(&key.len()))
            .then_with(|| self.key().cmp(key))
    }

    fn tail(&self) -> *const u8 {
        ptr::from_ref(self).cast::<u8>().wrapping_add(Self::HEADER)
    }

    /// The key's bytes.
    #[inline]
    pub(crate) fn key(&self) -> &[u8] {
        let skip = if K::BYTES && self.has_bytes {
            self.value_len as usize + 1
        } else {
            0
        };
        // SAFETY: By the type invariant.
        unsafe { slice::from_raw_parts(self.tail().wrapping_add(skip), usize::from(self.key_len)) }
    }

    /// The value as it is now.
    #[inline]
    pub(crate) fn value(&self) -> K::Value<'_> {
        K::join(Parts {
            tag: self.tag,
            word: self.word.load(),
            bytes: self.bytes(),
        })
    }

    #[inline]
    fn bytes(&self) -> Option<&[u8]> {
        (K::BYTES && self.has_bytes).then(|| {
            // SAFETY: By the type invariant.
            unsafe { slice::from_raw_parts(self.tail(), self.value_len as usize) }
        })
    }

    /// Puts a word in the place of a word of the same type. Returns whether that could be done.
    pub(super) fn store_word(&self, parts: &Parts<'_>) -> bool {
        let fits = self.tag == parts.tag && !(K::BYTES && self.has_bytes);
        if fits {
            self.word.store(parts.word);
        }
        fits
    }

    /// Keeps a value's bytes beyond the read-side section that found them. `None` if the element
    /// has lost its last reference.
    pub(crate) fn hold(&self) -> Option<Held<K>> {
        self.references
            .increment_not_zero()
            .then(|| Held(NonNull::from(self)))
    }

    /// Drops a reference, and hands the element to RCU if it was the last one.
    ///
    /// # Safety
    ///
    /// The caller owns a reference, and does not use `element` after this.
    pub(super) unsafe fn release(element: *const Self) {
        // SAFETY: The caller's reference keeps the element alive until it is dropped here.
        if !K::BYTES || unsafe { (*element).references.decrement_and_test() } {
            // SAFETY: It is unlinked and nobody holds it: only readers in a section may still see it.
            unsafe {
                sys::free_after_grace_period(element.cast_mut(), |e| {
                    UnsafeCell::raw_get(&raw const (*e).reclaim)
                })
            };
        }
    }
}

/// A reference to an element, which keeps the bytes of its value.
pub(crate) struct Held<K: Kind>(NonNull<Element<K>>);

impl<K: Kind> Held<K> {
    /// The value's bytes, a zero byte behind them.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: The reference keeps the element alive.
        unsafe { self.0.as_ref() }.bytes().unwrap_or_default()
    }

    /// Bytes of memory that the reference keeps.
    pub(crate) fn size(&self) -> usize {
        // SAFETY: The reference keeps the element alive.
        let element = unsafe { self.0.as_ref() };
        Element::<K>::HEADER + element.value_len as usize + 1 + usize::from(element.key_len)
    }

    /// Gives up the reference without dropping it. [`Held::from_bytes`] takes it up again.
    pub(crate) fn into_bytes(self) -> *const u8 {
        let bytes = self.bytes().as_ptr();
        core::mem::forget(self);
        bytes
    }

    /// Takes up what [`Held::into_bytes`] gave up.
    ///
    /// # Safety
    ///
    /// `bytes` comes from `into_bytes` of the same `K` and is not used twice.
    pub(crate) unsafe fn from_bytes(bytes: *const u8) -> Self {
        // SAFETY: The value's bytes follow the header.
        Self(unsafe { NonNull::new_unchecked(bytes.sub(Element::<K>::HEADER).cast_mut().cast()) })
    }
}

impl<K: Kind> Drop for Held<K> {
    fn drop(&mut self) {
        // SAFETY: This type owns a reference.
        unsafe { Element::release(self.0.as_ptr()) };
    }
}
