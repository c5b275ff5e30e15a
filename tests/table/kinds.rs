// SPDX-License-Identifier: GPL-2.0

//! The kinds of table that tests use: as a flavour's generated ones, without Lua.

use crate::table::{Buckets, Hashed, Key, Kind, Parts, Table};

/// Integers, booleans and bytes.
pub(crate) struct Mixed;

/// A value of [`Mixed`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Integer(i64),
    Boolean(bool),
    Bytes(&'a [u8]),
}

// SAFETY: There are bytes, and `BYTES` says so.
unsafe impl Kind for Mixed {
    type Value<'a> = Value<'a>;
    const BYTES: bool = true;
    const FEW: usize = 40;

    fn split(value: Self::Value<'_>) -> Parts<'_> {
        let (tag, word, bytes) = match value {
            Value::Integer(word) => (0, word, None),
            Value::Boolean(truth) => (1, i64::from(truth), None),
            Value::Bytes(bytes) => (2, 0, Some(Hashed { bytes, hash: 7 })),
        };
        Parts { tag, word, bytes }
    }

    fn join(parts: Parts<'_>) -> Value<'_> {
        match parts.tag {
            0 => Value::Integer(parts.word),
            1 => Value::Boolean(parts.word != 0),
            _ => Value::Bytes(parts.bytes.expect("a value with bytes").bytes),
        }
    }
}

/// Integers alone.
pub(crate) struct Words;

// SAFETY: There are no bytes.
unsafe impl Kind for Words {
    type Value<'a> = i64;
    const BYTES: bool = false;
    const FEW: usize = 0;

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

/// Bytes alone, as many of them for copying as can be.
pub(crate) struct Texts;

// SAFETY: There are bytes, and `BYTES` says so.
unsafe impl Kind for Texts {
    type Value<'a> = &'a [u8];
    const BYTES: bool = true;
    const FEW: usize = 255;

    fn split(value: Self::Value<'_>) -> Parts<'_> {
        let (bytes, hash) = (value, 7);
        Parts {
            tag: 0,
            word: 0,
            bytes: Some(Hashed { bytes, hash }),
        }
    }

    fn join(parts: Parts<'_>) -> &[u8] {
        parts.bytes.expect("a value with bytes").bytes
    }
}

/// A hash (FNV-1a) that leaves `bits` of itself: few make many keys collide.
pub(crate) fn key(bytes: &[u8], bits: u32) -> Key<'_> {
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, &byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    Key {
        bytes,
        hash: hash & ((1_u64 << bits) - 1) as u32,
    }
}

/// All keys, in the order of iteration.
pub(crate) fn walk<K: Kind, B: Buckets>(table: &Table<K, B>, bits: u32) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = Vec::new();
    while let Some(next) = table.successor(keys.last().map(|last| key(last, bits)), |element| {
        element.key().to_vec()
    }) {
        keys.push(next);
    }
    keys
}
