// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

use core::ffi::CStr;

/// The name of the device and of its log lines and threads.
pub(crate) const DEVICE_NAME: &CStr = c"luadrv";

/// The mode of the device's node.
pub(crate) const DEVICE_MODE: u16 = 0o600;

/// Whether opening it for writing takes CAP_SYS_ADMIN.
pub(crate) const NEED_SYS_ADMIN: bool = true;

/// The version of Lunatik.
pub(crate) const VERSION: &str = "0.1.0";

/// How many scripts run at the same time.
pub(crate) const STATES: usize = 4;

/// What a writer meets while all states are busy.
#[derive(Clone, Copy)]
#[expect(dead_code, reason = "a flavour has one of them")]
pub(crate) enum WhenBusy {
    /// It waits.
    Wait,
    /// It gets EBUSY.
    Error,
}

/// This flavour's choice.
pub(crate) const WHEN_BUSY: WhenBusy = WhenBusy::Wait;

/// Whether the module compiles Lua. If not, it runs its own scripts alone.
pub(crate) const COMPILER: bool = true;

/// Bytes of a script, at most.
pub(crate) const SCRIPT_MAX: usize = 1048576;

/// Bytes of a state, at most.
pub(crate) const MEMORY_LIMIT: usize = 16777216;

/// Instructions of a script, at most; 0 means no limit.
pub(crate) const INSTRUCTION_LIMIT: u64 = 1000000000;

/// Milliseconds of a script, at most; 0 means no limit.
pub(crate) const TIME_LIMIT: u64 = 600000;

/// Bytes that a script prints, at most.
pub(crate) const OUTPUT_LIMIT: usize = 1048576;

/// Whether errors say in which calls they came about.
pub(crate) const TRACEBACKS: bool = true;

/// Whether there are tracepoints.
pub(crate) const TRACEPOINTS: bool = true;
