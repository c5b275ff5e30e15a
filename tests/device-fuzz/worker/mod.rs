// SPDX-License-Identifier: GPL-2.0

//! A process that does random things to the device, and looks at what came of them.
//!
//! What it does follows from the seed, its number and the number of the operation alone, whatever the kernel answers; only
//! which file it does that to depends on which could be opened.

mod calls;
mod files;
mod ioctls;
mod text;

use std::{
    ffi::CString,
    io::{self, Write as _},
    ptr,
    sync::atomic::Ordering::Relaxed,
    time::Duration,
};

use libc::c_int;

use crate::{
    Result,
    arena::Arena,
    board::{Board, ERRORS, Process},
    device::{self, Alarm, Answer, error_name, lunatik_info},
    random::Random,
};

/// Declares the kinds of operations, and how often each comes.
macro_rules! kinds {
    ($($weight:literal $name:ident,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $($name,)* }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$name,)*];
            pub const COUNT: usize = Self::ALL.len();
            const WEIGHTS: &[(usize, Self)] = &[$(($weight, Self::$name),)*];
        }
    };
}

kinds! {
    140 Open,
    120 Write,
    30 Writev,
    80 Read,
    20 Readv,
    120 Run,
    80 Result,
    280 Whole,
    50 List,
    50 Kill,
    20 Info,
    30 OtherIoctl,
    50 Poll,
    25 Epoll,
    30 Dup,
    15 Dup2,
    15 Fork,
    5 ForkFiles,
    50 Close,
    40 Other,
    3 KillSelf,
}

const FILES: usize = 6;

/// `EPERM` and the like, for which the kernel may refuse an operation.
type Errors = &'static [c_int];

/// What was wrong with a script when it was written, which is said later.
const REFUSED: Errors = &[
    libc::EFAULT,
    libc::ENOMEM,
    libc::EFBIG,
    libc::ENOEXEC,
    libc::EINTR,
];

/// A descriptor of the device.
#[derive(Clone, Copy)]
struct File {
    number: c_int,
    /// The byte that its scripts print.
    tag: u8,
    /// No other descriptor is one of this open file.
    is_alone: bool,
    /// All that was written to it is as `script::is_plain` says.
    is_plain: bool,
    /// The script that it has started.
    id: u64,
}

pub struct Settings {
    pub path: CString,
    pub seed: u64,
    pub operations: u64,
    /// What the device says of itself.
    pub info: lunatik_info,
}

pub struct Worker<'a> {
    settings: &'a Settings,
    board: &'static Board,
    process: &'static Process,
    number: u64,
    /// 0 for a worker; for a process that it has forked, the number of the operation, and what begins its numbers.
    child_of: u64,
    user: u32,
    arena: Arena,
    files: [Option<File>; FILES],
    opened: u64,
    /// Another process has the same descriptors: what is behind their numbers is not known.
    shares_files: bool,
}

/// The user that a worker is: every third has no rights.
fn user(number: u64) -> u32 {
    match number % 6 {
        2 => 1000,
        5 => 1001,
        _ => 0,
    }
}

/// Is worker `number` from its beginning to its end.
pub fn work(settings: &Settings, board: &'static Board, number: u64) -> ! {
    device::interruptible();
    let user = user(number);
    if user != 0 {
        // SAFETY: Always.
        unsafe {
            assert_eq!(libc::setgroups(0, ptr::null()), 0);
            assert_eq!(libc::setgid(user), 0);
            assert_eq!(libc::setuid(user), 0);
        }
    }
    let worker = Worker {
        settings,
        board,
        process: board.enter(number),
        number,
        child_of: 0,
        user,
        arena: Arena::new(),
        files: [None; FILES],
        opened: 0,
        shares_files: false,
    };
    worker.run(settings.operations)
}
impl Worker<'_> {
    fn random(&self, operation: u64) -> Random {
        Random::of(&[self.settings.seed, self.number, self.child_of, operation])
    }

    fn run(mut self, operations: u64) -> ! {
        for operation in 1..=operations {
            let mut random = self.random(operation);
            let kind = match operation {
                1 | 2 => Kind::Open,
                _ => random.weighted(Kind::WEIGHTS),
            };
            self.process.kind.store(kind as usize, Relaxed);
            self.process.operation.store(operation, Relaxed);
            if let Err(reason) = self.operate(kind, operation, &mut random) {
                let child = match self.child_of {
                    0 => String::new(),
                    made => format!(", its child of operation {made}"),
                };
                let line = format!(
                    "seed {}, worker {} of user {}{child}, operation {operation}, {kind:?}: {reason}\n",
                    self.settings.seed, self.number, self.user
                );
                // At once, for others may have something to say as well.
                let _ = io::stderr().write_all(line.as_bytes());
                self.board.fail();
                break;
            }
            if self.board.has_failed() {
                break;
            }
        }
        // The rest goes by itself, which is another way.
        if self.random(0).one_in(2) {
            for index in 0..FILES {
                let alarm = Alarm::after(Duration::from_millis(20));
                let _ = self.close(index);
                drop(alarm);
            }
        }
        // SAFETY: Always.
        unsafe { libc::_exit(0) }
    }

    /// Counts what came of an operation, and complains of an error that does not belong to it.
    fn note(&self, kind: Kind, answer: Answer, allowed: &[Errors]) -> Result<()> {
        let error = answer.err().unwrap_or(0);
        if !(0..ERRORS as c_int).contains(&error) {
            return Err(format!("an error that there is not: {error}"));
        }
        self.board.count(kind, error);
        let known = |errors: &Errors| errors.contains(&error);
        // What is behind a number may have been closed, or opened otherwise.
        if error == 0 || error == libc::EBADF || self.shares_files || allowed.iter().any(known) {
            return Ok(());
        }
        Err(format!("an odd error: {}", error_name(error)))
    }

    fn operate(&mut self, kind: Kind, operation: u64, random: &mut Random) -> Result<()> {
        let patience = match random.below(8) {
            0 | 1 => random.below(2000) + 1,
            7 => 300_000,
            _ => 5_000 + random.below(40_000),
        };
        let index = self.index(random);
        self.arena.clear(random);
        if matches!(kind, Kind::Fork | Kind::ForkFiles) {
            return self.fork(kind == Kind::ForkFiles, operation, random);
        }
        let _alarm = Alarm::after(Duration::from_micros(patience as u64));
        match kind {
            Kind::Open => self.open(index, random),
            Kind::Write => self.write(index, random),
            Kind::Writev => self.write_pieces(index, random),
            Kind::Read => self.read(index, random),
            Kind::Readv => self.read_pieces(index, random),
            Kind::Run => self.start(index, random),
            Kind::Result => self.result(index, random),
            Kind::Whole => self.whole(index, random),
            Kind::List => self.list(index, random),
            Kind::Kill => self.kill(index, random),
            Kind::Info => self.info(index, random),
            Kind::OtherIoctl => self.other_ioctl(index, random),
            Kind::Poll => self.poll(random),
            Kind::Epoll => self.epoll(random),
            Kind::Dup => self.dup(index, random),
            Kind::Dup2 => self.dup2(index, random),
            Kind::Close => self.close(index),
            Kind::Other => self.other(index, random),
            Kind::Fork | Kind::ForkFiles => Ok(()),
            Kind::KillSelf => {
                // SAFETY: This ends here.
                unsafe { libc::kill(std::process::id() as c_int, libc::SIGKILL) };
                Ok(())
            }
        }
    }

    /// Of a file, mostly of one that there is.
    fn index(&self, random: &mut Random) -> usize {
        let index = random.below(FILES);
        if random.one_in(24) {
            return index;
        }
        let others = (index..FILES).chain(0..index);
        let mut open = others.filter(|other| self.files[*other].is_some());
        open.next().unwrap_or(index)
    }

    fn number(&self, index: usize) -> c_int {
        self.files[index].map_or(-1, |file| file.number)
    }

    /// Whether what comes from a file can be foretold.
    fn knows(&self, file: &File) -> bool {
        !self.shares_files && file.is_alone
    }
}
