// SPDX-License-Identifier: GPL-2.0
//! What a flavour takes: the bytes of its module, each of them a part's, and those
//! that its states, tables and elements take in memory.
//!
//! The bytes of a module are those of its sections that the kernel loads, sorted as
//! `size` does. [`attribute`] says whose each is, [`parts`] what parts there are;
//! [`report`] and [`chart`] show it. What memory there is was measured in the
//! machine by `vm/size.sh`. [`choices`] tells it before anything is built, from what
//! was measured of others.

mod attribute;
pub mod budget;
pub mod chart;
pub mod choices;
mod parts;
pub mod report;

use std::collections::{
    BTreeMap,
    HashMap, //
};
use std::fs;
use std::iter::Sum;
use std::ops::AddAssign;
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result,
    bail, //
};
use serde::{
    Deserialize,
    Serialize, //
};

use crate::config::Config;
pub use attribute::Piece;

/// Bytes by the kind of their section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Code.
    pub text: u64,
    /// What is neither code nor ever written to.
    pub rodata: u64,
    pub data: u64,
    /// What is zero when the module is loaded, and in no file.
    pub bss: u64,
    /// Bytes of these that are the kernel's business: what its build makes for each function, call
    /// and return, of which another kernel makes less or more.
    #[serde(default)]
    pub kernels: u64,
}

impl Sizes {
    pub fn total(&self) -> u64 {
        self.text + self.rodata + self.data + self.bss
    }
}

impl AddAssign for Sizes {
    fn add_assign(&mut self, other: Self) {
        self.text += other.text;
        self.rodata += other.rodata;
        self.data += other.data;
        self.bss += other.bss;
        self.kernels += other.kernels;
    }
}

impl Sum for Sizes {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        let mut sum = Self::default();
        sizes.for_each(|sizes| sum += sizes);
        sum
    }
}

/// A part of a module, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub part: String,
    #[serde(flatten)]
    pub sizes: Sizes,
}

/// A flavour and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flavour {
    /// The module's name.
    pub module: String,
    /// Lua states, each of which takes [`Memory::state`].
    pub states: u32,
    /// Every part that has a byte, in an order that is the same for all flavours.
    pub parts: Vec<Part>,
    /// What each table takes that holds nothing, its first buckets, which lie in the module.
    pub tables: BTreeMap<String, u64>,
    /// Of the module that is loaded: stripped, if the flavour strips it.
    pub file: u64,
    /// If it was measured.
    pub memory: Option<Memory>,
}

/// Bytes asked of the kernel's allocator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// A state in which nothing has run, after a full collection.
    pub state: u64,
    /// All tables when the module is loaded, beside their first buckets, which are part of
    /// the module.
    pub tables: u64,
    /// By table, one element: a key of eight bytes and an integer, or where the table has
    /// none, a boolean or a string of eight bytes. None of a table that took no more.
    pub elements: BTreeMap<String, u64>,
}

impl Flavour {
    pub fn total(&self) -> Sizes {
        self.parts.iter().map(|part| part.sizes).sum()
    }

    /// What the module and its idle states hold together.
    pub fn idle(&self) -> Option<u64> {
        let memory = self.memory.as_ref()?;
        Some(self.total().total() + u64::from(self.states) * memory.state + memory.tables)
    }

    /// The part that takes most.
    pub fn largest(&self) -> Option<&Part> {
        self.parts.iter().max_by_key(|part| part.sizes.total())
    }

    /// The part that has grown most since `before`, and by how much, if one has.
    pub fn grown<'a>(&'a self, before: &Flavour) -> Option<(&'a Part, u64)> {
        let growth = |part: &Part| {
            let before = before.parts.iter().find(|other| other.part == part.part);
            let before = before.map_or(0, |other| other.sizes.total());
            part.sizes.total().saturating_sub(before)
        };
        let most = self.parts.iter().max_by_key(|part| growth(part))?;
        Some((most, growth(most))).filter(|(_, growth)| *growth > 0)
    }
}

/// A built module, and where it was built.
pub struct Built {
    /// With all its symbols.
    symbols: Vec<u8>,
    file: u64,
    origin: attribute::Origin,
}

/// What kbuild made is kept under this, beside the module, where a flavour strips that.
pub const UNSTRIPPED: &str = "unstripped";

impl Built {
    /// Reads the module of a flavour's directory.
    ///
    /// # Errors
    ///
    /// It is not built.
    pub fn read(directory: &Path, config: &Config) -> Result<Self> {
        let module = directory.join(format!("{}.ko", config.module.name));
        let unstripped = directory.join(format!("{}.ko.{UNSTRIPPED}", config.module.name));
        let length = |path: &Path| fs::metadata(path).map(|meta| meta.len());
        let file = length(&module).with_context(|| {
            format!(
                "cannot read {}: is the flavour built? (`make FLAVOUR=…`)",
                module.display()
            )
        })?;
        let changed = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
        let path = match changed(&unstripped) > changed(&module) {
            true => unstripped,
            false => module,
        };
        let symbols = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let origin = attribute::Origin::read(directory, config)?;
        Ok(Self {
            symbols,
            file,
            origin,
        })
    }

    /// Every byte of it that the kernel loads.
    ///
    /// # Errors
    ///
    /// It is no module.
    pub fn pieces(&self) -> Result<Vec<Piece>> {
        attribute::attribute(&self.symbols, &self.origin)
    }

    /// # Errors
    ///
    /// It is no module.
    pub fn flavour(&self, config: &Config) -> Result<Flavour> {
        let mut sums: BTreeMap<parts::Part, Sizes> = BTreeMap::new();
        let mut tables = BTreeMap::new();
        for piece in self.pieces()? {
            if let (parts::Part::Table(name), true) = (&piece.part, piece.is_table()) {
                // What else belongs to it, such as its address elsewhere, is smaller.
                let bytes: &mut u64 = tables.entry(name.clone()).or_default();
                *bytes = piece.size.max(*bytes);
            }
            let sizes = piece.sizes();
            *sums.entry(piece.part).or_default() += sizes;
        }
        let parts = sums.into_iter().map(|(part, sizes)| Part {
            part: part.to_string(),
            sizes,
        });
        Ok(Flavour {
            module: config.module.name.clone(),
            states: config.exec.states,
            parts: parts.collect(),
            tables,
            file: self.file,
            memory: None,
        })
    }
}

/// Sizes of flavours in a file, to compare others with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub flavours: Vec<Flavour>,
}

impl Saved {
    /// # Errors
    ///
    /// There is no such file, or it is something else.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not what `size --save` writes", path.display()))
    }

    pub fn get(&self, module: &str) -> Option<&Flavour> {
        self.flavours
            .iter()
            .find(|flavour| flavour.module == module)
    }

    /// What is in the file stays, but for the flavours that are saved now.
    ///
    /// # Errors
    ///
    /// The file is something else, or cannot be written.
    pub fn write(path: &Path, flavours: &[Flavour]) -> Result<()> {
        let mut saved = match path.exists() {
            true => Self::read(path)?,
            false => Self::default(),
        };
        saved
            .flavours
            .retain(|old| flavours.iter().all(|new| new.module != old.module));
        saved.flavours.extend_from_slice(flavours);
        write(path, &(serde_json::to_string_pretty(&saved)? + "\n"))
    }
}

/// Writes a file in one step.
///
/// # Errors
///
/// What the file system refuses.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let write = || {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".new");
        let temporary = PathBuf::from(temporary);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
        fs::write(&temporary, text)?;
        fs::rename(&temporary, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Reads what `vm/size.sh` measured: lines of a module's name, what it is, and a number:
/// `MODULE state BYTES`, `MODULE tables BYTES`, `MODULE element.TABLE BYTES`.
///
/// # Errors
///
/// Other lines, and a module of which something is missing.
pub fn measured(text: &str) -> Result<HashMap<String, Memory>> {
    type Figures = (Option<u64>, Option<u64>, BTreeMap<String, u64>);
    let mut found: HashMap<String, Figures> = HashMap::new();
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let parsed = match words[..] {
            [module, what, bytes] => bytes.parse().ok().map(|bytes| (module, what, bytes)),
            _ => None,
        };
        let (module, what, bytes) = parsed.with_context(|| format!("the machine said `{line}`"))?;
        let (state, tables, elements) = found.entry(module.to_owned()).or_default();
        match (what, what.strip_prefix("element.")) {
            ("state", _) => *state = Some(bytes),
            ("tables", _) => *tables = Some(bytes),
            (_, Some(table)) => drop(elements.insert(table.to_owned(), bytes)),
            _ => bail!("the machine said `{line}`"),
        }
    }
    let memory = |(module, (state, tables, elements)): (String, Figures)| {
        let missing = |what| format!("the machine said nothing of the {what} of {module}");
        let memory = Memory {
            state: state.with_context(|| missing("state"))?,
            tables: tables.with_context(|| missing("tables"))?,
            elements,
        };
        Ok((module, memory))
    };
    found.into_iter().map(memory).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flavour(parts: &[(&str, u64)]) -> Flavour {
        let part = |(name, text): &(&str, u64)| Part {
            part: (*name).to_owned(),
            sizes: Sizes {
                text: *text,
                ..Sizes::default()
            },
        };
        Flavour {
            module: "m".to_owned(),
            states: 2,
            parts: parts.iter().map(part).collect(),
            tables: BTreeMap::new(),
            file: 1,
            memory: None,
        }
    }

    #[test]
    fn the_part_that_grew_most_is_found() {
        let before = flavour(&[("a", 10), ("b", 100), ("gone", 7)]);
        let after = flavour(&[("a", 30), ("b", 110), ("new", 15)]);
        assert_eq!(after.largest().unwrap().part, "b");
        let (part, growth) = after.grown(&before).unwrap();
        assert_eq!((part.part.as_str(), growth), ("a", 20));
        let other = flavour(&[("new", 15)]);
        let (part, growth) = other.grown(&before).unwrap();
        assert_eq!((part.part.as_str(), growth), ("new", 15));
        assert_eq!(before.grown(&before), None);
        assert_eq!(flavour(&[("a", 9)]).grown(&before), None);
    }

    #[test]
    fn what_the_machine_said_is_read() {
        let said = "m state 6000\nm element.t 40\nm tables 8\nn state 1\nn tables 0\n";
        let measured = measured(said).unwrap();
        let mut flavour = flavour(&[("a", 1000)]);
        assert_eq!(flavour.idle(), None);
        flavour.memory = Some(measured["m"].clone());
        assert_eq!(flavour.idle(), Some(1000 + 2 * 6000 + 8));
        assert_eq!(measured["m"].elements["t"], 40);
        assert_eq!(measured["n"].elements, BTreeMap::new());
        for wrong in [
            "m state",
            "m state x",
            "m state 1",
            "m tables 1",
            "m tables 1\nm state 1\nm other 8",
        ] {
            super::measured(wrong).unwrap_err();
        }
    }

    #[test]
    fn saving_keeps_what_else_is_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/saved.json");
        let first = flavour(&[("a", 1)]);
        let mut other = flavour(&[("a", 2)]);
        other.module = "other".to_owned();
        Saved::write(&path, &[first, other.clone()]).unwrap();
        let again = flavour(&[("a", 3)]);
        Saved::write(&path, std::slice::from_ref(&again)).unwrap();
        let saved = Saved::read(&path).unwrap();
        assert_eq!(saved.get("m"), Some(&again));
        assert_eq!(saved.get("other"), Some(&other));
        assert_eq!(saved.get("none"), None);
        fs::write(&path, "{}").unwrap();
        Saved::write(&path, &[again]).unwrap_err();
    }
}
