//! Tests of `kmod/table` on the host: the same source, with threads of the host.

mod case;
mod kinds;
mod model;
#[path = "../../kmod/table/mod.rs"]
mod table;
#[path = "sys.rs"]
mod table_sys;

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use arbitrary::{Arbitrary, Unstructured};
use case::Case;
use kinds::{Mixed, Texts, Value, Words, key, walk};
use model::{Operation, Owned, agree};
use proptest::{collection::vec, prelude::*};
use table::{Buckets, Element, Error, Fixed, Growing, Held, Key, Kind, LONGEST, Limits, Table};

/// So much that no test comes to it.
const PLENTY: Limits = Limits {
    entries: 1 << 40,
    bytes: 1 << 40,
};

/// The count of allocations is of the whole process, so tests that look at it take turns.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Empties a table, and checks that no memory is left behind.
fn end<K: Kind, B: Buckets>(table: &Table<K, B>, before: isize) {
    // SAFETY: The threads of the test have ended.
    unsafe { table.reset() };
    assert_eq!(table.len(), 0);
    table_sys::settle(before);
}

fn read<B: Buckets>(table: &Table<Mixed, B>, key: Key<'_>) -> Option<Vec<u8>> {
    table.search(key, |element| format!("{:?}", element.value()).into_bytes())
}

/// Keys of a small set, so that operations meet, of all lengths that `same` in `element.rs` knows.
fn names() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (0..20_usize).prop_map(|n| vec![b'k'; n]),
        (0..4_usize).prop_map(|n| vec![0; n]),
        (0..60_u32).prop_map(|n| n.to_string().into_bytes()),
        (0..400_u32).prop_map(|n| format!("{n:07}").into_bytes()),
    ]
}

fn values() -> impl Strategy<Value = Owned> {
    prop_oneof![
        any::<i64>().prop_map(Owned::Integer),
        (0..3_i64).prop_map(Owned::Integer),
        any::<bool>().prop_map(Owned::Boolean),
        (0..100_usize).prop_map(|n| Owned::Bytes(vec![b'v'; n])),
        vec(any::<u8>(), 38..43).prop_map(Owned::Bytes),
    ]
}

fn operations() -> impl Strategy<Value = Operation> {
    use proptest::option::of;
    prop_oneof![
        10 => Just(Operation::Search),
        36 => values().prop_map(Operation::Add),
        18 => values().prop_map(Operation::Replace),
        54 => values().prop_map(Operation::Set),
        36 => Just(Operation::Delete),
        18 => of(values()).prop_map(Operation::Swap),
        12 => (of(values()), of(values())).prop_map(|(old, new)| Operation::CompareExchange(old, new)),
        12 => of(values()).prop_map(Operation::Exchange),
        12 => values().prop_map(Operation::GetOrAdd),
        18 => any::<i64>().prop_map(Operation::FetchAdd),
        6 => Just(Operation::Walk),
        1 => Just(Operation::Clear),
        9 => Just(Operation::Hold),
        6 => Just(Operation::Release),
        6 => (0..4_u8).prop_map(Operation::Starve),
    ]
}

fn sequences() -> impl Strategy<Value = Vec<(Vec<u8>, Operation)>> {
    vec((names(), operations()), 0..800)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_a_model(sequence in sequences()) {
        let _turn = turn();
        agree::<Mixed, Fixed<256>>(PLENTY, 32, sequence.clone());
        agree::<Mixed, Fixed<1>>(PLENTY, 32, sequence.clone());
        agree::<Mixed, Growing<1, 64>>(PLENTY, 32, sequence.clone());
        agree::<Words, Growing<8, 4096>>(PLENTY, 32, sequence.clone());
        agree::<Texts, Growing<8, 4096>>(PLENTY, 32, sequence);
    }

    #[test]
    fn agrees_with_a_model_where_hashes_collide(bits in 0..4_u32, sequence in sequences()) {
        let _turn = turn();
        agree::<Mixed, Fixed<16>>(PLENTY, bits, sequence.clone());
        agree::<Mixed, Growing<2, 32>>(PLENTY, bits, sequence);
    }

    #[test]
    fn agrees_with_a_model_within_limits(
        entries in 0..40_usize,
        bytes in 0..4000_usize,
        sequence in sequences(),
    ) {
        let _turn = turn();
        let limits = Limits { entries, bytes };
        agree::<Mixed, Fixed<16>>(limits, 32, sequence.clone());
        agree::<Mixed, Growing<1, 16>>(limits, 32, sequence);
    }
}

/// Inputs of `make fuzz-table` that failed once, and some that go everywhere in the table.
#[test]
fn agrees_with_a_model_on_inputs_of_the_fuzzer() {
    let _turn = turn();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/inputs");
    let mut inputs = 0;
    for entry in std::fs::read_dir(directory).expect("the inputs") {
        let path = entry.expect("an input").path();
        println!("{}", path.display());
        let bytes = std::fs::read(&path).expect("an input");
        if let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(&bytes)) {
            case.run();
            inputs += 1;
        }
    }
    assert!(inputs > 0);
}

#[test]
fn a_refused_allocation_changes_nothing() {
    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Mixed, Fixed<4>>::new(PLENTY);
    table.set(key(b"a", 32), Value::Integer(1)).expect("memory");
    table_sys::fail_after(Some(0));
    assert_eq!(
        table.set(key(b"b", 32), Value::Integer(2)),
        Err(Error::NoMemory)
    );
    assert_eq!(
        table.set(key(b"a", 32), Value::Bytes(b"x")),
        Err(Error::NoMemory)
    );
    assert_eq!(
        table.add(key(b"b", 32), Value::Bytes(b"x")),
        Err(Error::NoMemory)
    );
    // A word in the place of a word needs none.
    assert_eq!(table.set(key(b"a", 32), Value::Integer(3)), Ok(()));
    table_sys::fail_after(None);
    assert_eq!(read(&table, key(b"a", 32)), Some(b"Integer(3)".to_vec()));
    assert_eq!(read(&table, key(b"b", 32)), None);
    assert_eq!(table.len(), 1);
    end(&table, before);
}

#[test]
fn held_bytes_outlive_their_element() {
    const FIRST: [u8; 41] = *b"more bytes than a reader copies, one more";

    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Mixed, Fixed<4>>::new(PLENTY);
    let name = key(b"name", 32);
    table.set(name, Value::Bytes(&FIRST)).expect("memory");
    let held: Held<Mixed> = table
        .search(name, |element| element.hold())
        .flatten()
        .expect("the element is there");
    table.set(name, Value::Bytes(b"second")).expect("memory");
    table.clear(|| true);
    let bytes = held.into_bytes();
    // SAFETY: The reference was given up just above, and is taken up once.
    let held = unsafe { Held::<Mixed>::from_bytes(bytes) };
    assert_eq!(held.bytes(), &FIRST);
    // Header, key, its length, value, its zero.
    let tail = b"name".len() + 2 + FIRST.len() + 1;
    assert_eq!(held.size(), size_of::<Element<Mixed>>() + tail);
    // SAFETY: A zero byte follows, for users who want one.
    assert_eq!(unsafe { held.bytes().as_ptr().add(FIRST.len()).read() }, 0);
    drop(held);
    end(&table, before);
}

/// Readers, writers and a walker at once, on few buckets: values are whole and go forward.
#[test]
fn readers_see_whole_values_that_go_forward() {
    const KEYS: usize = 8;
    const ROUNDS: i64 = 30_000;

    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Mixed, Fixed<2>>::new(PLENTY);
    let names: Vec<String> = (0..KEYS).map(|n| format!("key{n}")).collect();
    for name in &names {
        table
            .set(key(name.as_bytes(), 32), Value::Integer(0))
            .expect("memory");
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = [0; KEYS];
                while !done.load(Ordering::Relaxed) {
                    for (name, last) in names.iter().zip(&mut last) {
                        let now = table
                            .search(key(name.as_bytes(), 32), |element| match element.value() {
                                Value::Integer(n) => n,
                                Value::Boolean(_) => panic!("nobody wrote this"),
                                Value::Bytes(bytes) => {
                                    let text = std::str::from_utf8(bytes).expect("text");
                                    assert_eq!(text.len(), 40, "torn");
                                    text.trim_start().parse().expect("a number")
                                }
                            })
                            .expect("a key that stays");
                        assert!(now >= *last, "{name} went back from {last} to {now}");
                        *last = now;
                    }
                }
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let keys = walk(&table, 32);
                for name in &names {
                    let met = keys.iter().filter(|key| *key == name.as_bytes()).count();
                    assert_eq!(met, 1, "{name} is there all the time");
                }
            }
        });
        let writers: Vec<_> = (0..2)
            .map(|half: usize| {
                let (names, table) = (&names, &table);
                scope.spawn(move || {
                    for round in 1..=ROUNDS {
                        for name in &names[half * KEYS / 2..(half + 1) * KEYS / 2] {
                            let text = format!("{round:40}");
                            let value = if round % 3 == 0 {
                                Value::Bytes(text.as_bytes())
                            } else {
                                Value::Integer(round)
                            };
                            table.set(key(name.as_bytes(), 32), value).expect("memory");
                        }
                        let passing = format!("passing{half}{}", round % 5);
                        let passing = key(passing.as_bytes(), 32);
                        table.set(passing, Value::Bytes(&[7; 50])).expect("memory");
                        assert!(table.delete(passing));
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().expect("a writer");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(table.len(), KEYS);
    end(&table, before);
}

/// Threads that add the same keys: one of them wins each, and the count is right.
#[test]
fn one_of_many_adds_wins() {
    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Words, Fixed<4>>::new(PLENTY);
    let won: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..4_i64)
            .map(|thread| {
                let table = &table;
                scope.spawn(move || {
                    (0..2000)
                        .filter(|n| {
                            table
                                .add(key(format!("{n}").as_bytes(), 32), thread)
                                .is_ok()
                        })
                        .count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread"))
            .sum()
    });
    assert_eq!((won, table.len()), (2000, 2000));
    end(&table, before);
}

/// A table that grows and shrinks under readers, walkers and writers: what is there all the time is
/// always found, and met once.
#[test]
fn resizing_hides_nothing() {
    const STAYING: usize = 50;
    const ROUNDS: usize = 60;
    const PASSING: usize = 400;

    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Mixed, Growing<1, 256>>::new(PLENTY);
    let staying: Vec<String> = (0..STAYING).map(|n| format!("staying{n}")).collect();
    for name in &staying {
        let value = Value::Bytes(name.as_bytes());
        table.set(key(name.as_bytes(), 32), value).expect("memory");
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for name in &staying {
                    let found = read(&table, key(name.as_bytes(), 32));
                    let there = format!("{:?}", Value::Bytes(name.as_bytes()));
                    assert_eq!(found, Some(there.into_bytes()));
                }
            }
        });
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let keys = walk(&table, 32);
                for name in &staying {
                    let met = keys.iter().filter(|key| *key == name.as_bytes()).count();
                    assert_eq!(met, 1, "{name} is there all the time");
                }
                let mut once = keys.clone();
                once.sort();
                once.dedup();
                assert_eq!(once.len(), keys.len(), "a key was met twice");
            }
        });
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let table = &table;
                scope.spawn(move || {
                    let name = |n: usize| format!("{writer}.{n}");
                    for round in 0..ROUNDS {
                        for n in 0..PASSING {
                            let name = name(n);
                            let value = Value::Integer((round * PASSING + n) as i64);
                            table.add(key(name.as_bytes(), 32), value).expect("new");
                        }
                        for n in 0..PASSING {
                            let name = name(n);
                            let value = (round * PASSING + n) as i64;
                            let found = read(table, key(name.as_bytes(), 32));
                            let there = format!("{:?}", Value::Integer(value));
                            assert_eq!(found, Some(there.into_bytes()), "{name} is lost");
                            assert!(table.delete(key(name.as_bytes(), 32)));
                            assert_eq!(read(table, key(name.as_bytes(), 32)), None);
                        }
                    }
                })
            })
            .collect();
        let ends: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::Relaxed);
        for end in ends {
            end.expect("a writer");
        }
    });
    assert_eq!(table.len(), STAYING);
    end(&table, before);
}

/// Writers that add to words, exchange and swap lose none of each other's writes while buckets move.
#[test]
fn changes_of_one_key_come_one_after_the_other() {
    const EACH: i64 = 20_000;

    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Mixed, Growing<1, 256>>::new(PLENTY);
    let (sum, tries) = (key(b"sum", 32), key(b"tries", 32));
    table.set(tries, Value::Integer(0)).expect("memory");
    thread::scope(|scope| {
        for thread in 0..3 {
            let table = &table;
            scope.spawn(move || {
                for n in 0..EACH {
                    table.fetch_add(sum, Value::Integer(1)).expect("an integer");
                    loop {
                        let now = table.search(tries, |element| match element.value() {
                            Value::Integer(now) => now,
                            _ => panic!("nobody wrote this"),
                        });
                        let now = now.expect("it stays");
                        let (old, new) = (Value::Integer(now), Value::Integer(now + 1));
                        if table.compare_exchange(tries, Some(old), Some(new)) == Ok(true) {
                            break;
                        }
                    }
                    let name = format!("{thread}.{}", n % 500);
                    let name = key(name.as_bytes(), 32);
                    if !table.delete(name) {
                        table.set(name, Value::Boolean(true)).expect("memory");
                    }
                }
            });
        }
    });
    let total = format!("{:?}", Value::Integer(3 * EACH)).into_bytes();
    assert_eq!(read(&table, sum).as_ref(), Some(&total));
    assert_eq!(read(&table, tries).as_ref(), Some(&total));
    end(&table, before);
}

/// Keys made to collide fill one bucket, and no more: other keys are not refused.
#[test]
fn a_crowded_bucket_refuses_more() {
    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Mixed, Growing<16, 1024>>::new(PLENTY);
    let colliding = |n: usize| n.to_string().into_bytes();
    fn collide(bytes: &[u8]) -> Key<'_> {
        Key { bytes, hash: 1 }
    }
    for n in 0..LONGEST {
        // From both ends of the order.
        let name = colliding(if n % 2 == 0 { n } else { 1_000_000 - n });
        let added = table.set(collide(&name), Value::Integer(n as i64));
        assert_eq!(added, Ok(()), "{n}");
    }
    for name in [&b"0000"[..], b"9999999", b"500000", b"x"] {
        let refused = table.set(collide(name), Value::Integer(0));
        assert_eq!(refused, Err(Error::Crowded));
        let refused = table.set(collide(name), Value::Bytes(&[1; 100]));
        assert_eq!(refused, Err(Error::Crowded));
    }
    // What is there can be read, replaced and deleted.
    assert_eq!(table.set(collide(b"0"), Value::Bytes(b"new")), Ok(()));
    assert!(table.delete(collide(b"2")));
    assert_eq!(table.set(collide(b"x"), Value::Integer(0)), Ok(()));
    // Of other keys, those that share the bucket are refused: one of a thousand.
    let refused = (0..1000)
        .filter(|n| {
            let name = format!("other{n}");
            let added = table.set(key(name.as_bytes(), 32), Value::Integer(*n));
            assert!(matches!(added, Ok(()) | Err(Error::Crowded)));
            added.is_err()
        })
        .count();
    assert!(refused < 10, "{refused} others were refused");
    end(&table, before);
}

/// Where there is no memory for more buckets, the table goes on with those it has.
#[test]
fn growth_that_fails_loses_nothing() {
    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Words, Growing<1, 64>>::new(PLENTY);
    let mut added = 0;
    for n in 0..100_i64 {
        let name = n.to_string();
        // Its element can be had, nothing after it.
        table_sys::fail_after(Some(1));
        let result = table.set(key(name.as_bytes(), 32), n);
        table_sys::fail_after(None);
        added += usize::from(result.is_ok());
    }
    assert_eq!((added, table.len()), (100, 100));
    assert_eq!(walk(&table, 32).len(), 100);
    // With memory, it grows after all.
    let arrays = |table: &Table<Words, Growing<1, 64>>| {
        table_sys::allocated() - before - isize::try_from(table.len()).expect("a small number")
    };
    assert_eq!(arrays(&table), 0);
    for n in 100..200_i64 {
        table
            .set(key(n.to_string().as_bytes(), 32), n)
            .expect("memory");
    }
    assert!(arrays(&table) > 0, "no array was allocated");
    end(&table, before);
}
