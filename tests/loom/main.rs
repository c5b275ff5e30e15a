// SPDX-License-Identifier: GPL-2.0

//! Model checking of `kmod/table`: the same source on loom's atomics, which goes through the executions
//! that two operations at once can have: how they may be interleaved, and which of the numbers stored a
//! load may see.
//!
//! # What is checked
//!
//! Each pair of operations ([`OPERATIONS`]) is done by two threads to one key, and to two keys: neighbours
//! in a list, and two of which a split separates. A table grows or shrinks meanwhile: whoever adds or
//! deletes makes it. For each there are two ways to have grace periods (see `sys.rs`). Then:
//!
//! - What both returned and what is in the table after is what doing one after the other gives, in one
//!   of the two orders; which is found out by doing that. Only a walk, and a step of it through a table
//!   that is being cleared, is no such single thing.
//! - A key that is there all the time is found by each search and met exactly once by each walk.
//! - An element is read by none to whom it was not published, or after it was freed; values are whole.
//! - Memory is given up once and not left behind.
//!
//! The last tests plant bugs, to see that they are found.
//!
//! # What is not
//!
//! - Threads are interrupted [`PREEMPTIONS`] times at most in all, not counting where they wait. More:
//!   `LOOM_MAX_PREEMPTIONS=3 cargo test -p lunatik-tests --test loom`.
//! - loom models C11, not the kernel's memory model, and not all of it: a load does not see what is
//!   stored later in the execution ("load buffering"), of old numbers only the last seven that were
//!   stored are seen, and `SeqCst` counts as `AcqRel`. See "Unsupported features" in
//!   <https://docs.rs/crate/loom/latest>. Dependencies order nothing, which the kernel's model
//!   would have them do: the table asks for acquire where it follows links.
//! - Merging two lists of which neither is empty, under a reader: so few elements make a table this
//!   small shrink that there are no two. `tests/table` has it, at random.
//! - Refused memory, limits, lists that are too long, and more than two threads: `tests/table`.
//!
//! `cargo test -p lunatik-tests --test loom -- --nocapture` tells how many executions there were: 465,000
//! or so, at some 10,000 a second.

#[expect(dead_code, reason = "the other tests of the table use more of it")]
#[path = "../table/kinds.rs"]
mod kinds;
mod operations;
#[path = "../../kmod/table/mod.rs"]
mod table;
#[path = "sys.rs"]
mod table_sys;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use kinds::{Mixed, Value};
use loom::{model::Builder, thread};
use operations::{
    BEYOND, Content, FIRST, HIGH, LAST, LOW, NEXT, Name, OPERATIONS, Operation, Outcome, contents,
    fill,
};
use table::{Buckets, Fixed, Growing, Limits, Table};
use table_sys::{self as sys, Bug, Grace};

const PLENTY: Limits = Limits {
    entries: 1 << 40,
    bytes: 1 << 40,
};

/// How often threads are interrupted, at most, where they need not wait.
const PREEMPTIONS: usize = 2;

/// An operation and the name that it is done to.
type Done = (Operation, usize);

/// How a table is made ready for two operations.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Start {
    /// As it comes.
    Plain,
    /// It has too few buckets, which the next write that adds or deletes finds out.
    TooFew,
    /// It has 16 buckets, too many once another element is deleted.
    Many,
}

/// Two operations at once, and what there is before.
#[derive(Clone, Debug)]
struct Scenario {
    start: Start,
    before: Vec<(usize, Content)>,
    pair: [Done; 2],
}

/// What can be told of two operations in the end.
#[derive(Clone, Debug, PartialEq)]
struct Ending {
    outcomes: [Outcome; 2],
    contents: Vec<(usize, i64)>,
}

impl Scenario {
    /// The names that are there all the time.
    fn staying(&self) -> Vec<usize> {
        let writes = |(operation, used): &Done, name| {
            *operation == Operation::Clear || *used == name && !operation.reads()
        };
        let stays = |(name, content): &(usize, Content)| {
            let written = self.pair.iter().any(|done| writes(done, *name));
            (!written && *content != Content::Absent).then_some(*name)
        };
        let mut names: Vec<_> = self.before.iter().filter_map(stays).collect();
        names.sort_unstable();
        names
    }

    fn table<B: Buckets>(&self) -> Arc<Table<Mixed, B>> {
        let table = Arc::new(Table::new(PLENTY));
        sys::adopt(&*table);
        match self.start {
            Start::Plain => {}
            Start::TooFew => sys::refuse_arrays(true),
            Start::Many => {
                for n in 0..9 {
                    let name = many(n).key();
                    table.add(name, Value::Integer(0)).expect("memory");
                }
            }
        }
        for (name, content) in &self.before {
            fill(&table, *name, *content);
        }
        sys::refuse_arrays(false);
        if self.start == Start::Many {
            for n in 0..9 {
                assert!(table.delete(many(n).key()));
            }
        }
        table
    }

    /// What comes of doing one after the other, the second first for `turned`.
    fn in_turn<B: Buckets>(&self, turned: bool) -> Ending {
        let ending = Arc::new(Mutex::new(None));
        let (scenario, to) = (self.clone(), ending.clone());
        bounded().check(move || {
            sys::begin(Grace::Late);
            let table = scenario.table::<B>();
            let run = |who: usize| {
                let (operation, name) = scenario.pair[who];
                operation.run(&table, name, who as u8 + 2, &scenario.staying())
            };
            let outcomes = if turned {
                let second = run(1);
                [run(0), second]
            } else {
                [run(0), run(1)]
            };
            let contents = contents(&table);
            *to.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Ending { outcomes, contents });
            finish(&table);
        });
        let mut ending = ending.lock().unwrap_or_else(PoisonError::into_inner);
        ending.take().expect("it was run")
    }

    /// Explores doing both at once. Returns how many executions that took.
    fn explore<B: Buckets>(&self, grace: Grace) -> usize {
        let allowed = [self.in_turn::<B>(false), self.in_turn::<B>(true)];
        let executions = Arc::new(AtomicUsize::new(0));
        let (scenario, count) = (self.clone(), executions.clone());
        let check = move || {
            count.fetch_add(1, Ordering::Relaxed);
            sys::begin(grace);
            let table = scenario.table::<B>();
            let staying: Arc<[usize]> = scenario.staying().into();
            sys::run_alone(false);
            let threads = [0, 1].map(|who: usize| {
                let (table, staying) = (table.clone(), staying.clone());
                let (operation, name) = scenario.pair[who];
                thread::spawn(move || operation.run(&table, name, who as u8 + 2, &staying))
            });
            let outcomes = threads.map(|thread| thread.join().expect("a thread"));
            sys::run_alone(true);
            let contents = contents(&table);
            let ending = Ending { outcomes, contents };
            assert!(
                allowed
                    .iter()
                    .any(|allowed| scenario.explains(allowed, &ending)),
                "no order explains {ending:?}, only {allowed:?}"
            );
            finish(&table);
        };
        let explored = catch_unwind(AssertUnwindSafe(|| bounded().check(check)));
        let executions = executions.load(Ordering::Relaxed);
        if let Err(panic) = explored {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or(panic.downcast_ref::<&str>().copied());
            panic!(
                "{}, {grace:?}, execution {executions} of {self:?}",
                message.unwrap_or("a panic")
            );
        }
        executions
    }

    fn explains(&self, allowed: &Ending, ending: &Ending) -> bool {
        // Clearing goes bucket by bucket, and so does a step: it may see an end and no beginning.
        let both = |one, two| {
            let [(first, _), (second, _)] = self.pair;
            (first, second) == (one, two) || (first, second) == (two, one)
        };
        if self.start != Start::Plain && both(Operation::Step, Operation::Clear) {
            return allowed.contents == ending.contents;
        }
        allowed == ending
    }
}

/// Names that come and go before the test.
fn many(n: usize) -> Name {
    const BYTES: &[u8] = b"012345678";
    Name::new(&BYTES[n..=n], 0x2000_0000 + (n as u32) * 0x1000_0000)
}

fn finish<B: Buckets>(table: &Table<Mixed, B>) {
    // SAFETY: The threads have ended.
    unsafe { table.reset() };
    sys::end();
}

/// Within which bounds loom explores.
fn bounded() -> Builder {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS));
    builder.max_branches = 20_000;
    builder
}

/// Explores scenarios, and tells how many executions there were.
fn explore_all<B: Buckets>(what: &str, scenarios: impl IntoIterator<Item = Scenario>) {
    let (mut models, mut executions) = (0, 0);
    for scenario in scenarios {
        for grace in [Grace::Late, Grace::Prompt] {
            models += 1;
            executions += scenario.explore::<B>(grace);
        }
    }
    println!("{what}: {models} models, {executions} executions");
}

fn unordered() -> impl Iterator<Item = [Operation; 2]> {
    let all = OPERATIONS.iter().enumerate();
    all.flat_map(|(n, one)| OPERATIONS[n..].iter().map(|two| [*one, *two]))
}

fn ordered() -> impl Iterator<Item = [Operation; 2]> {
    OPERATIONS
        .iter()
        .flat_map(|one| OPERATIONS.iter().map(|two| [*one, *two]))
}

const CONTENTS: [Content; 3] = [Content::Absent, Content::Word, Content::Bytes];

fn same_key(start: Start) -> impl Iterator<Item = Scenario> {
    unordered().flat_map(move |pair| {
        CONTENTS.map(|content| Scenario {
            start,
            before: vec![(LOW, content), (LAST, Content::Word)],
            pair: pair.map(|operation| (operation, LOW)),
        })
    })
}

fn two_keys(start: Start, names: [usize; 2]) -> impl Iterator<Item = Scenario> {
    ordered().map(move |[one, two]| {
        // Walks make many executions, and each key more makes them many times as many.
        let walk = [one, two].contains(&Operation::Walk);
        let last = if walk { Content::Absent } else { Content::Word };
        Scenario {
            start,
            before: vec![
                (names[0], one.natural()),
                (names[1], two.natural()),
                (LAST, last),
            ],
            pair: [(one, names[0]), (two, names[1])],
        }
    })
}

#[test]
fn one_key_of_a_list() {
    explore_all::<Fixed<1>>("one key of a list", same_key(Start::Plain));
}

#[test]
fn neighbours_of_a_list() {
    explore_all::<Fixed<1>>("neighbours of a list", two_keys(Start::Plain, [LOW, NEXT]));
}

#[test]
fn one_key_while_growing() {
    explore_all::<Growing<1, 2>>("one key while growing", same_key(Start::TooFew));
}

#[test]
fn both_sides_of_a_split() {
    explore_all::<Growing<1, 2>>(
        "both sides of a split",
        two_keys(Start::TooFew, [LOW, HIGH]),
    );
}

/// Who deletes makes the table shrink.
#[test]
fn while_shrinking() {
    let scenarios = OPERATIONS.into_iter().flat_map(|operation| {
        [LOW, BEYOND].into_iter().flat_map(move |name| {
            // To clear, neither the name nor its content makes a difference.
            let once = operation == Operation::Clear;
            let contents = if once {
                &CONTENTS[usize::from(name == LOW)..][..1]
            } else {
                &CONTENTS[..]
            };
            contents.iter().map(move |&content| {
                let other = if content == Content::Absent {
                    Content::Word
                } else {
                    Content::Absent
                };
                Scenario {
                    start: Start::Many,
                    before: vec![
                        (FIRST, Content::Word),
                        (name, content),
                        (LOW + BEYOND - name, other),
                    ],
                    pair: [(Operation::Delete, FIRST), (operation, name)],
                }
            })
        })
    });
    explore_all::<Growing<8, 16>>("while shrinking", scenarios);
}

/// Plants a bug, and expects the models of a scenario to find it, with this message.
fn finds<B: Buckets>(bug: Bug, grace: Grace, scenario: &Scenario, expected: &str) {
    sys::plant(Some(bug));
    let explored = catch_unwind(AssertUnwindSafe(|| scenario.explore::<B>(grace)));
    sys::plant(None);
    let panic = explored.expect_err("a bug was planted");
    let message = panic.downcast_ref::<String>().expect("a message");
    assert!(message.contains(expected), "{message}");
    // Without the bug, there is nothing.
    scenario.explore::<B>(grace);
}

fn pair(start: Start, content: Content, pair: [Operation; 2]) -> Scenario {
    Scenario {
        start,
        before: vec![(LOW, content), (LAST, Content::Word)],
        pair: pair.map(|operation| (operation, LOW)),
    }
}

const RACE: &str = "Causality violation: Concurrent read and write accesses";

#[test]
fn an_element_linked_without_release_is_found() {
    let scenario = pair(
        Start::Plain,
        Content::Absent,
        [Operation::Search, Operation::Add],
    );
    for grace in [Grace::Late, Grace::Prompt] {
        finds::<Fixed<1>>(Bug::Unpublished, grace, &scenario, RACE);
    }
}

#[test]
fn an_unlock_without_release_is_found() {
    let scenario = pair(
        Start::Plain,
        Content::Absent,
        [Operation::Add, Operation::Delete],
    );
    finds::<Fixed<1>>(Bug::UnlockedEarly, Grace::Late, &scenario, RACE);
}

#[test]
fn a_free_without_a_grace_period_is_found() {
    let scenario = pair(
        Start::Plain,
        Content::Word,
        [Operation::Search, Operation::Delete],
    );
    finds::<Fixed<1>>(Bug::FreedAtOnce, Grace::Late, &scenario, RACE);
    let scenario = pair(
        Start::TooFew,
        Content::Word,
        [Operation::Search, Operation::Delete],
    );
    finds::<Growing<1, 2>>(Bug::FreedAtOnce, Grace::Prompt, &scenario, RACE);
}

#[test]
fn a_reference_dropped_without_order_is_found() {
    let scenario = pair(
        Start::Plain,
        Content::Bytes,
        [Operation::Hold, Operation::Delete],
    );
    finds::<Fixed<1>>(Bug::DroppedEarly, Grace::Prompt, &scenario, RACE);
}

#[test]
fn a_reader_that_misses_a_move_is_found() {
    let scenario = Scenario {
        start: Start::TooFew,
        before: vec![(LOW, Content::Word), (HIGH, Content::Word)],
        pair: [(Operation::Search, HIGH), (Operation::Add, NEXT)],
    };
    for grace in [Grace::Late, Grace::Prompt] {
        finds::<Growing<1, 2>>(Bug::SecondLook, grace, &scenario, "no order explains");
    }
}
