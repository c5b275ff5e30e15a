// SPDX-License-Identifier: GPL-2.0

//! What `mlua-sys` needs of the standard library, out of `core`.
//!
//! `c_double` is `i64`: it becomes `lua_Number`, which in a kernel is an integer.

pub use core::{
    marker,
    mem,
    ptr, //
};

/// Strings of C.
pub mod ffi {
    pub use core::ffi::CStr;
}

/// Types of C.
pub mod os {
    /// The types, by C's names.
    pub mod raw {
        pub use core::ffi::{
            c_char,
            c_int,
            c_long,
            c_longlong,
            c_schar,
            c_short,
            c_uchar,
            c_uint,
            c_ulong,
            c_ulonglong,
            c_ushort,
            c_void, //
        };

        /// `lua_Number`: see the head of this file.
        #[allow(non_camel_case_types)]
        pub type c_double = i64;
    }
}
