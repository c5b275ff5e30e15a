// SPDX-License-Identifier: GPL-2.0

//! The character device: what is written between open and close is one script.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)
//!
//! `kernel::miscdevice` has no `flush`, by which alone an error reaches the `close` of user space,
//! and no mode, so the registration and the file operations are this file's own.

use crate::{
    exec::{
        Execs,
        Wait, //
    },
    generated::config::{
        DEVICE_MODE,
        DEVICE_NAME,
        SCRIPT_MAX, //
    },
    glue,
    log,
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
    ffi::c_int,
    iov::IovIterSource,
    module::this_module,
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
    task::Pid,
    types::{
        ForeignOwnable,
        Opaque, //
    },
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

/// How many scripts run or wait to: what the attribute `running` shows.
#[unsafe(no_mangle)]
extern "C" fn lunatik_running(device: &Device) -> c_int {
    device.execs.pending()
}

/// What has been written to an open file.
enum Script {
    /// The bytes so far, and the process that wrote the last of them.
    Open(KVVec<u8>, Pid),
    /// Refused: nothing of it runs.
    Refused(Error),
    /// Gone to an exec, or dropped.
    Done,
}

/// An open file.
#[pin_data]
struct OpenFile {
    execs: Arc<Execs>,
    #[pin]
    script: Mutex<Script>,
}

impl OpenFile {
    fn write(&self, source: &mut IovIterSource<'_>, nonblocking: bool) -> Result<usize> {
        let mut script = self.script.lock();
        let (bytes, writer) = match &mut *script {
            Script::Open(bytes, writer) => (bytes, writer),
            Script::Refused(error) => return Err(*error),
            Script::Done => return Err(EBADF),
        };
        // Better now than at the close, whose result many programs do not look at.
        if let (true, Wait::No(error)) = (bytes.is_empty(), Wait::of(nonblocking)) {
            if self.execs.busy() {
                return Err(error);
            }
        }
        if source.len() > SCRIPT_MAX.saturating_sub(bytes.len()) {
            log::device!(Error, "script refused: longer than {SCRIPT_MAX} bytes");
            *script = Script::Refused(EFBIG);
            return Err(EFBIG);
        }
        *writer = current!().tgid();
        let wanted = source.len();
        let copied = source.copy_from_iter_vec(bytes, GFP_KERNEL_ACCOUNT);
        let error = match copied {
            Ok(0) if wanted > 0 => EFAULT,
            Ok(copied) => return Ok(copied),
            Err(error) => error,
        };
        // What is there by now is not what its writer meant to run.
        *script = Script::Refused(error);
        Err(error)
    }

    /// Drops the script if who closes the file now was killed: who knows how much of it is there.
    /// `last` says that nobody else has the file, else it matters who wrote.
    fn drop_if_killed(&self, last: bool) {
        let signal = glue::lunatik_killed_by();
        if signal == 0 {
            return;
        }
        let mut script = self.script.lock();
        let Script::Open(bytes, writer) = &*script else {
            return;
        };
        if !bytes.is_empty() && (last || *writer == current!().tgid()) {
            *script = Script::Refused(EINTR);
            log::device!(
                Warning,
                "script dropped: its writer was killed by signal {signal}"
            );
        }
    }

    /// Looks at what there is of the script when its writer closes the file that others still have.
    ///
    /// A shell that redirects a command's output keeps the file itself until the command has ended,
    /// so the close that ends the script may be the shell's, which has nobody to tell of an error.
    /// What cannot become Lua whatever follows is therefore refused here.
    fn refuse_if_wrong(&self) -> Result {
        let mut script = self.script.lock();
        match &*script {
            Script::Open(bytes, writer) => {
                if *writer != current!().tgid() || !state::is_wrong(bytes) {
                    return Ok(());
                }
            }
            Script::Refused(error) => return Err(*error),
            Script::Done => return Ok(()),
        }
        *script = Script::Refused(ENOEXEC);
        Err(ENOEXEC)
    }

    /// Ends the script and gives it to an exec. Called once or more, when the file is closed.
    ///
    /// `use_result` says whether somebody is there to get what compiling it gives.
    fn finish(&self, wait: Wait, use_result: bool) -> Result {
        let script = mem::replace(&mut *self.script.lock(), Script::Done);
        let bytes = match script {
            Script::Open(bytes, _) => bytes,
            Script::Refused(error) => return Err(error),
            Script::Done => return Ok(()),
        };
        if bytes.is_empty() {
            return Ok(());
        }
        self.execs
            .submit(bytes, wait, use_result)
            .inspect_err(|&error| {
                if error == ERESTARTSYS {
                    log::device!(
                        Warning,
                        "script dropped: a signal ended the wait for a free state"
                    );
                } else if error == EBUSY || error == EAGAIN {
                    log::device!(Warning, "script refused: all states are busy");
                }
            })
    }
}

/// The file operations, which the kernel only reads.
struct Operations(bindings::file_operations);

// SAFETY: Nothing writes to it.
unsafe impl Sync for Operations {}

static OPERATIONS: Operations = Operations(bindings::file_operations {
    owner: this_module::<Lunatik>().as_ptr(),
    open: Some(open),
    write_iter: Some(write_iter),
    flush: Some(flush),
    release: Some(release),
    ..pin_init::zeroed()
});

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
    let device = unsafe { &*(*file).private_data.cast::<Device>() };
    let private = KBox::pin_init(
        pin_init!(OpenFile {
            execs: device.execs.clone(),
            script <- new_mutex!(Script::Open(KVVec::new(), 0), "lunatik_script"),
        }),
        GFP_KERNEL_ACCOUNT,
    );
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
    0
}
