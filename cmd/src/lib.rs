// SPDX-License-Identifier: GPL-2.0
//! The parts of the command `lunatik`.
//!
//! From the device up: [`abi`] is its C header, [`device`] an open file of it, [`session`] runs scripts there;
//! the commands themselves are [`run`], [`repl`], [`scripts`], [`top`], [`table`] and [`module`]; [`cli`] says
//! how they are called.

pub mod abi;
pub mod cli;
pub mod device;
pub mod error;
pub mod format;
pub mod interrupt;
pub mod json;
pub mod module;
pub mod pages;
pub mod repl;
pub mod run;
pub mod scripts;
pub mod session;
pub mod table;
pub mod top;
pub mod value;
