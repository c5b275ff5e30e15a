// SPDX-License-Identifier: GPL-2.0
//! Scripts that once broke something, and some that nobody has run before.
//! `make fuzz-lua` runs many more, under the compiler's checks.

use std::fs;
use std::path::Path;
use std::time::{
    SystemTime,
    UNIX_EPOCH, //
};

use lunatik_host::fuzz::Fuzz;
use lunatik_host::{
    Failing,
    Run, //
};

/// How many scripts are new.
const FRESH: u64 = 400;

/// More instructions than that were not made of a limit by what is counted late: work of
/// one function on a state's whole memory.
const SLACK: u64 = 1 << 20;

fn run(run: &Run, script: &[u8]) {
    let outcome = run.script(script, "script");
    assert!(outcome.memory <= run.memory, "{outcome:?}");
    assert!(
        outcome.instructions <= run.instructions + SLACK,
        "{outcome:?}"
    );
    // Interrupts and the allocator need some of the stack, too.
    assert!(outcome.stack >= 4096, "{outcome:?}");
}

#[test]
fn what_broke_something_once_does_not_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        let script = fs::read(&path).unwrap();
        let limits = Run {
            memory: 1 << 20,
            instructions: 500_000,
            ..Run::default()
        };
        run(&limits, &script);
        for at in 0..100 {
            for failing in [Failing::Once(at), Failing::From(at)] {
                let limits = Run {
                    failing: Some(failing),
                    instructions: 20_000,
                    ..limits.clone()
                };
                run(&limits, &script);
            }
        }
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn a_script_is_the_same_each_time() {
    let first = Fuzz::new().unwrap().case(7);
    let second = Fuzz::new().unwrap().case(7);
    assert_eq!((first.script, first.run), (second.script, second.run));
}

#[test]
fn scripts_that_nobody_has_run_break_nothing() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let first = now.as_secs() << 16;
    let fuzz = Fuzz::new().unwrap();
    for seed in first..first + FRESH {
        // The last one is shown if the test goes down: cargo run --bin lunatik-fuzz -- show NUMBER.
        eprintln!("{seed}");
        let case = fuzz.case(seed);
        run(&case.run, &case.script);
    }
}
