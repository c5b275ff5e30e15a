// SPDX-License-Identifier: GPL-2.0

//! Descriptors: opened, closed, doubled, and shared with other processes.

use std::ffi::c_int;

use crate::{
    Result,
    arena::Arena,
    device::{self, answer},
    random::Random,
    script,
};

use super::{Errors, FILES, File, Kind, REFUSED, Worker};

const OPEN: Errors = &[
    libc::EPERM,
    libc::EACCES,
    libc::EINVAL,
    libc::ENOTDIR,
    libc::EEXIST,
    libc::ENOMEM,
];
const CLOSE: Errors = &[
    libc::EBUSY,
    libc::EAGAIN,
    libc::ETIME,
    libc::ECANCELED,
    libc::ENODEV,
];

impl Worker<'_> {
    pub(super) fn open(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let index = (0..FILES)
            .find(|other| self.files[*other].is_none())
            .unwrap_or(index);
        self.close(index)?;
        let mut flags = random.weighted(&[
            (40, libc::O_RDWR),
            (3, libc::O_WRONLY),
            (2, libc::O_RDONLY),
            (1, libc::O_ACCMODE),
        ]);
        if random.one_in(4) {
            flags |= libc::O_NONBLOCK;
        }
        if random.one_in(10) {
            flags |= random.pick(&[
                libc::O_APPEND,
                libc::O_TRUNC,
                libc::O_CLOEXEC,
                libc::O_SYNC,
                libc::O_DIRECT,
                libc::O_DIRECTORY,
                libc::O_PATH,
                libc::O_NOFOLLOW,
                libc::O_ASYNC,
                libc::O_CREAT | libc::O_EXCL,
                libc::O_NOATIME,
            ]);
        }
        let opened = device::open(&self.settings.path, flags);
        self.opened += 1;
        if let Ok(number) = opened {
            self.files[index] = Some(File {
                number,
                tag: script::tag(self.number * 7 + self.child_of * 3 + self.opened),
                is_alone: true,
                is_plain: true,
                id: 0,
            });
        }
        self.note(Kind::Open, opened.map(|_| 0), &[OPEN, &[libc::EINTR]])
    }

    pub(super) fn close(&mut self, index: usize) -> Result<()> {
        let Some(file) = self.files[index].take() else {
            return Ok(());
        };
        self.note(Kind::Close, device::close(file.number), &[CLOSE, REFUSED])
    }

    pub(super) fn dup(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let to = random.below(FILES);
        if to == index {
            return Ok(());
        }
        self.close(to)?;
        // SAFETY: Always.
        let copy = answer(unsafe { libc::dup(self.number(index)) }.into());
        if let (Ok(number), Some(file)) = (copy, &mut self.files[index]) {
            file.is_alone = false;
            self.files[to] = Some(File {
                number: number as c_int,
                ..*file
            });
        }
        self.note(Kind::Dup, copy, &[])
    }

    /// Closes one and duplicates another in one call.
    pub(super) fn dup2(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let to = random.below(FILES);
        let (from, Some(file)) = (self.number(index), self.files[to]) else {
            return Ok(());
        };
        if to == index {
            return Ok(());
        }
        // SAFETY: Always.
        let copy = answer(unsafe { libc::dup2(from, file.number) }.into());
        if let (Ok(_), Some(from)) = (copy, &mut self.files[index]) {
            from.is_alone = false;
            self.files[to] = Some(File {
                number: file.number,
                ..*from
            });
        }
        self.note(Kind::Dup2, copy, &[&[libc::EINTR, libc::EBUSY]])
    }

    /// Has another process do something with the same open files, or the same descriptors.
    pub(super) fn fork(
        &mut self,
        shares_files: bool,
        operation: u64,
        random: &mut Random,
    ) -> Result<()> {
        let operations = 1 + random.below(15) as u64;
        if self.child_of != 0 {
            return Ok(());
        }
        let flags = libc::SIGCHLD | if shares_files { libc::CLONE_FILES } else { 0 };
        // SAFETY: As fork() would, but for what the C library does ahead of it, which matters to threads.
        let child = answer(unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) });
        for file in self.files.iter_mut().flatten() {
            file.is_alone = false;
        }
        self.shares_files |= shares_files;
        let kind = match shares_files {
            true => Kind::ForkFiles,
            false => Kind::Fork,
        };
        self.board.count(kind, child.err().unwrap_or(0));
        if child == Ok(0) {
            let child = Worker {
                settings: self.settings,
                board: self.board,
                process: self.board.enter(self.number),
                number: self.number,
                child_of: operation,
                user: self.user,
                arena: Arena::new(),
                files: self.files,
                opened: self.opened,
                shares_files: self.shares_files,
            };
            child.run(operations);
        }
        Ok(())
    }
}
