// SPDX-License-Identifier: GPL-2.0

//! One element of a table: its memory, its life, and what kinds of value there are.
//!
//! An element is one allocation: a header of 32 bytes, its key, and in two of three shapes bytes.
//!
//! ```text
//!                 next, reclaim, position, …: 24   8                       from here on
//! a word          header                         │ word                  │ key
//! few bytes       header                         │ hash of the bytes     │ key │ bytes
//! many bytes      header                         │ references, length    │ key │ length of the key: 2 │ bytes │ 0
//! ```
//!
//! Many bytes are what is worth holding instead of copying: such an element begins with one reference,
//! the table's; readers take more to keep the bytes beyond their read-side section. Who drops the
//! last one hands the element to RCU. Other elements have one owner, the table. The length of the key
//! stands a second time in front of the bytes, since who holds them knows nothing else.

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
        self,
        align_of,
        size_of, //
    },
    ptr::{
        self,
        NonNull, //
    },
    slice, //
};

/// Bytes, and a hash of them that is the same for all users of a table.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hashed<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) hash: u32,
}

impl PartialEq for Hashed<'_> {
    fn eq(&self, other: &Self) -> bool {
        // Long ones are mostly compared where they are still those that were found.
        ptr::eq(self.bytes, other.bytes) || self.bytes == other.bytes
    }
}

/// A key.
pub(crate) type Key<'a> = Hashed<'a>;

/// A value taken apart: which type it is, and a word or bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Parts<'a> {
    /// Which type of the table's kind, counted by the kind.
    pub(crate) tag: u8,
    /// The value itself where it is a word, else 0.
    pub(crate) word: i64,
    /// The value's bytes, where it has some. Of more than [`Kind::FEW`], the hash counts for nothing.
    pub(crate) bytes: Option<Hashed<'a>>,
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

    /// Values of more bytes than this can be held ([`Element::hold`]); shorter ones are for copying.
    /// At most 255.
    const FEW: usize;

    /// Takes a value apart.
    fn split(value: Self::Value<'_>) -> Parts<'_>;

    /// Puts together what [`Kind::split`] took apart.
    fn join(parts: Parts<'_>) -> Self::Value<'_>;
}

/// Which shape an element has.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Shape {
    Word,
    Few,
    Many,
}

/// What an element begins with. See the head of this file for what follows it in memory.
///
/// # Invariants
///
/// What `shape`, `few` and `key_len` say follows the header, and does not change but for the word and
/// the references, nor does the header but for `next` and `reclaim`.
#[repr(C)]
pub(crate) struct Element<K: Kind> {
    pub(super) next: AtomicLink,
    reclaim: UnsafeCell<sys::Reclaim>,
    position: u32,
    key_len: u16,
    tag_and_shape: u8,
    /// Bytes of a value of few bytes.
    few: u8,
    detail: Detail,
    _kind: PhantomData<fn() -> K>,
}

/// What a header ends with, by the shape.
#[repr(C)]
union Detail {
    word: mem::ManuallyDrop<AtomicWord>,
    hash: u32,
    many: mem::ManuallyDrop<Many>,
}

/// Of many bytes: how often they are held, and how many they are.
#[repr(C)]
struct Many {
    references: Reference,
    len: u32,
}

/// The second length of the key, as it lies in memory.
type KeyLength = [u8; 2];

/// How far the shape is shifted in `tag_and_shape`.
const SHAPE_SHIFT: u32 = 6;

/// An element that is not in a table yet.
pub(super) struct New<K: Kind> {
    element: NonNull<Element<K>>,
    size: usize,
}

impl<K: Kind> New<K> {
    /// Readies the element to be linked in front of `next` and gives it up to the table.
    pub(super) fn publish(self, next: usize) -> *const Element<K> {
        let element = self.element;
        mem::forget(self);
        // SAFETY: Nobody else has seen the element.
        unsafe { element.as_ref() }.next.store_relaxed(next);
        element.as_ptr()
    }

    /// Bytes of memory that the element takes.
    pub(super) fn size(&self) -> usize {
        self.size
    }
}

impl<K: Kind> Drop for New<K> {
    fn drop(&mut self) {
        // SAFETY: Nobody else has seen the element.
        unsafe { sys::free(self.element.as_ptr().cast()) };
    }
}

impl<K: Kind> Element<K> {
    const HEADER: usize = size_of::<Self>();

    /// Allocates an element; may sleep. `None` when there is no memory.
    // Inlined, since callers that know the shape need only a part of it.
    #[inline(always)]
    pub(super) fn allocate(position: u32, key: &[u8], parts: &Parts<'_>) -> Option<New<K>> {
        const { assert!(align_of::<Self>() <= sys::ALIGNMENT && K::FEW <= 255) };
        let bytes = if K::BYTES { parts.bytes } else { None };
        let key_len = u16::try_from(key.len()).ok()?;
        let (shape, behind, detail) = match bytes {
            None => {
                let word = mem::ManuallyDrop::new(AtomicWord::new(parts.word));
                (Shape::Word, 0, Detail { word })
            }
            Some(Hashed { bytes, hash }) if bytes.len() <= K::FEW => {
                (Shape::Few, bytes.len(), Detail { hash })
            }
            Some(Hashed { bytes, .. }) => {
                let many = mem::ManuallyDrop::new(Many {
                    references: Reference::new(),
                    len: u32::try_from(bytes.len()).ok()?,
                });
                let behind = bytes.len().checked_add(size_of::<KeyLength>() + 1)?;
                (Shape::Many, behind, Detail { many })
            }
        };
        let header = Self {
            next: AtomicLink::new(0),
            reclaim: UnsafeCell::new(sys::Reclaim::EMPTY),
            position,
            key_len,
            tag_and_shape: parts.tag | (shape as u8) << SHAPE_SHIFT,
            few: if shape == Shape::Few { behind as u8 } else { 0 },
            detail,
            _kind: PhantomData,
        };
        let size = Self::HEADER.checked_add(key.len())?.checked_add(behind)?;
        let memory = sys::allocate(size)?;
        // SAFETY: `memory` is new, aligned for the header and has `size` bytes. INVARIANT: They are
        // written here, once, as the shape says.
        unsafe {
            memory.cast::<Self>().write(header);
            let mut at = memory.as_ptr().add(Self::HEADER);
            copy(key, at);
            if let Some(Hashed { bytes, .. }) = bytes {
                at = at.add(key.len());
                if shape == Shape::Many {
                    at.cast::<KeyLength>().write(key_len.to_ne_bytes());
                    at = at.add(size_of::<KeyLength>());
                    at.add(bytes.len()).write(0);
                }
                copy(bytes, at);
            }
        }
        let element = memory.cast();
        Some(New { element, size })
    }

    #[inline]
    fn shape(&self) -> Shape {
        sys::visible(&self.reclaim);
        match self.tag_and_shape >> SHAPE_SHIFT {
            0 => Shape::Word,
            1 if K::BYTES => Shape::Few,
            _ if K::BYTES => Shape::Many,
            _ => Shape::Word,
        }
    }

    #[inline]
    fn tag(&self) -> u8 {
        self.tag_and_shape & ((1 << SHAPE_SHIFT) - 1)
    }

    #[inline]
    fn tail(&self) -> *const u8 {
        ptr::from_ref(self).cast::<u8>().wrapping_add(Self::HEADER)
    }

    /// The word, if there is one.
    #[inline]
    fn word(&self) -> Option<&AtomicWord> {
        // SAFETY: By the type invariant.
        (self.shape() == Shape::Word).then(|| unsafe { &*self.detail.word })
    }

    /// What there is to know of many bytes, if there are many.
    #[inline]
    fn many(&self) -> Option<&Many> {
        // SAFETY: By the type invariant.
        (self.shape() == Shape::Many).then(|| unsafe { &*self.detail.many })
    }

    /// Where an element stands in the order of all elements.
    #[inline]
    pub(super) fn position(&self) -> u32 {
        sys::visible(&self.reclaim);
        self.position
    }

    /// Compares this element with a place in the order of all elements.
    #[inline(always)]
    pub(super) fn order(&self, position: u32, key: &[u8]) -> Ordering {
        sys::visible(&self.reclaim);
        // In this way and not by `cmp`, whose result would be made only to be taken apart.
        if self.position < position {
            return Ordering::Less;
        }
        if self.position > position {
            return Ordering::Greater;
        }
        // SAFETY: By the type invariant, where the lengths are the same.
        if usize::from(self.key_len) == key.len() && unsafe { same(self.tail(), key) } {
            Ordering::Equal
        } else {
            different(self.key(), key)
        }
    }

    /// The key's bytes.
    #[inline]
    pub(crate) fn key(&self) -> &[u8] {
        // SAFETY: By the type invariant.
        unsafe { slice::from_raw_parts(self.tail(), usize::from(self.key_len)) }
    }

    /// The value as it is now.
    #[inline]
    pub(crate) fn value(&self) -> K::Value<'_> {
        K::join(self.parts())
    }

    #[inline]
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts {
            tag: self.tag(),
            word: self.word().map_or(0, AtomicWord::load),
            bytes: self.bytes(),
        }
    }

    #[inline]
    fn bytes(&self) -> Option<Hashed<'_>> {
        let behind_key = self.tail().wrapping_add(usize::from(self.key_len));
        let (bytes, len, hash) = match self.shape() {
            Shape::Word => return None,
            // SAFETY: By the type invariant.
            Shape::Few => (behind_key, usize::from(self.few), unsafe {
                self.detail.hash
            }),
            Shape::Many => {
                let bytes = behind_key.wrapping_add(size_of::<KeyLength>());
                (bytes, self.many()?.len as usize, 0)
            }
        };
        // SAFETY: By the type invariant.
        let bytes = unsafe { slice::from_raw_parts(bytes, len) };
        Some(Hashed { bytes, hash })
    }

    /// Bytes of memory that the element takes.
    pub(crate) fn size(&self) -> usize {
        let behind = match self.shape() {
            Shape::Word => 0,
            Shape::Few => usize::from(self.few),
            Shape::Many => {
                size_of::<KeyLength>() + self.many().map_or(0, |many| many.len as usize) + 1
            }
        };
        Self::HEADER + usize::from(self.key_len) + behind
    }

    /// The word, if the element can take that of `parts` in the place of its own: it is of the same
    /// type.
    pub(super) fn word_for(&self, parts: &Parts<'_>) -> Option<&AtomicWord> {
        self.word()
            .filter(|_| parts.bytes.is_none() && self.tag() == parts.tag)
    }

    /// Keeps a value's bytes beyond the read-side section that found them. `None` if the element
    /// has lost its last reference, or has no more bytes than [`Kind::FEW`].
    pub(crate) fn hold(&self) -> Option<Held<K>> {
        self.many()?
            .references
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
        let many = unsafe { &*element }.many();
        if many.is_none_or(|many| many.references.decrement_and_test()) {
            // SAFETY: It is unlinked and nobody holds it: only readers in a section may still see it.
            unsafe {
                sys::free_after_grace_period(element.cast_mut(), |e| {
                    UnsafeCell::raw_get(&raw const (*e).reclaim)
                })
            };
        }
    }
}

/// Copies bytes. Most are few, and `memcpy` takes a while to begin.
///
/// # Safety
///
/// There is so much room at `to`, and nothing of `from`.
#[inline]
unsafe fn copy(from: &[u8], to: *mut u8) {
    /// Copies the first `N` bytes and the last `N`, which may be partly the same.
    ///
    /// # Safety
    ///
    /// There are so many in `from` and so much room at `to`.
    #[inline]
    unsafe fn ends<const N: usize>(from: &[u8], to: *mut u8) {
        let last = from.len() - N;
        // SAFETY: By the safety requirement.
        unsafe {
            *to.cast::<[u8; N]>() = *from.as_ptr().cast();
            *to.add(last).cast::<[u8; N]>() = *from.as_ptr().add(last).cast();
        }
    }
    let len = from.len();
    // Halving, since ranges of a `match` are tried one after the other.
    // SAFETY: By the safety requirement, and there are as many bytes as it says.
    unsafe {
        if len >= 16 {
            if len > 64 {
                ptr::copy_nonoverlapping(from.as_ptr(), to, len);
            } else if len >= 32 {
                ends::<32>(from, to);
            } else {
                ends::<16>(from, to);
            }
        } else if len >= 4 {
            if len >= 8 {
                ends::<8>(from, to);
            } else {
                ends::<4>(from, to);
            }
        } else if len >= 2 {
            ends::<2>(from, to);
        } else if len == 1 {
            ends::<1>(from, to);
        }
    }
}

/// Whether so many bytes at `a` are `b`. Most keys are short: a call of `memcmp` takes longer than this.
///
/// # Safety
///
/// There are so many.
#[inline(always)]
unsafe fn same(a: *const u8, b: &[u8]) -> bool {
    /// Whether the first `N` bytes and the last `N`, which may be partly the same, are those of `b`.
    ///
    /// # Safety
    ///
    /// There are so many.
    #[inline(always)]
    unsafe fn ends<const N: usize>(a: *const u8, b: &[u8]) -> bool {
        let last = b.len() - N;
        // SAFETY: By the safety requirement.
        unsafe {
            a.cast::<[u8; N]>().read() == b.as_ptr().cast::<[u8; N]>().read()
                && a.add(last).cast::<[u8; N]>().read()
                    == b.as_ptr().add(last).cast::<[u8; N]>().read()
        }
    }
    let len = b.len();
    // SAFETY: By the safety requirement, and there are as many bytes as it says.
    unsafe {
        if len > 16 {
            slice::from_raw_parts(a, len) == b
        } else if len >= 8 {
            ends::<8>(a, b)
        } else if len >= 4 {
            ends::<4>(a, b)
        } else if len >= 2 {
            ends::<2>(a, b)
        } else {
            len == 0 || *a == *b.as_ptr()
        }
    }
}

/// The order of two different keys of the same position, which are rare.
#[cold]
#[inline(never)]
fn different(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// A reference to an element of many bytes, which keeps them.
pub(crate) struct Held<K: Kind>(NonNull<Element<K>>);

impl<K: Kind> Held<K> {
    /// The value's bytes, a zero byte behind them.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: The reference keeps the element alive.
        unsafe { self.0.as_ref() }
            .bytes()
            .map_or(&[], |bytes| bytes.bytes)
    }

    /// Bytes of memory that the reference keeps.
    pub(crate) fn size(&self) -> usize {
        // SAFETY: The reference keeps the element alive.
        unsafe { self.0.as_ref() }.size()
    }

    /// Gives up the reference without dropping it. [`Held::from_bytes`] takes it up again.
    pub(crate) fn into_bytes(self) -> *const u8 {
        let element = self.0.as_ptr().cast_const();
        // SAFETY: The reference keeps the element alive.
        let before = Self::before(usize::from(unsafe { (*element).key_len }));
        mem::forget(self);
        element.cast::<u8>().wrapping_add(before)
    }

    /// Takes up what [`Held::into_bytes`] gave up.
    ///
    /// # Safety
    ///
    /// `bytes` comes from `into_bytes` of the same `K` and is not used twice.
    pub(crate) unsafe fn from_bytes(bytes: *const u8) -> Self {
        // SAFETY: The length of the key stands there.
        let key_len = unsafe { bytes.sub(size_of::<KeyLength>()).cast::<KeyLength>().read() };
        let before = Self::before(usize::from(u16::from_ne_bytes(key_len)));
        // SAFETY: So much stands before the bytes.
        Self(unsafe { NonNull::new_unchecked(bytes.sub(before).cast_mut().cast()) })
    }

    /// What stands before the bytes.
    fn before(key_len: usize) -> usize {
        Element::<K>::HEADER + key_len + size_of::<KeyLength>()
    }
}

impl<K: Kind> Drop for Held<K> {
    fn drop(&mut self) {
        // SAFETY: This type owns a reference.
        unsafe { Element::release(self.0.as_ptr()) };
    }
}
