// SPDX-License-Identifier: GPL-2.0
//! Turns a `lunatik.toml` into the directory that kbuild makes a module from.
//!
//! The way through is one line: [`config`] reads and checks the file, [`flavour`]
//! puts the directory together in memory out of [`workspace`], [`upstream`] and
//! [`emit`], and [`tree`] brings it to disk. [`export`] does so for others, [`in_tree`]
//! in the source of a kernel.

pub mod config;
pub mod diagnostic;
pub mod emit;
pub mod export;
pub mod flavour;
pub mod in_tree;
mod licences;
mod patch;
pub mod stdlib;
pub mod tree;
pub mod upstream;
pub mod workspace;
