// SPDX-License-Identifier: GPL-2.0

//! Lunatik: Lua scripts inside the kernel, with tables that all of them share.
//!
//! What a module is called and made of comes from `generated/`, written from a `lunatik.toml`.
//! Scripts arrive by [`device`], are run by [`exec`] in a [`state`] each, and reach the [`table`]s of
//! the flavour through [`binding`]. What comes of one is in its [`job`], where readers find it.

mod arguments;
mod binding;
mod device;
mod exec;
#[rustfmt::skip] // It lies in each flavour, not here.
mod generated;
mod glue;
mod ioctl;
mod job;
mod json;
mod limits;
mod log;
mod lua;
mod memory;
mod output;
mod script;
mod state;
mod table;
mod table_sys;
mod thread;
mod uapi;
mod vm;

use kernel::prelude::*;

include!("generated/module.rs");

/// The module. When it is unloaded its fields go in this order: no new scripts, then no running
/// ones, then no tables.
#[pin_data]
struct Lunatik {
    #[pin]
    _device: device::Device,
    _threads: exec::Threads,
    _tables: Tables,
}

impl kernel::InPlaceModule for Lunatik {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(|| {
            state::choose_seed();
            let tables = Tables::fill()?;
            let execs = exec::Execs::new()?;
            Ok(try_pin_init!(Self {
                _tables: tables,
                _threads: exec::Threads::start(execs.clone())?,
                // Nobody else can have taken a state by now.
                _: {
                    if generated::libraries::CONTAINS {
                        execs.start_scripts();
                    }
                },
                _device <- device::Device::register(execs),
            }? Error))
        })
    }
}

/// The tables of the flavour, which are `static`. Dropping this empties them.
struct Tables(());

impl Tables {
    fn fill() -> Result<Self> {
        let tables = Self(());
        state::fill_tables()?;
        Ok(tables)
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        // SAFETY: Whoever runs scripts has gone before, or has not come.
        unsafe { generated::tables::reset() };
        generated::libraries::unload();
        // No memory of theirs outlives the module.
        table_sys::barrier();
    }
}
