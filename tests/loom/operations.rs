// SPDX-License-Identifier: GPL-2.0

//! What can be done to a table, what came of it as a number, and keys to do it to.

use loom::thread;

use crate::kinds::{Mixed, Value};
use crate::table::{Buckets, Element, Error, Held, Key, Kind, Table};

/// A key, and where it is in the order of all elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    bytes: &'static [u8],
    position: u32,
}

impl Name {
    pub(crate) const fn new(bytes: &'static [u8], position: u32) -> Self {
        Self { bytes, position }
    }

    pub(crate) fn key(&self) -> Key<'static> {
        /// What undoes the multiplication that makes a position of a hash.
        const INVERSE: u32 = {
            let mut inverse = 1_u32;
            let mut round = 0;
            while round < 5 {
                let product = 0x61C8_8647_u32.wrapping_mul(inverse);
                inverse = inverse.wrapping_mul(2_u32.wrapping_sub(product));
                round += 1;
            }
            inverse
        };
        Key {
            bytes: self.bytes,
            hash: self.position.wrapping_mul(INVERSE),
        }
    }
}

/// Every name that a test uses, as few as there are places: [`Name`] by number.
pub(crate) static NAMES: [Name; 9] = [
    Name::new(b"first", 0x0100_0000),
    // In the same bucket of 32.
    Name::new(b"second", 0x0400_0000),
    // In another bucket of 32, which is merged with that of `first`.
    Name::new(b"low", 0x0800_0000),
    // The next in the list, and of the same hash.
    Name::new(b"next", 0x0800_0000),
    // In another bucket of 16, which is merged with that of `low`.
    Name::new(b"beyond", 0x1800_0000),
    // In the other one of two buckets.
    Name::new(b"high", 0xB800_0000),
    // In the same bucket of 32, in another one of 64.
    Name::new(b"higher", 0xBC00_0000),
    Name::new(b"late", 0xC000_0000),
    // As for `high` and `higher`.
    Name::new(b"last", 0xC400_0000),
];

pub(crate) const FIRST: usize = 0;
pub(crate) const SECOND: usize = 1;
pub(crate) const LOW: usize = 2;
pub(crate) const NEXT: usize = 3;
pub(crate) const BEYOND: usize = 4;
pub(crate) const HIGH: usize = 5;
pub(crate) const HIGHER: usize = 6;
pub(crate) const LATE: usize = 7;
pub(crate) const LAST: usize = 8;

/// How many names there are beside those of the test, [`crowd`].
const CROWD: usize = 40;

/// One of the names beside those of the test: all of them in the lower half.
pub(crate) fn crowd(n: usize) -> Name {
    static BYTES: [u8; CROWD] = {
        let mut bytes = [0; CROWD];
        let mut n = 0;
        while n < CROWD {
            bytes[n] = n as u8;
            n += 1;
        }
        bytes
    };
    Name::new(&BYTES[n..=n], 0x2000_0000 + (n as u32) * 0x0200_0000)
}

/// What a name stands for at the beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Content {
    Absent,
    Word,
    Bytes,
}

/// A value as a number: an integer as it is, bytes as [`BYTES`] and what all of them are.
type Code = i64;

const BYTES: Code = 1000;

/// Long enough to be held.
const LONG: usize = Mixed::FEW + 1;

/// The value of a word at the beginning.
const WORD: Code = 1;

fn code(value: Value<'_>) -> Code {
    match value {
        Value::Integer(word) => word,
        Value::Boolean(_) => panic!("nobody wrote this"),
        Value::Bytes(bytes) => {
            assert_eq!(bytes.len(), LONG);
            assert!(bytes.iter().all(|byte| *byte == bytes[0]), "torn");
            BYTES + Code::from(bytes[0])
        }
    }
}

fn read(element: &Element<Mixed>) -> Code {
    code(element.value())
}

/// Something done to a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operation {
    Search,
    Hold,
    Step,
    Walk,
    /// A step, and a walk, from [`HIGH`] on.
    StepOn,
    WalkOn,
    Add,
    Replace,
    SetWord,
    SetBytes,
    Delete,
    ExchangeWord,
    ExchangeAbsent,
    GetOrAdd,
    FetchAdd,
    Clear,
}

/// All of them, but for the walk of a half.
pub(crate) const OPERATIONS: [Operation; 14] = [
    Operation::Search,
    Operation::Hold,
    Operation::Step,
    Operation::Walk,
    Operation::Add,
    Operation::Replace,
    Operation::SetWord,
    Operation::SetBytes,
    Operation::Delete,
    Operation::ExchangeWord,
    Operation::ExchangeAbsent,
    Operation::GetOrAdd,
    Operation::FetchAdd,
    Operation::Clear,
];

/// What an operation returned.
pub(crate) type Outcome = Result<Option<Code>, Error>;

impl Operation {
    /// With what content of its key it does most.
    pub(crate) fn natural(self) -> Content {
        match self {
            Self::Add | Self::ExchangeAbsent | Self::GetOrAdd | Self::FetchAdd => Content::Absent,
            Self::Hold | Self::SetWord => Content::Bytes,
            _ => Content::Word,
        }
    }

    /// Whether it writes nothing.
    pub(crate) fn reads(self) -> bool {
        matches!(
            self,
            Self::Search | Self::Hold | Self::Step | Self::Walk | Self::StepOn | Self::WalkOn
        )
    }

    /// Does it. Values that it writes tell `who` did. For a walk, `staying` are the names that are there
    /// all the time.
    pub(crate) fn run<B: Buckets>(
        self,
        table: &Table<Mixed, B>,
        name: usize,
        who: u8,
        staying: &[usize],
    ) -> Outcome {
        let key = NAMES[name].key();
        let word = Value::Integer(Code::from(who));
        let bytes = [who; LONG];
        let bytes = Value::Bytes(&bytes);
        match self {
            Self::Search => Ok(table.search(key, read)),
            Self::Hold => Ok(hold(table, key)),
            Self::Step => Ok(table.successor(Some(NAMES[FIRST].key()), step)),
            Self::StepOn => Ok(table.successor(Some(NAMES[HIGH].key()), step)),
            Self::Walk | Self::WalkOn => {
                let from = (self == Self::WalkOn).then_some(HIGH);
                let key = from.map(|name| NAMES[name].key());
                let met = walk(table, key, staying.last().copied());
                for name in staying.iter().filter(|name| Some(**name) > from) {
                    let times = met.iter().filter(|(met, _)| met == name).count();
                    assert_eq!(times, 1, "{name} is there all the time");
                }
                Ok(None)
            }
            Self::Add => table.add(key, word).map(|()| None),
            Self::Replace => table.replace(key, bytes).map(|()| None),
            Self::SetWord => table.set(key, word).map(|()| None),
            Self::SetBytes => table.set(key, bytes).map(|()| None),
            Self::Delete => Ok(Some(Code::from(table.delete(key)))),
            Self::ExchangeWord => table
                .compare_exchange(key, Some(Value::Integer(WORD)), Some(word))
                .map(|done| Some(Code::from(done))),
            Self::ExchangeAbsent => table
                .compare_exchange(key, None, Some(bytes))
                .map(|done| Some(Code::from(done))),
            Self::GetOrAdd => table.get_or_add(key, bytes, read),
            Self::FetchAdd => table
                .fetch_add(key, Value::Integer(Code::from(who)))
                .map(Some),
            Self::Clear => {
                table.clear(|| true);
                Ok(None)
            }
        }
    }
}

/// Which name an element has, by number.
fn number(element: &Element<Mixed>) -> usize {
    known(element).expect("a name of these")
}

fn known(element: &Element<Mixed>) -> Option<usize> {
    let same = |name: &Name| name.bytes == element.key();
    NAMES.iter().position(same)
}

/// A name and a value as one number.
fn step(element: &Element<Mixed>) -> Code {
    number(element) as Code * 10_000 + read(element)
}

/// Reads a value as scripts do: a long one through a reference that outlives the section.
fn hold<B: Buckets>(table: &Table<Mixed, B>, key: Key<'_>) -> Option<Code> {
    enum Found {
        Word(Code),
        Bytes(Option<Held<Mixed>>),
    }
    loop {
        let found = table.search(key, |element| match element.value() {
            Value::Bytes(_) => Found::Bytes(element.hold()),
            word => Found::Word(code(word)),
        });
        match found? {
            Found::Word(code) => return Some(code),
            Found::Bytes(Some(held)) => {
                let bytes = held.into_bytes();
                // SAFETY: The reference was given up just above, and is taken up once.
                let held = unsafe { Held::<Mixed>::from_bytes(bytes) };
                assert!(held.size() > LONG);
                return Some(code(Value::Bytes(held.bytes())));
            }
            // It went away while it was looked at. loom needs to be told that this is a loop.
            Found::Bytes(None) => thread::yield_now(),
        }
    }
}

/// What a walk from a key meets: names, in their order, and values. It ends when it comes to `last` or
/// passes it.
fn walk<B: Buckets>(
    table: &Table<Mixed, B>,
    from: Option<Key<'static>>,
    last: Option<usize>,
) -> Vec<(usize, Code)> {
    let mut met: Vec<(usize, Code)> = Vec::new();
    let (mut key, mut behind) = (from, 0);
    loop {
        if last.is_some_and(|last| met.last().is_some_and(|met| met.0 >= last)) {
            return met;
        }
        let next = table.successor(key, |element| match known(element) {
            Some(name) => (NAMES[name], Some((name, read(element)))),
            None => (crowd(usize::from(element.key()[0])), None),
        });
        let Some((name, next)) = next else {
            return met;
        };
        // So none is met twice.
        let forward = name.position >= behind
            && next.is_none_or(|next| met.last().is_none_or(|last| last.0 < next.0));
        assert!(forward, "out of order");
        (key, behind) = (Some(name.key()), name.position);
        met.extend(next);
    }
}

/// Gives a name its content at the beginning.
pub(crate) fn fill<B: Buckets>(table: &Table<Mixed, B>, name: usize, content: Content) {
    let key = NAMES[name].key();
    let added = match content {
        Content::Absent => Ok(()),
        Content::Word => table.add(key, Value::Integer(WORD)),
        Content::Bytes => table.add(key, Value::Bytes(&[7; LONG])),
    };
    added.expect("memory");
}

/// What a table has in the end, by walking and by searching, beside so many others.
pub(crate) fn contents<B: Buckets>(table: &Table<Mixed, B>, others: usize) -> Vec<(usize, Code)> {
    let met = walk(table, None, None);
    let found = |name: usize| Some((name, table.search(NAMES[name].key(), read)?));
    let found: Vec<_> = (0..NAMES.len()).filter_map(found).collect();
    assert_eq!(met, found, "walking and searching disagree");
    assert_eq!(met.len() + others, table.len());
    met
}
