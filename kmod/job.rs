// SPDX-License-Identifier: GPL-2.0

//! A script from its submission to how it ended: whose it is, what it may, how far it has come.
//!
//! Who runs it is in `exec`, what it prints in `output`.
//!
//! Locks: `progress` is held for moments only, never while memory is allocated or touched that is a
//! user's, so that ending a script waits for nobody.

use crate::{
    arguments::Arguments,
    generated::{
        config::COMPILER,
        libraries::CONTAINS, //
    },
    glue,
    limits::Limits,
    output::{
        Listeners,
        Output, //
    },
    script::Script,
    uapi::{
        self,
        flag,
        NAME_SIZE, //
    },
};
use core::{
    ffi::{
        c_void,
        CStr, //
    },
    mem,
    ptr::{
        self,
        NonNull, //
    },
};
use kernel::{
    bindings, new_condvar, new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        CondVar,
        Mutex,
        SetOnce, //
    },
    time::{
        Instant,
        Monotonic, //
    },
};

/// What errors call a script, as Lua wants it: a `=`, the name, a zero.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    bytes: [u8; NAME_SIZE + 1],
}

impl Name {
    /// Of a script that has none.
    pub(crate) const NONE: Self = {
        let mut bytes = [0; NAME_SIZE + 1];
        let (used, _) = bytes.split_at_mut(7);
        used.copy_from_slice(b"=script");
        Self { bytes }
    };

    /// Takes `name` if it is short enough and readable.
    pub(crate) fn new(name: &[u8]) -> Result<Self> {
        if name.len() >= NAME_SIZE {
            return Err(ENAMETOOLONG);
        }
        if name.iter().any(|byte| byte.is_ascii_control()) {
            return Err(EINVAL);
        }
        let mut bytes = [0; NAME_SIZE + 1];
        bytes[0] = b'=';
        bytes[1..][..name.len()].copy_from_slice(name);
        Ok(Self { bytes })
    }

    /// For Lua, as the name of a chunk.
    pub(crate) fn chunk(&self) -> &CStr {
        // Nobody put a zero in but that at the end.
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or(c"=?")
    }

    fn padded(&self) -> [u8; NAME_SIZE] {
        let mut padded = [0; NAME_SIZE];
        padded.copy_from_slice(&self.bytes[1..]);
        padded
    }
}

/// What whoever starts a script wants of it.
pub(crate) struct Options {
    /// `LUNATIK_RUN_*`.
    pub(crate) flags: u32,
    pub(crate) name: Option<Name>,
    pub(crate) limits: Limits,
    pub(crate) arguments: Arguments,
    /// The module's own, instead of a text.
    pub(crate) script: Option<&'static Script>,
}

impl Options {
    /// For a script that is started without a word.
    pub(crate) const fn none() -> Self {
        Self {
            flags: 0,
            name: None,
            limits: Limits::FLAVOUR,
            arguments: Arguments::none(),
            script: None,
        }
    }

    /// Finds the script that `text` names, if that is to be a name and not Lua.
    #[inline]
    pub(crate) fn find_script(&mut self, text: &[u8]) -> Result {
        if !COMPILER || (CONTAINS && self.flags & flag::NAMED != 0) {
            self.script = Some(Script::named(text).ok_or(ENOEXEC)?);
        }
        Ok(())
    }

    fn name(&self) -> Name {
        if !CONTAINS {
            return self.name.unwrap_or(Name::NONE);
        }
        let own = || Name::new(self.script?.name.to_bytes()).ok();
        self.name.or_else(own).unwrap_or(Name::NONE)
    }
}

/// Whose a script is.
struct Owner {
    /// A `struct pid`; none if it was the module itself.
    process: Option<NonNull<c_void>>,
    /// A `kuid_t`.
    uid: u32,
}

// SAFETY: A `struct pid` is counted and may be used by any thread.
unsafe impl Send for Owner {}
// SAFETY: As above.
unsafe impl Sync for Owner {}

impl Owner {
    fn current() -> Result<Self> {
        Ok(Self {
            process: Some(NonNull::new(glue::lunatik_get_process()).ok_or(ESRCH)?),
            uid: glue::lunatik_euid(),
        })
    }

    /// The module itself: root, and no process.
    const MODULE: Self = Self {
        process: None,
        uid: 0,
    };

    /// The number of the process where the current task is, or 0.
    fn pid(&self) -> u32 {
        self.process.map_or(0, |process| {
            // SAFETY: This type has a reference.
            unsafe { glue::lunatik_pid_here(process.as_ptr()) }
        })
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(process) = self.process {
            // SAFETY: The reference is this type's.
            unsafe { bindings::put_pid(process.as_ptr().cast()) };
        }
    }
}

/// The memory cgroup, a `struct mem_cgroup`, that a script's memory is charged to.
struct Payer(*mut c_void);

// SAFETY: A memory cgroup is counted and may be used by any thread.
unsafe impl Send for Payer {}
// SAFETY: As above.
unsafe impl Sync for Payer {}

impl Payer {
    fn current() -> Self {
        Self(glue::lunatik_get_memcg())
    }

    /// Nobody: what the module does by itself is the kernel's.
    const NOBODY: Self = Self(ptr::null_mut());
}

impl Drop for Payer {
    fn drop(&mut self) {
        // SAFETY: The reference is this type's.
        unsafe { glue::lunatik_put_memcg(self.0) };
    }
}

/// Who submitted a script.
pub(crate) struct Submitter {
    owner: Owner,
    payer: Payer,
}

impl Submitter {
    /// The current process.
    pub(crate) fn current() -> Result<Self> {
        Ok(Self {
            owner: Owner::current()?,
            payer: Payer::current(),
        })
    }

    /// The module itself.
    const MODULE: Self = Self {
        owner: Owner::MODULE,
        payer: Payer::NOBODY,
    };
}

/// How a script ended.
#[derive(Default)]
pub(crate) struct Outcome {
    /// `LUNATIK_STATUS_*`.
    pub(crate) status: u32,
    pub(crate) instructions: u64,
    /// Bytes at the peak.
    pub(crate) memory: usize,
    /// Nanoseconds.
    pub(crate) cpu_time: u64,
    pub(crate) wall_time: u64,
    pub(crate) error: KVVec<u8>,
    pub(crate) values: KVVec<u8>,
    pub(crate) json: KVVec<u8>,
}

impl Outcome {
    /// Of a script that never ran.
    pub(crate) fn early(status: u32) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }
}

/// How far a script has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No state has it yet.
    Waiting,
    /// State number so and so has it.
    Running(u32),
    /// It has ended, and its state goes on to the next.
    Ending,
    Ended,
    /// It was not started after all.
    Abandoned,
}

struct Progress {
    phase: Phase,
    text: KVVec<u8>,
    /// What came of compiling it.
    compiled: Option<Result>,
    /// Its file was closed.
    closed: bool,
    /// The state that is kept for the file's next script.
    kept: Option<u32>,
    /// The state that was kept and runs its finalizers: the last of the script.
    released: Option<u32>,
}

/// What there is to do for who wants a script to end.
pub(crate) enum Kill {
    /// Wake those who wait for a state.
    Wake,
    /// Have a state that was kept run its finalizers and be given back.
    Release(u32),
    Nothing,
}

/// A script.
#[pin_data]
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) flags: u32,
    pub(crate) name: Name,
    pub(crate) limits: Limits,
    pub(crate) arguments: Arguments,
    /// What runs, if it is the module's own.
    pub(crate) script: Option<&'static Script>,
    submitter: Submitter,
    submitted: Instant<Monotonic>,
    /// Asked to end before a state had it.
    killed: Atomic<bool>,
    /// For others to see, as of some moment a little ago.
    instructions: Atomic<u64>,
    memory: Atomic<usize>,
    outcome: SetOnce<Outcome>,
    #[pin]
    progress: Mutex<Progress>,
    #[pin]
    compiled: CondVar,
    #[pin]
    pub(crate) output: Output,
}

impl Job {
    /// Makes one that the module starts by itself.
    #[inline]
    pub(crate) fn of_module(id: u64, script: &'static Script) -> Result<Arc<Self>> {
        let options = Options {
            script: Some(script),
            ..Options::none()
        };
        Self::new(Submitter::MODULE, id, options, None)
    }

    /// Makes a script without its text. `listeners` are those of its file, if what it prints is to be
    /// read there.
    pub(crate) fn new(
        submitter: Submitter,
        id: u64,
        options: Options,
        listeners: Option<Arc<Listeners>>,
    ) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                id,
                flags: options.flags,
                name: options.name(),
                limits: options.limits,
                script: options.script,
                submitter,
                submitted: Instant::now(),
                killed: Atomic::new(false),
                instructions: Atomic::new(0),
                memory: Atomic::new(0),
                outcome: SetOnce::new(),
                progress <- new_mutex!(
                    Progress {
                        phase: Phase::Waiting,
                        text: KVVec::new(),
                        compiled: None,
                        closed: false,
                        kept: None,
                        released: None,
                    },
                    "lunatik_job"
                ),
                compiled <- new_condvar!("lunatik_job"),
                output <- Output::new(listeners, options.limits.output),
                arguments: options.arguments,
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Whether it was started with this flag.
    pub(crate) fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    pub(crate) fn set_text(&self, text: KVVec<u8>) {
        self.progress.lock().text = text;
    }

    pub(crate) fn take_text(&self) -> KVVec<u8> {
        mem::take(&mut self.progress.lock().text)
    }

    fn wake(&self) {
        if let Some(listeners) = self.output.listeners() {
            listeners.wake();
        }
    }

    /// Lets others see how far it is.
    pub(crate) fn publish(&self, instructions: u64, memory: usize) {
        self.instructions.store(instructions, Relaxed);
        self.memory.store(memory, Relaxed);
    }
}

/// The way of a script.
impl Job {
    /// State `number` gets it. `kill` asks that to end what it runs, for a script that was asked to
    /// end meanwhile.
    pub(crate) fn bind(&self, number: u32, kill: impl FnOnce()) {
        let mut progress = self.progress.lock();
        progress.phase = Phase::Running(number);
        if self.killed.load(Relaxed) {
            kill();
        }
    }

    /// No state got it, and none will.
    pub(crate) fn abandon(&self) {
        self.progress.lock().phase = Phase::Abandoned;
        self.output.abandon();
    }

    /// Whether it has been asked to end before a state had it.
    pub(crate) fn is_killed(&self) -> bool {
        self.killed.load(Relaxed)
    }

    /// Asks it to end. `stop` asks the state that has it, which is not given another script before
    /// this returns.
    pub(crate) fn kill(&self, stop: impl FnOnce(u32)) -> Kill {
        let mut progress = self.progress.lock();
        Self::kill_locked(&self.killed, &mut progress, stop)
    }

    fn kill_locked(killed: &Atomic<bool>, progress: &mut Progress, stop: impl FnOnce(u32)) -> Kill {
        match progress.phase {
            Phase::Waiting => {
                killed.store(true, Relaxed);
                Kill::Wake
            }
            // Its text may be about to go back to the file, for another try.
            Phase::Abandoned => {
                killed.store(true, Relaxed);
                Kill::Nothing
            }
            Phase::Running(number) => {
                stop(number);
                Kill::Nothing
            }
            _ => {
                if let Some(number) = progress.released {
                    stop(number);
                    return Kill::Nothing;
                }
                progress.released = progress.kept.take();
                progress.released.map_or(Kill::Nothing, Kill::Release)
            }
        }
    }

    /// Its file has been closed: it ends, or goes on by itself.
    pub(crate) fn close(&self, stop: impl FnOnce(u32)) -> Kill {
        let mut progress = self.progress.lock();
        progress.closed = true;
        let kill = match progress.phase {
            Phase::Waiting | Phase::Running(_) if self.has(flag::DETACH) => Kill::Nothing,
            _ => Self::kill_locked(&self.killed, &mut progress, stop),
        };
        drop(progress);
        self.output.close(self.has(flag::DETACH));
        kill
    }

    /// The state that is kept for the next script, which it is for from now on.
    pub(crate) fn take_kept(&self) -> Option<u32> {
        self.progress.lock().kept.take()
    }

    /// Whether its state is kept for the next script.
    pub(crate) fn has_kept(&self) -> bool {
        self.progress.lock().kept.is_some()
    }

    /// It has been compiled, or will not be.
    pub(crate) fn complete(&self, result: Result) {
        self.progress.lock().compiled.get_or_insert(result);
        self.compiled.notify_all();
    }

    /// Waits until it is compiled. A signal ends the wait, not the script.
    pub(crate) fn wait_compiled(&self) -> Result {
        let mut progress = self.progress.lock();
        loop {
            if let Some(result) = progress.compiled {
                return result;
            }
            if self.compiled.wait_interruptible(&mut progress) {
                return Err(EINTR);
            }
        }
    }

    /// From here on nobody asks its state to end it.
    pub(crate) fn finish(&self) {
        self.progress.lock().phase = Phase::Ending;
    }

    /// The same of a state that was released, whose finalizers have run.
    pub(crate) fn finish_release(&self) {
        self.progress.lock().released = None;
    }

    /// It has ended. With `keep`, its state is kept for the next script if the file is still open, and else
    /// released; says which.
    pub(crate) fn end(&self, outcome: Outcome, keep: Option<u32>) -> bool {
        self.complete(Err(ECANCELED));
        self.output.end();
        let kept = {
            let mut progress = self.progress.lock();
            self.outcome.populate(outcome);
            progress.phase = Phase::Ended;
            if progress.closed {
                progress.released = keep;
            } else {
                progress.kept = keep;
            }
            progress.kept.is_some()
        };
        self.wake();
        kept
    }

    /// Whether it has ended, or will not begin.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.progress.lock().phase, Phase::Ended | Phase::Abandoned)
    }

    /// How it ended; waits for that, unless `nonblocking`. `None`: it did not begin.
    pub(crate) fn wait_outcome(&self, nonblocking: bool) -> Result<Option<&Outcome>> {
        let mut progress = self.progress.lock();
        loop {
            match progress.phase {
                Phase::Ended => return Ok(self.outcome.as_ref()),
                Phase::Abandoned => return Ok(None),
                _ if nonblocking => return Err(EAGAIN),
                _ => {}
            }
            let listeners = self.output.listeners().ok_or(EINVAL)?;
            if listeners.changed().wait_interruptible(&mut progress) {
                return Err(ERESTARTSYS);
            }
        }
    }
}

/// The memory that the current thread allocates is charged as a script's, as long as this lives.
pub(crate) struct Charging(*mut c_void);

impl Charging {
    /// Charges whoever submitted `job`, which lives as long as the guard does.
    pub(crate) fn begin(job: &Job) -> Self {
        // SAFETY: The script has a reference.
        Self(unsafe { glue::lunatik_charge_memcg(job.submitter.payer.0) })
    }
}

impl Drop for Charging {
    fn drop(&mut self) {
        // SAFETY: What was charged before.
        unsafe { glue::lunatik_charge_memcg(self.0) };
    }
}

/// What others see.
impl Job {
    /// Whether the current task may see and end it.
    pub(crate) fn is_of_current(&self) -> bool {
        self.submitter.owner.uid == glue::lunatik_euid() || glue::lunatik_is_admin()
    }

    /// How it has ended, but for the texts.
    pub(crate) fn result(&self, outcome: &Outcome) -> uapi::Result {
        uapi::Result {
            status: outcome.status,
            id: self.id,
            instructions: outcome.instructions,
            memory: outcome.memory as u64,
            output: self.output.printed() as u64,
            cpu_time: outcome.cpu_time,
            wall_time: outcome.wall_time,
            ..Default::default()
        }
    }

    /// A row of the list, as the current task sees it.
    pub(crate) fn row(&self) -> uapi::Script {
        let (state, idle) = {
            let progress = self.progress.lock();
            match (progress.phase, progress.released, progress.kept) {
                (Phase::Running(number), ..) | (_, Some(number), _) => (number, false),
                (.., Some(number)) => (number, true),
                _ => (uapi::STATE_NONE, false),
            }
        };
        uapi::Script {
            id: self.id,
            state,
            pid: self.submitter.owner.pid(),
            uid: glue::lunatik_uid_here(self.submitter.owner.uid),
            flags: self.flags | if idle { flag::IDLE } else { 0 },
            age: nanoseconds(self.submitted),
            instructions: self.instructions.load(Relaxed),
            memory: self.memory.load(Relaxed) as u64,
            name: self.name.padded(),
        }
    }
}

/// Nanoseconds from `start` until now.
pub(crate) fn nanoseconds(start: Instant<Monotonic>) -> u64 {
    start.elapsed().as_nanos().max(0) as u64
}
