// SPDX-License-Identifier: GPL-2.0

//! What all processes of a round have in common: how far each is, what the calls of the kernel answered, who found
//! something wrong.

use std::{
    mem, ptr,
    sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use crate::worker::Kind;

const PROCESSES: usize = 1024;
/// Errors that user space may see are below this.
pub const ERRORS: usize = 134;

/// A process, and what it does now.
#[derive(Default)]
pub struct Process {
    pub id: AtomicI32,
    pub worker: AtomicU64,
    pub operation: AtomicU64,
    pub kind: AtomicUsize,
}

/// All zero is a new one.
pub struct Board {
    failed: AtomicBool,
    /// The highest number of a run so far.
    pub newest: AtomicU64,
    taken: AtomicUsize,
    processes: [Process; PROCESSES],
    answers: [[AtomicU32; ERRORS]; Kind::COUNT],
}

impl Board {
    /// Makes one that this process and those that it forks have.
    pub fn new() -> &'static Self {
        // SAFETY: New memory, all of it zero, which atomics may be, and it stays.
        unsafe {
            let board = libc::mmap(
                ptr::null_mut(),
                mem::size_of::<Self>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            assert_ne!(board, libc::MAP_FAILED);
            &*board.cast::<Self>()
        }
    }

    /// A place for the current process.
    pub fn enter(&self, worker: u64) -> &Process {
        let process = &self.processes[self.taken.fetch_add(1, Relaxed) % PROCESSES];
        process.worker.store(worker, Relaxed);
        process.operation.store(0, Relaxed);
        process.id.store(std::process::id() as i32, Relaxed);
        process
    }

    /// All processes that there have been.
    pub fn processes(&self) -> &[Process] {
        &self.processes[..self.taken.load(Relaxed).min(PROCESSES)]
    }

    pub fn fail(&self) {
        self.failed.store(true, Relaxed);
    }

    pub fn has_failed(&self) -> bool {
        self.failed.load(Relaxed)
    }

    /// Counts what came of an operation; 0 is no error.
    pub fn count(&self, kind: Kind, error: i32) {
        self.answers[kind as usize][error as usize].fetch_add(1, Relaxed);
    }

    pub fn operations(&self) -> u64 {
        let all = self.answers.iter().flatten();
        all.map(|count| u64::from(count.load(Relaxed))).sum()
    }

    /// What the kernel answered, a line for each kind of operation.
    pub fn answers(&self) -> String {
        let mut lines = String::new();
        for (kind, answers) in Kind::ALL.iter().zip(&self.answers) {
            let counts = answers.iter().enumerate();
            let counts = counts.filter_map(|(error, count)| {
                let name = match error {
                    0 => "ok".to_owned(),
                    _ => crate::device::error_name(error as i32),
                };
                let count = count.load(Relaxed);
                (count > 0).then(|| format!("{name} {count}"))
            });
            let counts: Vec<String> = counts.collect();
            if !counts.is_empty() {
                lines += &format!("  {kind:?}: {}\n", counts.join(", "));
            }
        }
        lines
    }
}
