// SPDX-License-Identifier: GPL-2.0
//! What `make bench` does on the host: scripts of `guest/` run in the machine and
//! say what their loops took; here that becomes figures, the figures become rows
//! of ratios with what they must be, and the rows a table, JSON and a picture.
//!
//! The way is one: [`machine`] → [`samples`] → [`rows`] → [`report`], [`chart`].

pub mod chart;
pub mod machine;
pub mod report;
pub mod rows;
pub mod samples;
