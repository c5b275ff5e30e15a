// SPDX-License-Identifier: GPL-2.0

//! Sequences of operations, done to a table and to the standard library's map: both must agree about
//! everything that either can be asked.

use std::collections::HashMap;

use crate::kinds::{Mixed, Value, key, walk};
use crate::table::{Buckets, Element, Error, Limits, Table};
use crate::table_sys;

/// A value that owns its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Owned {
    Integer(i64),
    Boolean(bool),
    Bytes(Vec<u8>),
}

impl Owned {
    pub(crate) fn borrow(&self) -> Value<'_> {
        match self {
            Owned::Integer(word) => Value::Integer(*word),
            Owned::Boolean(truth) => Value::Boolean(*truth),
            Owned::Bytes(bytes) => Value::Bytes(bytes),
        }
    }

    /// Bytes of an element with this value, as the layout in `element.rs` says.
    fn size(&self, key: &[u8]) -> usize {
        let tail = match self {
            Owned::Bytes(bytes) if bytes.len() > 40 => 2 + bytes.len() + 1,
            Owned::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        size_of::<Element<Mixed>>() + tail + key.len()
    }
}

fn own(element: &Element<Mixed>) -> Owned {
    match element.value() {
        Value::Integer(word) => Owned::Integer(word),
        Value::Boolean(truth) => Owned::Boolean(truth),
        Value::Bytes(bytes) => Owned::Bytes(bytes.to_vec()),
    }
}

/// An operation on one key.
#[derive(Clone, Debug)]
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
}

/// Does a sequence of operations with hashes of `bits` bits. Panics where the two disagree.
pub(crate) fn agree<B: Buckets>(
    limits: Limits,
    bits: u32,
    operations: impl IntoIterator<Item = (Vec<u8>, Operation)>,
) {
    let before = table_sys::allocated();
    let table = Table::<Mixed, B>::new(limits);
    let mut model = Model {
        map: HashMap::new(),
        limits,
    };
    for (name, operation) in operations {
        step(&table, &mut model, &name, &operation, bits);
        let now = table.search(key(&name, bits), own);
        assert_eq!(now.as_ref(), model.map.get(&name), "{operation:?} {name:?}");
        assert_eq!(table.len(), model.map.len(), "{operation:?}");
    }
    check_walk(&table, &model, bits);
    // SAFETY: The table is this function's.
    unsafe { table.reset() };
    assert_eq!(table.len(), 0);
    assert_eq!(walk(&table, bits), Vec::<Vec<u8>>::new());
    // It is as good as new.
    let name = key(b"again", bits);
    if table.set(name, Value::Boolean(true)).is_ok() {
        assert_eq!(table.search(name, own), Some(Owned::Boolean(true)));
    }
    // SAFETY: As above.
    unsafe { table.reset() };
    table_sys::settle(before);
}

struct Model {
    map: HashMap<Vec<u8>, Owned>,
    limits: Limits,
}

impl Model {
    fn bytes(&self) -> usize {
        self.map.iter().map(|(key, value)| value.size(key)).sum()
    }

    fn store(&mut self, name: &[u8], value: &Owned) -> Result<(), Error> {
        let old = self.map.get(name);
        if old.is_none() && self.map.len() >= self.limits.entries {
            return Err(Error::Entries);
        }
        let (new, old) = (value.size(name), old.map_or(0, |old| old.size(name)));
        if new > old && self.bytes() + new - old > self.limits.bytes {
            return Err(Error::Bytes);
        }
        self.map.insert(name.to_vec(), value.clone());
        Ok(())
    }

    fn store_or_delete(&mut self, name: &[u8], value: Option<&Owned>) -> Result<(), Error> {
        match value {
            Some(value) => self.store(name, value),
            None => {
                self.map.remove(name);
                Ok(())
            }
        }
    }
}

fn step<B: Buckets>(
    table: &Table<Mixed, B>,
    model: &mut Model,
    name: &[u8],
    operation: &Operation,
    bits: u32,
) {
    let key = key(name, bits);
    let was = model.map.get(name).cloned();
    match operation {
        Operation::Search => assert_eq!(table.search(key, own), was),
        Operation::Add(value) => {
            let expected = match was {
                Some(_) => Err(Error::Exists),
                None => model.store(name, value),
            };
            assert_eq!(table.add(key, value.borrow()), expected);
        }
        Operation::Replace(value) => {
            let expected = match was {
                Some(_) => model.store(name, value),
                None => Err(Error::Absent),
            };
            assert_eq!(table.replace(key, value.borrow()), expected);
        }
        Operation::Set(value) => {
            assert_eq!(table.set(key, value.borrow()), model.store(name, value));
        }
        Operation::Delete => {
            assert_eq!(table.delete(key), was.is_some());
            model.map.remove(name);
        }
        Operation::Swap(value) => {
            let expected = model.store_or_delete(name, value.as_ref()).map(|()| was);
            let seen = |element: Option<&Element<Mixed>>| element.map(own);
            let value = value.as_ref().map(Owned::borrow);
            assert_eq!(table.swap(key, value, seen), expected);
        }
        Operation::CompareExchange(old, new) => exchange(table, model, name, old, new, bits),
        Operation::Exchange(new) => exchange(table, model, name, &was, new, bits),
        Operation::GetOrAdd(value) => {
            let expected = match &was {
                Some(_) => Ok(was),
                None => model.store(name, value).map(|()| None),
            };
            assert_eq!(table.get_or_add(key, value.borrow(), own), expected);
        }
        Operation::FetchAdd(n) => {
            let expected = match was {
                Some(Owned::Integer(before)) => {
                    let sum = Owned::Integer(before.wrapping_add(*n));
                    model.store(name, &sum).map(|()| before)
                }
                Some(_) => Err(Error::Type),
                None => model.store(name, &Owned::Integer(*n)).map(|()| 0),
            };
            assert_eq!(table.fetch_add(key, Value::Integer(*n)), expected);
        }
        Operation::Clear => {
            table.clear();
            model.map.clear();
        }
        Operation::Walk => check_walk(table, model, bits),
    }
}

fn exchange<B: Buckets>(
    table: &Table<Mixed, B>,
    model: &mut Model,
    name: &[u8],
    old: &Option<Owned>,
    new: &Option<Owned>,
    bits: u32,
) {
    let expected = if model.map.get(name) == old.as_ref() {
        model.store_or_delete(name, new.as_ref()).map(|()| true)
    } else {
        Ok(false)
    };
    let (old, new) = (
        old.as_ref().map(Owned::borrow),
        new.as_ref().map(Owned::borrow),
    );
    assert_eq!(table.compare_exchange(key(name, bits), old, new), expected);
}

fn check_walk<B: Buckets>(table: &Table<Mixed, B>, model: &Model, bits: u32) {
    let mut met = walk(table, bits);
    let mut there: Vec<_> = model.map.keys().cloned().collect();
    met.sort();
    there.sort();
    assert_eq!(met, there, "iteration meets each key once");
}
