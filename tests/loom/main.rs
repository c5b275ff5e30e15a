// SPDX-License-Identifier: GPL-2.0

//! Model checking of `kmod/table`: the same source on loom's atomics, which goes through the executions
//! that two or three operations at once can have: how they may be interleaved, and which of the numbers
//! stored a load may see.
//!
//! # What is checked
//!
//! Each pair of operations ([`OPERATIONS`]) is done by two threads to one key, and to two keys: neighbours
//! in a list, and two of which a split separates. A table grows or shrinks meanwhile: whoever adds or
//! deletes makes it. Each operation is done to keys of two lists that are merged meanwhile, and as the
//! third of three while two writers share the moving of buckets. For each there are two ways to have
//! grace periods (see `sys.rs`). Then:
//!
//! - What all returned and what is in the table after is what doing one after the other gives, in one
//!   of the orders; which is found out by doing that. Only a walk, and a step of it through a table
//!   that is being cleared, is no such single thing.
//! - A key that is there all the time is found by each search and met exactly once by each walk.
//! - An element is read by none to whom it was not published, or after it was freed; values are whole.
//! - Memory is given up once and not left behind.
//!
//! The last tests plant bugs, to see that they are found.
//!
//! # What is not
//!
//! - Two threads are interrupted [`PREEMPTIONS`] times at most in all, three, and one that clears many
//!   buckets, [`PREEMPTIONS_OF_MANY`] times, not counting where they wait. More:
//!   `LOOM_MAX_PREEMPTIONS=3 cargo test -p lunatik-tests --test loom`.
//! - loom models C11, not the kernel's memory model, and not all of it: a load does not see what is
//!   stored later in the execution ("load buffering"), of old numbers only the last seven that were
//!   stored are seen, and `SeqCst` counts as `AcqRel`. See "Unsupported features" in
//!   <https://docs.rs/crate/loom/latest>. Dependencies order nothing, which the kernel's model
//!   would have them do: the table asks for acquire where it follows links.
//! - Refused memory, limits, lists that are too long, and more threads: `tests/table`.
//!
//! `cargo test -p lunatik-tests --test loom -- --nocapture` tells how many executions there were: 652,000
//! or so, in about two minutes of one core's time.

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
    BEYOND, Content, FIRST, HIGH, HIGHER, LAST, LATE, LOW, NEXT, OPERATIONS, Operation, Outcome,
    SECOND, contents, crowd, fill,
};
use table::{Buckets, Fixed, Growing, Limits, Table};
use table_sys::{self as sys, Bug, Grace};

const PLENTY: Limits = Limits {
    entries: 1 << 40,
    bytes: 1 << 40,
};

/// How often two threads are interrupted, at most, where they need not wait.
const PREEMPTIONS: usize = 2;

/// The same where there would be too many executions to go through: three threads, or one that clears
/// a table of 32 buckets.
const PREEMPTIONS_OF_MANY: usize = 1;

/// An operation and the name that it is done to.
type Done = (Operation, usize);

/// How a table is made ready for two operations.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Start {
    /// As it comes.
    Plain,
    /// It has too few buckets, which the next write that adds or deletes finds out.
    TooFew,
    /// So many others have come and gone, which left it with too many buckets.
    Passed(usize),
    /// So many others came first, and stay.
    Crowd(usize),
}

/// Operations at once, each by a thread of its own, and what there is before.
#[derive(Clone, Debug)]
struct Scenario {
    start: Start,
    before: Vec<(usize, Content)>,
    at_once: Vec<Done>,
}

/// What can be told of some operations in the end.
#[derive(Clone, Debug, PartialEq)]
struct Ending {
    outcomes: Vec<Outcome>,
    contents: Vec<(usize, i64)>,
}

impl Scenario {
    /// The names that are there all the time.
    fn staying(&self) -> Vec<usize> {
        let writes = |(operation, used): &Done, name| {
            *operation == Operation::Clear || *used == name && !operation.reads()
        };
        let stays = |(name, content): &(usize, Content)| {
            let written = self.at_once.iter().any(|done| writes(done, *name));
            (!written && *content != Content::Absent).then_some(*name)
        };
        let mut names: Vec<_> = self.before.iter().filter_map(stays).collect();
        names.sort_unstable();
        names
    }

    fn table<B: Buckets>(&self) -> Arc<Table<Mixed, B>> {
        let table = Arc::new(Table::new(PLENTY));
        sys::adopt(&*table);
        let others = match self.start {
            Start::Plain => 0,
            Start::TooFew => {
                sys::refuse_arrays(true);
                0
            }
            Start::Passed(others) | Start::Crowd(others) => others,
        };
        for n in 0..others {
            let added = table.add(crowd(n).key(), Value::Integer(0));
            added.expect("memory");
        }
        for (name, content) in &self.before {
            fill(&table, *name, *content);
        }
        sys::refuse_arrays(false);
        if let Start::Passed(others) = self.start {
            for n in 0..others {
                assert!(table.delete(crowd(n).key()));
            }
        }
        table
    }

    fn contents<B: Buckets>(&self, table: &Table<Mixed, B>) -> Vec<(usize, i64)> {
        match self.start {
            Start::Crowd(others) => contents(table, others),
            _ => contents(table, 0),
        }
    }

    fn run<B: Buckets>(&self, table: &Table<Mixed, B>, who: usize, staying: &[usize]) -> Outcome {
        let (operation, name) = self.at_once[who];
        operation.run(table, name, who as u8 + 2, staying)
    }

    /// What comes of doing one after the other, in this order.
    fn in_turn<B: Buckets>(&self, order: Vec<usize>) -> Ending {
        let ending = Arc::new(Mutex::new(None));
        let (scenario, to) = (self.clone(), ending.clone());
        self.bounded().check(move || {
            sys::begin(Grace::Late, 0);
            let table = scenario.table::<B>();
            let mut outcomes = vec![Ok(None); order.len()];
            for who in &order {
                outcomes[*who] = scenario.run(&table, *who, &scenario.staying());
            }
            let contents = scenario.contents(&table);
            *to.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Ending { outcomes, contents });
            finish(&table);
        });
        let mut ending = ending.lock().unwrap_or_else(PoisonError::into_inner);
        ending.take().expect("it was run")
    }

    /// Explores doing all at once. Returns how many executions that took.
    fn explore<B: Buckets>(&self, grace: Grace) -> usize {
        let orders = orders(self.at_once.len());
        let allowed: Vec<_> = orders
            .into_iter()
            .map(|order| self.in_turn::<B>(order))
            .collect();
        let executions = Arc::new(AtomicUsize::new(0));
        let (scenario, count) = (self.clone(), executions.clone());
        let check = move || {
            count.fetch_add(1, Ordering::Relaxed);
            sys::begin(grace, scenario.at_once.len());
            let table = scenario.table::<B>();
            let staying: Arc<[usize]> = scenario.staying().into();
            sys::run_alone(false);
            let start = |who: usize| {
                let (scenario, table, staying) = (scenario.clone(), table.clone(), staying.clone());
                thread::spawn(move || scenario.run(&table, who, &staying))
            };
            let threads: Vec<_> = (0..scenario.at_once.len()).map(start).collect();
            let ends = threads.into_iter().map(|thread| thread.join());
            let outcomes = ends.map(|outcome| outcome.expect("a thread")).collect();
            sys::run_alone(true);
            let contents = scenario.contents(&table);
            let ending = Ending { outcomes, contents };
            assert!(
                allowed
                    .iter()
                    .any(|allowed| scenario.explains(allowed, &ending)),
                "no order explains {ending:?}, only {allowed:?}"
            );
            finish(&table);
        };
        let explored = catch_unwind(AssertUnwindSafe(|| {
            self.bounded().check(check);
        }));
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

    fn has(&self, operation: Operation) -> bool {
        self.at_once.iter().any(|(done, _)| *done == operation)
    }

    /// Within which bounds loom explores.
    fn bounded(&self) -> Builder {
        let clears = self.has(Operation::Clear) && self.start == Start::Passed(MERGED);
        let preemptions = if self.at_once.len() > 2 || clears {
            PREEMPTIONS_OF_MANY
        } else {
            PREEMPTIONS
        };
        let mut builder = Builder::new();
        builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
        builder.max_branches = 20_000;
        builder
    }

    fn explains(&self, allowed: &Ending, ending: &Ending) -> bool {
        // Clearing goes bucket by bucket, and so does a step: it may see an end and no beginning.
        let steps = self.has(Operation::Step) || self.has(Operation::StepOn);
        if self.start != Start::Plain && steps && self.has(Operation::Clear) {
            return allowed.contents == ending.contents;
        }
        allowed == ending
    }
}

/// All orders of so many operations.
fn orders(operations: usize) -> Vec<Vec<usize>> {
    let Some(last) = operations.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let with_last = |order: Vec<usize>| {
        (0..=order.len()).map(move |place| {
            let mut order = order.clone();
            order.insert(place, last);
            order
        })
    };
    orders(last).into_iter().flat_map(with_last).collect()
}

fn finish<B: Buckets>(table: &Table<Mixed, B>) {
    // SAFETY: The threads have ended.
    unsafe { table.reset() };
    sys::end();
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
            at_once: pair.map(|operation| (operation, LOW)).into(),
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
            at_once: vec![(one, names[0]), (two, names[1])],
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

/// In a list without elements, nothing is looked for.
#[test]
fn a_list_without_elements() {
    let scenario = |[one, two]: [Operation; 2], other| Scenario {
        start: Start::Plain,
        before: vec![(LOW, Content::Absent), (NEXT, Content::Absent)],
        at_once: vec![(one, LOW), (two, other)],
    };
    let same = unordered().map(|pair| scenario(pair, LOW));
    let two = ordered().map(|pair| scenario(pair, NEXT));
    explore_all::<Fixed<1>>("a list without elements", same.chain(two));
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
                    start: Start::Passed(9),
                    before: vec![
                        (FIRST, Content::Word),
                        (name, content),
                        (LOW + BEYOND - name, other),
                    ],
                    at_once: vec![(Operation::Delete, FIRST), (operation, name)],
                }
            })
        })
    });
    explore_all::<Growing<8, 16>>("while shrinking", scenarios);
}

/// How many must have come and gone for 32 buckets of a table of 16. It shrinks at less than four.
const MERGED: usize = 17;

/// The names of two buckets of 32 that are merged.
const MERGING: [usize; 4] = [FIRST, SECOND, LOW, NEXT];

/// Two lists that are merged by who deletes `deleted`: it was the fourth element.
fn merging(deleted: usize, operation: Operation, name: usize, content: Content) -> Scenario {
    let mut before = vec![(deleted, Content::Word), (name, content)];
    let mut left = 4 - before.iter().filter(|(_, c)| *c != Content::Absent).count();
    // In this order, both lists have some, whichever name it is.
    for other in [LOW, SECOND, NEXT, FIRST] {
        if left > 0 && other != name && other != deleted {
            before.push((other, Content::Word));
            left -= 1;
        }
    }
    Scenario {
        start: Start::Passed(MERGED),
        before,
        at_once: vec![(Operation::Delete, deleted), (operation, name)],
    }
}

/// Lists of which neither is empty, merged by a writer with other business ...
#[test]
fn keys_of_lists_that_are_merged() {
    let scenarios = OPERATIONS.into_iter().flat_map(|operation| {
        MERGING.into_iter().flat_map(move |name| {
            // To who walks or clears, a name makes no difference, but for what there is.
            let contents = match operation {
                Operation::Walk if name != LOW => &CONTENTS[..1],
                Operation::Clear if name != LOW => &[],
                Operation::Clear => &CONTENTS[1..2],
                _ => &CONTENTS[..],
            };
            let scenario = move |content: &Content| merging(HIGH, operation, name, *content);
            contents.iter().map(scenario)
        })
    });
    explore_all::<Growing<16, 32>>("keys of lists that are merged", scenarios);
}

/// ... and by one that deletes at the joint: the last of the first list, or the first of the second.
#[test]
fn both_sides_of_a_joint() {
    let scenarios = OPERATIONS.into_iter().flat_map(|operation| {
        let sides = [(SECOND, LOW), (LOW, SECOND)];
        // To walk past one more takes ten times as many executions.
        let few = [Operation::Walk, Operation::Clear].contains(&operation);
        let contents = &[Content::Absent, operation.natural()][..if few { 1 } else { 2 }];
        let all: Vec<_> = sides
            .into_iter()
            .flat_map(|(deleted, name)| {
                let scenario = move |content: &Content| merging(deleted, operation, name, *content);
                contents.iter().map(scenario)
            })
            .collect();
        all
    });
    explore_all::<Growing<16, 32>>("both sides of a joint", scenarios);
}

/// A resize that has come half of its way, 16 of 32 moves of buckets, and two writers each of whom makes 8
/// of the others, the last one ending it. [`HIGH`] and [`HIGHER`] are in the last that the first of them
/// moves, [`LATE`] and [`LAST`] in the first that the second one moves.
#[derive(Clone, Copy)]
enum Half {
    /// From 32 buckets to 64: it began with the 33rd element, and there was one more write.
    Grown,
    /// From 64 buckets to 32: it began when there were less than eight elements, and so on.
    Shrunk,
}

impl Half {
    fn shared(self, writers: [Done; 2], third: Done) -> Scenario {
        let (start, present) = match self {
            Self::Grown => (Start::Crowd(29), &[FIRST, LOW, HIGH, HIGHER, LATE][..]),
            Self::Shrunk => (
                Start::Passed(33),
                &[FIRST, LOW, BEYOND, HIGH, HIGHER, LATE][..],
            ),
        };
        let content_of = |name: &usize| {
            let content = if third == (Operation::Hold, *name) {
                Content::Bytes
            } else {
                Content::Word
            };
            (*name, content)
        };
        Scenario {
            start,
            before: present.iter().map(content_of).collect(),
            at_once: vec![writers[0], writers[1], third],
        }
    }
}

/// Writers that have to do with what is in buckets that have been moved, or else in those that they move.
const ELSEWHERE: [Done; 2] = [(Operation::Delete, FIRST), (Operation::Delete, LOW)];
const AMONG: [Done; 2] = [(Operation::Delete, HIGH), (Operation::Add, LAST)];

#[test]
fn two_writers_share_a_resize() {
    let scenarios = [Half::Grown, Half::Shrunk].into_iter().flat_map(|half| {
        let of_one_key = |operation: &Operation| {
            // The others go through all buckets.
            !matches!(
                operation,
                Operation::Step | Operation::Walk | Operation::Clear
            )
        };
        let elsewhere = OPERATIONS.into_iter().filter(of_one_key);
        let elsewhere = elsewhere.flat_map(|operation| [(operation, HIGHER), (operation, LATE)]);
        let elsewhere = elsewhere.chain([(Operation::StepOn, HIGHER), (Operation::WalkOn, HIGHER)]);
        let among = [
            (Operation::Search, HIGHER),
            (Operation::Search, LATE),
            (Operation::Search, LAST),
            (Operation::StepOn, HIGHER),
        ];
        let elsewhere = elsewhere.map(move |third| half.shared(ELSEWHERE, third));
        let among = among.map(move |third| half.shared(AMONG, third));
        elsewhere.chain(among)
    });
    explore_all::<Growing<32, 64>>("two writers share a resize", scenarios);
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
        at_once: pair.map(|operation| (operation, LOW)).into(),
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
        at_once: vec![(Operation::Search, HIGH), (Operation::Add, NEXT)],
    };
    for grace in [Grace::Late, Grace::Prompt] {
        finds::<Growing<1, 2>>(Bug::SecondLook, grace, &scenario, "no order explains");
    }
}

#[test]
fn lists_joined_after_they_count_as_moved_are_found() {
    for (third, expected) in [
        (Operation::Search, "no order explains"),
        (Operation::Walk, "is there all the time"),
    ] {
        let scenario = merging(HIGH, third, LOW, Content::Word);
        for grace in [Grace::Late, Grace::Prompt] {
            finds::<Growing<16, 32>>(Bug::JoinedLate, grace, &scenario, expected);
        }
    }
}

#[test]
fn a_move_not_seen_by_who_ends_the_resize_is_found() {
    for half in [Half::Grown, Half::Shrunk] {
        let scenario = half.shared(ELSEWHERE, (Operation::Search, LATE));
        for grace in [Grace::Late, Grace::Prompt] {
            finds::<Growing<32, 64>>(Bug::Uncounted, grace, &scenario, "no order explains");
        }
    }
}
