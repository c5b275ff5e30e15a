// SPDX-License-Identifier: GPL-2.0

//! Scripts in, output out.

use std::{ffi::c_int, ptr};

use crate::{
    Result,
    device::{self, answer},
    random::Random,
    script::{self, script},
};

use super::{Errors, Kind, REFUSED, Worker};

const WRITE: Errors = &[libc::EBUSY, libc::EAGAIN, libc::EINVAL];
const READ: Errors = &[libc::EBUSY, libc::EAGAIN, libc::EINVAL, libc::ENODATA];

impl Worker<'_> {
    /// The text of a script for a file.
    fn text(&mut self, index: usize, random: &mut Random) -> Vec<u8> {
        let tag = self.files[index].map_or(b'x', |file| file.tag);
        let longest = self.settings.info.script_max.min(8192);
        let script = script(random, tag, longest as usize);
        if let Some(file) = &mut self.files[index] {
            file.is_plain &= script.is_plain;
        }
        script.text
    }

    /// Writes a whole script, so that there is one to be started.
    pub(super) fn prepare(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let text = self.text(index, random);
        let place = self.arena.good(random, &text);
        let number = self.number(index);
        let size = place.size;
        let answer = self
            .arena
            .call(|| device::write(number, place.address, size));
        self.arena.check(&[])?;
        self.note(Kind::Write, answer, &[WRITE, REFUSED])?;
        self.arena.clear(random);
        Ok(())
    }

    pub(super) fn write(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let text = match random.below(16) {
            0 => Vec::new(),
            _ => self.text(index, random),
        };
        let place = self.arena.place(random, &text);
        // The kernel gets as many as it likes, from where there is nothing more.
        let size = match random.below(24) {
            0 if place.is_good() => random.pick(&[1 << 20, 1 << 31, usize::MAX >> 1, usize::MAX]),
            _ => place.size,
        };
        let number = self.number(index);
        let answer = self
            .arena
            .call(|| device::write(number, place.address, size));
        self.arena.check(&[])?;
        if let (Ok(written), Some(file)) = (answer, &mut self.files[index])
            && written != text.len()
        {
            // Then some is missing, or what was no program is a part of it.
            file.is_plain = false;
            if place.is_good() && size == place.size && !self.shares_files {
                return Err(format!("{written} of {size} bytes were written"));
            }
        }
        self.note(Kind::Write, answer, &[WRITE, REFUSED])
    }

    pub(super) fn write_pieces(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let text = self.text(index, random);
        let count = random.below(5);
        let mut pieces = Vec::new();
        let mut rest = &text[..];
        for left in (0..count).rev() {
            let size = match left {
                0 => rest.len(),
                _ => random.below(rest.len() + 1),
            };
            let (piece, after) = rest.split_at(size);
            rest = after;
            let place = self.arena.place(random, piece);
            pieces.push(libc::iovec {
                iov_base: ptr::with_exposed_provenance_mut(place.address as usize),
                iov_len: size,
            });
            if !place.is_good()
                && let Some(file) = &mut self.files[index]
            {
                file.is_plain = false;
            }
        }
        let number = self.number(index);
        let written = self.arena.call(|| {
            // SAFETY: The kernel reads what it can.
            let written = unsafe { libc::writev(number, pieces.as_ptr(), pieces.len() as c_int) };
            answer(written as i64)
        });
        self.arena.check(&[])?;
        self.note(Kind::Writev, written, &[WRITE, REFUSED])
    }

    pub(super) fn read(&mut self, index: usize, random: &mut Random) -> Result<()> {
        if random.one_in(5) {
            self.prepare(index, random)?;
        }
        self.read_once(index, random)
    }

    fn read_once(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let size = random.pick(&[0, 1, 10, 100, 2000, 9000]);
        let room = vec![0; size];
        let place = self.arena.place(random, &room);
        let (number, to) = (
            self.number(index),
            ptr::with_exposed_provenance_mut(place.address as usize),
        );
        let got = self.arena.call(|| {
            // SAFETY: What the kernel writes is checked below.
            answer(unsafe { libc::read(number, to, size) } as i64)
        });
        self.arena.check(&[place.written(got.unwrap_or(0))])?;
        if let (Ok(got), true) = (got, place.is_good()) {
            let output = self.arena.get(place.first(got)).to_vec();
            self.check_output(index, &output)?;
        }
        self.note(Kind::Read, got, &[READ, REFUSED])
    }

    /// What most programs do, some of it or all.
    pub(super) fn whole(&mut self, index: usize, random: &mut Random) -> Result<()> {
        self.start(index, random)?;
        for _ in 0..random.below(5) {
            self.arena.clear(random);
            self.read_once(index, random)?;
        }
        if random.one_in(2) {
            self.arena.clear(random);
            self.result(index, random)?;
        }
        if random.one_in(4) {
            self.close(index)?;
        }
        Ok(())
    }

    pub(super) fn read_pieces(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let (mut pieces, mut places) = (Vec::new(), Vec::new());
        for _ in 0..random.below(5) {
            let size = random.pick(&[0, 1, 10, 100, 2000]);
            let place = self.arena.place(random, &vec![0; size]);
            pieces.push(libc::iovec {
                iov_base: ptr::with_exposed_provenance_mut(place.address as usize),
                iov_len: size,
            });
            places.push(place);
        }
        let number = self.number(index);
        let got = self.arena.call(|| {
            // SAFETY: What the kernel writes is checked below.
            let got = unsafe { libc::readv(number, pieces.as_ptr(), pieces.len() as c_int) };
            answer(got as i64)
        });
        let mut left = got.unwrap_or(0);
        let mut allowed = Vec::new();
        for place in &places {
            let here = left.min(place.size);
            allowed.push(place.written(here));
            left -= here;
        }
        self.arena.check(&allowed)?;
        for (place, range) in places.iter().zip(allowed) {
            if place.is_good() {
                let output = self.arena.get(range).to_vec();
                self.check_output(index, &output)?;
            }
        }
        self.note(Kind::Readv, got, &[READ, REFUSED])
    }

    fn check_output(&self, index: usize, output: &[u8]) -> Result<()> {
        let Some(file) = &self.files[index] else {
            return Ok(());
        };
        if self.shares_files {
            return Ok(());
        }
        let is_plain = file.is_plain && file.is_alone;
        let foreign = output.iter().find(|&&byte| {
            byte != file.tag && (!byte.is_ascii() || is_plain && !script::is_plain(byte))
        });
        match foreign {
            Some(byte) => Err(format!(
                "a file with the tag {:#x} gives {byte:#x}: {}",
                file.tag,
                output.escape_ascii()
            )),
            None => Ok(()),
        }
    }
}
