// SPDX-License-Identifier: GPL-2.0
//! What it takes to have a script run, from the submission of its text to its result, seen from user space
//! in the machine: `lunatik-dispatch DEVICE`. Prints samples as the scripts of `guest/` do.

use std::ffi::OsString;
use std::thread;
use std::time::{Duration, Instant};

use lunatik_cmd::abi::{self, lunatik_result, lunatik_run};
use lunatik_cmd::device::{Access, Device};
use lunatik_cmd::error::Result;

const SCRIPT: &[u8] = b"return 1";
const TURNS: u32 = 60;

fn main() {
    let device = std::env::args_os().nth(1).unwrap_or("luabench".into());
    if let Err(error) = measure(device) {
        eprintln!("lunatik-dispatch: {error:?}");
        std::process::exit(1);
    }
}

fn measure(device: OsString) -> Result<()> {
    let clock = {
        let start = Instant::now();
        (0..1000).for_each(|_| {
            std::hint::black_box(Instant::now());
        });
        start.elapsed() / 1000
    };
    let device = Device::open(&device, Access::Run)?;
    for turn in 0..TURNS {
        // The states that the last turn used up are made anew meanwhile.
        thread::sleep(Duration::from_millis(20));
        let times = one(&device)?;
        // The first turns are for caches.
        if turn < TURNS / 4 {
            continue;
        }
        let [write, start, end] = times.steps;
        sample("dispatch", write + start + end, clock * 3, 1);
        sample("dispatch.write", write, clock, 1);
        sample("dispatch.start", start, clock, 1);
        sample("dispatch.end", end, clock, 1);
        sample("dispatch.script", times.script, Duration::ZERO, 1);
    }
    // One right after the other: the states' making is part of it.
    for _ in 0..3 {
        let start = Instant::now();
        for _ in 0..TURNS {
            one(&device)?;
        }
        sample(
            "dispatch.sustained",
            start.elapsed(),
            clock * 4 * TURNS,
            TURNS,
        );
    }
    Ok(())
}

struct Times {
    /// The text's way in, its start, and its way to the end and back.
    steps: [Duration; 3],
    /// CPU time of the state that had it: compiled, run, the state closed.
    script: Duration,
}

fn one(device: &Device) -> Result<Times> {
    let mut run = lunatik_run {
        flags: abi::LUNATIK_RUN_VALUES,
        ..Default::default()
    };
    let mut values = [0_u8; 16];
    let mut result = lunatik_result {
        values: values.as_mut_ptr() as u64,
        values_size: values.len() as u64,
        ..Default::default()
    };
    let begin = Instant::now();
    device.write(SCRIPT)?;
    let written = Instant::now();
    // SAFETY: There are no pointers in it.
    unsafe { device.run(&mut run)? };
    let started = Instant::now();
    // SAFETY: The one pointer is that of an array of that size.
    unsafe { device.result(&mut result)? };
    let ended = Instant::now();
    assert_eq!(result.status, abi::LUNATIK_STATUS_OK);
    assert_eq!(&values[..result.values_size as usize], b"1");
    Ok(Times {
        steps: [written - begin, started - written, ended - started],
        script: Duration::from_nanos(result.cpu_time),
    })
}

fn sample(name: &str, with: Duration, without: Duration, n: u32) {
    println!("@ {name} {} {} {n}", with.as_nanos(), without.as_nanos());
}
