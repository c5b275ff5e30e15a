// SPDX-License-Identifier: GPL-2.0

//! Generated from lunatik.toml by lunatik-build; edit that file instead.

pub(crate) mod config;
pub(crate) mod libraries;
pub(crate) mod tables;
