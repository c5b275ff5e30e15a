// SPDX-License-Identifier: GPL-2.0
//! Whose each byte of a module is.
//!
//! Most bytes lie in a symbol, and that in an object: the symbol table says so of
//! local symbols, the objects beside the module do of global ones. What has no
//! symbol (texts, and the tables of addresses that the kernel and objtool have made
//! for code) belongs to what refers to it, or to what it refers to: a module is
//! relocatable, so every reference stands in it.

use std::collections::{
    BTreeSet,
    HashMap, //
};
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{
    Context,
    Result,
    ensure, //
};
use object::elf;
use object::read::{
    Object as _,
    ObjectSection as _,
    ObjectSymbol as _,
    RelocationTarget, //
};
use object::{
    Architecture,
    File,
    RelocationFlags,
    SectionFlags,
    SectionIndex,
    SymbolKind, //
};

use super::Sizes;
use super::parts::{
    self,
    CRATE,
    Part, //
};
use crate::config::Config;

/// What kind of section a byte is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Rodata,
    Data,
    Bss,
}

impl Kind {
    fn sizes(self, size: u64) -> Sizes {
        let mut sizes = Sizes::default();
        match self {
            Kind::Text => sizes.text = size,
            Kind::Rodata => sizes.rodata = size,
            Kind::Data => sizes.data = size,
            Kind::Bss => sizes.bss = size,
        }
        sizes
    }
}

/// Bytes side by side that are of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub part: Part,
    pub kind: Kind,
    pub section: String,
    /// The symbol that they are in, or that has to do with them.
    pub symbol: String,
    pub size: u64,
}

impl Piece {
    /// Whether these are there for the kernel's mitigations and its unwinder.
    pub fn is_kernels(&self) -> bool {
        const TABLES: &[&str] = &[
            ".orc_",
            ".call_sites",
            ".return_sites",
            ".retpoline_sites",
            ".ibt_endbr_seal",
            ".cfi_sites",
            "__patchable_function_entries",
        ];
        self.symbol.starts_with(AHEAD) || TABLES.iter().any(|table| self.section.starts_with(table))
    }

    /// Its bytes by kind.
    pub fn sizes(&self) -> Sizes {
        Sizes {
            kernels: if self.is_kernels() { self.size } else { 0 },
            ..self.kind.sizes(self.size)
        }
    }

    /// Whether this is a shared table itself: the `TABLE` of `generated/tables.rs`.
    pub(super) fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Data | Kind::Bss)
            && format!("{:#}", rustc_demangle::demangle(&self.symbol)).ends_with("::TABLE")
            && !self.is_kernels()
    }
}

/// What objtool calls the room ahead of a function.
const AHEAD: &str = "__pfx_";

/// What the directory of a flavour says of its module.
pub struct Origin {
    /// The stems of the objects that define global symbols.
    globals: HashMap<String, String>,
    /// The table, if there is just one.
    table: Option<String>,
    /// Modules for `require` and scripts, and the bytes that each is in the module.
    contained: Vec<(Part, String, Vec<u8>)>,
}

impl Origin {
    pub fn read(directory: &Path, config: &Config) -> Result<Self> {
        let mut globals = HashMap::new();
        for folder in ["", "lua", "lua/src"] {
            let folder = directory.join(folder);
            let entries = fs::read_dir(&folder)
                .with_context(|| format!("cannot list {}", folder.display()))?;
            for entry in entries {
                let path = entry?.path();
                let stem = path.file_stem().and_then(|stem| stem.to_str());
                // What is linked of others has no source of its own.
                let sources = ["c", "rs", "S"].map(|extension| path.with_extension(extension));
                if let (Some("o"), Some(stem), true) = (
                    path.extension().and_then(|extension| extension.to_str()),
                    stem,
                    sources.iter().any(|source| source.exists()),
                ) {
                    add_globals(&path, stem, &mut globals)?;
                }
            }
        }
        let extension = if config.has_chunks() { "luac" } else { "lua" };
        let modules = config.lua.stdlib.iter().map(|name| {
            let path = format!("stdlib/{name}.{extension}");
            (Part::Stdlib(name.clone()), name, path)
        });
        let scripts = config.scripts.iter().map(|script| {
            let part = Part::Contained(script.name.clone());
            (part, &script.name, script.path("luac"))
        });
        let contained = modules.chain(scripts).map(|(part, name, path)| {
            let path = directory.join(path);
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
            Ok((part, name.clone(), bytes?))
        });
        Ok(Self {
            globals,
            table: match config.tables.as_slice() {
                [table] => Some(table.name.clone()),
                _ => None,
            },
            contained: contained.collect::<Result<_>>()?,
        })
    }
}

fn add_globals(path: &Path, stem: &str, globals: &mut HashMap<String, String>) -> Result<()> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = File::parse(&*bytes).with_context(|| format!("{} is no object", path.display()))?;
    for symbol in file.symbols() {
        if symbol.is_global() && symbol.is_definition() {
            globals.insert(symbol.name()?.to_owned(), stem.to_owned());
        }
    }
    Ok(())
}

/// An owner, by its place in [`Module::owners`].
type Owner = usize;

/// Bytes of a section.
struct Span {
    range: Range<u64>,
    owner: Option<Owner>,
}

struct Section<'a> {
    index: SectionIndex,
    name: &'a str,
    kind: Kind,
    data: &'a [u8],
    size: u64,
    /// All of it, in order.
    spans: Vec<Span>,
}

/// That something at one place names another.
struct Reference {
    from: (SectionIndex, u64),
    to: (SectionIndex, u64),
}

struct Module<'a> {
    sections: Vec<Section<'a>>,
    places: HashMap<SectionIndex, usize>,
    references: Vec<Reference>,
    owners: Vec<(Part, String)>,
}

/// The whole module, piece by piece.
pub fn attribute(module: &[u8], origin: &Origin) -> Result<Vec<Piece>> {
    let file = File::parse(module).context("this is no module")?;
    let mut module = Module::read(&file)?;
    module.symbols(&file, origin)?;
    module.cut();
    module.follow();
    module.unwinding();
    module.rest();
    Ok(module.pieces())
}

impl<'a> Module<'a> {
    fn read(file: &'a File<'a>) -> Result<Self> {
        let mut sections = Vec::new();
        let mut references = Vec::new();
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else {
                anyhow::bail!("this is no module");
            };
            let flags = sh_flags as u32;
            if flags & elf::SHF_ALLOC == 0 || section.size() == 0 {
                continue;
            }
            let data = section.data()?;
            // The order in which binutils ask.
            let kind = if flags & elf::SHF_EXECINSTR != 0 {
                Kind::Text
            } else if flags & elf::SHF_WRITE == 0 {
                Kind::Rodata
            } else if section.kind() == object::SectionKind::UninitializedData {
                Kind::Bss
            } else {
                Kind::Data
            };
            sections.push(Section {
                index: section.index(),
                name: section.name()?,
                kind,
                data,
                size: section.size(),
                spans: Vec::new(),
            });
            for (offset, relocation) in section.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else {
                    continue;
                };
                let symbol = file.symbol_by_index(symbol)?;
                let Some(target) = symbol.section_index() else {
                    continue;
                };
                // The processor counts from behind the four bytes of the address.
                let behind = file.architecture() == Architecture::X86_64
                    && kind == Kind::Text
                    && matches!(
                        relocation.flags(),
                        RelocationFlags::Elf {
                            r_type: elf::R_X86_64_PC32 | elf::R_X86_64_PLT32
                        }
                    );
                let addend = relocation.addend() + if behind { 4 } else { 0 };
                references.push(Reference {
                    from: (section.index(), offset),
                    to: (target, symbol.address().wrapping_add_signed(addend)),
                });
            }
        }
        ensure!(!sections.is_empty(), "this module has nothing to load");
        let places = sections.iter().enumerate();
        Ok(Self {
            places: places.map(|(at, section)| (section.index, at)).collect(),
            sections,
            references,
            owners: Vec::new(),
        })
    }

    fn owner(&mut self, part: Part, symbol: &str) -> Owner {
        self.owners.push((part, symbol.to_owned()));
        self.owners.len() - 1
    }

    /// Gives each symbol what is its own, and leaves spans without an owner between them.
    fn symbols(&mut self, file: &File<'_>, origin: &Origin) -> Result<()> {
        struct Named {
            range: Range<u64>,
            owner: Owner,
        }
        let mut found: HashMap<SectionIndex, Vec<Named>> = HashMap::new();
        // Local symbols stand behind the name of the file that they are from.
        let mut source = String::new();
        let mut ahead = Vec::new();
        for symbol in file.symbols() {
            if symbol.kind() == SymbolKind::File {
                source = symbol.name()?.to_owned();
                continue;
            }
            let Some(index) = symbol.section_index() else {
                continue;
            };
            if symbol.size() == 0 || !self.places.contains_key(&index) {
                continue;
            }
            let name = symbol.name()?;
            let range = symbol.address()..symbol.address() + symbol.size();
            if name.starts_with(AHEAD) {
                ahead.push((index, name, range));
                continue;
            }
            let local = Path::new(&source)
                .file_name()
                .and_then(|name| name.to_str());
            let object = match origin.globals.get(name) {
                _ if name.starts_with("_R") => CRATE,
                Some(stem) if symbol.is_global() => stem.as_str(),
                _ => match local.unwrap_or_default() {
                    local if local.starts_with(CRATE) => CRATE,
                    local => local.rsplit_once('.').map_or(local, |(stem, _)| stem),
                },
            };
            let part = match &origin.table {
                Some(table) if parts::is_dispatch(name) => Part::Table(table.clone()),
                _ => parts::of(object, name),
            };
            let owner = self.owner(part, name);
            found.entry(index).or_default().push(Named { range, owner });
        }
        for (index, name, range) in ahead {
            let named = found.entry(index).or_default();
            if let Some(of) = named.iter().find(|named| named.range.start == range.end) {
                let part = self.owners[of.owner].0.clone();
                let owner = self.owner(part, name);
                named.push(Named { range, owner });
            }
        }
        for at in 0..self.sections.len() {
            let (name, index) = (self.sections[at].name, self.sections[at].index);
            let mut named = found.remove(&index).unwrap_or_default();
            if is_frame(name) {
                let range = 0..self.sections[at].size;
                let owner = self.owner(Part::Frame, name);
                named = vec![Named { range, owner }];
            }
            for (part, name, bytes) in &origin.contained {
                if let Some(start) = find(self.sections[at].data, bytes) {
                    let range = start as u64..(start + bytes.len()) as u64;
                    let owner = self.owner(part.clone(), name);
                    named.push(Named { range, owner });
                }
            }
            // Of symbols at one place the first counts, of those that overlap the later half.
            named.sort_by_key(|named| (named.range.start, named.range.end));
            let section = &mut self.sections[at];
            let mut end = 0;
            for Named { range, owner } in named {
                let range = range.start.max(end)..range.end.min(section.size);
                if range.is_empty() {
                    continue;
                }
                if range.start > end {
                    section.spans.push(Span {
                        range: end..range.start,
                        owner: None,
                    });
                }
                end = range.end;
                section.spans.push(Span {
                    range,
                    owner: Some(owner),
                });
            }
            if end < section.size {
                section.spans.push(Span {
                    range: end..section.size,
                    owner: None,
                });
            }
        }
        Ok(())
    }

    /// Cuts what has no owner where references lead to, or if none does, where they are.
    fn cut(&mut self) {
        let mut to: HashMap<SectionIndex, BTreeSet<u64>> = HashMap::new();
        let mut from: HashMap<SectionIndex, BTreeSet<u64>> = HashMap::new();
        for reference in &self.references {
            to.entry(reference.to.0).or_default().insert(reference.to.1);
            let (index, offset) = reference.from;
            from.entry(index).or_default().insert(offset);
        }
        let none = BTreeSet::new();
        for section in &mut self.sections {
            let to = to.get(&section.index).unwrap_or(&none);
            let from = from.get(&section.index).unwrap_or(&none);
            let spans = std::mem::take(&mut section.spans);
            for span in spans {
                // Between functions there is padding.
                if span.owner.is_some() || (section.kind == Kind::Text && span.range.start > 0) {
                    section.spans.push(span);
                    continue;
                }
                let mut places = to.range(span.range.clone()).peekable();
                let places: Vec<_> = match places.peek() {
                    Some(_) => places.collect(),
                    None => from.range(span.range.clone()).collect(),
                };
                let mut start = span.range.start;
                for place in places.into_iter().copied().chain([span.range.end]) {
                    if place > start {
                        section.spans.push(Span {
                            range: start..place,
                            owner: None,
                        });
                        start = place;
                    }
                }
            }
        }
    }

    /// The span at a place.
    fn span(&self, (index, offset): (SectionIndex, u64)) -> Option<(usize, usize)> {
        let at = *self.places.get(&index)?;
        let spans = &self.sections[at].spans;
        let span = spans.partition_point(|span| span.range.end <= offset);
        spans
            .get(span)
            .filter(|span| span.range.start <= offset)
            .map(|_| (at, span))
    }

    /// Finds owners by references, until there is nothing more to find.
    fn follow(&mut self) {
        // A span belongs to whom names it; the rest to whom it names.
        for forward in [true, false, true] {
            loop {
                let mut found = Vec::new();
                for reference in &self.references {
                    let ends = (self.span(reference.from), self.span(reference.to));
                    let (Some(from), Some(to)) = ends else {
                        continue;
                    };
                    let (known, open) = if forward { (from, to) } else { (to, from) };
                    let owner =
                        |(section, span): (usize, usize)| self.sections[section].spans[span].owner;
                    if let (Some(known), None) = (owner(known), owner(open)) {
                        found.push((open, known));
                    }
                }
                if found.is_empty() {
                    break;
                }
                for ((section, span), owner) in found {
                    self.sections[section].spans[span]
                        .owner
                        .get_or_insert(owner);
                }
            }
        }
    }

    /// The ORC tables: one has an address for each entry of the other.
    fn unwinding(&mut self) {
        const ADDRESS: u64 = 4;
        const ENTRY: u64 = 6;
        let section = |name| {
            self.sections
                .iter()
                .position(|section| section.name == name)
        };
        let (Some(addresses), Some(entries)) = (section(".orc_unwind_ip"), section(".orc_unwind"))
        else {
            return;
        };
        if self.sections[addresses].size / ADDRESS != self.sections[entries].size / ENTRY {
            return;
        }
        let spans = self.sections[addresses].spans.iter().map(|span| Span {
            range: span.range.start / ADDRESS * ENTRY..span.range.end / ADDRESS * ENTRY,
            owner: span.owner,
        });
        self.sections[entries].spans = spans.collect();
    }

    /// What is left belongs to what it follows, the beginning of a section to what follows.
    fn rest(&mut self) {
        for at in 0..self.sections.len() {
            let first = self.sections[at].spans.iter().find_map(|span| span.owner);
            let mut last = match first {
                Some(owner) => owner,
                None => {
                    let name = self.sections[at].name;
                    self.owner(Part::Frame, name)
                }
            };
            for span in &mut self.sections[at].spans {
                last = *span.owner.get_or_insert(last);
            }
        }
    }

    fn pieces(&self) -> Vec<Piece> {
        let sections = self.sections.iter();
        let pieces = sections.flat_map(|section| {
            section.spans.iter().filter_map(|span| {
                let (part, symbol) = self.owners.get(span.owner?)?;
                Some(Piece {
                    part: part.clone(),
                    kind: section.kind,
                    section: section.name.to_owned(),
                    symbol: symbol.clone(),
                    size: span.range.end - span.range.start,
                })
            })
        });
        pieces.collect()
    }
}

/// Whether a section is there whatever the module does.
fn is_frame(section: &str) -> bool {
    let known = [".modinfo", ".gnu.linkonce.this_module", ".orc_header"];
    let begins = ["__versions", "__version_ext", ".note", ".codetag"];
    known.contains(&section) || begins.iter().any(|begin| section.starts_with(begin))
}

/// Where `text` stands in `data`.
fn find(data: &[u8], text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    data.windows(text.len()).position(|window| window == text)
}
