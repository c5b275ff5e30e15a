// SPDX-License-Identifier: GPL-2.0
//! The Lua of the host behaves as that of the module does.

use lunatik_host::{
    Error,
    Failing,
    Outcome,
    Run,
    check,
    compile, //
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

/// A chunk of more than the 4096 bytes that Lua reads at a time here, with all that one can hold.
const CONTAINED: &str = "
    local long = ('%s'):rep(2) .. '0123456789012345678901234567890123456789 more than is interned'
    local t = { -1, 1 << 62, true, false, nil, 'short' }
    local function inner(...) return select('#', ...), long, t end
    local n, text = inner(nil, nil)
    print(n, #text, #t, t[2])";

#[test]
fn a_compiled_script_does_what_its_text_does() {
    let more = "\nfunction f(a, b) if a then return a .. b else return { a, b } end end";
    let source = format!("{CONTAINED}{}\nerror('here')", more.repeat(200));
    let text = run(&source);
    let chunk = compile(source.as_bytes(), b"script", false).unwrap();
    assert!(chunk.len() > 3 * 4096);
    let contained = Run::default().chunk(&chunk, "script");
    assert_eq!(contained.result, text.result);
    assert_eq!(contained.output, text.output);
    let Err(Error::Raised(message)) = &contained.result else {
        panic!("{contained:?}");
    };
    assert!(message.starts_with("script:207: here"), "{message}");
    // Its code and long strings are not the state's.
    assert!(contained.memory < text.memory);

    let stripped = compile(source.as_bytes(), b"script", true).unwrap();
    assert!(stripped.len() < chunk.len());
    let contained = Run::default().chunk(&stripped, "script");
    assert_eq!(contained.output, text.output);
    let Err(Error::Raised(message)) = &contained.result else {
        panic!("{contained:?}");
    };
    assert!(message.starts_with("here"), "{message}");
}

#[test]
fn only_what_can_be_a_chunk_is_compiled() {
    assert_eq!(
        compile(b"return 0.5", b"x", false),
        Err("x:1: float literal, but numbers are 64-bit integers, near '0.5'".to_owned())
    );
    assert!(compile(b"\x1bLua", b"x", false).is_err());
}

#[test]
fn a_chunk_of_another_lua_is_refused() {
    let chunk = compile(b"return 1", b"x", true).unwrap();
    for (at, why) in [
        (1, "not a binary chunk"),
        (4, "version mismatch"),
        (5, "format mismatch"),
        (6, "corrupted chunk"),
        (12, "int size mismatch"),
        (13, "int format mismatch"),
        (17, "instruction size mismatch"),
        (22, "Lua integer size mismatch"),
        (31, "Lua number size mismatch"),
        (39, "Lua number format mismatch"),
    ] {
        let mut other = chunk.clone();
        other[at] ^= 0x81;
        let error = format!("x: bad binary format ({why})");
        assert_eq!(
            Run::default().chunk(&other, "x").result,
            Err(Error::Syntax(error)),
            "byte {at}"
        );
    }
    for size in 0..chunk.len() {
        let result = Run::default().chunk(&chunk[..size], "x").result;
        assert!(
            matches!(result, Err(Error::Syntax(_))),
            "{size}: {result:?}"
        );
    }
}

#[test]
fn scripts_can_neither_load_nor_make_chunks() {
    let chunk = compile(b"return 1", b"x", false).unwrap();
    let bytes: Vec<_> = chunk.iter().map(u8::to_string).collect();
    let source = format!(
        "local chunk = string.char({})
         for _, mode in ipairs {{ 'b', 'bt' }} do print(select(2, load(chunk, 'own', mode))) end
         print(select(2, pcall(load, chunk, 'own', 'B')))
         print(select(2, pcall(load, chunk, 'own', 'bB')))
         print(select(2, load(chunk)):match('precompiled chunks are refused'))
         print(select(2, pcall(string.dump, print)))
         print(select(2, pcall(string.dump, function() end)))",
        bytes.join(", ")
    );
    let refused = "own: precompiled chunks are refused, only text is run\n";
    let said = printed(&source);
    let rest = said
        .strip_prefix(&refused.repeat(2))
        .unwrap_or_else(|| panic!("{said}"));
    assert_eq!(
        rest,
        "bad argument #3 to 'load' (invalid mode)\n\
         bad argument #3 to 'load' (invalid mode)\n\
         precompiled chunks are refused\n\
         bad argument #1 to 'string.dump' (Lua function expected)\n\
         functions cannot be dumped: precompiled chunks are refused\n"
    );
}
