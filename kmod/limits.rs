// SPDX-License-Identifier: GPL-2.0

//! What a run may use up, and the ways in which it ends that no script can catch.

use crate::generated::config::MEMORY_LIMIT;

/// Limits of one run. Zero means none, but for `memory`.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) instructions: u64,
    /// Milliseconds.
    pub(crate) time: u64,
    pub(crate) memory: usize,
    pub(crate) output: usize,
}

impl Limits {
    /// Those of the flavour.
    pub(crate) const FLAVOUR: Self = Self {
        instructions: 0,
        time: 0,
        memory: MEMORY_LIMIT,
        output: 16 << 20,
    };
}

/// How a run ends that did not end by itself. The numbers are those of `LUNATIK_STATUS_*`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Ending {
    OutputLimit = 7,
    Killed = 8,
    Unloaded = 9,
}
