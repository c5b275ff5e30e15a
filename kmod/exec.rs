// SPDX-License-Identifier: GPL-2.0

//! The array of `lua_exec`: each has a Lua state and a kernel thread that runs one script at a time
//! in it. A script goes to one that is free, or waits for one, or to the one that is kept for it.

use crate::{
    generated::{
        config::{
            WhenBusy,
            DEVICE_NAME,
            STATES,
            TRACEPOINTS,
            WHEN_BUSY, //
        },
        libraries::SCRIPTS, //
    },
    glue,
    job::{
        nanoseconds,
        Charging,
        Job,
        Kill,
        Options,
        Outcome,
        Submitter, //
    },
    limits::Ending,
    log,
    output::Listeners,
    state::{
        State,
        Stop, //
    },
    thread::{
        Body,
        Thread, //
    },
    uapi::{
        self,
        flag,
        status, //
    },
};
use core::mem;
use kernel::{
    error::to_result,
    new_condvar,
    new_mutex,
    prelude::*,
    str::BStr,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        CondVar,
        CondVarTimeoutResult,
        Mutex, //
    },
    time::Instant, //
};

/// What an exec is to do next.
enum Order {
    /// Wait for another order.
    Wait,
    Run(Arc<Job>),
    /// Give up the state that was kept after this script, which its finalizers are the last of.
    Release(Arc<Job>),
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
    pool: Arc<Pool>,
}

impl Exec {
    fn new(number: u32, pool: Arc<Pool>) -> Result<Arc<Self>> {
        let stop = Arc::new(Stop::new(), GFP_KERNEL)?;
        Arc::pin_init(
            pin_init!(Self {
                number,
                order <- new_mutex!(Order::Wait, "lua_exec"),
                ordered <- new_condvar!("lua_exec"),
                stop,
                pool,
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

    /// The next order; `None` to end. With `work` there is something to do if none comes at once: then
    /// this is to wait.
    fn next(&self, work: bool) -> Option<Order> {
        let mut order = self.order.lock();
        let mut waited = false;
        loop {
            match mem::replace(&mut *order, Order::Wait) {
                Order::Wait if work && waited => return Some(Order::Wait),
                // A thread of the kernel gets no signals: interruptible is how such a thread idles.
                Order::Wait if work => {
                    let moment = self.ordered.wait_interruptible_timeout(&mut order, 1);
                    waited = matches!(moment, CondVarTimeoutResult::Timeout);
                }
                Order::Wait => {
                    let _ = self.ordered.wait_interruptible(&mut order);
                }
                Order::End => return None,
                order => return Some(order),
            }
        }
    }

    fn state(&self) -> Result<State> {
        State::new(self.number, self.stop.clone())
    }

    /// Runs a script to its end. Unless its state is kept for the next one, the exec is free when this
    /// returns.
    fn run(&self, state: Option<State>, job: &Arc<Job>) -> After {
        let charging = Charging::begin(job);
        let start = (Instant::now(), glue::lunatik_cpu_time());
        // This thread sees processes and users as the machine does.
        if TRACEPOINTS {
            glue::lunatik_trace_start(&job.row());
        }
        let (state, mut outcome) = self.run_in(state, job);
        let mut kept = None;
        let mut left = None;
        match state {
            Some(state) if job.has(flag::KEEP) => kept = Some(state),
            Some(state) => {
                // What a state does at its end is still the script's.
                state.finish(&mut outcome);
                // Who has no memory left needs it to hear of that.
                left = Some(state).filter(|_| outcome.status != status::NO_MEMORY);
            }
            None => {}
        }
        outcome.wall_time = nanoseconds(start.0);
        outcome.cpu_time = outcome
            .wall_time
            .min(glue::lunatik_cpu_time().saturating_sub(start.1));
        drop(charging);
        if TRACEPOINTS {
            glue::lunatik_trace_end(&job.result(&outcome));
        }
        job.finish();
        self.stop.clear();
        self.pool.count(outcome.status);
        if let Some(state) = kept {
            state.leave();
            if job.end(outcome, Some(self.number)) {
                self.pool.pending.add(-1, Relaxed);
                return After {
                    kept: Some(state),
                    left: None,
                };
            }
            // Its file was closed meanwhile.
            self.release(&state, job);
            left = Some(state);
        } else {
            self.pool.forget(job);
            self.pool.put(self.number);
            job.end(outcome, None);
        }
        After { kept: None, left }
    }

    /// Runs the finalizers of a state that was kept after `job`, within the limits of that and as part of it,
    /// and makes the exec free.
    fn release(&self, state: &State, job: &Arc<Job>) {
        let charging = Charging::begin(job);
        state.release(job);
        drop(charging);
        job.finish_release();
        self.stop.clear();
        self.pool.forget(job);
        self.pool.put(self.number);
    }

    fn run_in(&self, state: Option<State>, job: &Arc<Job>) -> (Option<State>, Outcome) {
        let state = match state.map_or_else(|| self.state(), Ok) {
            Ok(state) => state,
            Err(error) => {
                if job.output.is_logged() {
                    log::device!(Error, "script dropped: no memory for a Lua state");
                }
                job.complete(Err(error));
                return (None, Outcome::early(status::NO_MEMORY));
            }
        };
        if let Some(ending) = self.stop.requested() {
            return (Some(state), Outcome::early(ending as u32));
        }
        let outcome = state.run(job);
        (Some(state), outcome)
    }
}

/// What is there when a script has ended.
struct After {
    /// For the next script of the same file.
    kept: Option<State>,
    /// A state that is good for nothing any more but to be dropped.
    left: Option<State>,
}

impl Body for Exec {
    /// A state is made ahead of its script, so that the script does not wait for it; and it is given
    /// back when nobody waits for what came of it any more.
    fn run(&self) {
        let mut spare = self.state().ok();
        let mut left = None;
        let mut work = false;
        while let Some(order) = self.next(work) {
            drop(left.take());
            work = true;
            match order {
                Order::Run(job) => {
                    let after = self.run(spare, &job);
                    work = after.kept.is_none();
                    (spare, left) = (after.kept, after.left);
                }
                Order::Release(job) => {
                    left = spare.take();
                    if let Some(state) = &left {
                        self.release(state, &job);
                    }
                }
                _ => {
                    spare = self.state().ok();
                    work = false;
                }
            }
        }
    }
}

/// What the execs have in common: which of them are free, and which scripts there are.
#[pin_data]
struct Pool {
    #[pin]
    free: Mutex<Free>,
    #[pin]
    freed: CondVar,
    /// Those that run, or wait to, or have left a state that is kept or about to go.
    #[pin]
    jobs: Mutex<KVec<Arc<Job>>>,
    /// Scripts that run or wait to.
    pending: Atomic<isize>,
    waiting: Atomic<isize>,
    started: Atomic<isize>,
    succeeded: Atomic<isize>,
    failed: Atomic<isize>,
    killed: Atomic<isize>,
    limit_hits: Atomic<isize>,
}

struct Free {
    numbers: KVec<u32>,
    /// Nothing is accepted any more.
    closed: bool,
}

impl Pool {
    /// Takes a free exec for `job`, waiting for one if `wait` says so.
    fn take(&self, job: &Job, wait: Wait) -> Result<u32> {
        let mut free = self.free.lock();
        loop {
            if free.closed {
                return Err(ENODEV);
            }
            if job.is_killed() {
                // The wake-up for a freed exec may have come here: pass it on.
                self.freed.notify_one();
                return Err(ECANCELED);
            }
            // The one that has been free for longest: it has a state ready.
            if let Ok(number) = free.numbers.remove(0) {
                return Ok(number);
            }
            match wait {
                Wait::Yes => {
                    self.waiting.add(1, Relaxed);
                    let signal = self.freed.wait_interruptible(&mut free);
                    self.waiting.add(-1, Relaxed);
                    if signal {
                        // As above.
                        self.freed.notify_one();
                        return Err(ERESTARTSYS);
                    }
                }
                Wait::No(error) => return Err(error),
            }
        }
    }

    /// An exec is free, and its script runs no more: who sees that none runs finds it free.
    fn put(&self, number: u32) {
        // There is room: it was made for all execs, and each is in it once at most.
        let _ = self.free.lock().numbers.push_within_capacity(number);
        self.pending.add(-1, Relaxed);
        self.freed.notify_one();
    }

    /// Has those who wait for an exec look at whether they still want one.
    fn wake(&self) {
        // Who has just looked waits by now.
        drop(self.free.lock());
        self.freed.notify_all();
    }

    fn enlist(&self, job: &Arc<Job>) -> Result {
        let mut jobs = self.jobs.lock();
        jobs.push(job.clone(), GFP_KERNEL)?;
        Ok(())
    }

    /// `job` is none of those that there are any more.
    fn forget(&self, job: &Job) {
        let mut jobs = self.jobs.lock();
        if let Some(index) = jobs.iter().position(|other| other.id == job.id) {
            // It is there.
            let gone = jobs.remove(index);
            drop(jobs);
            drop(gone);
        }
    }

    /// Counts a script that has ended.
    fn count(&self, status: u32) {
        let count = match status {
            status::OK => &self.succeeded,
            status::INSTRUCTION_LIMIT..=status::OUTPUT_LIMIT => &self.limit_hits,
            status::KILLED.. => &self.killed,
            _ => &self.failed,
        };
        count.add(1, Relaxed);
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
    pool: Arc<Pool>,
    /// The number of the last script.
    last: Atomic<u64>,
}

impl Execs {
    pub(crate) fn new() -> Result<Arc<Self>> {
        let mut numbers = KVec::with_capacity(STATES, GFP_KERNEL)?;
        for number in 0..STATES as u32 {
            numbers.push(number, GFP_KERNEL)?;
        }
        let pool = Arc::pin_init(
            pin_init!(Pool {
                free <- new_mutex!(Free { numbers, closed: false }, "lua_exec_free"),
                freed <- new_condvar!("lua_exec_free"),
                jobs <- new_mutex!(KVec::new(), "lunatik_jobs"),
                pending: Atomic::new(0),
                waiting: Atomic::new(0),
                started: Atomic::new(0),
                succeeded: Atomic::new(0),
                failed: Atomic::new(0),
                killed: Atomic::new(0),
                limit_hits: Atomic::new(0),
            }),
            GFP_KERNEL,
        )?;
        let mut execs = KVec::with_capacity(STATES, GFP_KERNEL)?;
        for number in 0..STATES as u32 {
            execs.push(Exec::new(number, pool.clone())?, GFP_KERNEL)?;
        }
        let last = Atomic::new(0);
        Ok(Arc::new(Self { execs, pool, last }, GFP_KERNEL)?)
    }

    /// How many scripts there are, or have been.
    pub(crate) fn count(&self, count: Count) -> isize {
        let pool = &self.pool;
        let count = match count {
            Count::Running => &pool.pending,
            Count::Waiting => &pool.waiting,
            Count::Started => &pool.started,
            Count::Succeeded => &pool.succeeded,
            Count::Failed => &pool.failed,
            Count::Killed => &pool.killed,
            Count::LimitHits => &pool.limit_hits,
        };
        count.load(Relaxed)
    }

    /// Whether a script would have to wait.
    pub(crate) fn busy(&self) -> bool {
        self.pool.free.lock().numbers.is_empty()
    }

    /// Makes a script: see [`Job::new`]. In a module that takes code, none if the kernel is locked down,
    /// which it may be since the file was opened. What is there without a compiler is part of the module,
    /// which the kernel has taken.
    pub(crate) fn job(
        &self,
        submitter: Submitter,
        options: Options,
        listeners: Option<Arc<Listeners>>,
    ) -> Result<Arc<Job>> {
        to_result(glue::lunatik_locked_down())?;
        let id = self.last.fetch_add(1, Relaxed) + 1;
        Job::new(submitter, id, options, listeners)
    }

    /// Starts the scripts that run when the module is loaded, each in a state: the flavour has as many
    /// of them. One that fails is logged, and keeps nothing else from running.
    #[inline]
    pub(crate) fn start_scripts(&self) {
        for script in SCRIPTS.iter().filter(|script| script.at_load) {
            let id = self.last.fetch_add(1, Relaxed) + 1;
            let started =
                Job::of_module(id, script).and_then(|job| self.submit(&job, Wait::No(EBUSY), None));
            if let Err(error) = started {
                log::device!(
                    Error,
                    "script {} not started: {:?}",
                    BStr::from_bytes(script.name.to_bytes()),
                    error
                );
            }
        }
    }

    /// Gives a script to an exec: the one that is `kept` for it, or a free one. If this fails the
    /// script still has its text. One that was asked to end meanwhile has ended.
    pub(crate) fn submit(&self, job: &Arc<Job>, wait: Wait, kept: Option<u32>) -> Result {
        let pool = &self.pool;
        if let Err(error) = pool.enlist(job) {
            if let Some(number) = kept {
                self.release(number, job);
            }
            job.abandon();
            return Err(error);
        }
        pool.pending.add(1, Relaxed);
        let exec = match kept {
            Some(number) => Ok(number),
            None => pool.take(job, wait),
        };
        match exec.and_then(|number| self.execs.get(number as usize).ok_or(ENODEV)) {
            Ok(exec) => {
                pool.started.add(1, Relaxed);
                job.bind(exec.number, || exec.stop.request(Ending::Killed));
                exec.give(Order::Run(job.clone()));
                Ok(())
            }
            Err(error) => {
                pool.forget(job);
                pool.pending.add(-1, Relaxed);
                if error == ECANCELED {
                    pool.count(status::KILLED);
                    job.end(Outcome::early(status::KILLED), None);
                    return Ok(());
                }
                job.abandon();
                Err(error)
            }
        }
    }

    /// The state that a script has left, for the next one.
    pub(crate) fn take_kept(&self, job: &Job) -> Option<u32> {
        let kept = job.take_kept()?;
        self.pool.forget(job);
        Some(kept)
    }

    /// Gives back a state that was kept, as the end of `job`.
    fn release(&self, number: u32, job: &Arc<Job>) {
        if let Some(exec) = self.execs.get(number as usize) {
            self.pool.pending.add(1, Relaxed);
            exec.give(Order::Release(job.clone()));
        }
    }

    /// Ends a script, or gives back the state that it has left. Waits for nothing.
    pub(crate) fn kill(&self, job: &Arc<Job>) {
        let kill = job.kill(|number| self.stop(number));
        self.carry_out(kill, job);
    }

    /// The file of a script is closed.
    pub(crate) fn leave(&self, job: &Arc<Job>) {
        let kill = job.close(|number| self.stop(number));
        self.carry_out(kill, job);
    }

    fn stop(&self, number: u32) {
        if let Some(exec) = self.execs.get(number as usize) {
            exec.stop.request(Ending::Killed);
        }
    }

    fn carry_out(&self, kill: Kill, job: &Arc<Job>) {
        match kill {
            Kill::Wake => self.pool.wake(),
            Kill::Release(number) => self.release(number, job),
            Kill::Nothing => {}
        }
    }

    /// The script with this number, if there is one.
    pub(crate) fn find(&self, id: u64) -> Option<Arc<Job>> {
        let jobs = self.pool.jobs.lock();
        jobs.iter().find(|job| job.id == id).cloned()
    }

    /// The scripts that the current task may see: as many as `rows` has capacity for, and how many
    /// there are.
    pub(crate) fn list(&self, rows: &mut KVVec<uapi::Script>) -> u32 {
        let jobs = self.pool.jobs.lock();
        let mut count = 0;
        for job in jobs.iter().filter(|job| job.is_of_current()) {
            count += 1;
            // What there is no room for is counted.
            let _ = rows.push_within_capacity(job.row());
        }
        count
    }
}

/// What is counted.
pub(crate) enum Count {
    Running,
    Waiting,
    Started,
    Succeeded,
    Failed,
    Killed,
    LimitHits,
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
        self.execs.pool.free.lock().closed = true;
        self.execs.pool.freed.notify_all();
        for exec in &self.execs.execs {
            exec.stop.request(Ending::Unloaded);
            if let Order::Run(job) = exec.give(Order::End) {
                log::device!(Warning, "script dropped: the module is being unloaded");
                self.execs.pool.forget(&job);
                job.complete(Err(ENODEV));
                job.end(Outcome::early(Ending::Unloaded as u32), None);
            }
        }
        // Each waits for its thread.
        self.threads.clear();
    }
}
