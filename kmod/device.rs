// SPDX-License-Identifier: GPL-2.0

//! The character device: what is written to an open file is a script. The first read starts it, or an
//! ioctl, and then what it prints is read from the file; else the last close does.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)
//!
//! `kernel::miscdevice` has no `flush`, by which alone an error reaches the `close` of user space,
//! and no mode, so the registration and the file operations are this file's own.

use crate::{
    exec::{
        Count,
        Execs,
        Wait, //
    },
    generated::{
        config::{
            COMPILER,
            DEVICE_MODE,
            DEVICE_NAME,
            NEED_SYS_ADMIN,
            SCRIPT_MAX, //
        },
        tables, //
    },
    glue,
    ioctl,
    job::{
        Job,
        Options,
        Outcome,
        Submitter, //
    },
    log,
    output::{
        Listeners,
        Read, //
    },
    state,
    Lunatik, //
};
use core::{
    marker::PhantomPinned,
    mem, //
};
use kernel::{
    bindings,
    error::to_result,
    ffi::{
        c_int,
        c_long,
        c_uint,
        c_ulong, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    module::this_module,
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex,
        MutexGuard, //
    },
    task::Pid,
    types::{
        ForeignOwnable,
        Opaque, //
    },
    uaccess::UserPtr,
};

/// The registered device.
///
/// # Invariants
///
/// `misc` is registered from the end of the initializer to the drop. It comes first, so that a
/// pointer to it is one to this type.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct Device {
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    execs: Arc<Execs>,
    #[pin]
    _pin: PhantomPinned,
}

// SAFETY: A device may be deregistered by any thread.
unsafe impl Send for Device {}
// SAFETY: `misc` is used by the kernel's C alone, which locks it.
unsafe impl Sync for Device {}

impl Device {
    /// Registers the device, after which scripts may come for `execs`.
    pub(crate) fn register(execs: Arc<Execs>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // Before `misc`, whose users want it.
            execs,
            _pin: PhantomPinned,
            misc <- Opaque::try_ffi_init(|slot: *mut bindings::miscdevice| {
                let misc = bindings::miscdevice {
                    minor: bindings::MISC_DYNAMIC_MINOR as c_int,
                    name: DEVICE_NAME.as_char_ptr(),
                    mode: DEVICE_MODE,
                    fops: &OPERATIONS.0,
                    groups: (&raw const glue::lunatik_device_groups).cast_mut().cast(),
                    ..pin_init::zeroed()
                };
                // SAFETY: `slot` may be written.
                unsafe { slot.write(misc) };
                // SAFETY: `slot` is pinned and deregistered when dropped.
                // INVARIANT: It is registered if this succeeds.
                to_result(unsafe { bindings::misc_register(slot) })
            }),
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Device {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}

/// A figure for an attribute of the device; `count` is an `enum lunatik_count`.
#[unsafe(no_mangle)]
extern "C" fn lunatik_count(device: &Device, count: c_uint) -> c_long {
    let count = match count {
        0 => Count::Running,
        1 => Count::Waiting,
        2 => Count::Started,
        3 => Count::Succeeded,
        4 => Count::Failed,
        5 => Count::Killed,
        6 => Count::LimitHits,
        7 => {
            return match state::idle_memory() {
                Ok(bytes) => bytes as c_long,
                Err(error) => error.to_errno() as c_long,
            }
        }
        _ => return tables::bytes() as c_long,
    };
    device.execs.count(count)
}

/// What has been written to an open file.
enum Script {
    /// The bytes so far, and who wrote the last of them, if there are any.
    Open(KVVec<u8>, Option<Writer>),
    /// Refused: nothing of it runs.
    Refused(Error),
    /// Gone to an exec, or dropped, at the close of the file.
    Done,
}

impl Script {
    const EMPTY: Self = Self::Open(KVVec::new(), None);
}

/// A process that has written. Whoever closes the file may be somebody else, and a thread of the kernel's
/// even: the script is the writer's.
struct Writer {
    process: Pid,
    submitter: Submitter,
}

impl Writer {
    fn current() -> Result<Self> {
        Ok(Self {
            process: current!().tgid(),
            submitter: Submitter::current()?,
        })
    }

    fn is_current(writer: &Option<Self>) -> bool {
        let current = current!().tgid();
        writer
            .as_ref()
            .is_some_and(|writer| writer.process == current)
    }
}

struct Inner {
    script: Script,
    /// The last script that was started to be read from here.
    job: Option<Arc<Job>>,
    /// That script is being started: if it cannot be, all is to be as before.
    starting: bool,
}

impl Inner {
    fn runs(&self) -> bool {
        self.starting || self.job.as_ref().is_some_and(|job| !job.has_ended())
    }
}

/// An open file.
///
/// `inner` is locked before what is inside a [`Job`], and never while user memory is touched.
#[pin_data]
pub(crate) struct OpenFile {
    execs: Arc<Execs>,
    listeners: Arc<Listeners>,
    #[pin]
    inner: Mutex<Inner>,
}

impl OpenFile {
    fn write(&self, source: &mut IovIterSource<'_>, nonblocking: bool) -> Result<usize> {
        {
            let mut inner = self.inner.lock();
            if inner.runs() {
                return Err(EBUSY);
            }
            let bytes = match &inner.script {
                Script::Open(bytes, _) => bytes,
                Script::Refused(error) => return Err(*error),
                Script::Done => return Err(EBADF),
            };
            // Better now than at the close, whose result many programs do not look at.
            if let (true, Wait::No(error)) = (bytes.is_empty(), Wait::of(nonblocking)) {
                let kept = inner.job.as_ref().is_some_and(|job| job.has_kept());
                if !kept && self.execs.busy() {
                    return Err(error);
                }
            }
            if source.len() > SCRIPT_MAX.saturating_sub(bytes.len()) {
                return Err(self.refuse_length(&mut inner));
            }
        }
        let by = Writer::current()?;
        let wanted = source.len();
        let mut piece = KVVec::new();
        let copied = source.copy_from_iter_vec(&mut piece, GFP_KERNEL_ACCOUNT);
        let mut inner = self.inner.lock();
        if inner.runs() {
            return Err(EBUSY);
        }
        let (bytes, writer) = match &mut inner.script {
            Script::Open(bytes, writer) => (bytes, writer),
            Script::Refused(error) => return Err(*error),
            Script::Done => return Err(EBADF),
        };
        let error = match copied {
            Ok(0) if wanted > 0 => EFAULT,
            // Somebody else has written meanwhile.
            Ok(_) if piece.len() > SCRIPT_MAX.saturating_sub(bytes.len()) => {
                return Err(self.refuse_length(&mut inner));
            }
            Ok(copied) => {
                *writer = Some(by);
                let joined = if bytes.is_empty() {
                    *bytes = piece;
                    Ok(())
                } else {
                    bytes.extend_from_slice(&piece, GFP_KERNEL_ACCOUNT)
                };
                match joined {
                    Ok(()) => return Ok(copied),
                    Err(error) => error.into(),
                }
            }
            Err(error) => error,
        };
        // What is there by now is not what its writer meant to run.
        inner.script = Script::Refused(error);
        self.listeners.wake();
        Err(error)
    }

    fn refuse_length(&self, inner: &mut Inner) -> Error {
        log::device!(Error, "script refused: longer than {SCRIPT_MAX} bytes");
        inner.script = Script::Refused(EFBIG);
        self.listeners.wake();
        EFBIG
    }

    /// Starts the script that was written, to be read from here, and returns its number. Where a state
    /// could not be had, it can be tried again.
    pub(crate) fn start(&self, mut options: Options, nonblocking: bool) -> Result<u64> {
        let (job, writer, before, kept) = {
            let mut inner = self.inner.lock();
            if inner.runs() {
                return Err(EBUSY);
            }
            match &inner.script {
                Script::Open(bytes, _) if bytes.is_empty() => return Err(ENODATA),
                Script::Open(bytes, _) => {
                    if let Err(error) = options.find_script(bytes) {
                        inner.script = Script::EMPTY;
                        return Err(error);
                    }
                }
                Script::Refused(error) => {
                    let error = *error;
                    inner.script = Script::EMPTY;
                    return Err(error);
                }
                Script::Done => return Err(EBADF),
            }
            let listeners = Some(self.listeners.clone());
            let job = self.execs.job(Submitter::current()?, options, listeners)?;
            let mut writer = None;
            if let Script::Open(text, by) = mem::replace(&mut inner.script, Script::EMPTY) {
                job.set_text(text);
                writer = by;
            }
            inner.starting = true;
            let before = inner.job.replace(job.clone());
            let kept = before.as_ref().and_then(|job| self.execs.take_kept(job));
            (job, writer, before, kept)
        };
        let started = self.execs.submit(&job, Wait::of(nonblocking), kept);
        {
            let mut inner = self.inner.lock();
            inner.starting = false;
            if started.is_err() {
                // Unless someone wants it no more.
                if !job.is_killed() {
                    inner.script = Script::Open(job.take_text(), writer);
                }
                inner.job = before;
            }
        }
        // It takes text again, or no more.
        self.listeners.wake();
        started.map(|()| job.id)
    }

    /// Waits for what could not be started and is about to go.
    fn settled(&self) -> Result<MutexGuard<'_, Inner>> {
        let mut inner = self.inner.lock();
        while inner.starting && inner.job.as_ref().is_some_and(|job| job.has_ended()) {
            if self.listeners.changed().wait_interruptible(&mut inner) {
                return Err(ERESTARTSYS);
            }
        }
        Ok(inner)
    }

    fn read(&self, to: &mut IovIterDest<'_>, nonblocking: bool) -> Result<usize> {
        if to.is_empty() {
            return Ok(0);
        }
        loop {
            let (job, is_new) = {
                let inner = self.settled()?;
                let is_empty = matches!(&inner.script, Script::Open(bytes, _) if bytes.is_empty());
                (inner.job.clone(), !inner.runs() && !is_empty)
            };
            if is_new {
                let before = job.map_or(0, |job| job.id);
                if let Err(error) = self.start(Options::none(), nonblocking) {
                    // Unless another reader was faster.
                    if self.job().is_none_or(|job| job.id == before) {
                        return Err(error);
                    }
                }
                continue;
            }
            let job = job.ok_or(ENODATA)?;
            match job.output.read(to, nonblocking)? {
                Read::Bytes(read) => return Ok(read),
                Read::End => return Ok(0),
                Read::Abandoned => {}
            }
        }
    }

    /// What `poll` says.
    fn poll(&self) -> c_uint {
        let inner = self.inner.lock();
        let mut events = 0;
        if let Some(job) = &inner.job {
            if job.output.is_readable() {
                events |= EPOLLIN;
            }
            if job.has_ended() {
                events |= EPOLLHUP;
            }
        }
        if !inner.runs() {
            events |= match inner.script {
                Script::Open(..) => EPOLLOUT,
                // Both say at once what was wrong.
                Script::Refused(_) => EPOLLERR | EPOLLIN | EPOLLOUT,
                Script::Done => 0,
            };
        }
        events
    }

    pub(crate) fn execs(&self) -> &Execs {
        &self.execs
    }

    /// How the last script ended that was started to be read from here, and that script.
    pub(crate) fn outcome<R>(
        &self,
        nonblocking: bool,
        with: impl FnOnce(&Job, &Outcome) -> R,
    ) -> Result<R> {
        loop {
            let job = self.settled()?.job.clone().ok_or(ENODATA)?;
            // One that was not started after all leaves the file with the one before.
            if let Some(outcome) = job.wait_outcome(nonblocking)? {
                return Ok(with(&job, outcome));
            }
        }
    }

    /// The last script that was started to be read from here.
    fn job(&self) -> Option<Arc<Job>> {
        self.inner.lock().job.clone()
    }

    /// Drops the text that was written and not started; if there is none, ends the script that was started
    /// last, or gives back the state that it has left.
    pub(crate) fn kill(&self) -> Result {
        let mut inner = self.inner.lock();
        // With the lock held, so that it is seen if the text comes back.
        if let (true, Some(job)) = (inner.starting, &inner.job) {
            self.execs.kill(job);
            return Ok(());
        }
        let is_empty = match &inner.script {
            Script::Open(bytes, _) => bytes.is_empty(),
            Script::Refused(_) => false,
            Script::Done => true,
        };
        if is_empty {
            let job = inner.job.clone().ok_or(ESRCH)?;
            drop(inner);
            let job = self.execs.find(job.id).ok_or(ESRCH)?;
            self.execs.kill(&job);
            return Ok(());
        }
        let text = mem::replace(&mut inner.script, Script::EMPTY);
        drop(inner);
        drop(text);
        // It takes text, if that was refused.
        self.listeners.wake();
        Ok(())
    }

    /// The file goes: its script ends, unless it is to go on by itself, and a kept state is free.
    fn leave(&self) {
        let job = self.inner.lock().job.take();
        if let Some(job) = job {
            self.execs.leave(&job);
        }
    }

    /// Drops the script if who closes the file now was killed: who knows how much of it is there.
    /// `last` says that nobody else has the file, else it matters who wrote.
    fn drop_if_killed(&self, last: bool) {
        let signal = glue::lunatik_killed_by();
        if signal == 0 {
            return;
        }
        let mut inner = self.inner.lock();
        let Script::Open(bytes, writer) = &inner.script else {
            return;
        };
        if bytes.is_empty() || !(last || Writer::is_current(writer)) {
            return;
        }
        inner.script = Script::Refused(EINTR);
        drop(inner);
        log::device!(
            Warning,
            "script dropped: its writer was killed by signal {signal}"
        );
        self.listeners.wake();
    }

    /// Looks at what there is of the script when its writer closes the file that others still have.
    ///
    /// A shell that redirects a command's output keeps the file itself until the command has ended,
    /// so the close that ends the script may be the shell's, which has nobody to tell of an error.
    /// What cannot become Lua whatever follows is therefore refused here.
    fn refuse_if_wrong(&self) -> Result {
        let mut copy = KVVec::new();
        match &self.inner.lock().script {
            Script::Open(bytes, writer) if Writer::is_current(writer) => {
                // Without memory for that, nobody looks at it now.
                if copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT).is_err() {
                    return Ok(());
                }
            }
            Script::Refused(error) => return Err(*error),
            Script::Open(..) | Script::Done => return Ok(()),
        }
        // Compiling takes its time: nobody is to wait for the file meanwhile.
        if !state::is_wrong(&copy) {
            return Ok(());
        }
        {
            let mut inner = self.inner.lock();
            match &inner.script {
                // There may be more by now, but what follows does not mend it.
                Script::Open(bytes, _) if bytes.starts_with(&copy) => {}
                Script::Refused(error) => return Err(*error),
                Script::Open(..) | Script::Done => return Ok(()),
            }
            inner.script = Script::Refused(ENOEXEC);
        }
        self.listeners.wake();
        Err(ENOEXEC)
    }

    /// Ends the script and gives it to an exec. Called once or more, when the file is closed.
    ///
    /// `use_result` says whether somebody is there to get what compiling it gives.
    fn finish(&self, wait: Wait, use_result: bool) -> Result {
        let script = mem::replace(&mut self.inner.lock().script, Script::Done);
        let (bytes, writer) = match script {
            Script::Open(bytes, Some(writer)) if !bytes.is_empty() => (bytes, writer),
            Script::Refused(error) => return Err(error),
            Script::Open(..) | Script::Done => return Ok(()),
        };
        // A state that was kept for a reader of this script is one to be had.
        self.leave();
        let mut options = Options::none();
        if !COMPILER {
            options
                .find_script(&bytes)
                .inspect_err(|_| state::log_unknown())?;
        }
        let job = self.execs.job(writer.submitter, options, None)?;
        job.set_text(bytes);
        self.execs.submit(&job, wait, None).inspect_err(|&error| {
            if error == ERESTARTSYS {
                log::device!(
                    Warning,
                    "script dropped: a signal ended the wait for a free state"
                );
            } else if error == EBUSY || error == EAGAIN {
                log::device!(Warning, "script refused: all states are busy");
            }
        })?;
        if use_result {
            job.wait_compiled()
        } else {
            Ok(())
        }
    }
}

/// Events of `poll`, as `EPOLLIN` and the like have them, each with its kin.
const EPOLLIN: c_uint = 0x001 | 0x040;
const EPOLLOUT: c_uint = 0x004 | 0x100;
const EPOLLERR: c_uint = 0x008;
const EPOLLHUP: c_uint = 0x010;

/// The file operations, which the kernel only reads.
struct Operations(bindings::file_operations);

// SAFETY: Nothing writes to it.
unsafe impl Sync for Operations {}

static OPERATIONS: Operations = Operations(bindings::file_operations {
    owner: this_module::<Lunatik>().as_ptr(),
    open: Some(open),
    read_iter: Some(read_iter),
    write_iter: Some(write_iter),
    poll: Some(poll),
    unlocked_ioctl: Some(ioctl),
    compat_ioctl: bindings::compat_ptr_ioctl,
    flush: Some(flush),
    release: Some(release),
    ..pin_init::zeroed()
});

/// The file was opened for writing.
const FMODE_WRITE: u32 = 1 << 1;

type Private = Pin<KBox<OpenFile>>;

/// Borrows what [`open`] left in a file.
///
/// # Safety
///
/// `file` is an open file of the device and is not released before the end of `'a`.
unsafe fn private<'a>(file: *mut bindings::file) -> Pin<&'a OpenFile> {
    // SAFETY: By the safety requirement; `open` put the pointer there.
    unsafe { Private::borrow((*file).private_data) }
}

/// # Safety
///
/// Called by the kernel for a file of a registered [`Device`] that is being opened.
unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
    // SAFETY: By the safety requirement. `misc_open` left the `miscdevice` there, which is the
    // beginning of a `Device`, and holds off its deregistration until this returns.
    let (device, mode) = unsafe { (&*(*file).private_data.cast::<Device>(), (*file).f_mode) };
    if mode & FMODE_WRITE != 0 {
        let refused = glue::lunatik_may_write(NEED_SYS_ADMIN);
        if refused != 0 {
            return refused;
        }
    }
    let private = Listeners::new().and_then(|listeners| {
        KBox::pin_init(
            pin_init!(OpenFile {
                execs: device.execs.clone(),
                listeners,
                inner <- new_mutex!(
                    Inner { script: Script::EMPTY, job: None, starting: false },
                    "lunatik_file"
                ),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    });
    match private {
        Ok(private) => {
            // SAFETY: By the safety requirement.
            unsafe {
                (*file).private_data = private.into_foreign();
                bindings::nonseekable_open(inode, file)
            }
        }
        Err(error) => error.to_errno(),
    }
}

/// # Safety
///
/// Called by the kernel for an open file of the device.
unsafe extern "C" fn write_iter(
    kiocb: *mut bindings::kiocb,
    from: *mut bindings::iov_iter,
) -> isize {
    // SAFETY: By the safety requirement.
    let (file, source) = unsafe { ((*kiocb).ki_filp, IovIterSource::from_raw(from)) };
    // SAFETY: As above.
    let (private, nonblocking) =
        unsafe { (private(file), (*file).f_flags & bindings::O_NONBLOCK != 0) };
    match private.write(source, nonblocking) {
        Ok(written) => written as isize,
        Err(error) => error.to_errno() as isize,
    }
}

/// # Safety
///
/// Called by the kernel for an open file of the device.
unsafe extern "C" fn read_iter(kiocb: *mut bindings::kiocb, to: *mut bindings::iov_iter) -> isize {
    // SAFETY: By the safety requirement.
    let (file, to) = unsafe { ((*kiocb).ki_filp, IovIterDest::from_raw(to)) };
    // SAFETY: As above.
    let (private, flags, mode) = unsafe { (private(file), (*file).f_flags, (*file).f_mode) };
    // Nothing can ever have been started here.
    if mode & FMODE_WRITE == 0 {
        return EINVAL.to_errno() as isize;
    }
    match private.read(to, flags & bindings::O_NONBLOCK != 0) {
        Ok(read) => read as isize,
        Err(error) => error.to_errno() as isize,
    }
}

/// # Safety
///
/// Called by the kernel for an open file of the device.
unsafe extern "C" fn poll(
    file: *mut bindings::file,
    table: *mut bindings::poll_table_struct,
) -> c_uint {
    // SAFETY: By the safety requirement. The file owns its listeners.
    unsafe {
        let private = private(file);
        private.listeners.listen(file, table);
        private.poll()
    }
}

/// # Safety
///
/// Called by the kernel for an open file of the device.
unsafe extern "C" fn ioctl(
    file: *mut bindings::file,
    command: c_uint,
    argument: c_ulong,
) -> c_long {
    // SAFETY: By the safety requirement.
    let (private, flags) = unsafe { (private(file), (*file).f_flags) };
    let nonblocking = flags & bindings::O_NONBLOCK != 0;
    match ioctl::dispatch(&private, command, UserPtr::from_addr(argument), nonblocking) {
        Ok(()) => 0,
        Err(error) => error.to_errno() as c_long,
    }
}

/// A descriptor of the file is closed. The last one ends the script, and its `close` gets the result.
///
/// # Safety
///
/// Called by the kernel for an open file of the device.
unsafe extern "C" fn flush(file: *mut bindings::file, _owner: bindings::fl_owner_t) -> c_int {
    // SAFETY: By the safety requirement.
    let (shared, private, nonblocking) = unsafe {
        (
            glue::lunatik_file_is_shared(file.cast()),
            private(file),
            (*file).f_flags & bindings::O_NONBLOCK != 0,
        )
    };
    private.drop_if_killed(!shared);
    let result = if shared {
        private.refuse_if_wrong()
    } else {
        // A task that exits gets no signals any more: nothing could end its wait.
        let exiting = glue::lunatik_exiting();
        private.finish(Wait::of(nonblocking || exiting), !exiting)
    };
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// The file goes. It still has its script if the last two descriptors were closed at the same time:
/// then each `flush` saw the other, and nobody is left to get an error.
///
/// # Safety
///
/// Called by the kernel for an open file of the device, once, after all else.
unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
    // SAFETY: By the safety requirement; `open` put the pointer there.
    let private = unsafe { Private::from_foreign((*file).private_data) };
    private.drop_if_killed(true);
    // Neither a worker of the kernel's, which does this for others, nor a task that exits may be kept.
    let hurried = glue::lunatik_is_kernel_thread() || glue::lunatik_exiting();
    // The error has been logged.
    let _ = private.finish(Wait::of(hurried), false);
    private.leave();
    0
}
