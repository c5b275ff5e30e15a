// SPDX-License-Identifier: GPL-2.0
//! What a script does counts, in whatever way it does it, and is never done for long before it is asked
//! whether the script is to end. Counted in instructions and looks, not in time.

use std::fs;

use lunatik_host::{
    Ending,
    Error,
    Outcome,
    Run, //
};

fn run(source: &str) -> Outcome {
    let limits = Run {
        memory: 16 << 20,
        instructions: 10_000_000,
        ..Run::default()
    };
    limits.script(source.as_bytes(), "script")
}

fn file(name: &str) -> Outcome {
    let path = format!("{}/looks/{name}.lua", env!("CARGO_MANIFEST_DIR"));
    run(&fs::read_to_string(path).unwrap())
}

/// Instructions of a script that runs to its end.
fn counted(source: &str) -> u64 {
    let outcome = run(source);
    assert_eq!(outcome.result, Ok(()), "{source}");
    outcome.instructions
}

/// A call of a function `f` with 45,000 instructions, the last of which are `last`.
fn calls(last: &str, calls: &str) -> u64 {
    let code = format!("'local f, n = ... local x = 1 ' .. ('x = x + 1 '):rep(45000) .. '{last}'");
    counted(&format!("local f = load({code}) {calls}")) - counted(&format!("load({code})"))
}

#[test]
fn a_function_counts_however_it_is_left() {
    let each = 45_000;
    for (last, how) in [
        ("", "for i = 1, 20 do f() end"),
        ("error()", "for i = 1, 20 do pcall(f) end"),
        ("error()", "for i = 1, 20 do xpcall(f, print) end"),
        (
            "error()",
            "for i = 1, 20 do coroutine.resume(coroutine.create(f)) end",
        ),
        (
            "coroutine.yield()",
            "for i = 1, 20 do coroutine.wrap(f)() end",
        ),
        (
            "coroutine.yield()",
            "for i = 1, 20 do local co = coroutine.create(f) coroutine.resume(co) coroutine.close(co) end",
        ),
        (
            "coroutine.yield() error()",
            "for i = 1, 20 do coroutine.wrap(function() f() end)() end",
        ),
        ("if n > 1 then f(f, n - 1) end", "f(f, 20)"),
        (
            "error() return 1",
            "setmetatable(_G, { __index = f }) for i = 1, 20 do pcall(function() return y end) end",
        ),
    ] {
        let counted = calls(last, how);
        assert!(
            (20 * each..21 * each).contains(&counted),
            "{last}, {how}: {counted}"
        );
    }
}

#[test]
fn nothing_counts_twice() {
    // What is behind an early return is not run; what goes on behind a yield was not run before.
    let early = "for i = 1, 20 do f() end";
    let code = "'if true then return end local x = 1 ' .. ('x = x + 1 '):rep(45000)";
    let source = format!("local f = load({code}) {early}");
    let counts = counted(&source) - counted(&format!("load({code})"));
    assert!(counts < 500, "{counts}");
    let yields = calls(
        "for i = 1, 100 do coroutine.yield() end",
        "local co = coroutine.wrap(f) for i = 1, 101 do co() end",
    );
    assert!((45_000..47_500).contains(&yields), "{yields}");
    // A yield of a handler comes to the return again.
    let closes = counted(
        "local function f() local c <close> = setmetatable({}, { __close = coroutine.yield }) return end
         for i = 1, 1000 do local co = coroutine.wrap(f) co() co() end",
    );
    assert!(closes > 10_000, "{closes}");
}

#[test]
fn long_work_is_looked_at() {
    // What takes quadratic time comes to the limit by it. The code alone is a tenth of that.
    for name in [
        "gotos",
        "labels",
        "breaks",
        "finalizers",
        "backreference",
        "pattern-prefix",
    ] {
        let result = file(name).result;
        assert!(
            matches!(result, Err(Error::Ended(Ending::Instructions, _))),
            "{name}: {result:?}"
        );
    }
    // How many looks there are at least. Each of these had a few.
    for (name, looks) in [
        ("zeros", 900),
        ("class", 5_000),
        ("frontier", 5_000),
        ("class-end", 5_000),
        ("plain", 2_000),
        ("numeral", 2_000),
        ("traceback", 500),
        // More than its loop comes to: collections are looked into.
        ("collect", 2_500),
        ("plain-absent", 5_000),
        ("precision", 5_000),
        ("steps", 1_000),
        ("young", 500),
    ] {
        let outcome = file(name);
        assert!(outcome.looks >= looks, "{name}: {} looks", outcome.looks);
    }
}

#[test]
fn nothing_of_a_script_runs_after_its_end() {
    for source in [
        "collectgarbage('stop')
         for i = 1, 300 do setmetatable({}, { __gc = print, __name = 'outlasted' }) end",
        "local c <close> = setmetatable({}, { __close = print, __name = 'outlasted' })",
        "local co = coroutine.wrap(function()
             local c <close> = setmetatable({}, { __close = print, __name = 'outlasted' })
             while true do end
         end) co()",
    ] {
        let outcome = run(&format!("{source} while true do end"));
        assert!(matches!(
            outcome.result,
            Err(Error::Ended(Ending::Instructions, _))
        ));
        assert_eq!(String::from_utf8_lossy(&outcome.output), "", "{source}");
    }
}

#[test]
fn a_table_that_is_not_grown_is_as_it_was() {
    // The limit is met at any place of a rehash; the state is closed in order, which `Run` checks.
    for instructions in (150_000..260_000).step_by(1777) {
        let limits = Run {
            instructions,
            ..Run::default()
        };
        limits.script(
            b"local t = {} for i = 1, 40000 do t[i .. 'k'] = 1 end",
            "script",
        );
    }
    // From the hash part into the array part.
    for instructions in (190_000..320_000).step_by(1777) {
        let limits = Run {
            instructions,
            ..Run::default()
        };
        limits.script(
            b"local t = {} for i = 65536, 2, -1 do t[i] = i end t[1] = 1 for i = 65537, 70000 do t[i] = i end",
            "script",
        );
    }
}
