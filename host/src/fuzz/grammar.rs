// SPDX-License-Identifier: GPL-2.0
//! Scripts by a grammar, `grammar.txt`, which says how it is written.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use super::random::Random;

/// Bytes after which a script only takes the shortest ways to its end, and how deep
/// rules are in each other before that.
const LENGTH: usize = 4000;
const DEPTH: usize = 6;

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::read(include_str!("grammar.txt")));

/// A script.
pub fn script(random: &mut Random) -> Vec<u8> {
    let mut writer = Writer {
        random,
        out: String::new(),
        numbers: 0,
        // Some scripts are small, so that little hides what is wrong with them.
        length: LENGTH,
    };
    writer.length = 200 << writer.random.below(5);
    writer.rule(GRAMMAR.rules["Chunk"], 0);
    writer.out.into_bytes()
}

struct Grammar {
    rules: HashMap<&'static str, usize>,
    /// The alternatives of each rule.
    alternatives: Vec<Vec<Alternative>>,
}

struct Alternative {
    weight: usize,
    parts: Vec<Part>,
    /// How many rules are in each other at least.
    height: usize,
}

enum Part {
    Text(&'static str),
    Number,
    Rule(usize),
    Nest,
    Many,
    Long,
}

impl Grammar {
    fn read(text: &'static str) -> Self {
        let lines = || {
            text.lines()
                .filter(|line| !line.starts_with('#') && !line.is_empty())
        };
        let mut rules = HashMap::new();
        for name in
            lines().filter_map(|line| line.strip_suffix(':').filter(|_| !line.contains('|')))
        {
            let number = rules.len();
            assert!(rules.insert(name, number).is_none(), "two rules {name}");
        }
        let mut alternatives: Vec<Vec<Alternative>> = Vec::new();
        for line in lines() {
            match line.split_once('|') {
                None => alternatives.push(Vec::new()),
                Some((weight, body)) => {
                    alternatives.last_mut().expect("a rule").push(Alternative {
                        weight: weight.parse().unwrap_or(1),
                        parts: parts(body.strip_prefix(' ').unwrap_or(body), &rules),
                        height: usize::MAX,
                    })
                }
            }
        }
        let mut grammar = Self {
            rules,
            alternatives,
        };
        grammar.measure();
        grammar
    }

    /// Finds the heights, from the lowest up.
    fn measure(&mut self) {
        loop {
            let heights: Vec<usize> = (0..self.alternatives.len())
                .map(|rule| self.height(rule))
                .collect();
            let mut changed = false;
            for alternative in self.alternatives.iter_mut().flatten() {
                let below = alternative.parts.iter().map(|part| match part {
                    Part::Rule(rule) => heights[*rule],
                    _ => 0,
                });
                let height = below.max().unwrap_or(0).saturating_add(1);
                changed |= height < alternative.height;
                alternative.height = height.min(alternative.height);
            }
            if !changed {
                break;
            }
        }
        for (name, rule) in &self.rules {
            assert!(self.height(*rule) < usize::MAX, "rule {name} has no end");
        }
    }

    fn height(&self, rule: usize) -> usize {
        let heights = self.alternatives[rule]
            .iter()
            .map(|alternative| alternative.height);
        heights.min().expect("a rule has alternatives")
    }
}

fn parts(body: &'static str, rules: &HashMap<&'static str, usize>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.find(['$', '@']) {
        parts.push(Part::Text(&rest[..at]));
        let after = &rest[at + 1..];
        if rest[at..].starts_with('@') {
            parts.push(Part::Number);
            rest = after;
            continue;
        }
        if let Some(after) = after.strip_prefix('$') {
            parts.push(Part::Text("$"));
            rest = after;
            continue;
        }
        let braced = after.strip_prefix('{');
        let name = braced.unwrap_or(after);
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        rest = &name[end..];
        if braced.is_some() {
            rest = rest.strip_prefix('}').expect("a brace is closed");
        }
        parts.push(match &name[..end] {
            "Nest" => Part::Nest,
            "Many" => Part::Many,
            "Long" => Part::Long,
            name => match rules.get(name) {
                Some(rule) => Part::Rule(*rule),
                None => panic!("no rule {name}"),
            },
        });
    }
    parts.push(Part::Text(rest));
    parts
}

struct Writer<'a> {
    random: &'a mut Random,
    out: String,
    /// How many `@` there were.
    numbers: usize,
    length: usize,
}

impl Writer<'_> {
    fn rule(&mut self, rule: usize, depth: usize) {
        let all = &GRAMMAR.alternatives[rule];
        let most = if self.out.len() > self.length || depth > DEPTH {
            GRAMMAR.height(rule)
        } else {
            usize::MAX
        };
        let weight = |alternative: &&Alternative| alternative.height <= most;
        let sum: usize = all.iter().filter(weight).map(|one| one.weight).sum();
        let mut at = self.random.below(sum);
        let chosen = all.iter().filter(weight).find(|one| {
            let found = at < one.weight;
            at = at.wrapping_sub(one.weight);
            found
        });
        self.numbers += 1;
        let number = self.numbers;
        for part in &chosen.expect("the weights add up").parts {
            match part {
                Part::Text(text) => self.out.push_str(text),
                // Writing to a String cannot fail.
                Part::Number => drop(write!(self.out, "{number}")),
                Part::Rule(rule) => self.rule(*rule, depth + 1),
                Part::Nest => self.nest(),
                Part::Many => self.many(),
                Part::Long => self.long(),
            }
        }
    }

    /// A size for something that is large, rarely very large.
    fn size(&mut self) -> usize {
        *self.random.of(&[3, 3, 5, 10, 20, 30, 60, 100, 199, 256])
    }

    fn nest(&mut self) {
        const PAIRS: &[(&str, &str)] = &[
            ("(", ")"),
            ("{", "}"),
            ("{{", "},{}}"),
            ("- ", ""),
            ("not ", ""),
            ("# ", ""),
            ("1 + ", ""),
            ("'' .. ", ""),
            ("1 < (", ")"),
            ("f(", ")"),
            ("f{", "}"),
            ("t[", "]"),
            ("function(...) return ", " end"),
            ("(function(...) local a = ... return ", " end)(1)"),
            ("pcall(pcall, ", ")"),
            ("setmetatable({}, {__index = ", "})"),
            ("'' .. (", ") .. ''"),
            ("1 and (", " or 2)"),
            ("s:rep(", ")"),
        ];
        let (open, close) = *self.random.of(PAIRS);
        let deep = match self.random.below(12) {
            0 => self.size(),
            _ => 1 + self.random.below(6),
        };
        self.out.push_str(&open.repeat(deep));
        self.out.push('1');
        self.out.push_str(&close.repeat(deep));
    }

    fn many(&mut self) {
        const ITEMS: &[&str] = &["1", "nil", "s", "t", "{}", "'x'", "x", "f()", "1 + n", "-n"];
        let item = *self.random.of(ITEMS);
        let count = match self.random.below(8) {
            0 => self.size(),
            _ => 1 + self.random.below(40),
        };
        self.out.push_str(item);
        for _ in 1..count {
            self.out.push_str(", ");
            self.out.push_str(item);
        }
    }

    fn long(&mut self) {
        const ITEMS: &[&str] = &[
            "x", "ab", "%", "%d", "\\0", "\\xff", "ä", "(", "a?", ".-", " ",
        ];
        let item = *self.random.of(ITEMS);
        let count = self.size();
        let _ = write!(self.out, "\"{}\"", item.repeat(count));
    }
}
