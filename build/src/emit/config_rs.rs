// SPDX-License-Identifier: GPL-2.0
//! `generated/config.rs`: the numbers and names of `[device]` and `[exec]`.

use std::ffi::CString;

use proc_macro2::{
    Literal,
    TokenStream, //
};
use quote::quote;

use crate::config::{
    Capability,
    Config,
    WhenBusy, //
};

pub fn emit(config: &Config) -> TokenStream {
    let device_name = c_string(&config.device.name);
    let device_mode = octal(config.device.mode);
    let need_sys_admin = config.device.capability == Capability::SysAdmin;
    let version = env!("CARGO_PKG_VERSION");
    let tracebacks = config.build.tracebacks;
    let tracepoints = config.build.tracepoints;
    let states = Literal::u32_unsuffixed(config.exec.states);
    let when_busy = when_busy(config.exec.when_busy);
    let compiler = config.lua.compiler;
    let script_max = Literal::u64_unsuffixed(config.exec.script_max);
    let memory_limit = Literal::u64_unsuffixed(config.exec.memory_limit);
    let instruction_limit = Literal::u64_unsuffixed(config.exec.instruction_limit);
    let time_limit = Literal::u64_unsuffixed(config.exec.time_limit);
    let output_limit = Literal::u64_unsuffixed(config.exec.output_limit);
    quote! {
        use core::ffi::CStr;

        /// The name of the device and of its log lines and threads.
        pub(crate) const DEVICE_NAME: &CStr = #device_name;

        /// The mode of the device's node.
        pub(crate) const DEVICE_MODE: u16 = #device_mode;

        /// Whether opening it for writing takes CAP_SYS_ADMIN.
        pub(crate) const NEED_SYS_ADMIN: bool = #need_sys_admin;

        /// The version of Lunatik.
        pub(crate) const VERSION: &str = #version;

        /// How many scripts run at the same time.
        pub(crate) const STATES: usize = #states;

        #when_busy

        /// Whether the module compiles Lua. If not, it runs its own scripts alone.
        pub(crate) const COMPILER: bool = #compiler;

        /// Bytes of a script, at most.
        pub(crate) const SCRIPT_MAX: usize = #script_max;

        /// Bytes of a state, at most.
        pub(crate) const MEMORY_LIMIT: usize = #memory_limit;

        /// Instructions of a script, at most; 0 means no limit.
        pub(crate) const INSTRUCTION_LIMIT: u64 = #instruction_limit;

        /// Milliseconds of a script, at most; 0 means no limit.
        pub(crate) const TIME_LIMIT: u64 = #time_limit;

        /// Bytes that a script prints, at most.
        pub(crate) const OUTPUT_LIMIT: usize = #output_limit;

        /// Whether errors say in which calls they came about.
        pub(crate) const TRACEBACKS: bool = #tracebacks;

        /// Whether there are tracepoints.
        pub(crate) const TRACEPOINTS: bool = #tracepoints;
    }
}

fn when_busy(choice: WhenBusy) -> TokenStream {
    let choice = match choice {
        WhenBusy::Wait => quote!(Wait),
        WhenBusy::Error => quote!(Error),
    };
    quote! {
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
        pub(crate) const WHEN_BUSY: WhenBusy = WhenBusy::#choice;
    }
}

/// `c"…"`; names that are checked have no zero in them.
pub fn c_string(text: &str) -> Literal {
    Literal::c_string(&CString::new(text).expect("no zero in a name"))
}

fn octal(mode: u16) -> Literal {
    format!("0o{mode:03o}").parse().expect("a literal")
}
