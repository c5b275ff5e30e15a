// SPDX-License-Identifier: GPL-2.0

//! What a fuzzer's bytes stand for: a table, and a sequence of operations on it. Another choice here makes
//! something else of the inputs that are kept.

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::kinds::{Mixed, Texts, Words};
use crate::model::{Modelled, Operation, Owned, agree};
use crate::table::{Fixed, Growing, Limits};

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Values {
    Mixed,
    Words,
    Texts,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Shape {
    Fixed1,
    Fixed16,
    Fixed256,
    Growing1To2,
    Growing1To64,
    Growing8To4096,
}

/// How many bits of a hash there are.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Hashes {
    Whole,
    Eight,
    Three,
    /// All keys collide.
    None,
}

/// A key.
#[derive(Debug)]
struct Name(Vec<u8>);

/// One operation, or a run of them on keys with numbers, which makes a table grow or shrink.
#[derive(Arbitrary, Debug)]
enum Step {
    One(Name, Operation),
    Fill { from: u8, count: u8, value: Owned },
    Drain { from: u8, count: u8 },
}

/// A table, and what is done to it.
#[derive(Arbitrary, Debug)]
pub(crate) struct Case {
    values: Values,
    shape: Shape,
    hashes: Hashes,
    limits: Option<(u8, u16)>,
    steps: Vec<Step>,
}

fn number(n: u16) -> Vec<u8> {
    n.to_string().into_bytes()
}

impl<'a> Arbitrary<'a> for Name {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u.int_in_range(0..=3_u8)? {
            // Of all lengths that `same` in `element.rs` knows.
            0 => vec![b'k'; u.int_in_range(0..=80)?],
            1 => vec![0; u.int_in_range(0..=3)?],
            // Those of `Fill`, and some behind them.
            2 => number(u.int_in_range(0..=600)?),
            _ => u.arbitrary()?,
        }))
    }
}

impl<'a> Arbitrary<'a> for Owned {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=3_u8)? {
            // Few, so that some are the same.
            0 => Self::Integer(u.int_in_range(0..=3)?),
            1 => Self::Integer(u.arbitrary()?),
            2 => Self::Boolean(u.arbitrary()?),
            // As few as are copied, and more, of each kind.
            _ => Self::Bytes(vec![u.arbitrary()?; u.int_in_range(0..=300)?]),
        })
    }
}

impl Case {
    /// Does all of it. Panics if the table is wrong.
    pub(crate) fn run(self) {
        match self.values {
            Values::Mixed => self.run_with::<Mixed>(),
            Values::Words => self.run_with::<Words>(),
            Values::Texts => self.run_with::<Texts>(),
        }
    }

    fn run_with<K: Modelled>(self) {
        let (entries, bytes) = match self.limits {
            Some((entries, bytes)) => (usize::from(entries), usize::from(bytes)),
            None => (1 << 40, 1 << 40),
        };
        let limits = Limits { entries, bytes };
        let bits = match self.hashes {
            Hashes::Whole => 32,
            Hashes::Eight => 8,
            Hashes::Three => 3,
            Hashes::None => 0,
        };
        let operations = self.steps.into_iter().flat_map(Step::operations);
        match self.shape {
            Shape::Fixed1 => agree::<K, Fixed<1>>(limits, bits, operations),
            Shape::Fixed16 => agree::<K, Fixed<16>>(limits, bits, operations),
            Shape::Fixed256 => agree::<K, Fixed<256>>(limits, bits, operations),
            Shape::Growing1To2 => agree::<K, Growing<1, 2>>(limits, bits, operations),
            Shape::Growing1To64 => agree::<K, Growing<1, 64>>(limits, bits, operations),
            Shape::Growing8To4096 => agree::<K, Growing<8, 4096>>(limits, bits, operations),
        }
    }
}

impl Step {
    fn operations(self) -> Vec<(Vec<u8>, Operation)> {
        let run = |from: u8, count: u8, operation: Operation| {
            let numbers = (u16::from(from)..).take(usize::from(count));
            numbers.map(|n| (number(n), operation.clone())).collect()
        };
        match self {
            Self::One(Name(name), operation) => vec![(name, operation)],
            Self::Fill { from, count, value } => run(from, count, Operation::Set(value)),
            Self::Drain { from, count } => run(from, count, Operation::Delete),
        }
    }
}
