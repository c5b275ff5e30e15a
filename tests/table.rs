// SPDX-License-Identifier: GPL-2.0

//! Tests of `kmod/table` on the host: the same source, with threads of the host.

#[path = "../kmod/table/mod.rs"]
mod table;
mod table_sys;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use table::{Element, Error, Held, Key, Kind, Parts, Table};

/// Integers and bytes.
struct Mixed;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value<'a> {
    Integer(i64),
    Boolean(bool),
    Bytes(&'a [u8]),
}

// SAFETY: There are bytes, and `BYTES` says so.
unsafe impl Kind for Mixed {
    type Value<'a> = Value<'a>;
    const BYTES: bool = true;

    fn split(value: Self::Value<'_>) -> Parts<'_> {
        let (tag, word, bytes) = match value {
            Value::Integer(word) => (0, word, None),
            Value::Boolean(truth) => (1, i64::from(truth), None),
            Value::Bytes(bytes) => (2, 0, Some(bytes)),
        };
        Parts { tag, word, bytes }
    }

    fn join(parts: Parts<'_>) -> Value<'_> {
        match parts.tag {
            0 => Value::Integer(parts.word),
            1 => Value::Boolean(parts.word != 0),
            _ => Value::Bytes(parts.bytes.expect("a value with bytes")),
        }
    }
}

/// Integers alone.
struct Words;

// SAFETY: There are no bytes.
unsafe impl Kind for Words {
    type Value<'a> = i64;
    const BYTES: bool = false;

    fn split(value: Self::Value<'_>) -> Parts<'_> {
        Parts {
            tag: 0,
            word: value,
            bytes: None,
        }
    }

    fn join(parts: Parts<'_>) -> i64 {
        parts.word
    }
}

/// A hash that leaves `bits` of itself: few make many keys collide.
fn key(bytes: &[u8], bits: u32) -> Key<'_> {
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, &byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    Key {
        bytes,
        hash: hash & ((1_u64 << bits) - 1) as u32,
    }
}

/// The count of allocations is of the whole process, so tests that look at it take turns.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Empties a table, and checks that no memory is left behind.
fn end<K: Kind, const N: usize>(table: &Table<K, N>, before: isize) {
    table.clear();
    assert_eq!(table.len(), 0);
    // Deferred frees run as the epoch goes on.
    for _ in 0..1_000_000 {
        if table_sys::allocated() == before {
            return;
        }
        crossbeam_epoch::pin().flush();
        thread::yield_now();
    }
    panic!("{} allocations are left", table_sys::allocated() - before);
}

fn read<const N: usize>(table: &Table<Mixed, N>, key: Key<'_>) -> Option<Vec<u8>> {
    table.search(key, |element| format!("{:?}", element.value()).into_bytes())
}

/// All keys, in the order of iteration.
fn walk<K: Kind, const N: usize>(table: &Table<K, N>, bits: u32) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = Vec::new();
    while let Some(next) = table.successor(keys.last().map(|last| key(last, bits)), |element| {
        element.key().to_vec()
    }) {
        keys.push(next);
    }
    keys
}

/// A small generator of numbers, from a seed (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

/// Random operations against the standard library's map, for tables of `N` buckets and hashes of
/// `bits` bits.
fn against_a_model<const N: usize>(bits: u32, seed: u64) {
    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Mixed, N>::new();
    let mut model: BTreeMap<Vec<u8>, String> = BTreeMap::new();
    let mut random = Random(seed);
    for _ in 0..20_000 {
        let name = match random.below(4) {
            0 => vec![b'k'; random.below(12) as usize],
            1 => vec![0; random.below(4) as usize],
            _ => random.below(60).to_string().into_bytes(),
        };
        let key = key(&name, bits);
        let bytes = vec![b'v'; random.below(100) as usize];
        let value = match random.below(3) {
            0 => Value::Integer(random.below(1 << 30) as i64 - (1 << 29)),
            1 => Value::Boolean(random.below(2) == 1),
            _ => Value::Bytes(&bytes),
        };
        let shown = format!("{value:?}");
        let there = model.contains_key(&name);
        match random.below(6) {
            0 => {
                let expected = if there { Err(Error::Exists) } else { Ok(()) };
                assert_eq!(table.add(key, value), expected);
                if !there {
                    model.insert(name.clone(), shown);
                }
            }
            1 => {
                let expected = if there { Ok(()) } else { Err(Error::Absent) };
                assert_eq!(table.replace(key, value), expected);
                if there {
                    model.insert(name.clone(), shown);
                }
            }
            2 => {
                assert_eq!(table.delete(key), there);
                model.remove(&name);
            }
            3 => {
                table.set(key, value).expect("memory");
                model.insert(name.clone(), shown);
            }
            4 if random.below(100) == 0 => {
                table.clear();
                model.clear();
            }
            _ => {}
        }
        let found = read(&table, key).map(|shown| String::from_utf8(shown).expect("text"));
        assert_eq!(found.as_ref(), model.get(&name));
        assert_eq!(table.len(), model.len());
    }
    let mut keys = walk(&table, bits);
    keys.sort();
    assert!(
        keys.iter().eq(model.keys()),
        "iteration meets each key once"
    );
    end(&table, before);
}

#[test]
fn agrees_with_a_model() {
    against_a_model::<256>(32, 1);
    against_a_model::<1>(32, 2);
    against_a_model::<8>(32, 3);
}

#[test]
fn agrees_with_a_model_where_hashes_collide() {
    against_a_model::<16>(0, 4);
    against_a_model::<4>(1, 5);
    against_a_model::<1>(2, 6);
}

#[test]
fn a_refused_allocation_changes_nothing() {
    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Mixed, 4>::new();
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
    let _turn = turn();
    let before = table_sys::allocated();
    let table = Table::<Mixed, 4>::new();
    let name = key(b"name", 32);
    table.set(name, Value::Bytes(b"first")).expect("memory");
    let held: Held<Mixed> = table
        .search(name, |element| element.hold())
        .flatten()
        .expect("the element is there");
    table.set(name, Value::Bytes(b"second")).expect("memory");
    table.clear();
    let bytes = held.into_bytes();
    // SAFETY: The reference was given up just above, and is taken up once.
    let held = unsafe { Held::<Mixed>::from_bytes(bytes) };
    assert_eq!(held.bytes(), b"first");
    // Header, value, its zero, key.
    let tail = b"first".len() + 1 + b"name".len();
    assert_eq!(held.size(), size_of::<Element<Mixed>>() + tail);
    // SAFETY: A zero byte follows, for users who want one.
    assert_eq!(unsafe { held.bytes().as_ptr().add(5).read() }, 0);
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
    let table = Table::<Mixed, 2>::new();
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
    let table = Table::<Words, 4>::new();
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
