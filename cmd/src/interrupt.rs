// SPDX-License-Identifier: GPL-2.0
//! Signals as something to poll for, so that none comes at a moment when nobody looks.
//!
//! They also end system calls that wait (no `SA_RESTART`): a script that waits for a free state can be
//! given up.

use std::io;
use std::mem;
use std::os::fd::{
    AsFd,
    BorrowedFd,
    IntoRawFd as _,
    OwnedFd, //
};
use std::ptr;
use std::sync::atomic::{
    AtomicBool,
    AtomicI32,
    Ordering, //
};

use libc::c_int;
use rustix::pipe::{
    PipeFlags,
    pipe_with, //
};

/// The end of the pipe that the handler writes to.
static PIPE: AtomicI32 = AtomicI32::new(-1);
/// Whether a second Ctrl-C ends the process.
static IMPATIENT: AtomicBool = AtomicBool::new(false);
/// A Ctrl-C that nobody has taken yet.
static UNSEEN: AtomicBool = AtomicBool::new(false);

/// Becomes readable when a signal comes.
pub struct Interrupts {
    pipe: OwnedFd,
}

impl Interrupts {
    /// Catches `signals` from now on. They come to what the last call gave.
    pub fn catch(signals: &[c_int]) -> io::Result<Self> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        PIPE.store(write.into_raw_fd(), Ordering::Release);
        for signal in signals {
            // SAFETY: All zeroes is a valid `sigaction`; it is filled in as documented, and `handle` does
            // only what a handler may.
            let status = unsafe {
                let mut action: libc::sigaction = mem::zeroed();
                action.sa_sigaction = handle as extern "C" fn(c_int) as usize;
                libc::sigaction(*signal, &action, ptr::null_mut())
            };
            if status != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(Self { pipe: read })
    }

    /// As [`Self::catch`], with Ctrl-C alone; a second one that finds the first one unseen ends the process.
    /// It hangs then in something that signals do not reach. The kernel closes the device, which ends the
    /// script.
    pub fn catch_impatient() -> io::Result<Self> {
        IMPATIENT.store(true, Ordering::Release);
        Self::catch(&[libc::SIGINT])
    }

    /// Takes the signals that have come.
    pub fn take(&self) -> Vec<c_int> {
        UNSEEN.store(false, Ordering::Release);
        let mut signals = Vec::new();
        let mut buffer = [0; 64];
        while let Ok(length @ 1..) = rustix::io::read(&self.pipe, &mut buffer) {
            signals.extend(buffer[..length].iter().map(|signal| c_int::from(*signal)));
        }
        signals
    }
}

impl AsFd for Interrupts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

/// Passes the signal on, by its number.
extern "C" fn handle(signal: c_int) {
    // SAFETY: `write` and `_exit` may be called by a signal handler, which leaves `errno` as it was.
    unsafe {
        let again = signal == libc::SIGINT && UNSEEN.swap(true, Ordering::AcqRel);
        if again && IMPATIENT.load(Ordering::Acquire) {
            libc::_exit(130);
        }
        let errno = libc::__errno_location();
        let saved = *errno;
        libc::write(
            PIPE.load(Ordering::Acquire),
            [signal as u8].as_ptr().cast(),
            1,
        );
        *errno = saved;
    }
}

/// A reader of the output that goes away ends this process, as it does others: the script goes with it.
pub fn die_of_broken_pipes() {
    // SAFETY: The default action replaces Rust's, before there is a thread.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}
