// SPDX-License-Identifier: GPL-2.0

//! The structures and numbers of `uapi/lunatik.h`, which says what they mean. `glue.c` checks that
//! both have the same sizes.

use kernel::transmute::{
    AsBytes,
    FromBytes, //
};

pub(crate) const ABI: u32 = 2;
pub(crate) const IOC_MAGIC: u32 = 0xBC;
/// Bytes of an array of `char`, its zero at the end included.
pub(crate) const NAME_SIZE: usize = 64;

/// `_IOC_NR` of each ioctl.
pub(crate) mod nr {
    pub(crate) const INFO: u32 = 0;
    pub(crate) const RUN: u32 = 1;
    pub(crate) const RESULT: u32 = 2;
    pub(crate) const LIST: u32 = 3;
    pub(crate) const KILL: u32 = 4;
    pub(crate) const SCRIPTS: u32 = 5;
}

/// `LUNATIK_TYPE_*`.
pub(crate) mod tag {
    pub(crate) const NIL: u32 = 0;
    pub(crate) const BOOLEAN: u32 = 1;
    pub(crate) const INTEGER: u32 = 2;
    pub(crate) const STRING: u32 = 3;
}

/// `LUNATIK_RUN_*`.
pub(crate) mod flag {
    pub(crate) const CHECK: u32 = 1 << 0;
    pub(crate) const KEEP: u32 = 1 << 1;
    pub(crate) const DETACH: u32 = 1 << 2;
    pub(crate) const VALUES: u32 = 1 << 3;
    pub(crate) const JSON: u32 = 1 << 4;
    pub(crate) const ALL: u32 = CHECK | KEEP | DETACH | VALUES | JSON;
    /// Known where the module contains scripts.
    pub(crate) const NAMED: u32 = 1 << 5;
    /// `LUNATIK_SCRIPT_IDLE`.
    pub(crate) const IDLE: u32 = 1 << 31;
}

/// `LUNATIK_INFO_*`.
pub(crate) mod info {
    pub(crate) const NO_COMPILER: u32 = 1 << 0;
}

/// `LUNATIK_NAMED_*`.
pub(crate) mod named {
    pub(crate) const AT_LOAD: u32 = 1 << 0;
}

/// `LUNATIK_STATUS_*` but for those of `limits::Ending`.
pub(crate) mod status {
    pub(crate) const OK: u32 = 0;
    pub(crate) const SYNTAX: u32 = 1;
    pub(crate) const ERROR: u32 = 2;
    pub(crate) const NO_MEMORY: u32 = 3;
    pub(crate) const INSTRUCTION_LIMIT: u32 = 4;
    pub(crate) const MEMORY_LIMIT: u32 = 6;
    pub(crate) const OUTPUT_LIMIT: u32 = 7;
    pub(crate) const KILLED: u32 = 8;
}

pub(crate) const STATE_NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Info {
    pub(crate) abi: u32,
    pub(crate) states: u32,
    pub(crate) tables: u32,
    pub(crate) flags: u32,
    pub(crate) script_max: u64,
    pub(crate) instruction_limit: u64,
    pub(crate) time_limit: u64,
    pub(crate) memory_limit: u64,
    pub(crate) output_limit: u64,
    pub(crate) module: [u8; NAME_SIZE],
    pub(crate) device: [u8; NAME_SIZE],
    pub(crate) version: [u8; NAME_SIZE],
    pub(crate) scripts: u32,
    pub(crate) reserved: u32,
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Run {
    pub(crate) flags: u32,
    pub(crate) argc: u32,
    pub(crate) args: u64,
    pub(crate) args_size: u64,
    pub(crate) name: u64,
    pub(crate) name_size: u64,
    pub(crate) instruction_limit: u64,
    pub(crate) time_limit: u64,
    pub(crate) memory_limit: u64,
    pub(crate) output_limit: u64,
    pub(crate) id: u64,
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Result {
    pub(crate) status: u32,
    pub(crate) reserved: u32,
    pub(crate) id: u64,
    pub(crate) instructions: u64,
    pub(crate) memory: u64,
    pub(crate) output: u64,
    pub(crate) cpu_time: u64,
    pub(crate) wall_time: u64,
    pub(crate) error: u64,
    pub(crate) error_size: u64,
    pub(crate) values: u64,
    pub(crate) values_size: u64,
    pub(crate) json: u64,
    pub(crate) json_size: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Script {
    pub(crate) id: u64,
    pub(crate) state: u32,
    pub(crate) pid: u32,
    pub(crate) uid: u32,
    pub(crate) flags: u32,
    pub(crate) age: u64,
    pub(crate) instructions: u64,
    pub(crate) memory: u64,
    pub(crate) name: [u8; NAME_SIZE],
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Named {
    pub(crate) flags: u32,
    pub(crate) size: u32,
    pub(crate) name: [u8; NAME_SIZE],
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct List {
    pub(crate) scripts: u64,
    pub(crate) room: u32,
    pub(crate) stride: u32,
    pub(crate) count: u32,
    pub(crate) reserved: u32,
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Kill {
    pub(crate) id: u64,
}

/// A structure that crosses the border of the kernel, `$size` bytes.
macro_rules! structure {
    ($name:ident, $size:literal) => {
        const _: () = assert!(size_of::<$name>() == $size);
        // SAFETY: Integers alone, which any bytes are.
        unsafe impl FromBytes for $name {}
        // SAFETY: The fields fill the structure: it has no padding.
        unsafe impl AsBytes for $name {}
    };
}

structure!(Info, 256);
structure!(Run, 80);
structure!(Result, 104);
structure!(Script, 112);
structure!(Named, 72);
structure!(List, 24);
structure!(Kill, 8);
