// SPDX-License-Identifier: GPL-2.0

//! Fuzzes the device of a loaded flavour: a number of processes, some of them without any rights, do random things to it at
//! once and are killed at random moments.
//!
//! ```text
//! device-fuzz DEVICE SEED [workers=N] [operations=N] [patience=SECONDS] [leave]
//! ```
//!
//! What each worker does follows from the seed and its number; how they meet does not. Then no script may run or wait any
//! more, and each state must take one again; with `leave` that is not waited for, so that there is something for the
//! module's end to do. The status is 0 if nothing was wrong.

mod arena;
mod board;
mod device;
mod random;
mod round;
mod script;
mod worker;

use std::{ffi::CString, process::ExitCode, time::Duration};

use round::Round;
use worker::Settings;

/// What is wrong, if anything is.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match fuzz(&words) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn fuzz(words: &[String]) -> Result<String> {
    let [device, seed, options @ ..] = words else {
        return Err("device-fuzz DEVICE SEED [OPTION…]".to_owned());
    };
    let number = |name: &str, default: u64| {
        let given = options
            .iter()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        given.map_or(Ok(default), |text| {
            text.parse()
                .map_err(|error| format!("{name}={text}: {error}"))
        })
    };
    let path = CString::new(format!("/dev/{device}")).map_err(|error| error.to_string())?;
    let settings = Settings {
        seed: seed.parse().map_err(|error| format!("{seed}: {error}"))?,
        operations: number("operations", 150)?,
        info: round::info(&path)?,
        path,
    };
    let round = Round {
        settings: &settings,
        device,
        workers: number("workers", 16)?,
        patience: Duration::from_secs(number("patience", 120)?),
    };
    let leave = options.iter().any(|word| word == "leave");
    round
        .run(leave)
        .map_err(|reason| format!("seed {seed} on {device}: {reason}"))
}
