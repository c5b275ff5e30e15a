// SPDX-License-Identifier: GPL-2.0
//! Turns a `lunatik.toml` into the directory that kbuild makes a module from.
//!
//! The way through is one line: [`config`] reads and checks the file, [`flavour`]
//! puts the directory together in memory out of [`workspace`], [`upstream`] and
//! [`emit`], and [`tree`] brings it to disk.

pub mod compiler;
pub mod config;
pub mod diagnostic;
pub mod emit;
pub mod flavour;
mod patch;
pub mod stdlib;
pub mod tree;
pub mod upstream;
pub mod workspace;
