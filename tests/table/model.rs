// SPDX-License-Identifier: GPL-2.0

//! Sequences of operations, done to a table and to the standard library's map: both must agree about
//! everything that either can be asked.

use std::collections::{HashMap, VecDeque};

use arbitrary::Arbitrary;

use crate::kinds::{Mixed, Texts, Value, Words, key, walk};
use crate::table::{Buckets, Element, Error, Held, Key, Kind, LONGEST, Limits, Table};
use crate::table_sys;

/// A value that owns its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Owned {
    Integer(i64),
    Boolean(bool),
    Bytes(Vec<u8>),
}

impl Owned {
    /// Bytes of an element with this value, as the layout in `element.rs` says.
    fn size<K: Kind>(&self, key: &[u8]) -> usize {
        let tail = match self {
            Owned::Bytes(bytes) if bytes.len() > K::FEW => 2 + bytes.len() + 1,
            Owned::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        size_of::<Element<K>>() + tail + key.len()
    }
}

/// A kind of which the model knows the values.
pub(crate) trait Modelled: Kind {
    /// The value, or one that the kind has in its stead.
    fn borrow(value: &Owned) -> Self::Value<'_>;

    fn own(value: Self::Value<'_>) -> Owned;

    /// An integer, if the kind has such values.
    fn integer(n: i64) -> Option<Self::Value<'static>>;
}

impl Modelled for Mixed {
    fn borrow(value: &Owned) -> Value<'_> {
        match value {
            Owned::Integer(word) => Value::Integer(*word),
            Owned::Boolean(truth) => Value::Boolean(*truth),
            Owned::Bytes(bytes) => Value::Bytes(bytes),
        }
    }

    fn own(value: Value<'_>) -> Owned {
        match value {
            Value::Integer(word) => Owned::Integer(word),
            Value::Boolean(truth) => Owned::Boolean(truth),
            Value::Bytes(bytes) => Owned::Bytes(bytes.to_vec()),
        }
    }

    fn integer(n: i64) -> Option<Value<'static>> {
        Some(Value::Integer(n))
    }
}

impl Modelled for Words {
    fn borrow(value: &Owned) -> i64 {
        match value {
            Owned::Integer(word) => *word,
            Owned::Boolean(truth) => i64::from(*truth),
            Owned::Bytes(bytes) => bytes.len() as i64,
        }
    }

    fn own(value: i64) -> Owned {
        Owned::Integer(value)
    }

    fn integer(n: i64) -> Option<i64> {
        Some(n)
    }
}

impl Modelled for Texts {
    fn borrow(value: &Owned) -> &[u8] {
        match value {
            Owned::Integer(word) => &[b't'; 256][..usize::from(*word as u8)],
            Owned::Boolean(truth) => &[b't'; 256][..255 + usize::from(*truth)],
            Owned::Bytes(bytes) => bytes,
        }
    }

    fn own(value: &[u8]) -> Owned {
        Owned::Bytes(value.to_vec())
    }

    fn integer(_: i64) -> Option<&'static [u8]> {
        None
    }
}

/// What is stored for a value.
fn fit<K: Modelled>(value: &Owned) -> Owned {
    K::own(K::borrow(value))
}

fn own<K: Modelled>(element: &Element<K>) -> Owned {
    K::own(element.value())
}

/// An operation on one key.
#[derive(Arbitrary, Clone, Debug)]
pub(crate) enum Operation {
    Search,
    Add(Owned),
    Replace(Owned),
    Set(Owned),
    Delete,
    Swap(Option<Owned>),
    CompareExchange(Option<Owned>, Option<Owned>),
    /// Like the one before, with what is there as the old value.
    Exchange(Option<Owned>),
    GetOrAdd(Owned),
    FetchAdd(i64),
    Clear,
    Walk,
    /// Keeps the bytes of a long value beyond its element.
    Hold,
    /// Gives up what has been kept for the longest time.
    Release,
    /// For the operation after this one, there is memory for so many allocations and no more.
    Starve(u8),
}

/// Does a sequence of operations with hashes of `bits` bits. Panics where the two disagree.
pub(crate) fn agree<K: Modelled, B: Buckets>(
    limits: Limits,
    bits: u32,
    operations: impl IntoIterator<Item = (Vec<u8>, Operation)>,
) {
    table_sys::fail_after(None);
    let before = table_sys::allocated();
    let mut pair = Pair::<K, B> {
        table: Table::new(limits),
        map: HashMap::new(),
        limits,
        bits,
        held: VecDeque::new(),
        starved: false,
    };
    let mut memory = None;
    for (name, operation) in operations {
        if let Operation::Starve(allocations) = operation {
            memory = Some(usize::from(allocations));
            continue;
        }
        pair.starved = memory.is_some();
        table_sys::fail_after(memory.take());
        pair.step(&name, &operation);
        table_sys::fail_after(None);
        let now = pair.table.search(key(&name, bits), own);
        assert_eq!(now.as_ref(), pair.map.get(&name), "{operation:?} {name:?}");
        assert_eq!(pair.table.len(), pair.map.len(), "{operation:?}");
    }
    pair.check_walk();
    let Pair { table, held, .. } = pair;
    // SAFETY: The table is this function's.
    unsafe { table.reset() };
    assert_eq!(table.len(), 0);
    assert_eq!(walk(&table, bits), Vec::<Vec<u8>>::new());
    // It is as good as new.
    let again = Owned::Boolean(true);
    if table.set(key(b"again", bits), K::borrow(&again)).is_ok() {
        let found = table.search(key(b"again", bits), own);
        assert_eq!(found, Some(fit::<K>(&again)));
    }
    // SAFETY: As above.
    unsafe { table.reset() };
    held.into_iter().for_each(release);
    table_sys::settle(before);
}

/// Gives up a value that was held, whose bytes must be what they were.
fn release<K: Modelled>((held, value, size): (Held<K>, Owned, usize)) {
    // SAFETY: The reference is given up, and taken up once.
    let held = unsafe { Held::<K>::from_bytes(held.into_bytes()) };
    assert_eq!(Owned::Bytes(held.bytes().to_vec()), value);
    assert_eq!(held.size(), size);
    // SAFETY: A zero byte follows.
    assert_eq!(unsafe { *held.bytes().as_ptr_range().end }, 0);
}

/// A table, and a map that is to be the same.
struct Pair<K: Modelled, B: Buckets> {
    table: Table<K, B>,
    map: HashMap<Vec<u8>, Owned>,
    limits: Limits,
    bits: u32,
    /// Values that are held, and what they are, and the size of their elements.
    held: VecDeque<(Held<K>, Owned, usize)>,
    /// Whether there may be too little memory for an element.
    starved: bool,
}

impl<K: Modelled, B: Buckets> Pair<K, B> {
    fn bytes(&self) -> usize {
        let elements = self.map.iter();
        elements.map(|(key, value)| value.size::<K>(key)).sum()
    }

    /// What becomes of storing a value, which the map then has if the table took it.
    fn store(&self, name: &[u8], value: &Owned) -> Result<(), Error> {
        let old = self.map.get(name);
        let new = fit::<K>(value).size::<K>(name);
        let is_new = old.is_none();
        let old = old.map_or(0, |old| old.size::<K>(name));
        if new > old && self.bytes() + new - old > self.limits.bytes {
            return Err(Error::Bytes);
        }
        if is_new && self.map.len() >= self.limits.entries {
            return Err(Error::Entries);
        }
        Ok(())
    }

    /// Whether an operation that stores a value may be refused although the limits allow for it.
    fn may_refuse(&self, error: Error) -> bool {
        match error {
            Error::NoMemory => self.starved,
            // Which keys share a bucket, the map does not know.
            Error::Crowded => self.map.len() >= LONGEST,
            _ => false,
        }
    }

    /// Compares what an operation returned with what it should have, and changes the map if it did
    /// something: `value` is what is there then.
    fn settle<R: std::fmt::Debug + PartialEq>(
        &mut self,
        name: &[u8],
        value: Option<&Owned>,
        returned: Result<R, Error>,
        expected: Result<R, Error>,
    ) {
        if let Err(error) = returned
            && self.may_refuse(error)
        {
            return;
        }
        assert_eq!(returned, expected, "{name:?}");
        if expected.is_err() {
            return;
        }
        match value {
            Some(value) => {
                self.map.insert(name.to_vec(), fit::<K>(value));
            }
            None => {
                self.map.remove(name);
            }
        }
    }

    fn step(&mut self, name: &[u8], operation: &Operation) {
        let key = key(name, self.bits);
        let was = self.map.get(name).cloned();
        match operation {
            Operation::Search => assert_eq!(self.table.search(key, own), was),
            Operation::Add(value) => {
                let expected = match &was {
                    Some(_) => Err(Error::Exists),
                    None => self.store(name, value),
                };
                let returned = self.table.add(key, K::borrow(value));
                self.settle(name, Some(value), returned, expected);
            }
            Operation::Replace(value) => {
                let expected = match &was {
                    Some(_) => self.store(name, value),
                    None => Err(Error::Absent),
                };
                let returned = self.table.replace(key, K::borrow(value));
                self.settle(name, Some(value), returned, expected);
            }
            Operation::Set(value) => {
                let expected = self.store(name, value);
                let returned = self.table.set(key, K::borrow(value));
                self.settle(name, Some(value), returned, expected);
            }
            Operation::Delete => {
                assert_eq!(self.table.delete(key), was.is_some());
                self.map.remove(name);
            }
            Operation::Swap(value) => {
                // As the binding does it, which wants to have the old value before it goes.
                let seen = self.table.search(key, own);
                assert_eq!(seen, was);
                self.exchange(key, seen.as_ref(), value.as_ref());
            }
            Operation::CompareExchange(old, new) => self.exchange(key, old.as_ref(), new.as_ref()),
            Operation::Exchange(new) => self.exchange(key, was.as_ref(), new.as_ref()),
            Operation::GetOrAdd(value) => {
                let expected = match &was {
                    Some(_) => Ok(was.clone()),
                    None => self.store(name, value).map(|()| None),
                };
                let returned = self.table.get_or_add(key, K::borrow(value), own);
                self.settle(name, was.as_ref().or(Some(value)), returned, expected);
            }
            Operation::FetchAdd(n) => {
                let before = match was {
                    Some(Owned::Integer(before)) => Ok(before),
                    Some(_) => Err(Error::Type),
                    None => Ok(0),
                };
                let sum = Owned::Integer(before.unwrap_or(0).wrapping_add(*n));
                let expected = match K::integer(*n) {
                    Some(_) => before.and_then(|before| self.store(name, &sum).map(|()| before)),
                    None => Err(Error::Type),
                };
                let returned = match K::integer(*n) {
                    Some(n) => self.table.fetch_add(key, n),
                    None => Err(Error::Type),
                };
                self.settle(name, Some(&sum), returned, expected);
            }
            Operation::Clear => {
                self.table.clear(|| true);
                self.map.clear();
            }
            Operation::Walk => self.check_walk(),
            Operation::Hold => {
                let held = self.table.search(key, Element::hold).flatten();
                let long = was.filter(|value| match value {
                    Owned::Bytes(bytes) => bytes.len() > K::FEW,
                    _ => false,
                });
                assert_eq!(held.is_some(), long.is_some(), "{name:?}");
                if let (Some(held), Some(value)) = (held, long) {
                    let size = value.size::<K>(name);
                    self.held.push_back((held, value, size));
                }
            }
            Operation::Release => {
                if let Some(held) = self.held.pop_front() {
                    release(held);
                }
            }
            Operation::Starve(_) => {}
        }
    }

    fn exchange(&mut self, key: Key<'_>, old: Option<&Owned>, new: Option<&Owned>) {
        let name = key.bytes;
        let was = self.map.get(name).cloned();
        let same = was == old.map(fit::<K>);
        let expected = match new {
            Some(new) if same => self.store(name, new).map(|()| true),
            _ => Ok(same),
        };
        let then = if same { new } else { was.as_ref() };
        let (old, new) = (old.map(K::borrow), new.map(K::borrow));
        let returned = self.table.compare_exchange(key, old, new);
        self.settle(name, then, returned, expected);
    }

    fn check_walk(&self) {
        let mut met = walk(&self.table, self.bits);
        let mut there: Vec<_> = self.map.keys().cloned().collect();
        met.sort();
        there.sort();
        assert_eq!(met, there, "iteration meets each key once");
    }
}
