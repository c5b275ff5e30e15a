// SPDX-License-Identifier: GPL-2.0
//! The Lua of the host behaves as that of the module does.

use lunatik_host::{
    Error,
    Failing,
    Outcome,
    Run,
    check, //
};

fn run(source: &str) -> Outcome {
    Run::default().script(source.as_bytes(), "script")
}

/// What a script prints that runs to its end.
fn printed(source: &str) -> String {
    let outcome = run(source);
    assert_eq!(outcome.result, Ok(()), "{source}");
    String::from_utf8(outcome.output).unwrap()
}

fn raised(source: &str) -> String {
    match run(source).result {
        Err(Error::Raised(text)) => text,
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn a_script_that_does_not_compile_is_told_the_line() {
    assert_eq!(check(b"return 7 // 2", b"script"), Ok(()));
    for (source, message) in [
        ("x = = 1", "script:1: unexpected symbol near '='"),
        (
            "\nreturn 1.5",
            "script:2: float literal, but numbers are 64-bit integers, near '1.5'",
        ),
        ("\x1bLua", "attempt to load a binary chunk (mode is 't')"),
    ] {
        assert_eq!(check(source.as_bytes(), b"script"), Err(message.to_owned()));
    }
}

#[test]
fn numbers_are_integers() {
    assert_eq!(
        printed("print(7 // 2, -7 % 3, 1 << 63)"),
        "3\t2\t-9223372036854775808\n"
    );
    assert!(raised("return 1 / 2").starts_with("script:1: '/' gives a float"));
    assert!(raised("return 1 // 0").starts_with("script:1: attempt to divide by zero"));
}

#[test]
fn recursion_ends_where_a_kernels_stack_would() {
    // What the README says there is room for. Compilers differ, but not by a factor.
    let nested = |depth: usize| format!("return {}1{}", "(".repeat(depth), ")".repeat(depth));
    let depth = (1..200).find(|depth| check(nested(*depth).as_bytes(), b"script").is_err());
    assert!((20..70).contains(&depth.unwrap()), "{depth:?}");
    let outcome = run("local function f() local ok, e = pcall(f) error(e, 0) end f()");
    let Err(Error::Raised(message)) = outcome.result else {
        panic!("{:?}", outcome.result);
    };
    assert!(message.contains("C stack overflow"), "{message}");
    assert!(outcome.stack > 4096, "{}", outcome.stack);
}

#[test]
fn a_script_is_kept_within_its_limits() {
    let run = Run {
        memory: 1 << 20,
        instructions: 100_000,
        output: 20_000,
        ..Run::default()
    };
    let ended = |source: &[u8]| {
        let outcome = run.script(source, "script");
        assert!(
            outcome.instructions < 110_000 && outcome.memory <= 1 << 20,
            "{outcome:?}"
        );
        match outcome.result {
            Err(Error::Ended(_, text)) => text.lines().next().unwrap().to_owned(),
            other => panic!("{other:?}"),
        }
    };
    let instructions = "script:1: instruction-limit of 100000 exceeded";
    assert_eq!(ended(b"while true do end"), instructions);
    assert_eq!(
        ended(b"while true do pcall(function() while true do end end) end"),
        instructions
    );
    assert_eq!(
        ended(b"local s = 'x' while true do s = s .. s end"),
        "script:1: memory-limit of 1048576 bytes exceeded"
    );
    assert_eq!(
        ended(b"while true do print(('x'):rep(1000)) end"),
        "script:1: output-limit of 20000 bytes exceeded"
    );
}

#[test]
fn memory_may_be_refused_at_any_time() {
    let source = b"local t = {} for i = 1, 20 do t[i] = ('x'):rep(i) .. i end
        local co = coroutine.wrap(function() return load('return 1')() end) print(co(), #t)";
    for at in 0.. {
        let run = Run {
            failing: Some(Failing::Once(at)),
            ..Run::default()
        };
        // The first refusal makes Lua collect, and try again.
        run.script(source, "script");
        let run = Run {
            failing: Some(Failing::From(at)),
            ..Run::default()
        };
        if run.script(source, "script").result.is_ok() {
            break;
        }
    }
}

#[test]
fn warnings_are_part_of_the_output() {
    assert_eq!(
        printed("warn('a', 'b') warn('@off') warn('c')"),
        "Lua warning: ab\n"
    );
}
