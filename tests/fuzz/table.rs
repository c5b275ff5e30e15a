// SPDX-License-Identifier: GPL-2.0

//! The fuzz target of `make fuzz-table`: sequences of operations on tables, each with the standard library's map
//! beside it (`tests/table/model.rs`). What its bytes stand for is in `tests/table/case.rs`.
//!
//! `inputs` has what failed once, and for each kind and shape of table an input that does much. The
//! table's tests try them, too, without any fuzzer.

#![no_main]

#[path = "../table/case.rs"]
mod case;
#[path = "../table/kinds.rs"]
mod kinds;
#[path = "../table/model.rs"]
mod model;
#[allow(
    unfulfilled_lint_expectations,
    reason = "what only tests use is used here, too"
)]
#[path = "../../kmod/table/mod.rs"]
mod table;
#[path = "../table/sys.rs"]
mod table_sys;

libfuzzer_sys::fuzz_target!(|case: case::Case| case.run());
