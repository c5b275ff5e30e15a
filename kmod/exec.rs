// SPDX-License-Identifier: GPL-2.0

//! The array of `lua_exec`: each has a Lua state and a kernel thread that runs one script at a time
//! in it. A script goes to one that is free, or waits for one.

use crate::{
    generated::config::{
        WhenBusy,
        DEVICE_NAME,
        STATES,
        WHEN_BUSY, //
    },
    limits::Limits,
    log,
    state::{
        Failure,
        State,
        Stop, //
    },
    thread::{
        Body,
        Thread, //
    },
};
use core::mem;
use kernel::{
    new_condvar, new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        CondVar,
        Mutex, //
    },
};

/// A script to run, and what came of compiling it.
#[pin_data]
struct Job {
    script: KVVec<u8>,
    #[pin]
    result: Mutex<Option<Result>>,
    #[pin]
    compiled: CondVar,
}

impl Job {
    fn complete(&self, result: Result) {
        *self.result.lock() = Some(result);
        self.compiled.notify_all();
    }

    /// Waits until the script is compiled. A signal ends the wait, not the script.
    fn wait(&self) -> Result {
        let mut result = self.result.lock();
        loop {
            if let Some(result) = *result {
                return result;
            }
            if self.compiled.wait_interruptible(&mut result) {
                return Err(EINTR);
            }
        }
    }
}

/// What an exec is to do next.
enum Order {
    /// Wait for another order.
    Wait,
    Run(Arc<Job>),
    End,
}

/// One state and what its thread is told to do.
#[pin_data]
struct Exec {
    number: u32,
    #[pin]
    order: Mutex<Order>,
    #[pin]
    ordered: CondVar,
    stop: Arc<Stop>,
    free: Arc<FreeList>,
}

impl Exec {
    fn new(number: u32, free: Arc<FreeList>) -> Result<Arc<Self>> {
        let stop = Arc::new(Stop::new(), GFP_KERNEL)?;
        Arc::pin_init(
            pin_init!(Self {
                number,
                order <- new_mutex!(Order::Wait, "lua_exec"),
                ordered <- new_condvar!("lua_exec"),
                stop,
                free,
            }),
            GFP_KERNEL,
        )
    }

    /// Gives an order. Returns the one before if nobody has taken it.
    fn give(&self, order: Order) -> Order {
        let before = mem::replace(&mut *self.order.lock(), order);
        self.ordered.notify_one();
        before
    }

    /// The next script, or `None` to end.
    fn next(&self) -> Option<Arc<Job>> {
        let mut order = self.order.lock();
        loop {
            match mem::replace(&mut *order, Order::Wait) {
                // A thread of the kernel gets no signals: interruptible is how such a thread idles.
                Order::Wait => {
                    let _ = self.ordered.wait_interruptible(&mut order);
                }
                Order::Run(job) => return Some(job),
                Order::End => return None,
            }
        }
    }

    fn state(&self) -> Result<State> {
        State::new(self.number, self.stop.clone())
    }

    fn run_one(&self, state: Result<State>, job: &Job) {
        let state = match state {
            Ok(state) => state,
            Err(error) => {
                log::device!(Error, "script dropped: no memory for a Lua state");
                return job.complete(Err(error));
            }
        };
        match state.load(&job.script, Limits::FLAVOUR) {
            Ok(()) => {
                job.complete(Ok(()));
                state.call();
            }
            Err(Failure::Syntax) => job.complete(Err(ENOEXEC)),
            Err(Failure::Memory) => job.complete(Err(ENOMEM)),
            Err(Failure::Ended) => job.complete(Err(ETIME)),
        }
    }
}

impl Body for Exec {
    fn run(&self) {
        // A state is made ahead of its script, so that the script does not wait for it.
        let mut spare = self.state();
        while let Some(job) = self.next() {
            let state = match spare {
                Ok(state) => Ok(state),
                Err(_) => self.state(),
            };
            self.run_one(state, &job);
            drop(job);
            spare = self.state();
            self.free.put(self.number);
        }
    }
}

/// Which execs are free.
#[pin_data]
struct FreeList {
    #[pin]
    inner: Mutex<Inner>,
    #[pin]
    freed: CondVar,
    /// Scripts that run or wait to.
    pending: Atomic<i32>,
}

struct Inner {
    numbers: KVec<u32>,
    /// Nothing is accepted any more.
    closed: bool,
}

impl FreeList {
    /// Takes a free exec, waiting for one if `wait` says so.
    fn take(&self, wait: Wait) -> Result<u32> {
        let mut inner = self.inner.lock();
        loop {
            if inner.closed {
                return Err(ENODEV);
            }
            if let Some(number) = inner.numbers.pop() {
                return Ok(number);
            }
            match wait {
                Wait::Yes => {
                    if self.freed.wait_interruptible(&mut inner) {
                        // The wake-up for a freed exec may have come here: pass it on.
                        self.freed.notify_one();
                        return Err(ERESTARTSYS);
                    }
                }
                Wait::No(error) => return Err(error),
            }
        }
    }

    fn put(&self, number: u32) {
        // There is room: it was made for all execs, and each is in it once at most.
        let _ = self.inner.lock().numbers.push_within_capacity(number);
        self.pending.add(-1, Relaxed);
        self.freed.notify_one();
    }
}

/// Whether to wait while all execs are busy.
#[derive(Clone, Copy)]
pub(crate) enum Wait {
    Yes,
    /// No: fail with this.
    No(Error),
}

impl Wait {
    /// What a writer gets who did, or did not, ask for `O_NONBLOCK`.
    pub(crate) fn of(nonblocking: bool) -> Self {
        if nonblocking {
            return Self::No(EAGAIN);
        }
        match WHEN_BUSY {
            WhenBusy::Wait => Self::Yes,
            WhenBusy::Error => Self::No(EBUSY),
        }
    }
}

/// All execs.
pub(crate) struct Execs {
    execs: KVec<Arc<Exec>>,
    free: Arc<FreeList>,
}

impl Execs {
    pub(crate) fn new() -> Result<Arc<Self>> {
        let mut numbers = KVec::with_capacity(STATES, GFP_KERNEL)?;
        for number in (0..STATES as u32).rev() {
            numbers.push(number, GFP_KERNEL)?;
        }
        let free = Arc::pin_init(
            pin_init!(FreeList {
                inner <- new_mutex!(Inner { numbers, closed: false }, "lua_exec_free"),
                freed <- new_condvar!("lua_exec_free"),
                pending: Atomic::new(0),
            }),
            GFP_KERNEL,
        )?;
        let mut execs = KVec::with_capacity(STATES, GFP_KERNEL)?;
        for number in 0..STATES as u32 {
            execs.push(Exec::new(number, free.clone())?, GFP_KERNEL)?;
        }
        Ok(Arc::new(Self { execs, free }, GFP_KERNEL)?)
    }

    /// How many scripts run or wait to.
    pub(crate) fn pending(&self) -> i32 {
        self.free.pending.load(Relaxed)
    }

    /// Whether a script would have to wait.
    pub(crate) fn busy(&self) -> bool {
        self.free.inner.lock().numbers.is_empty()
    }

    /// Gives a script to a free exec, and returns when it has been compiled, or at once if the
    /// caller cannot use the result.
    pub(crate) fn submit(&self, script: KVVec<u8>, wait: Wait, use_result: bool) -> Result {
        let job = Arc::pin_init(
            pin_init!(Job {
                script,
                result <- new_mutex!(None, "lunatik_job"),
                compiled <- new_condvar!("lunatik_job"),
            }),
            GFP_KERNEL,
        )?;
        self.free.pending.add(1, Relaxed);
        let exec = self
            .free
            .take(wait)
            .and_then(|number| self.execs.get(number as usize).ok_or(ENODEV));
        match exec {
            Ok(exec) => {
                exec.give(Order::Run(job.clone()));
            }
            Err(error) => {
                self.free.pending.add(-1, Relaxed);
                return Err(error);
            }
        }
        if use_result {
            job.wait()
        } else {
            Ok(())
        }
    }
}

/// The threads of all execs. Dropping this ends what they run, and waits for it.
pub(crate) struct Threads {
    execs: Arc<Execs>,
    threads: KVec<Thread>,
}

impl Threads {
    pub(crate) fn start(execs: Arc<Execs>) -> Result<Self> {
        let mut this = Self {
            threads: KVec::with_capacity(execs.execs.len(), GFP_KERNEL)?,
            execs,
        };
        for exec in &this.execs.execs {
            let thread = Thread::start(DEVICE_NAME, exec.number, exec.clone())?;
            this.threads.push(thread, GFP_KERNEL)?;
        }
        Ok(this)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.execs.free.inner.lock().closed = true;
        self.execs.free.freed.notify_all();
        for exec in &self.execs.execs {
            exec.stop.request();
            if let Order::Run(job) = exec.give(Order::End) {
                log::device!(Warning, "script dropped: the module is being unloaded");
                job.complete(Err(ENODEV));
            }
        }
        // Each waits for its thread.
        self.threads.clear();
    }
}
