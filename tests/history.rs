// SPDX-License-Identifier: GPL-2.0

//! Whether what scripts did with a table at the same time can have happened in one order.
//!
//! Reads a history as the library `history` of a flavour records it (`kmod/history.rs`) and looks for
//! a *linearisation*: an order of all operations in which each one that had ended before another
//! began comes before it, and in which each result is what the operations ahead of it leave.
//! (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990.)
//!
//! Each key is a register of its own, and a history is linearisable if what was done with each key
//! is (locality, theorem 1 there), so keys are checked one by one. The search for a key is
//! just-in-time linearisation (Lowe, "Testing for linearizability", 2017), which goes back to Wing and
//! Gong ("Testing and verifying concurrent objects", 1993): it walks through beginnings and ends of
//! operations in the order of time and keeps every *configuration* that is possible, which is the
//! value that the key has and which of the operations under way have taken effect. An operation
//! takes effect only when it must, which is when it or one behind it ends. Configurations that are
//! equal are one, so where nothing is under way, one or a few are left, and the time needed is that of
//! the operations, times the choices that as many scripts as there are can leave open.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

/// A value as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    Nil,
    Boolean(bool),
    Integer(i64),
    /// A string, by a hash of its bytes.
    String(u64),
}

impl Value {
    fn read(tag: u64, word: u64) -> Result<Self, String> {
        Ok(match (tag & 0xff, word) {
            (0, 0) => Value::Nil,
            (1, 0 | 1) => Value::Boolean(word == 1),
            (2, _) => Value::Integer(word.cast_signed()),
            (3, _) => Value::String(word),
            _ => return Err(format!("no value: type {} with {word:#x}", tag & 0xff)),
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nil => f.write_str("nil"),
            Value::Boolean(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::String(hash) => write!(f, "\"{hash:016x}\""),
        }
    }
}

/// What was done with a key. Without a result there is nothing that could be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The result is the value.
    Read,
    /// Of nil: it deletes.
    Write(Value),
    /// The sum wraps. The result is the number before it; what is not there counts as 0.
    Add(i64),
    /// The result is whether the key had the first value and got the second.
    Cas(Value, Value),
    /// The result is the value before.
    Swap(Value),
    /// The result is the value after: the one that was there, or else this.
    SetDefault(Value),
}

impl Operation {
    fn read(code: u64, first: Value, second: Value) -> Result<Self, String> {
        Ok(match (code & 0xff, first, second) {
            (0, Value::Nil, Value::Nil) => Operation::Read,
            (1, value, Value::Nil) => Operation::Write(value),
            (2, Value::Nil, Value::Nil) => Operation::Write(Value::Nil),
            (3, Value::Integer(n), Value::Nil) => Operation::Add(n),
            (4, old, new) => Operation::Cas(old, new),
            (5, value, Value::Nil) => Operation::Swap(value),
            (6, value, Value::Nil) => Operation::SetDefault(value),
            (code, ..) => return Err(format!("no operation: {code} of {first} and {second}")),
        })
    }

    /// What the key has after this operation on `before`, if that can have `result`, where it is known.
    fn apply(self, before: Value, result: Option<Value>) -> Option<Value> {
        let (after, gives) = match self {
            Operation::Read => (before, Some(before)),
            Operation::Write(value) => (value, None),
            Operation::Add(n) => {
                let number = match before {
                    Value::Integer(number) => number,
                    Value::Nil => 0,
                    // It raises an error, so it has no result.
                    Value::Boolean(_) | Value::String(_) => {
                        return result.is_none().then_some(before);
                    }
                };
                let sum = Value::Integer(number.wrapping_add(n));
                (sum, Some(Value::Integer(number)))
            }
            Operation::Cas(old, new) if before == old => (new, Some(Value::Boolean(true))),
            Operation::Cas(..) => (before, Some(Value::Boolean(false))),
            Operation::Swap(value) => (value, Some(before)),
            Operation::SetDefault(value) => {
                let after = if before == Value::Nil { value } else { before };
                (after, Some(after))
            }
        };
        match (gives, result) {
            (Some(gives), Some(result)) if gives != result => None,
            _ => Some(after),
        }
    }
}

/// An operation, and when it was under way: it began after `begin` and ended before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub state: u16,
    pub key: u16,
    pub operation: Operation,
    /// Stamps of one clock for the whole history, no two equal.
    pub begin: u64,
    /// The stamp and the result; `None` if it had not ended, so may or may not have taken effect.
    pub end: Option<(u64, Value)>,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record {
            state,
            operation,
            begin,
            ..
        } = self;
        write!(f, "state {state}, from {begin} ")?;
        match self.end {
            Some((end, _)) => write!(f, "to {end}: ")?,
            None => f.write_str("on: ")?,
        }
        match operation {
            Operation::Read => f.write_str("read")?,
            Operation::Write(Value::Nil) => f.write_str("delete")?,
            Operation::Write(value) => write!(f, "write {value}")?,
            Operation::Add(n) => write!(f, "add {n}")?,
            Operation::Cas(old, new) => write!(f, "cas {old} to {new}")?,
            Operation::Swap(value) => write!(f, "swap {value}")?,
            Operation::SetDefault(value) => write!(f, "setdefault {value}")?,
        }
        match (operation, self.end) {
            (Operation::Write(_), _) | (_, None) => Ok(()),
            (_, Some((_, result))) => write!(f, " gave {result}"),
        }
    }
}

/// What there was in a history that is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub operations: usize,
    /// Operations that had another one of another state under way at the same key.
    pub overlapping: usize,
    pub states: usize,
    pub keys: usize,
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Statistics {
            operations,
            overlapping,
            states,
            keys,
        } = self;
        write!(
            f,
            "{operations} operations of {states} states on {keys} keys, {overlapping} of them at the \
             same time as another on the same key"
        )
    }
}

/// Bytes of a record in the file.
const RECORD: usize = 48;

/// Reads the file.
///
/// # Errors
///
/// A text that says what is wrong with which record.
pub fn read(file: &[u8]) -> Result<Vec<Record>, String> {
    let (records, rest) = file.as_chunks::<RECORD>();
    if !rest.is_empty() {
        return Err(format!("{} bytes too many", rest.len()));
    }
    let mut history = Vec::with_capacity(records.len());
    for (number, record) in records.iter().enumerate() {
        let mut words = [0; RECORD / 8];
        for (word, bytes) in words.iter_mut().zip(record.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        let [begin, end, first, second, result, description] = words;
        if begin == 0 {
            continue;
        }
        let read = || {
            let first = Value::read(description >> 8, first)?;
            let second = Value::read(description >> 16, second)?;
            let result = Value::read(description >> 24, result)?;
            Ok(Record {
                state: (description >> 48) as u16,
                key: (description >> 32) as u16,
                operation: Operation::read(description, first, second)?,
                begin,
                end: (end != 0).then_some((end, result)),
            })
        };
        history.push(read().map_err(|error: String| format!("record {number}: {error}"))?);
    }
    Ok(history)
}

/// Looks for a linearisation of a history in which no key has a value at first.
///
/// # Errors
///
/// A text with the operations around the first result, of the first key, that no order explains.
pub fn check(history: &[Record]) -> Result<Statistics, String> {
    let mut keys = BTreeMap::<u16, Vec<Record>>::new();
    let mut states = BTreeMap::<u16, Vec<Record>>::new();
    for record in history {
        keys.entry(record.key).or_default().push(*record);
        states.entry(record.state).or_default().push(*record);
    }
    for (state, records) in &mut states {
        sequential(records).map_err(|error| format!("state {state}: {error}"))?;
    }
    let mut overlapping = 0;
    for (key, records) in &mut keys {
        overlapping += check_key(records).map_err(|error| format!("key {key}: {error}"))?;
    }
    Ok(Statistics {
        operations: history.len(),
        overlapping,
        states: states.len(),
        keys: keys.len(),
    })
}

/// A state does one thing at a time, or the record itself is wrong.
fn sequential(records: &mut [Record]) -> Result<(), String> {
    records.sort_unstable_by_key(|record| record.begin);
    for pair in records.windows(2) {
        let [first, second] = pair else { continue };
        if first.end.is_some_and(|(end, _)| end >= second.begin) {
            return Err(format!("two operations at once:\n{first}\n{second}"));
        }
    }
    Ok(())
}

/// A possible state of affairs: what the key has, and which operations under way have taken effect,
/// as bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Configuration {
    value: Value,
    effective: u64,
}

/// Something that happened: number `record` began, or ended.
struct Event {
    stamp: u64,
    record: usize,
    ends: bool,
}

/// Checks the operations on one key. Returns how many of them overlap.
fn check_key(records: &mut [Record]) -> Result<usize, String> {
    let mut events = Vec::with_capacity(2 * records.len());
    for (record, Record { begin, end, .. }) in records.iter().enumerate() {
        let mut event = |stamp, ends| {
            events.push(Event {
                stamp,
                record,
                ends,
            });
        };
        event(*begin, false);
        if let Some((end, _)) = end {
            event(*end, true);
        }
    }
    events.sort_unstable_by_key(|event| event.stamp);

    // The operations under way, each in the place that is its bit.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut overlaps = vec![false; records.len()];
    let mut possible = HashSet::from([Configuration {
        value: Value::Nil,
        effective: 0,
    }]);
    let mut next = HashSet::new();
    let mut seen = HashSet::new();
    let mut todo = Vec::new();
    for (number, event) in events.iter().enumerate() {
        if !event.ends {
            let place = open.iter().position(Option::is_none);
            let place = place.unwrap_or_else(|| {
                open.push(None);
                open.len() - 1
            });
            if place == 64 {
                return Err("more than 64 operations at once".into());
            }
            for other in open.iter().flatten() {
                overlaps[*other] = true;
                overlaps[event.record] = true;
            }
            open[place] = Some(event.record);
            continue;
        }
        let place = open.iter().position(|open| *open == Some(event.record));
        let place = place.ok_or("an end without a beginning")?;
        let bit = 1 << place;
        next.clear();
        seen.clear();
        todo.extend(possible.iter().copied());
        while let Some(configuration) = todo.pop() {
            let Configuration { value, effective } = configuration;
            if effective & bit != 0 {
                next.insert(Configuration {
                    value,
                    effective: effective & !bit,
                });
                continue;
            }
            for (other, record) in open.iter().enumerate() {
                let Some(record) = *record else { continue };
                if effective & (1 << other) != 0 {
                    continue;
                }
                let Record { operation, end, .. } = records[record];
                let result = end.map(|(_, result)| result);
                let Some(value) = operation.apply(value, result) else {
                    continue;
                };
                let configuration = Configuration {
                    value,
                    effective: effective | 1 << other,
                };
                if seen.insert(configuration) {
                    todo.push(configuration);
                }
            }
        }
        if next.is_empty() {
            return Err(explain(records, &events[..=number], &possible));
        }
        open[place] = None;
        std::mem::swap(&mut possible, &mut next);
    }
    Ok(overlaps.iter().filter(|overlaps| **overlaps).count())
}

/// Says what no order explains: the last of `events`.
fn explain(records: &[Record], events: &[Event], possible: &HashSet<Configuration>) -> String {
    let mut text = String::from("no order of the operations explains this result:\n");
    if let Some(last) = events.last() {
        let record = records[last.record];
        text += &format!("  {record}\n");
        if let Some((_, value)) = record.end {
            let writes = |record: &Record| match record.operation {
                Operation::Read | Operation::Add(_) => false,
                Operation::Write(new)
                | Operation::Cas(_, new)
                | Operation::Swap(new)
                | Operation::SetDefault(new) => new == value,
            };
            if record.operation == Operation::Read && value != Value::Nil {
                let writer = records.iter().find(|record| writes(record));
                text += &match writer {
                    Some(writer) => format!("written by\n  {writer}\n"),
                    None => "a value that nobody wrote\n".to_owned(),
                };
            }
        }
    }
    let values: HashSet<String> = possible
        .iter()
        .map(|configuration| configuration.value.to_string())
        .collect();
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_unstable();
    text += &format!(
        "before it the key had: {}\nthe last operations:\n",
        values.join(" or ")
    );
    let mut shown = Vec::new();
    for event in events.iter().rev() {
        if !shown.contains(&event.record) {
            shown.push(event.record);
        }
        if shown.len() == 24 {
            break;
        }
    }
    for record in shown.iter().rev() {
        text += &format!("  {}\n", records[*record]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{
        Operation::*,
        Value::{Boolean, Integer, Nil},
        *,
    };

    /// A record of key 1: state, beginning, end, operation, result.
    fn done(state: u16, begin: u64, end: u64, operation: Operation, result: Value) -> Record {
        Record {
            state,
            key: 1,
            operation,
            begin,
            end: Some((end, result)),
        }
    }

    fn write(state: u16, begin: u64, end: u64, value: i64) -> Record {
        done(state, begin, end, Write(Integer(value)), Nil)
    }

    fn delete(state: u16, begin: u64, end: u64) -> Record {
        done(state, begin, end, Write(Nil), Nil)
    }

    fn reads(state: u16, begin: u64, end: u64, value: Value) -> Record {
        done(state, begin, end, Read, value)
    }

    fn accept(history: &[Record]) -> Statistics {
        check(history).unwrap_or_else(|error| panic!("{error}"))
    }

    fn reject(history: &[Record]) -> String {
        check(history).expect_err("this history is wrong")
    }

    #[test]
    fn one_after_the_other() {
        let statistics = accept(&[
            reads(0, 1, 2, Nil),
            write(0, 3, 4, 7),
            reads(1, 5, 6, Integer(7)),
            delete(1, 7, 8),
            reads(0, 9, 10, Nil),
        ]);
        assert_eq!(
            statistics,
            Statistics {
                operations: 5,
                overlapping: 0,
                states: 2,
                keys: 1
            }
        );
    }

    #[test]
    fn a_read_during_a_write_sees_either() {
        for value in [Integer(1), Integer(2)] {
            let statistics = accept(&[write(0, 1, 2, 1), write(0, 3, 6, 2), reads(1, 4, 5, value)]);
            assert_eq!(statistics.overlapping, 2);
        }
    }

    #[test]
    fn writes_at_once_come_in_either_order_but_in_one() {
        let writes = [write(0, 1, 10, 1), write(1, 2, 9, 2)];
        accept(
            &[
                writes,
                [reads(2, 11, 12, Integer(1)), reads(3, 13, 14, Integer(1))],
            ]
            .concat(),
        );
        accept(
            &[
                writes,
                [reads(2, 11, 12, Integer(2)), reads(3, 13, 14, Integer(2))],
            ]
            .concat(),
        );
        reject(
            &[
                writes,
                [reads(2, 11, 12, Integer(1)), reads(3, 13, 14, Integer(2))],
            ]
            .concat(),
        );
        // During them the value may be the one first and the other then, not back again.
        accept(
            &[
                writes,
                [reads(2, 3, 4, Integer(1)), reads(2, 5, 6, Integer(2))],
            ]
            .concat(),
        );
        let back = [
            reads(2, 3, 4, Integer(1)),
            reads(2, 5, 6, Integer(2)),
            reads(2, 7, 8, Integer(1)),
        ];
        reject(&[&writes[..], &back].concat());
    }

    #[test]
    fn a_write_that_did_not_end_may_take_effect_at_any_time_or_never() {
        let pending = Record {
            end: None,
            ..write(0, 1, 0, 1)
        };
        accept(&[pending, reads(1, 2, 3, Nil), reads(1, 4, 5, Nil)]);
        accept(&[pending, reads(1, 2, 3, Nil), reads(1, 4, 5, Integer(1))]);
        reject(&[pending, reads(1, 2, 3, Integer(1)), reads(1, 4, 5, Nil)]);
    }

    #[test]
    fn a_stale_read_is_found() {
        let error = reject(&[
            write(0, 1, 2, 1),
            write(0, 3, 4, 2),
            reads(1, 5, 6, Integer(1)),
        ]);
        assert!(error.contains("read gave 1"), "{error}");
        assert!(
            error.contains("written by\n  state 0, from 1 to 2: write 1"),
            "{error}"
        );
    }

    #[test]
    fn reads_that_go_back_are_found() {
        // Both are during the write: the second may not see less than the first.
        reject(&[
            write(0, 1, 2, 1),
            write(0, 3, 20, 2),
            reads(1, 4, 5, Integer(2)),
            reads(2, 6, 7, Integer(1)),
        ]);
    }

    #[test]
    fn a_lost_update_is_found() {
        let before = write(0, 1, 2, 10);
        let history = |first, second| {
            [
                before,
                done(0, 3, 6, Add(1), Integer(first)),
                done(1, 4, 5, Add(1), Integer(second)),
            ]
        };
        accept(&history(10, 11));
        accept(&history(11, 10));
        reject(&history(10, 10));
        // Of two that exchange the same value one must fail.
        let cas = |result| Boolean(result);
        let history = |first, second| {
            [
                before,
                done(0, 3, 6, Cas(Integer(10), Integer(20)), cas(first)),
                done(1, 4, 5, Cas(Integer(10), Integer(30)), cas(second)),
            ]
        };
        accept(&history(true, false));
        accept(&history(false, true));
        reject(&history(true, true));
        reject(&history(false, false));
        // A write that is not there afterwards, and that nothing overwrote.
        reject(&[before, write(1, 3, 4, 11), reads(0, 5, 6, Integer(10))]);
    }

    #[test]
    fn a_value_that_nobody_wrote_is_found() {
        let whole = done(0, 1, 2, Write(Value::String(1)), Nil);
        accept(&[whole, reads(1, 3, 4, Value::String(1))]);
        let error = reject(&[whole, reads(1, 3, 4, Value::String(2))]);
        assert!(error.contains("a value that nobody wrote"), "{error}");
        reject(&[write(0, 1, 2, 1), reads(1, 3, 4, Value::String(1))]);
    }

    #[test]
    fn a_deleted_element_that_comes_back_is_found() {
        reject(&[
            write(0, 1, 2, 1),
            delete(0, 3, 4),
            reads(1, 5, 6, Integer(1)),
        ]);
        // Seen as gone during the deletion, then as there.
        reject(&[
            write(0, 1, 2, 1),
            delete(0, 3, 10),
            reads(1, 4, 5, Nil),
            reads(2, 6, 7, Integer(1)),
        ]);
    }

    #[test]
    fn results_of_the_atomic_operations_count() {
        accept(&[
            done(0, 1, 2, SetDefault(Integer(1)), Integer(1)),
            done(0, 3, 4, SetDefault(Integer(2)), Integer(1)),
            done(0, 5, 6, Swap(Integer(3)), Integer(1)),
            done(0, 7, 8, Swap(Nil), Integer(3)),
            done(0, 9, 10, Add(5), Integer(0)),
            done(0, 11, 12, Add(i64::MAX), Integer(5)),
            reads(0, 13, 14, Integer(i64::MIN + 4)),
        ]);
        reject(&[done(0, 1, 2, SetDefault(Integer(1)), Nil)]);
        reject(&[write(0, 1, 2, 1), done(0, 3, 4, Swap(Integer(3)), Nil)]);
        // Two that both put their default.
        reject(&[
            done(0, 1, 4, SetDefault(Integer(1)), Integer(1)),
            done(1, 2, 3, SetDefault(Integer(2)), Integer(2)),
        ]);
    }

    #[test]
    fn keys_have_nothing_to_do_with_each_other() {
        let other = Record {
            key: 2,
            ..write(0, 3, 4, 2)
        };
        accept(&[write(0, 1, 2, 1), other, reads(1, 5, 6, Integer(1))]);
    }

    #[test]
    fn a_state_does_one_thing_at_a_time() {
        let error = reject(&[write(0, 1, 3, 1), reads(0, 2, 4, Nil)]);
        assert!(error.contains("two operations at once"), "{error}");
    }

    #[test]
    fn the_file_is_read() {
        let words = |words: [u64; 6]| words.map(u64::to_le_bytes).concat();
        let tags = |first: u64, second: u64, result: u64| first << 8 | second << 16 | result << 24;
        let file = [
            words([1, 4, 7, 0, 0, 1 | tags(2, 0, 0) | 300 << 32 | 3 << 48]),
            words([0; 6]),
            words([2, 0, 1, 1 << 63, 0, 4 | tags(1, 3, 0)]),
            words([3, 5, 0, 0, u64::MAX, tags(0, 0, 2) | 300 << 32]),
        ]
        .concat();
        let history = read(&file).unwrap();
        assert_eq!(
            history,
            [
                Record {
                    key: 300,
                    ..write(3, 1, 4, 7)
                },
                Record {
                    state: 0,
                    key: 0,
                    operation: Cas(Boolean(true), Value::String(1 << 63)),
                    begin: 2,
                    end: None
                },
                Record {
                    key: 300,
                    ..reads(0, 3, 5, Integer(-1))
                },
            ]
        );
        assert!(read(&file[1..]).is_err());
        assert!(read(&words([1, 2, 0, 0, 0, 99])).is_err());
        assert!(read(&words([1, 2, 0, 0, 0, tags(9, 0, 0)])).is_err());
    }

    /// A register that is used by turns of a generator of random numbers: each operation takes effect
    /// somewhere between its beginning and its end.
    fn simulate(operations: usize, states: u16, keys: u16) -> Vec<Record> {
        let mut seed = 1u64;
        let mut random = move |below: u64| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) % below
        };
        let mut values = vec![Nil; usize::from(keys)];
        let mut open: Vec<Option<(Record, bool)>> = vec![None; usize::from(states)];
        let mut history = Vec::with_capacity(operations);
        let mut clock = 0u64;
        while history.len() < operations {
            let state = random(u64::from(states)) as usize;
            clock += 1;
            match &mut open[state] {
                slot @ None => {
                    let operation = match random(8) {
                        0 | 1 => Write(Integer(clock.cast_signed())),
                        2 => Write(Nil),
                        3 => Add(3),
                        4 => Swap(Integer(clock.cast_signed())),
                        5 => SetDefault(Integer(clock.cast_signed())),
                        _ => Read,
                    };
                    let record = Record {
                        state: state as u16,
                        key: random(u64::from(keys)) as u16,
                        operation,
                        begin: clock,
                        end: None,
                    };
                    *slot = Some((record, false));
                }
                Some((record, effective @ false)) => {
                    let value = &mut values[usize::from(record.key)];
                    let before = *value;
                    *value = record.operation.apply(before, None).unwrap();
                    let result = match record.operation {
                        Write(_) => Nil,
                        Swap(_) => before,
                        Add(_) if before == Nil => Integer(0),
                        Add(_) => before,
                        _ => *value,
                    };
                    record.end = Some((0, result));
                    *effective = true;
                }
                slot @ Some((_, true)) => {
                    let (mut record, _) = slot.take().unwrap();
                    record.end = record.end.map(|(_, result)| (clock, result));
                    history.push(record);
                }
            }
        }
        let under_way = open.into_iter().flatten();
        history.extend(under_way.map(|(record, _)| Record {
            end: None,
            ..record
        }));
        history
    }

    #[test]
    fn a_long_history_is_checked_and_a_single_wrong_result_in_it_found() {
        let mut history = simulate(200_000, 4, 12);
        let statistics = accept(&history);
        assert_eq!(statistics.operations, history.len());
        assert!(statistics.overlapping > 50_000, "{statistics:?}");
        let middle = history.len() / 2;
        let found = history[middle..]
            .iter_mut()
            .find(|record| record.operation == Read)
            .unwrap();
        let (end, _) = found.end.unwrap();
        found.end = Some((end, Integer(-1)));
        reject(&history);
    }
}
