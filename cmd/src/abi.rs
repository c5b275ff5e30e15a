// SPDX-License-Identifier: GPL-2.0
//! The structures, constants and ioctls of `kmod/uapi/lunatik.h`, by their names there.
//!
//! Written by hand; `tests/header.rs` compiles the header and compares. What they
//! mean stands in the header and nowhere else.

use rustix::ioctl::{
    Opcode,
    opcode, //
};

/// Declares structures as the header has them, and their layout for the comparison.
macro_rules! structures {
    ($(struct $name:ident { $($field:ident: $kind:ty,)* })*) => {
        $(
            #[derive(Clone, Copy)]
            #[repr(C)]
            pub struct $name {
                $(pub $field: $kind,)*
            }

            impl Default for $name {
                fn default() -> Self {
                    Self { $($field: Zero::ZERO,)* }
                }
            }
        )*

        /// The size of each structure, and the offset and size of each of its fields.
        pub const LAYOUTS: &[Layout] = &[$(Layout {
            name: stringify!($name),
            size: size_of::<$name>(),
            fields: &[$((
                stringify!($field),
                std::mem::offset_of!($name, $field),
                size_of::<$kind>(),
            ),)*],
        },)*];
    };
}

/// Declares constants, and lists them for the comparison.
macro_rules! constants {
    ($($name:ident: $kind:ty = $value:expr;)*) => {
        $(pub const $name: $kind = $value;)*

        /// All constants, with their values.
        pub const CONSTANTS: &[(&str, u64)] = &[$((stringify!($name), $name as u64),)*];
    };
}

/// The layout of a structure, as the compiler of this file has it.
pub struct Layout {
    pub name: &'static str,
    pub size: usize,
    /// Name, offset, size.
    pub fields: &'static [(&'static str, usize, usize)],
}

/// The value that a field of a structure to fill in has.
trait Zero {
    const ZERO: Self;
}

impl Zero for u32 {
    const ZERO: Self = 0;
}

impl Zero for u64 {
    const ZERO: Self = 0;
}

impl Zero for [u8; 64] {
    const ZERO: Self = [0; 64];
}

structures! {
    struct lunatik_info {
        abi: u32,
        states: u32,
        tables: u32,
        flags: u32,
        script_max: u64,
        instruction_limit: u64,
        time_limit: u64,
        memory_limit: u64,
        output_limit: u64,
        module: [u8; 64],
        device: [u8; 64],
        version: [u8; 64],
        scripts: u32,
        reserved: u32,
    }

    // Without `bytes`, which follow it.
    struct lunatik_value {
        r#type: u32,
        size: u32,
    }

    struct lunatik_run {
        flags: u32,
        argc: u32,
        args: u64,
        args_size: u64,
        name: u64,
        name_size: u64,
        instruction_limit: u64,
        time_limit: u64,
        memory_limit: u64,
        output_limit: u64,
        id: u64,
    }

    struct lunatik_result {
        status: u32,
        reserved: u32,
        id: u64,
        instructions: u64,
        memory: u64,
        output: u64,
        cpu_time: u64,
        wall_time: u64,
        error: u64,
        error_size: u64,
        values: u64,
        values_size: u64,
        json: u64,
        json_size: u64,
    }

    struct lunatik_script {
        id: u64,
        state: u32,
        pid: u32,
        uid: u32,
        flags: u32,
        age: u64,
        instructions: u64,
        memory: u64,
        name: [u8; 64],
    }

    struct lunatik_named {
        flags: u32,
        size: u32,
        name: [u8; 64],
    }

    struct lunatik_list {
        scripts: u64,
        room: u32,
        stride: u32,
        count: u32,
        reserved: u32,
    }

    struct lunatik_kill {
        id: u64,
    }
}

constants! {
    LUNATIK_ABI: u32 = 2;

    LUNATIK_INFO_NO_COMPILER: u32 = 1 << 0;

    LUNATIK_TYPE_NIL: u32 = 0;
    LUNATIK_TYPE_BOOLEAN: u32 = 1;
    LUNATIK_TYPE_INTEGER: u32 = 2;
    LUNATIK_TYPE_STRING: u32 = 3;

    LUNATIK_RUN_CHECK: u32 = 1 << 0;
    LUNATIK_RUN_KEEP: u32 = 1 << 1;
    LUNATIK_RUN_DETACH: u32 = 1 << 2;
    LUNATIK_RUN_VALUES: u32 = 1 << 3;
    LUNATIK_RUN_JSON: u32 = 1 << 4;
    LUNATIK_RUN_NAMED: u32 = 1 << 5;

    LUNATIK_NAMED_AT_LOAD: u32 = 1 << 0;

    LUNATIK_STATUS_OK: u32 = 0;
    LUNATIK_STATUS_SYNTAX: u32 = 1;
    LUNATIK_STATUS_ERROR: u32 = 2;
    LUNATIK_STATUS_NO_MEMORY: u32 = 3;
    LUNATIK_STATUS_INSTRUCTION_LIMIT: u32 = 4;
    LUNATIK_STATUS_TIME_LIMIT: u32 = 5;
    LUNATIK_STATUS_MEMORY_LIMIT: u32 = 6;
    LUNATIK_STATUS_OUTPUT_LIMIT: u32 = 7;
    LUNATIK_STATUS_KILLED: u32 = 8;
    LUNATIK_STATUS_UNLOADED: u32 = 9;

    LUNATIK_STATE_NONE: u32 = 0xffff_ffff;
    LUNATIK_SCRIPT_IDLE: u32 = 1 << 31;

    LUNATIK_IOC_MAGIC: u8 = 0xBC;
    LUNATIK_IOC_INFO: Opcode = opcode::read::<lunatik_info>(LUNATIK_IOC_MAGIC, 0);
    LUNATIK_IOC_RUN: Opcode = opcode::read_write::<lunatik_run>(LUNATIK_IOC_MAGIC, 1);
    LUNATIK_IOC_RESULT: Opcode = opcode::read_write::<lunatik_result>(LUNATIK_IOC_MAGIC, 2);
    LUNATIK_IOC_LIST: Opcode = opcode::read_write::<lunatik_list>(LUNATIK_IOC_MAGIC, 3);
    LUNATIK_IOC_KILL: Opcode = opcode::write::<lunatik_kill>(LUNATIK_IOC_MAGIC, 4);
    LUNATIK_IOC_SCRIPTS: Opcode = opcode::read_write::<lunatik_list>(LUNATIK_IOC_MAGIC, 5);
}
