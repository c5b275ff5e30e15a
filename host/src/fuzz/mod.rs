// SPDX-License-Identifier: GPL-2.0
//! Scripts that try to break Lua, each made of a number: what fails can be had again.
//!
//! [`grammar`] makes them of nothing, [`mutate`] of the scripts that there are. The
//! program `lunatik-fuzz` runs them here, `tests/machine.rs` in the module.

mod grammar;
mod mutate;
mod random;

use std::fs;
use std::io;
use std::path::{
    Path,
    PathBuf, //
};

use crate::{
    Failing,
    Run, //
};
use random::Random;

/// Makes scripts.
pub struct Fuzz {
    corpus: Vec<Vec<u8>>,
}

/// A script, and how it is run.
#[derive(Debug, Clone)]
pub struct Case {
    pub script: Vec<u8>,
    pub run: Run,
}

impl Fuzz {
    /// Reads the scripts of this repository.
    ///
    /// # Errors
    ///
    /// Folders and files that cannot be read.
    pub fn new() -> io::Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        Ok(Self {
            corpus: mutate::corpus(here.parent().unwrap_or(here))?,
        })
    }

    /// The script of this number.
    pub fn case(&self, seed: u64) -> Case {
        let mut random = Random::new(seed);
        Case {
            run: run(&mut random),
            script: self.script(&mut random),
        }
    }

    fn script(&self, random: &mut Random) -> Vec<u8> {
        let kind = random.below(20);
        if kind < 11 {
            return grammar::script(random);
        }
        let mut script = match kind {
            11..15 => grammar::script(random),
            // Where there is no shared table, a plain one stands in for it.
            _ => [
                b"local rcu = rcu or {} ",
                random.of(&self.corpus).as_slice(),
            ]
            .concat(),
        };
        let other = match random.below(2) {
            0 => grammar::script(random),
            _ => random.of(&self.corpus).clone(),
        };
        mutate::mutate(&mut script, &other, random);
        script
    }
}

/// The scripts that try to do much between two looks at whether they are to end.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn looks() -> io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("looks");
    let entries = fs::read_dir(folder)?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn run(random: &mut Random) -> Run {
    let memory = *random.of(&[64, 128, 256, 1024, 1024]) << 10;
    let instructions = *random.of(&[20_000, 100_000, 500_000]);
    let at = random.next() % *random.of(&[300, 3000]);
    let failing = match random.below(10) {
        0 => Some(Failing::Once(at)),
        1 => Some(Failing::From(at)),
        _ => None,
    };
    Run {
        memory,
        instructions,
        output: 16 << 10,
        seed: random.next() as u32,
        failing,
    }
}
