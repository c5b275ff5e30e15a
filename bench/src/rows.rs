// SPDX-License-Identifier: GPL-2.0
//! What is compared with what, and what the ratio must be: the table of `make bench`.
//!
//! The names of figures are those of the scripts in `guest/`.

use serde::Serialize;

use crate::samples::Figures;

/// A limit of a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    /// Whether `value` is within the limit, as far as the report shows its digits.
    pub fn met(self, value: f64) -> bool {
        let value = (value * 100.0).round() / 100.0;
        match self {
            Bound::AtMost(limit) => value <= limit,
            Bound::AtLeast(limit) => value >= limit,
        }
    }

    pub fn limit(self) -> f64 {
        match self {
            Bound::AtMost(limit) | Bound::AtLeast(limit) => limit,
        }
    }

    /// The worse of two values.
    fn worse(self, a: f64, b: f64) -> f64 {
        match self {
            Bound::AtMost(_) => a.max(b),
            Bound::AtLeast(_) => a.min(b),
        }
    }
}

/// How a value was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Instructions, counted on one emulated CPU. The same on every machine.
    Instructions,
    /// Time on two emulated CPUs.
    TwoCpus,
    /// Sizes.
    Bytes,
    /// Time at native speed, on User Mode Linux.
    Native,
}

/// How far a row's limits are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Aim,
    Must,
    Missed,
    /// It was not measured.
    Unknown,
}

/// A value and what it is of: a row has several, the worst of which counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    pub what: &'static str,
    pub value: f64,
}

/// The values of a row by one way of measuring.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    pub by: By,
    pub worst: f64,
    pub parts: Vec<Part>,
    /// The same of what has not all that is measured: what the machine itself makes of it.
    pub controls: Vec<Part>,
}

/// A row of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub what: &'static str,
    pub must: Option<Bound>,
    pub aim: Bound,
    pub verdict: Verdict,
    /// What the verdict is about.
    pub measured: Option<Measured>,
    /// The same at native speed, to see that instructions are not all.
    pub native: Option<Measured>,
}

/// The figures of all ways of measuring; empty where one was left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct All {
    /// Instructions of an operation; bytes of an element.
    pub instructions: Figures,
    /// Nanoseconds of an operation.
    pub native: Figures,
    /// Operations a second, and nanoseconds of a read.
    pub two_cpus: Figures,
}

/// What one row is made of.
struct Spec {
    what: &'static str,
    must: Option<Bound>,
    aim: Bound,
    /// What decides.
    by: By,
    parts: &'static [(&'static str, Value)],
    /// Not among the parts, but shown beside them.
    controls: &'static [(&'static str, Value)],
}

/// Where a value comes from.
enum Value {
    /// One figure ÷ another.
    Ratio(&'static str, &'static str),
    /// The time of a read, less that of the clock, ÷ another such.
    Latency(&'static str, &'static str),
    /// Half of a figure, which is of two operations, ÷ another.
    Half(&'static str, &'static str),
    /// A figure as it is.
    Figure(&'static str),
}

use Bound::{AtLeast, AtMost};
use Value::{Figure, Half, Latency, Ratio};

const SPECS: &[Spec] = &[
    Spec {
        what: "read, integer or boolean, hit and miss ÷ the floor",
        must: Some(AtMost(1.25)),
        aim: AtMost(1.0),
        by: By::Instructions,
        parts: READS_BY_FLOOR,
        controls: &[],
    },
    Spec {
        what: "the same ÷ a read of the script's own table",
        must: None,
        aim: AtMost(3.0),
        by: By::Instructions,
        parts: &[
            ("integer", Ratio("get.integer", "own.get")),
            ("boolean", Ratio("get.boolean", "own.get")),
            ("miss", Ratio("get.miss", "own.get.miss")),
            ("100 keys", Ratio("get.keys", "own.get.keys")),
        ],
        controls: &[],
    },
    Spec {
        what: "read, string of ≤ 40 bytes ÷ the floor",
        must: Some(AtMost(1.6)),
        aim: AtMost(1.2),
        by: By::Instructions,
        parts: &[
            ("8 bytes", Ratio("get.string8", "floor.get")),
            ("40 bytes", Ratio("get.string40", "floor.get")),
        ],
        controls: &[],
    },
    Spec {
        what: "read, string of 4 KiB ÷ read of a 64-byte one",
        must: Some(AtMost(1.2)),
        aim: AtMost(1.0),
        by: By::Instructions,
        parts: &[("", Ratio("get.string4096", "get.string64"))],
        controls: &[],
    },
    Spec {
        what: "replace an integer by an integer ÷ the floor of `__newindex`",
        must: Some(AtMost(1.6)),
        aim: AtMost(1.25),
        by: By::Instructions,
        parts: &[("", Ratio("set.integer", "floor.set"))],
        controls: &[],
    },
    Spec {
        what: "replace a string; add + delete ÷ `kmalloc` + `kfree_rcu` of the same size",
        must: Some(AtMost(2.0)),
        aim: AtMost(1.4),
        by: By::Instructions,
        parts: &[
            ("string", Ratio("set.string", "kfree_rcu.string")),
            ("pair", Ratio("add-delete", "kfree_rcu.pair")),
        ],
        controls: &[],
    },
    Spec {
        what: "the same by the table's own functions, without Lua",
        must: Some(AtMost(2.0)),
        aim: AtMost(1.4),
        by: By::Instructions,
        parts: &[
            ("string", Half("write.string", "kfree_rcu.string")),
            ("pair", Ratio("write.pair", "kfree_rcu.pair")),
        ],
        controls: &[],
    },
    Spec {
        what: "lookup alone ÷ the kernel's `rhashtable_lookup_fast`, same string keys",
        must: Some(AtMost(0.8)),
        aim: AtMost(0.5),
        by: By::Instructions,
        parts: &[
            ("hit", Ratio("search.hit", "rhashtable.hit")),
            ("miss", Ratio("search.miss", "rhashtable.miss")),
        ],
        controls: &[],
    },
    Spec {
        what: "2 CPUs reading ÷ 1 CPU",
        must: Some(AtLeast(1.9)),
        aim: AtLeast(2.0),
        by: By::TwoCpus,
        parts: &[
            ("one key", Ratio("hot.2.both", "hot.1.cpu0")),
            ("10⁴ keys", Ratio("wide.2.both", "wide.1.cpu0")),
        ],
        controls: &[("own tables", Ratio("own.2.both", "own.1.cpu0"))],
    },
    Spec {
        what: "readers' p50, a writer replacing at full speed ÷ without",
        must: Some(AtMost(1.1)),
        aim: AtMost(1.0),
        by: By::TwoCpus,
        parts: &[
            (
                "integers",
                Latency("latency.integer.p50", "latency.integer.alone.p50"),
            ),
            (
                "strings",
                Latency("latency.string.p50", "latency.string.alone.p50"),
            ),
        ],
        controls: &[
            (
                "strings of other keys",
                Latency("latency.string.others.p50", "latency.string.alone.p50"),
            ),
            (
                "writing an own table",
                Latency("latency.integer.own.p50", "latency.integer.alone.p50"),
            ),
        ],
    },
    Spec {
        what: "readers' p99, a writer replacing at full speed ÷ without",
        must: Some(AtMost(1.5)),
        aim: AtMost(1.1),
        by: By::TwoCpus,
        parts: &[
            (
                "integers",
                Latency("latency.integer.p99", "latency.integer.alone.p99"),
            ),
            (
                "strings",
                Latency("latency.string.p99", "latency.string.alone.p99"),
            ),
        ],
        controls: &[
            (
                "strings of other keys",
                Latency("latency.string.others.p99", "latency.string.alone.p99"),
            ),
            (
                "writing an own table",
                Latency("latency.integer.own.p99", "latency.integer.alone.p99"),
            ),
        ],
    },
    Spec {
        what: "10⁶ elements ÷ 10² elements, per read",
        must: Some(AtMost(1.1)),
        aim: AtMost(1.0),
        by: By::Instructions,
        parts: &[("", Ratio("size.1000000", "size.100"))],
        controls: &[],
    },
    Spec {
        what: "a tight loop of a script with limits ÷ by a Lua that has none",
        must: Some(AtMost(1.03)),
        aim: AtMost(1.01),
        by: By::Instructions,
        parts: &[
            ("sum", Ratio("loop.sum.on", "loop.sum.off")),
            ("empty", Ratio("loop.empty.on", "loop.empty.off")),
            ("while", Ratio("loop.while.on", "loop.while.off")),
            ("call", Ratio("loop.call.on", "loop.call.off")),
            (
                "call of a C function",
                Ratio("loop.c-call.on", "loop.c-call.off"),
            ),
            ("field", Ratio("loop.field.on", "loop.field.off")),
            ("garbage", Ratio("loop.garbage.on", "loop.garbage.off")),
        ],
        controls: &[],
    },
    Spec {
        what: "dispatch: from the `write` of `return 1` to its result, in instructions",
        must: Some(AtMost(60_000.0)),
        aim: AtMost(30_000.0),
        by: By::Instructions,
        parts: &[("", Figure("dispatch"))],
        controls: &[],
    },
    Spec {
        what: "bytes of an element beyond its key and its value",
        must: Some(AtMost(48.0)),
        aim: AtMost(32.0),
        by: By::Bytes,
        parts: &[
            ("integer", Figure("bytes.beyond.integer")),
            ("boolean", Figure("bytes.beyond.boolean")),
            ("string of 8", Figure("bytes.beyond.string8")),
            ("string of 4096", Figure("bytes.beyond.string4096")),
        ],
        controls: &[],
    },
];

const READS_BY_FLOOR: &[(&str, Value)] = &[
    ("integer", Ratio("get.integer", "floor.get")),
    ("boolean", Ratio("get.boolean", "floor.get")),
    ("miss", Ratio("get.miss", "floor.get")),
    ("100 keys", Ratio("get.keys", "floor.get.keys")),
];

/// The name of what a read of the clock takes, which [`Value::Latency`] takes off.
const CLOCK: &str = "latency.clock.p50";

impl Value {
    fn of(&self, figures: &Figures) -> Option<f64> {
        let get = |name: &str| figures.get(name).copied();
        let value = match *self {
            Ratio(a, b) => get(a)? / get(b)?,
            Latency(a, b) => (get(a)? - get(CLOCK)?) / (get(b)? - get(CLOCK)?),
            Half(a, b) => get(a)? / 2.0 / get(b)?,
            Figure(name) => get(name)?,
        };
        value.is_finite().then_some(value)
    }
}

impl Spec {
    fn measured(&self, by: By, figures: &Figures) -> Option<Measured> {
        let part = |(what, value): &(&'static str, Value)| {
            let value = value.of(figures)?;
            Some(Part { what, value })
        };
        let parts: Vec<Part> = self.parts.iter().map(part).collect::<Option<_>>()?;
        let controls = self.controls.iter().filter_map(part).collect();
        let values = parts.iter().map(|part| part.value);
        let worst = values.reduce(|a, b| self.aim.worse(a, b))?;
        Some(Measured {
            by,
            worst,
            parts,
            controls,
        })
    }

    fn row(&self, all: &All) -> Row {
        let figures = match self.by {
            By::Instructions | By::Bytes => &all.instructions,
            By::TwoCpus => &all.two_cpus,
            By::Native => &all.native,
        };
        let measured = self.measured(self.by, figures);
        let native = match self.by {
            By::Instructions => self.measured(By::Native, &all.native),
            _ => None,
        };
        let verdict = match &measured {
            None => Verdict::Unknown,
            Some(measured) if self.aim.met(measured.worst) => Verdict::Aim,
            // Where nothing must be, an aim that is missed is all there is to say.
            Some(measured) if self.must.is_some_and(|must| must.met(measured.worst)) => {
                Verdict::Must
            }
            Some(_) => Verdict::Missed,
        };
        Row {
            what: self.what,
            must: self.must,
            aim: self.aim,
            verdict,
            measured,
            native,
        }
    }
}

/// The rows, in the order of the report.
pub fn rows(all: &All) -> Vec<Row> {
    SPECS.iter().map(|spec| spec.row(all)).collect()
}

/// A step of a read of an integer, by a constant key: what it takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub what: &'static str,
    /// The difference of reference points that it is.
    pub from: &'static str,
    pub cost: f64,
}

/// Where the cost of a read goes.
pub fn steps(figures: &Figures) -> Option<Vec<Step>> {
    let get = |name: &str| figures.get(name).copied();
    let (rcu, found) = (get("rcu")?, get("search.hit")?);
    let around = get("get.miss")? - get("search.miss")?;
    let steps = vec![
        Step {
            what: "the interpreter: its instruction, which table it is, the key, the result",
            from: "a read of what is not there, less the same search in a loop in Rust",
            cost: around,
        },
        Step {
            what: "`rcu_read_lock` and unlock",
            from: "a loop in C",
            cost: rcu,
        },
        Step {
            what: "lookup: the bucket, the list, the key compared",
            from: "the table's `search` in a loop in Rust, less the above",
            cost: found - rcu,
        },
        Step {
            what: "the value: its type, its word",
            from: "a read, less all of the above",
            cost: get("get.integer")? - found - around,
        },
    ];
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(figures: &[(&str, f64)]) -> Figures {
        figures
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect()
    }

    fn row<'a>(rows: &'a [Row], what: &str) -> &'a Row {
        rows.iter().find(|row| row.what.starts_with(what)).unwrap()
    }

    #[test]
    fn the_worst_part_decides() {
        let all = All {
            instructions: figures(&[
                ("floor.get", 100.0),
                ("get.string8", 110.0),
                ("get.string40", 150.0),
            ]),
            two_cpus: figures(&[
                ("hot.1.cpu0", 100.0),
                ("hot.2.both", 210.0),
                ("wide.1.cpu0", 100.0),
                ("wide.2.both", 180.0),
            ]),
            ..All::default()
        };
        let rows = rows(&all);
        let strings = row(&rows, "read, string of ≤ 40");
        assert_eq!(strings.measured.as_ref().unwrap().worst, 1.5);
        assert_eq!(strings.verdict, Verdict::Must);
        let scaling = row(&rows, "2 CPUs");
        assert_eq!(scaling.measured.as_ref().unwrap().worst, 1.8);
        assert_eq!(scaling.verdict, Verdict::Missed);
    }

    #[test]
    fn a_row_without_figures_is_unknown() {
        let rows = rows(&All::default());
        assert!(rows.iter().all(|row| row.verdict == Verdict::Unknown));
        assert!(rows.iter().all(|row| row.measured.is_none()));
    }

    #[test]
    fn limits_hold_for_the_digits_that_are_shown() {
        assert!(AtMost(1.25).met(1.2549));
        assert!(!AtMost(1.25).met(1.256));
        assert!(AtLeast(1.9).met(1.8951));
        assert!(!AtLeast(1.9).met(1.89));
    }

    #[test]
    fn the_clock_is_taken_off_latencies() {
        let all = All {
            two_cpus: figures(&[
                ("latency.clock.p50", 50.0),
                ("latency.integer.alone.p50", 150.0),
                ("latency.integer.p50", 155.0),
                ("latency.string.alone.p50", 250.0),
                ("latency.string.others.p50", 250.0),
                ("latency.string.p50", 270.0),
            ]),
            ..All::default()
        };
        let rows = rows(&all);
        let p50 = row(&rows, "readers' p50");
        assert_eq!(p50.measured.as_ref().unwrap().worst, 1.1);
    }

    #[test]
    fn steps_add_up_to_a_read() {
        let figures = figures(&[
            ("rcu", 10.0),
            ("search.miss", 60.0),
            ("search.hit", 100.0),
            ("get.miss", 310.0),
            ("get.integer", 400.0),
        ]);
        let steps = steps(&figures).unwrap();
        let sum: f64 = steps.iter().map(|step| step.cost).sum();
        assert_eq!(sum, 400.0);
        assert_eq!(steps.last().unwrap().cost, 50.0);
    }
}
