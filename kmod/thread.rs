// SPDX-License-Identifier: GPL-2.0

//! A kernel thread that is stopped and waited for when its owner goes.
//!
//! C header: [`include/linux/kthread.h`](srctree/include/linux/kthread.h)

use core::{
    ffi::CStr,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::from_err_ptr,
    ffi::{
        c_int,
        c_void, //
    },
    prelude::*,
    sync::Arc, //
};

/// What a thread does.
pub(crate) trait Body: Send + Sync + 'static {
    /// Runs in the thread, once. Returns when it has seen that it is to stop.
    fn run(&self);
}

/// A running thread.
///
/// # Invariants
///
/// `task` is a thread that was started and not stopped, and this type owns a reference to it.
pub(crate) struct Thread {
    task: NonNull<bindings::task_struct>,
    body: *const c_void,
    /// Drops the body, for a thread that was stopped before it began.
    drop_body: unsafe fn(*const c_void),
}

// SAFETY: `kthread_stop_put` may be called from any thread.
unsafe impl Send for Thread {}
// SAFETY: Nothing can be done with a shared reference.
unsafe impl Sync for Thread {}

impl Thread {
    /// Starts a thread named `<name>/<number>` that runs `body`.
    pub(crate) fn start<B: Body>(name: &CStr, number: u32, body: Arc<B>) -> Result<Self> {
        let data = Arc::into_raw(body);
        // SAFETY: The format wants a string and a number; `main` gets what it expects.
        let task = from_err_ptr(unsafe {
            bindings::kthread_create_on_node(
                Some(main::<B>),
                data.cast_mut().cast(),
                bindings::NUMA_NO_NODE,
                c"%s/%u".as_char_ptr(),
                name.as_char_ptr(),
                number,
            )
        });
        let task = match task {
            Ok(task) => task,
            Err(error) => {
                // SAFETY: From `into_raw` above; no thread has it.
                drop(unsafe { Arc::from_raw(data) });
                return Err(error);
            }
        };
        // SAFETY: The thread has not run yet, so its task is alive. INVARIANT: It is started here.
        unsafe {
            bindings::get_task_struct(task);
            bindings::wake_up_process(task);
            Ok(Self {
                task: NonNull::new_unchecked(task),
                body: data.cast(),
                drop_body: drop_body::<B>,
            })
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. Waits until the thread has left the module's code.
        let result = unsafe { bindings::kthread_stop_put(self.task.as_ptr()) };
        if result == EINTR.to_errno() {
            // SAFETY: This says that `main` was never called, so the reference is still there.
            unsafe { (self.drop_body)(self.body) };
        }
    }
}

/// # Safety
///
/// `body` comes from `Arc::into_raw` of a `B` and is not used after this.
unsafe fn drop_body<B: Body>(body: *const c_void) {
    // SAFETY: By the safety requirement.
    drop(unsafe { Arc::from_raw(body.cast::<B>()) });
}

/// # Safety
///
/// `data` comes from `Arc::into_raw` of a `B`.
unsafe extern "C" fn main<B: Body>(data: *mut c_void) -> c_int {
    // SAFETY: By the safety requirement.
    let body = unsafe { Arc::from_raw(data.cast::<B>()) };
    body.run();
    0
}
