// SPDX-License-Identifier: GPL-2.0

//! What can be done to any file, and what a device refuses.

use std::{ffi::c_int, ptr};

use crate::{Result, device::answer, random::Random};

use super::{Errors, FILES, Kind, Worker};

impl Worker<'_> {
    pub(super) fn poll(&mut self, random: &mut Random) -> Result<()> {
        let mut asked: Vec<libc::pollfd> = (0..1 + random.below(FILES))
            .map(|_| libc::pollfd {
                fd: self.number(self.index(random)),
                events: random.pick(&[
                    0,
                    libc::POLLIN,
                    libc::POLLOUT,
                    libc::POLLIN | libc::POLLOUT,
                    -1,
                ]),
                revents: 0,
            })
            .collect();
        let timeout = random.pick(&[0, 0, 0, 5, 20, -1]);
        // SAFETY: So many are there.
        let count =
            answer(unsafe { libc::poll(asked.as_mut_ptr(), asked.len() as u64, timeout) }.into());
        if let Ok(count) = count {
            let with = asked.iter().filter(|file| file.revents != 0).count();
            let known = libc::POLLIN
                | libc::POLLOUT
                | libc::POLLERR
                | libc::POLLHUP
                | libc::POLLNVAL
                | libc::POLLRDNORM
                | libc::POLLWRNORM;
            let odd = asked.iter().any(|file| file.revents & !known != 0);
            if with != count || odd && !self.shares_files {
                let events: Vec<i16> = asked.iter().map(|file| file.revents).collect();
                return Err(format!("poll says {count} and {events:x?}"));
            }
        }
        self.note(Kind::Poll, count, &[&[libc::EINTR, libc::EINVAL]])
    }

    /// Has the kernel keep an eye on files, some of which may go before it does.
    pub(super) fn epoll(&mut self, random: &mut Random) -> Result<()> {
        // SAFETY: Always.
        let epoll = answer(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }.into());
        let Ok(epoll) = epoll else {
            return self.note(Kind::Epoll, epoll, &[&[libc::EMFILE]]);
        };
        for index in 0..FILES {
            let edge = random.one_in(2);
            let mut event = libc::epoll_event {
                events: if edge { libc::EPOLLET as u32 } else { 0 } | 5,
                u64: index as u64,
            };
            // SAFETY: The kernel reads the event.
            unsafe {
                libc::epoll_ctl(
                    epoll as c_int,
                    libc::EPOLL_CTL_ADD,
                    self.number(index),
                    &mut event,
                )
            };
        }
        let mut result = Ok(());
        if random.one_in(2) {
            let index = random.below(FILES);
            result = self.close(index);
        }
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; FILES];
        let timeout = random.pick(&[0, 0, 5, 20, -1]);
        // SAFETY: There is room for so many.
        let count = answer(
            unsafe {
                libc::epoll_wait(epoll as c_int, events.as_mut_ptr(), FILES as c_int, timeout)
            }
            .into(),
        );
        // SAFETY: It was opened above.
        unsafe { libc::close(epoll as c_int) };
        result?;
        self.note(Kind::Epoll, count, &[&[libc::EINTR]])
    }

    pub(super) fn other(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let number = self.number(index);
        let size = random.below(100);
        let place = self.arena.place(random, &vec![0; size]);
        let to: *mut libc::c_void = ptr::with_exposed_provenance_mut(place.address as usize);
        let which = random.below(9);
        // SAFETY: The kernel refuses all of it, or touches the file alone; what it writes is checked.
        let answer = self.arena.call(|| unsafe {
            match which {
                0 => answer(libc::lseek(
                    number,
                    random.next() as i64,
                    random.below(4) as c_int,
                )),
                1 => {
                    let map = libc::mmap(
                        ptr::null_mut(),
                        4096,
                        random.below(4) as c_int,
                        random.pick(&[libc::MAP_SHARED, libc::MAP_PRIVATE]),
                        number,
                        0,
                    );
                    answer(if map == libc::MAP_FAILED { -1 } else { 0 })
                }
                2 => answer(libc::fcntl(number, libc::F_GETFL).into()),
                3 => {
                    let flags = random.pick(&[
                        0,
                        libc::O_NONBLOCK,
                        libc::O_APPEND,
                        libc::O_ASYNC,
                        libc::O_NONBLOCK | libc::O_APPEND,
                        libc::O_DIRECT,
                    ]);
                    answer(libc::fcntl(number, libc::F_SETFL, flags).into())
                }
                4 => answer(libc::fcntl(number, libc::F_SETFD, random.below(2) as c_int).into()),
                5 => answer(libc::pread(number, to, size, random.below(9) as i64) as i64),
                6 => answer(libc::pwrite(number, to, size, random.below(9) as i64) as i64),
                7 => answer(libc::fsync(number).into()),
                _ => answer(libc::ftruncate(number, random.next() as i64).into()),
            }
        });
        self.arena.check(&[])?;
        if answer.is_ok() && matches!(which, 0 | 1 | 5..) {
            return Err(format!("call {which} of those that a device has not"));
        }
        let allowed: Errors = &[
            libc::ESPIPE,
            libc::ENODEV,
            libc::EINVAL,
            libc::EACCES,
            libc::EPERM,
            libc::EFAULT,
        ];
        self.note(Kind::Other, answer, &[allowed])
    }
}
