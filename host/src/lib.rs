// SPDX-License-Identifier: GPL-2.0
//! The module's Lua on the host: the same sources with the same patches and
//! configuration, built as a library of C, and a few functions of the kernel's
//! in Rust.
//!
//! [`check`] says what the module would say of a script that it does not run,
//! [`compile`] makes of one what modules can contain, [`Run`] runs one within limits. What is not here: the device, threads that
//! share something, and the shared tables.
//!
//! `build.rs` compiles it, [`kernel`] is what it calls of the kernel, [`fuzz`]
//! makes scripts that try to break it.

pub mod fuzz;
mod kernel;
mod limits;
mod run;
mod sys;

pub use kernel::SCRIPT_MAX;
pub use limits::{
    Ending,
    Failing, //
};
pub use run::{
    Error,
    Outcome,
    Run,
    check,
    compile, //
};
