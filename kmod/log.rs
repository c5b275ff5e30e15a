// SPDX-License-Identifier: GPL-2.0

//! The kernel log: whole lines, each with the name of the device and the number of the state.

use crate::generated::config::DEVICE_NAME;
use core::{
    cell::Cell,
    ffi::CStr, //
};
use kernel::{
    bindings,
    ffi::{
        c_int,
        c_void, //
    },
    fmt,
    prelude::*, //
};

/// How grave a line is.
#[derive(Clone, Copy)]
pub(crate) enum Level {
    Error,
    Warning,
    Info,
}

impl Level {
    /// Formats of a line: the device, the state's number, a length and as many bytes.
    fn format(self) -> &'static CStr {
        match self {
            Level::Error => c"\x013%s[%u]: %.*s\n",
            Level::Warning => c"\x014%s[%u]: %.*s\n",
            Level::Info => c"\x016%s[%u]: %.*s\n",
        }
    }
}

/// Logs a line of the device as such, not of a state: `device!(Warning, "format", ...)`.
macro_rules! device {
    ($level:ident, $($format:tt)*) => {
        $crate::log::write_device(
            $crate::log::Level::$level,
            ::kernel::prelude::fmt!($($format)*),
        )
    };
}
pub(crate) use device;

/// The function behind [`device!`].
pub(crate) fn write_device(level: Level, text: fmt::Arguments<'_>) {
    let format = match level {
        Level::Error => c"\x013%s: %pA\n",
        Level::Warning => c"\x014%s: %pA\n",
        Level::Info => c"\x016%s: %pA\n",
    };
    // SAFETY: The format wants a string and, as the kernel's Rust has it, `fmt::Arguments`.
    unsafe {
        bindings::_printk(
            format.as_char_ptr(),
            DEVICE_NAME.as_char_ptr(),
            (&raw const text).cast::<c_void>(),
        )
    };
}

/// Bytes of one line. A record of the log has room for 1 KiB with its prefix; what is longer is cut
/// there, so it is split here.
const LINE: usize = 960;

/// Bytes of a text that nothing bounds but memory: an error can be as long as a string.
const TEXT_MAX: usize = 4096;

/// Bytes that make one line at most, however they are shown.
const PIECE: usize = LINE / 4;

/// The pieces of a text, of which none makes more than one line, with whether one is likely to.
pub(crate) fn pieces(text: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    let pieces = lines.flat_map(|line| line.chunks(PIECE));
    pieces.map(|piece| (piece, piece.len() == PIECE || piece.ends_with(b"\n")))
}

/// The work of writing a line, as so many bytes of memory: see [`Meter::burn`](crate::limits::Meter).
pub(crate) const LINE_COST: usize = 16 << 10;

/// A line under way, of one state and its thread.
pub(crate) struct Log {
    state: u32,
    /// Holds the bytes of the line. It is empty until there is something to say, and then has capacity
    /// for [`LINE`], if there is memory for it.
    buffer: Cell<KVec<u8>>,
    level: Cell<Level>,
}

impl Log {
    /// A log for state number `state`.
    pub(crate) const fn new(state: u32) -> Self {
        Self {
            state,
            buffer: Cell::new(KVec::new()),
            level: Cell::new(Level::Info),
        }
    }

    /// Bytes that it holds.
    pub(crate) fn memory(&self) -> usize {
        let buffer = self.buffer.take();
        let memory = buffer.capacity();
        self.buffer.set(buffer);
        memory
    }

    /// The number of the state.
    pub(crate) fn state(&self) -> u32 {
        self.state
    }

    /// Begins a line at `level`. One that was begun and never ended ends here.
    pub(crate) fn begin(&self, level: Level) {
        let buffer = self.buffer.replace(KVec::new());
        let begun = !buffer.is_empty();
        self.buffer.set(buffer);
        if begun {
            self.end();
        }
        self.level.set(level);
    }

    /// Adds text. A newline in it ends a line; other control characters are shown as `\xNN`.
    pub(crate) fn add(&self, text: &[u8]) {
        for &byte in text {
            match byte {
                b'\n' => self.end(),
                b'\t' | b' '..=b'~' | 0x80.. => self.put(&[byte]),
                _ => self.put(&[b'\\', b'x', hex(byte >> 4), hex(byte & 15)]),
            }
        }
    }

    /// Ends the line.
    pub(crate) fn end(&self) {
        let mut buffer = self.buffer.replace(KVec::new());
        self.write(&buffer);
        buffer.clear();
        self.buffer.set(buffer);
    }

    /// Adds text as a line of its own, or several; of a long one, the beginning, and how much more there is.
    pub(crate) fn lines(&self, level: Level, text: &[u8]) {
        let shown = match text.get(..TEXT_MAX) {
            Some(cut) => &cut[..character_boundary(cut)],
            None => text,
        };
        self.begin(level);
        self.add(shown);
        self.end();
        if shown.len() < text.len() {
            let more = text.len() - shown.len();
            // SAFETY: The format wants a string and two numbers.
            unsafe {
                bindings::_printk(
                    c"\x013%s[%u]: (%zu bytes more)\n".as_char_ptr(),
                    DEVICE_NAME.as_char_ptr(),
                    self.state,
                    more,
                )
            };
        }
    }

    fn put(&self, bytes: &[u8]) {
        let mut buffer = self.buffer.replace(KVec::new());
        if buffer.capacity() == 0 && buffer.reserve(LINE, GFP_KERNEL | __GFP_NOWARN).is_err() {
            // Better in pieces than not at all.
            return self.write(bytes);
        }
        if buffer.len() + bytes.len() > LINE {
            let end = character_boundary(&buffer);
            self.write(&buffer[..end]);
            let rest = buffer.len() - end;
            buffer.copy_within(end.., 0);
            buffer.truncate(rest);
        }
        for &byte in bytes {
            // There is room: the buffer is for a whole line, and was emptied above.
            let _ = buffer.push_within_capacity(byte);
        }
        self.buffer.set(buffer);
    }

    fn write(&self, line: &[u8]) {
        // SAFETY: The format wants a string, a number, a length and so many bytes without a zero
        // among them, which `add` sees to.
        unsafe {
            bindings::_printk(
                self.level.get().format().as_char_ptr(),
                DEVICE_NAME.as_char_ptr(),
                self.state,
                line.len() as c_int,
                line.as_ptr(),
            )
        };
    }
}

/// The largest length at which `line` can be split without splitting a character of UTF-8.
fn character_boundary(line: &[u8]) -> usize {
    // A character has four bytes at most: where none of the last begins one, it is no UTF-8.
    for back in 1..=4.min(line.len()) {
        let byte = line[line.len() - back];
        let length = match byte {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF7 => 4,
            0x80..=0xBF => continue,
            _ => 1,
        };
        return if length > back {
            line.len() - back
        } else {
            line.len()
        };
    }
    line.len()
}

fn hex(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0' + digit,
        _ => b'a' + digit - 10,
    }
}
