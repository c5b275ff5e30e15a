// SPDX-License-Identifier: GPL-2.0
//! Turns a `lunatik.toml` into the directory that kbuild makes a module from.
//!
//! The way through is one line: [`config`] reads and checks the file, [`flavour`]
//! puts the directory together in memory out of [`workspace`], [`upstream`] and
//! [`emit`], and [`tree`] brings it to disk. [`export`] does so for others, [`in_tree`]
//! in the source of a kernel. Beside it are the commands that help people
//! with the file: [`docs`], [`schema`], [`diff`], [`lint`] and [`menu`].

pub mod argument;
pub mod compiler;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod docs;
pub mod emit;
pub mod export;
pub mod flavour;
pub mod in_tree;
pub mod licences;
#[cfg(feature = "lint")]
pub mod lint;
#[cfg(feature = "menu")]
pub mod menu;
pub mod page;
mod patch;
pub mod schema;
pub mod size;
pub mod stdlib;
pub mod tree;
pub mod upstream;
pub mod workspace;
