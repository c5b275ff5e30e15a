// SPDX-License-Identifier: GPL-2.0

//! Memory that the kernel is given to read and write, between pages that nobody may touch, and with a pattern in all that
//! it is not given.

use std::{ops::Range, ptr, slice};

use crate::{Result, random::Random};

const PAGE: usize = 4096;
const SIZE: usize = 16 * PAGE;

/// A page that cannot be touched, `SIZE` bytes, another one, a page that can only be read, another one.
const WHOLE: usize = PAGE + SIZE + PAGE + PAGE + PAGE;

/// Addresses at which there is nothing for this process: of the null page, of nobody, of the kernel, of no address space.
const NOWHERE: [u64; 12] = [
    0,
    8,
    0xfff,
    0x1_0000,
    0x7fff_ffff_eff8,
    0x7fff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_8880_0000_1000,
    0xffff_ffff_8100_0000,
    0xffff_ffff_a000_0000,
    0xffff_ffff_ffff_fff8,
    0xffff_ffff_ffff_ffff,
];

pub struct Arena {
    /// Of the bytes that can be touched.
    base: *mut u8,
    /// What they were before a call of the kernel.
    before: Vec<u8>,
    /// Those that are given out lie below `end` and not below `used`.
    used: usize,
    end: usize,
}

/// What the kernel is given.
#[derive(Clone, Copy)]
pub struct Place {
    pub address: u64,
    pub size: usize,
    /// Where it begins, if it does so where something can be read and written, and how much can.
    offset: usize,
    usable: usize,
}

impl Place {
    /// All of it can be read and written.
    pub fn is_good(&self) -> bool {
        self.usable == self.size
    }

    /// The bytes that the kernel may write to.
    pub fn range(&self) -> Range<usize> {
        self.first(self.size)
    }

    /// The first `size` of them.
    pub fn first(&self, size: usize) -> Range<usize> {
        self.part(0..size)
    }

    /// Some of them.
    pub fn part(&self, part: Range<usize>) -> Range<usize> {
        self.offset + part.start.min(self.usable)..self.offset + part.end.min(self.usable)
    }

    /// Those that the kernel may have written to when it says that it wrote `size` bytes.
    pub fn written(&self, size: usize) -> Range<usize> {
        // What it meets at the end of what it can write to, it need not count.
        if self.is_good() {
            self.first(size)
        } else {
            self.range()
        }
    }
}

impl Arena {
    pub fn new() -> Self {
        // SAFETY: New memory.
        let base = unsafe {
            let whole = libc::mmap(
                ptr::null_mut(),
                WHOLE,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            assert_ne!(whole, libc::MAP_FAILED);
            let base = whole.cast::<u8>().add(PAGE);
            let writable = libc::PROT_READ | libc::PROT_WRITE;
            assert_eq!(libc::mprotect(base.cast(), SIZE, writable), 0);
            let readable = base.add(SIZE + PAGE);
            assert_eq!(libc::mprotect(readable.cast(), PAGE, libc::PROT_READ), 0);
            base
        };
        Self {
            base,
            before: Vec::new(),
            used: 0,
            end: SIZE,
        }
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: They are this type's, and the kernel touches them only during calls.
        unsafe { slice::from_raw_parts_mut(self.base, SIZE) }
    }

    /// Takes all back.
    pub fn clear(&mut self, random: &mut Random) {
        let pattern = random.next() as u8;
        for (index, byte) in self.bytes().iter_mut().enumerate() {
            *byte = (index as u8).wrapping_mul(37) ^ pattern;
        }
        (self.used, self.end) = (0, SIZE);
    }

    /// A place for as many bytes, and mostly one that can be used. One that can holds them.
    pub fn place(&mut self, random: &mut Random, bytes: &[u8]) -> Place {
        match random.below(20) {
            0 => self.bad(random, bytes.len()),
            _ => self.good(random, bytes),
        }
    }

    /// A place for bytes, aligned or not, or up to the end of what can be touched.
    pub fn good(&mut self, random: &mut Random, bytes: &[u8]) -> Place {
        let size = bytes.len();
        let room = self.end - self.used;
        assert!(size <= room, "{size} bytes of {room}");
        let offset = if random.one_in(4) {
            self.end -= size;
            self.end
        } else {
            let gap = random.below(64).min(room - size);
            let mut offset = self.used + gap;
            if !random.one_in(4) {
                offset = (offset & !7).max(self.used);
            }
            self.used = offset + size;
            offset
        };
        self.bytes()[offset..offset + size].copy_from_slice(bytes);
        Place {
            address: self.base.wrapping_add(offset).expose_provenance() as u64,
            size,
            offset,
            usable: size,
        }
    }

    /// A place for as many bytes at which something is wrong, if they are any.
    pub fn bad(&mut self, random: &mut Random, size: usize) -> Place {
        let base = self.base.expose_provenance() as u64;
        let (address, offset, usable) = match random.below(4) {
            // The last of it is too far.
            0 if self.end == SIZE && size > 0 => {
                let usable = random.below(size.min(SIZE - self.used));
                self.end -= usable;
                (base + self.end as u64, self.end, usable)
            }
            // What can be read alone.
            1 => (base + (SIZE + PAGE) as u64 + random.below(16) as u64, 0, 0),
            _ => (random.pick(&NOWHERE), 0, 0),
        };
        Place {
            address,
            size,
            offset,
            usable,
        }
    }

    pub fn get(&mut self, range: Range<usize>) -> &[u8] {
        &self.bytes()[range]
    }

    /// Calls the kernel.
    pub fn call<R>(&mut self, call: impl FnOnce() -> R) -> R {
        let mut before = std::mem::take(&mut self.before);
        before.clear();
        before.extend_from_slice(self.bytes());
        self.before = before;
        call()
    }

    /// Whether the last call wrote to `allowed` alone.
    pub fn check(&mut self, allowed: &[Range<usize>]) -> Result<()> {
        let before = std::mem::take(&mut self.before);
        let wrong = (self.bytes() != before)
            .then(|| {
                (0..SIZE).find(|index| {
                    self.bytes()[*index] != before[*index]
                        && !allowed.iter().any(|range| range.contains(index))
                })
            })
            .flatten();
        let now = wrong.map(|index| self.bytes()[index]);
        self.before = before;
        match (wrong, now) {
            (Some(index), Some(now)) => Err(format!(
                "the kernel wrote {now:#x} to byte {index}, where there was {:#x}; it may write to {allowed:?}",
                self.before[index]
            )),
            _ => Ok(()),
        }
    }
}
