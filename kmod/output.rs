// SPDX-License-Identifier: GPL-2.0

//! What a script prints, on its way to who reads it from the script's file, and who waits there.

use crate::memory;
use kernel::{
    bindings,
    iov::IovIterDest,
    new_condvar,
    new_mutex,
    prelude::*,
    static_lock_class,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        CondVar,
        Mutex, //
    },
    types::Opaque, //
};

/// Those who wait for something to happen to an open file: readers, and callers of `poll`.
#[pin_data]
pub(crate) struct Listeners {
    #[pin]
    changed: CondVar,
    #[pin]
    poll: Opaque<bindings::wait_queue_head>,
}

// SAFETY: A wait queue may be used by any thread.
unsafe impl Send for Listeners {}
// SAFETY: It has a lock of its own.
unsafe impl Sync for Listeners {}

impl Listeners {
    /// Nobody, as yet.
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                changed <- new_condvar!("lunatik_file"),
                poll <- Opaque::ffi_init(|slot: *mut bindings::wait_queue_head| {
                    let key = static_lock_class!();
                    // SAFETY: `slot` may be written, and the other two are static.
                    unsafe {
                        bindings::__init_waitqueue_head(
                            slot,
                            c"lunatik_poll".as_char_ptr(),
                            key.as_ptr(),
                        )
                    }
                }),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// What readers wait on, with the lock of what they look at.
    pub(crate) fn changed(&self) -> &CondVar {
        &self.changed
    }

    /// Wakes all of them, to look again.
    pub(crate) fn wake(&self) {
        self.changed.notify_all();
        // SAFETY: The queue was initialized.
        unsafe {
            bindings::__wake_up(
                self.poll.get(),
                bindings::TASK_NORMAL,
                0,
                core::ptr::null_mut(),
            )
        };
    }

    /// Has `poll` called again when something happens.
    ///
    /// # Safety
    ///
    /// Both pointers are those that the kernel calls `poll` of a file with, and no other file's poll
    /// gets these listeners, which live as long as the file does.
    pub(crate) unsafe fn listen(
        &self,
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) {
        // SAFETY: By the safety requirement: the kernel takes the file off the queue before it goes.
        unsafe { bindings::poll_wait(file, self.poll.get(), table) };
    }
}

/// Where something that was printed belongs.
pub(crate) enum Place {
    /// In the kernel's log, by the caller.
    Log,
    /// It has been put where it belongs.
    Buffer,
}

/// Why something could not be printed.
pub(crate) enum Full {
    /// It would be more than the limit.
    Limit,
    Memory,
}

/// What came of reading.
pub(crate) enum Read {
    Bytes(usize),
    /// The script has ended, and all has been read.
    End,
    /// It has not begun, and will not.
    Abandoned,
}

/// What happens to output.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is kept for readers, and more may come.
    Kept,
    /// It is kept for readers, and no more comes.
    Ended,
    /// It goes to the log.
    Logged,
    /// Nobody wants it.
    Dropped,
    Abandoned,
}

struct Buffer {
    bytes: KVVec<u8>,
    /// How many of them have been read.
    read: usize,
    /// Somebody copies some of them to user space, and has them if that works.
    reading: bool,
    fate: Fate,
}

impl Buffer {
    fn unread(&self) -> usize {
        self.bytes.len() - self.read
    }

    /// Makes room for `more` bytes, of those that were read if they are many.
    fn reserve(&mut self, more: usize) -> Result<(), Full> {
        if self.read > 0 && self.read >= self.unread() {
            let unread = self.unread();
            self.bytes.copy_within(self.read.., 0);
            self.bytes.truncate(unread);
            self.read = 0;
        }
        memory::reserve(&mut self.bytes, more).map_err(|_| Full::Memory)
    }
}

/// The output of one script.
#[pin_data]
pub(crate) struct Output {
    /// Of the script's file. `None`: no file has it, and output goes to the log.
    listeners: Option<Arc<Listeners>>,
    /// Bytes that may be printed; 0 for any number.
    limit: usize,
    printed: Atomic<usize>,
    #[pin]
    buffer: Mutex<Buffer>,
}

impl Output {
    pub(crate) fn new(listeners: Option<Arc<Listeners>>, limit: usize) -> impl PinInit<Self> {
        let fate = match listeners {
            Some(_) => Fate::Kept,
            None => Fate::Logged,
        };
        pin_init!(Self {
            listeners,
            limit,
            printed: Atomic::new(0),
            buffer <- new_mutex!(
                Buffer { bytes: KVVec::new(), read: 0, reading: false, fate },
                "lunatik_output"
            ),
        })
    }

    pub(crate) fn listeners(&self) -> Option<&Listeners> {
        self.listeners.as_deref()
    }

    /// Bytes that were printed.
    pub(crate) fn printed(&self) -> usize {
        self.printed.load(Relaxed)
    }

    /// Whether it goes to the log, as what else there is to say of the script does then.
    pub(crate) fn is_logged(&self) -> bool {
        self.listeners.is_none() || self.buffer.lock().fate == Fate::Logged
    }

    /// Prints all of `pieces`, or nothing if that is too much.
    pub(crate) fn print<'a>(
        &self,
        pieces: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Result<Place, Full> {
        let size = pieces
            .clone()
            .fold(0, |sum: usize, piece| sum.saturating_add(piece.len()));
        // The script's thread alone prints.
        let printed = self.printed().saturating_add(size);
        if self.limit != 0 && printed > self.limit {
            return Err(Full::Limit);
        }
        let Some(listeners) = &self.listeners else {
            self.printed.store(printed, Relaxed);
            return Ok(Place::Log);
        };
        {
            let mut buffer = self.buffer.lock();
            if buffer.fate != Fate::Kept {
                self.printed.store(printed, Relaxed);
                return Ok(if buffer.fate == Fate::Logged {
                    Place::Log
                } else {
                    Place::Buffer
                });
            }
            buffer.reserve(size)?;
            for piece in pieces {
                memory::append(&mut buffer.bytes, piece).map_err(|_| Full::Memory)?;
            }
            self.printed.store(printed, Relaxed);
        }
        listeners.wake();
        Ok(Place::Buffer)
    }

    /// Moves unread output to `to`; waits until there is some, unless `nonblocking`.
    pub(crate) fn read(&self, to: &mut IovIterDest<'_>, nonblocking: bool) -> Result<Read> {
        let Some(listeners) = &self.listeners else {
            return Ok(Read::End);
        };
        let mut chunk: KVVec<u8> = KVVec::new();
        {
            let mut buffer = self.buffer.lock();
            while buffer.reading || buffer.unread() == 0 {
                match buffer.fate {
                    _ if buffer.reading && nonblocking => return Err(EAGAIN),
                    _ if buffer.reading => {}
                    Fate::Ended | Fate::Logged | Fate::Dropped => return Ok(Read::End),
                    Fate::Abandoned => return Ok(Read::Abandoned),
                    Fate::Kept if nonblocking => return Err(EAGAIN),
                    Fate::Kept => {}
                }
                let signal = listeners.changed.wait_interruptible(&mut buffer);
                if signal && (buffer.reading || buffer.unread() == 0) {
                    return Err(ERESTARTSYS);
                }
            }
            // User memory may take its time: it gets a copy, with nothing locked.
            let end = buffer.read + buffer.unread().min(to.len()).min(READ_MAX);
            chunk.extend_from_slice(&buffer.bytes[buffer.read..end], GFP_KERNEL_ACCOUNT)?;
            buffer.reading = true;
        }
        let copied = to.copy_to_iter(&chunk);
        {
            let mut buffer = self.buffer.lock();
            buffer.reading = false;
            // Those that are there still: the file may have dropped them.
            buffer.read += copied.min(buffer.unread());
            if buffer.unread() == 0 {
                buffer.bytes.clear();
                buffer.read = 0;
            }
        }
        // Other readers.
        listeners.wake();
        if copied == 0 {
            return Err(EFAULT);
        }
        Ok(Read::Bytes(copied))
    }

    /// Whether a read would not wait.
    pub(crate) fn is_readable(&self) -> bool {
        let buffer = self.buffer.lock();
        buffer.unread() > 0 || buffer.fate != Fate::Kept
    }

    /// No more comes.
    pub(crate) fn end(&self) {
        self.turn(Fate::Ended);
    }

    /// Nothing comes at all.
    pub(crate) fn abandon(&self) {
        self.turn(Fate::Abandoned);
    }

    fn turn(&self, fate: Fate) {
        let Some(listeners) = &self.listeners else {
            return;
        };
        {
            let mut buffer = self.buffer.lock();
            if buffer.fate == Fate::Kept {
                buffer.fate = fate;
            }
        }
        listeners.wake();
    }

    /// The file is closed: what is there is dropped, and so is what comes, unless it is for the log.
    pub(crate) fn close(&self, log: bool) {
        let mut buffer = self.buffer.lock();
        buffer.fate = if log { Fate::Logged } else { Fate::Dropped };
        buffer.read = 0;
        let bytes = core::mem::take(&mut buffer.bytes);
        drop(buffer);
        drop(bytes);
    }
}

/// Bytes that one read gives at most.
const READ_MAX: usize = 64 << 10;
