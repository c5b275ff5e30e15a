// SPDX-License-Identifier: GPL-2.0

//! Scripts for the device, good and bad.
//!
//! What a script prints, returns or raises has one byte in it, again and again, that belongs to its file: its *tag*, which
//! no other text contains. So a file's output, or a state's globals, can be told from another's.

use std::iter;

use crate::random::Random;

/// Above ASCII, of which programs are, and nothing of the character that JSON puts in the place of what is no UTF-8.
pub fn tag(number: u64) -> u8 {
    let tags = (0x80..=0xfe_u8).filter(|byte| !JSON_REPLACEMENT.contains(byte));
    let count = tags.clone().count() as u64;
    tags.into_iter()
        .nth((number % count) as usize)
        .expect("less than the count")
}

pub const JSON_REPLACEMENT: [u8; 3] = [0xef, 0xbf, 0xbd];

pub struct Script {
    pub text: Vec<u8>,
    /// It prints its tag and what `is_plain` knows, or nothing; and so does whatever it may become a part of.
    pub is_plain: bool,
}

/// What scripts print beside their tags.
pub fn is_plain(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\t' | b'-' | b'0'..=b'9' | b'a'..=b'z')
}

/// A script of a file with the tag `tag`, which may be a little longer than `longest`.
pub fn script(random: &mut Random, tag: u8, longest: usize) -> Script {
    let mut is_plain = true;
    let count = random.pick(&[1, 2, 5, 30, 200]);
    let text = vec![tag; random.pick(&[1, 7, 60])];
    let code = random.weighted(&[
        (14, "for i = 1, N do print('S') end return 'S', N"),
        (8, "print('S') return 'S'"),
        (6, "print(g or '') g = 'S' return g"),
        (5, "print(...) return ..."),
        (3, "for i = 1, N * 100 do end print('S')"),
        (3, "return {1, {k = 'S'}, true}, nil, 'S'"),
        (2, "local t = {} t[1] = t return t, print"),
        (5, "print('S') error('S')"),
        (1, "error({})"),
        (3, "rcu.k = (rcu.k or 0) + N for k in pairs(rcu) do end"),
        (2, "rcu.k = nil"),
        (2, "while rcu.k do end"),
        (6, "while true do end"),
        (4, "print('S') while true do pcall(error) end"),
        // More than the flavour's limit, but not what would drive all else from the kernel's log.
        (3, "for i = 1, 600 do print('S') end"),
        (
            3,
            "local t, s = {}, 'S' while true do s = s .. s t[#t + 1] = s end",
        ),
        (2, "local function f() return 1 + f() end f()"),
        (
            2,
            "h = setmetatable({}, {__gc = function() print('S') while true do end end})",
        ),
        (2, "collectgarbage() return collectgarbage('count')"),
        (2, "for"),
        (1, "print("),
        (1, "'"),
        (1, "return return"),
        (1, "-- S"),
        (1, "\n"),
        (1, "#!S"),
        (1, "\x1bLua"),
        (4, "BYTES"),
        (3, "LONG"),
    ]);
    let mut code = match code {
        "BYTES" => {
            is_plain = false;
            let size = random.below(300);
            iter::repeat_with(|| match random.below(8) {
                0 => tag,
                _ => random.below(0x80) as u8,
            })
            .take(size)
            .collect()
        }
        "LONG" => {
            let size = (longest + 8).saturating_sub(random.below(16));
            let mut text = b"--".to_vec();
            text.resize(size, b'x');
            text
        }
        code => fill_in(code, count, &text),
    };
    // What another file's script has left in this state would be seen.
    if random.one_in(3) {
        let looks = fill_in("print(g or '') g = 'S' ", count, &text);
        code.splice(..0, looks);
    }
    // Half a program and another may become one that prints words of its own.
    if random.one_in(12) {
        is_plain = false;
        code.truncate(random.below(code.len() + 1));
    }
    Script {
        text: code,
        is_plain,
    }
}

/// Puts in the number and the text for which `N` and `S` stand.
fn fill_in(code: &str, count: usize, text: &[u8]) -> Vec<u8> {
    let mut filled = Vec::new();
    for byte in code.bytes() {
        match byte {
            b'N' => filled.extend(count.to_string().bytes()),
            b'S' => filled.extend(text),
            byte => filled.push(byte),
        }
    }
    filled
}
