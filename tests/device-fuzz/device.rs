// SPDX-License-Identifier: GPL-2.0

//! Calls of the kernel, as they are, and what their errors are called.

use std::{ffi::CStr, time::Duration};

use libc::{c_int, c_long, c_ulong};
use lunatik_cmd::abi;

pub use lunatik_cmd::abi::{
    lunatik_info, lunatik_kill, lunatik_list, lunatik_result, lunatik_run, lunatik_script,
    lunatik_value,
};

/// A call's result, or its `errno`.
pub type Answer = std::result::Result<usize, c_int>;

/// What a call of libc gave.
pub fn answer(result: c_long) -> Answer {
    match usize::try_from(result) {
        Ok(result) => Ok(result),
        // SAFETY: It is this thread's own.
        Err(_) => Err(unsafe { *libc::__errno_location() }),
    }
}

pub fn error_name(error: c_int) -> String {
    let known = [
        (libc::EPERM, "EPERM"),
        (libc::ESRCH, "ESRCH"),
        (libc::EINTR, "EINTR"),
        (libc::E2BIG, "E2BIG"),
        (libc::ENOEXEC, "ENOEXEC"),
        (libc::EBADF, "EBADF"),
        (libc::EAGAIN, "EAGAIN"),
        (libc::ENOMEM, "ENOMEM"),
        (libc::EACCES, "EACCES"),
        (libc::EFAULT, "EFAULT"),
        (libc::EBUSY, "EBUSY"),
        (libc::EEXIST, "EEXIST"),
        (libc::ENODEV, "ENODEV"),
        (libc::ENOTDIR, "ENOTDIR"),
        (libc::EINVAL, "EINVAL"),
        (libc::ENOTTY, "ENOTTY"),
        (libc::EFBIG, "EFBIG"),
        (libc::ESPIPE, "ESPIPE"),
        (libc::ENAMETOOLONG, "ENAMETOOLONG"),
        (libc::ENODATA, "ENODATA"),
        (libc::ETIME, "ETIME"),
        (libc::EOPNOTSUPP, "EOPNOTSUPP"),
        (libc::ECANCELED, "ECANCELED"),
    ];
    let name = known.iter().find(|(number, _)| *number == error);
    name.map_or(format!("error {error}"), |(_, name)| (*name).to_owned())
}

/// The number of an ioctl of the device that has a structure of `size` bytes.
pub fn command(nr: u32, size: usize) -> c_ulong {
    c_ulong::from(3_u32 << 30 | (size as u32) << 16 | u32::from(abi::LUNATIK_IOC_MAGIC) << 8 | nr)
}

pub fn ioctl(file: c_int, command: c_ulong, argument: u64) -> Answer {
    // SAFETY: What the kernel may write to is the caller's to lose, and checked after the call.
    answer(c_long::from(unsafe {
        libc::ioctl(file, command, argument)
    }))
}

pub fn open(path: &CStr, flags: c_int) -> std::result::Result<c_int, c_int> {
    // SAFETY: A string of C's.
    answer(c_long::from(unsafe { libc::open(path.as_ptr(), flags) })).map(|file| file as c_int)
}

pub fn close(file: c_int) -> Answer {
    // SAFETY: Whose number it is, is what is tested.
    answer(c_long::from(unsafe { libc::close(file) }))
}

pub fn write(file: c_int, address: u64, size: usize) -> Answer {
    let from = std::ptr::with_exposed_provenance(address as usize);
    // SAFETY: The kernel reads what it can.
    answer(unsafe { libc::write(file, from, size) } as c_long)
}

/// What a structure of C consists of.
///
/// # Safety
///
/// `T` is integers and arrays of them, without gaps.
unsafe fn bytes_of<T>(value: &T) -> &[u8] {
    // SAFETY: By the safety requirement.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// A structure of the device's.
pub trait Structure: Copy + Default {
    fn bytes(&self) -> &[u8] {
        // SAFETY: So they are, each of which `tests/header.rs` of the command compares with C.
        unsafe { bytes_of(self) }
    }

    /// What the module makes of these: the rest of them is zero, or of it.
    fn of(bytes: &[u8]) -> Self {
        let mut value = Self::default();
        let size = bytes.len().min(size_of::<Self>());
        // SAFETY: There are so many bytes in both, and any are a `Self`.
        unsafe {
            std::ptr::copy_nonoverlapping(
                bytes.as_ptr(),
                std::ptr::from_mut(&mut value).cast(),
                size,
            );
        }
        value
    }
}

impl Structure for lunatik_info {}
impl Structure for lunatik_kill {}
impl Structure for lunatik_list {}
impl Structure for lunatik_result {}
impl Structure for lunatik_run {}
impl Structure for lunatik_script {}
impl Structure for lunatik_value {}

extern "C" fn nothing(_: c_int) {}

/// Lets SIGALRM interrupt calls of the kernel, and do nothing else.
pub fn interruptible() {
    // SAFETY: The handler does nothing, which it may at any time; all zero is no flag.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as extern "C" fn(c_int) as libc::sighandler_t;
        assert_eq!(
            libc::sigaction(libc::SIGALRM, &action, std::ptr::null_mut()),
            0
        );
    }
}

/// As long as it lives SIGALRM comes after some time and from then on often: one may come before the call that it is for.
pub struct Alarm(());

impl Alarm {
    pub fn after(first: Duration) -> Self {
        Self::set(first, Duration::from_millis(10));
        Self(())
    }

    fn set(first: Duration, then: Duration) {
        let time = |duration: Duration| libc::timeval {
            tv_sec: duration.as_secs() as i64,
            tv_usec: i64::from(duration.subsec_micros()),
        };
        let timer = libc::itimerval {
            it_interval: time(then),
            it_value: time(first),
        };
        // SAFETY: Always.
        unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) };
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        Self::set(Duration::ZERO, Duration::ZERO);
    }
}
