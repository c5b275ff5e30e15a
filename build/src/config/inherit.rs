// SPDX-License-Identifier: GPL-2.0
//! Finds the files that a flavour is made of: its own, and those that `inherit`
//! names, there and in them. What is made of them is the business of `merge`.
//!
//! A file is applied after all that it inherits, and what it inherits in the order
//! that it names them in. Each file has its turn once, so nobody need think about
//! which of two turns counts: a file that is reached a second time is refused.

use std::fs;
use std::ops::Range;
use std::path::{
    Component,
    Path,
    PathBuf, //
};

use toml::Spanned;

use super::raw::{
    self,
    Given,
    Item, //
};
use crate::diagnostic::{
    Diagnostic,
    Source,
    Sources, //
};

/// Files of one flavour: more than anyone can follow.
const FILES_MAX: usize = 64;

/// The files of a flavour, and what is wrong with how they name each other.
pub struct Files {
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads all that `source` inherits.
pub fn files(source: Source) -> Files {
    let mut loader = Loader::default();
    loader.load(source, None);
    loader.finish()
}

#[derive(Default)]
struct Loader {
    /// As they are found.
    files: Vec<File>,
    /// Their numbers as they are applied.
    order: Vec<usize>,
    /// Files that were reached a second time: from where, and which.
    knots: Vec<(Link, usize)>,
}

/// Places are counted from the file's own beginning.
struct File {
    source: Source,
    /// What tells whether two names are of one file.
    real: PathBuf,
    /// Where it was inherited; `None` for the first.
    via: Option<Link>,
    diagnostics: Vec<Diagnostic>,
}

/// A place where a file names another.
#[derive(Clone, PartialEq)]
struct Link {
    file: usize,
    place: Range<usize>,
}

impl Loader {
    fn load(&mut self, source: Source, via: Option<Link>) {
        let number = self.files.len();
        let (paths, diagnostics) = paths(&raw::inherit(&source.text));
        self.files.push(File {
            real: real(&source.path),
            source,
            via,
            diagnostics,
        });
        for (path, place) in paths {
            let file = number;
            self.follow(Link { file, place }, &path);
        }
        self.order.push(number);
    }

    /// Loads what `link` names.
    fn follow(&mut self, link: Link, path: &str) {
        let heir = &self.files[link.file].source;
        let full = beside(&heir.path, path);
        let name = plain(&beside(Path::new(&heir.name), path));
        let real = real(&full);
        if let Some(again) = self.files.iter().position(|file| file.real == real) {
            self.knots.push((link, again));
            return;
        }
        let wrong = if self.files.len() == FILES_MAX {
            format!("a flavour has at most {FILES_MAX} files")
        // A device or a pipe may have no end.
        } else if fs::metadata(&full).is_ok_and(|found| !found.is_file()) {
            format!("{name} is not a file")
        } else {
            match Source::read(&full, name) {
                Ok(source) => return self.load(source, Some(link)),
                Err(error) => format!("{error:#}"),
            }
        };
        let diagnostic = Diagnostic::new(wrong, link.place, "inherited here");
        self.files[link.file].diagnostics.push(diagnostic);
    }

    /// Puts the files one behind the other.
    fn finish(self) -> Files {
        let mut sources = Sources::default();
        let mut starts = vec![0; self.files.len()];
        let mut diagnostics = Vec::new();
        for number in &self.order {
            let file = &self.files[*number];
            starts[*number] = sources.add(file.source.clone());
            let found = file.diagnostics.iter().cloned();
            diagnostics.extend(found.map(|diagnostic| diagnostic.moved(starts[*number])));
        }
        let knots = self.knots.iter();
        diagnostics.extend(knots.map(|(link, again)| self.knot(link, *again, &starts)));
        Files {
            sources,
            diagnostics,
        }
    }

    /// The way from the first file to `number`.
    fn chain(&self, number: usize) -> Vec<Link> {
        let mut links: Vec<_> = std::iter::successors(self.files[number].via.as_ref(), |link| {
            self.files[link.file].via.as_ref()
        })
        .cloned()
        .collect();
        links.reverse();
        links
    }

    /// `link` leads to a file that was reached before.
    fn knot(&self, link: &Link, again: usize, starts: &[usize]) -> Diagnostic {
        let name = |number: usize| self.files[number].source.name.as_str();
        let place = |link: &Link| {
            let start = starts[link.file];
            link.place.start + start..link.place.end + start
        };
        let way = |links: &[Link]| {
            let names = links.iter().map(|link| format!("`{}`", name(link.file)));
            let names: Vec<_> = names.chain([format!("`{}`", name(again))]).collect();
            names.join(" -> ")
        };
        let mut second = self.chain(link.file);
        second.push(link.clone());
        let first = self.chain(again);
        let is_loop = second.iter().any(|step| step.file == again);
        let title = match is_loop {
            true => format!("`{}` inherits itself", name(again)),
            false => format!("`{}` is inherited twice", name(again)),
        };
        let label = match is_loop {
            true => format!("leads back to `{}`", name(again)),
            false => "the second time".to_owned(),
        };
        let mut diagnostic =
            Diagnostic::new(title, place(link), label).note(format!("the way is {}", way(&second)));
        let mut others = Vec::new();
        for chain in [&second, &first] {
            for (at, step) in chain.iter().enumerate() {
                if step != link && !others.iter().any(|(other, _)| other == step) {
                    let to = chain.get(at + 1).map_or(again, |next| next.file);
                    others.push((step.clone(), to));
                }
            }
        }
        for (step, to) in others {
            let label = match to == again && !is_loop {
                true => "the first time".to_owned(),
                false => format!("inherits `{}`", name(to)),
            };
            diagnostic = diagnostic.related(place(&step), label);
        }
        match is_loop {
            true => diagnostic,
            false => diagnostic
                .note(format!("the way before was {}", way(&first)))
                .help("inherit it in one of these places"),
        }
    }
}

/// The path that `path` has for the file `heir`, in which it stands.
pub fn beside(heir: &Path, path: &str) -> PathBuf {
    heir.parent().unwrap_or(heir).join(path)
}

/// What `path`, which stands in the file `from`, is called in the file `to`. Where their names do not
/// tell the way from one to the other, it is what the machine calls it.
pub fn moved(from: &str, path: &str, to: &str) -> String {
    let target = straight(&beside(Path::new(from), path));
    let folder = straight(Path::new(to).parent().unwrap_or(Path::new("")));
    let common = target.components().zip(folder.components());
    let common = common.take_while(|(one, other)| one == other).count();
    let up: Vec<_> = folder.components().skip(common).collect();
    if target.is_absolute() != folder.is_absolute() || up.contains(&Component::ParentDir) {
        return real(&target).display().to_string();
    }
    let up = up.iter().map(|_| Component::ParentDir);
    let moved: PathBuf = up.chain(target.components().skip(common)).collect();
    moved.display().to_string()
}

/// A path without detours, for a message.
pub fn plain(path: &Path) -> String {
    let path = straight(path);
    match path.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => path.display().to_string(),
    }
}

/// A path without detours; empty for the folder that it begins in. Behind a link, `..` is not where it
/// would seem, and stays.
fn straight(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match (part, plain.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) if !plain.is_symlink() => {
                plain.pop();
            }
            (part, _) => plain.push(part),
        }
    }
    plain
}

fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The paths in an `inherit`, with their places.
fn paths(given: &Given) -> (Vec<(String, Range<usize>)>, Vec<Diagnostic>) {
    let items = match given.as_ref().map(Spanned::get_ref) {
        Some(Item::Array(items)) => items.as_slice(),
        _ => given.as_slice(),
    };
    let mut paths = Vec::new();
    let mut diagnostics = Vec::new();
    for item in items {
        match item.get_ref() {
            Item::String(path) => paths.push((path.clone(), item.span())),
            other => diagnostics.push(Diagnostic::new(
                "`inherit` takes the path of a file, or a list of paths",
                item.span(),
                format!("this is {}", other.kind()),
            )),
        }
    }
    (paths, diagnostics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_without_detours() {
        for (path, shown) in [
            ("a.toml", "a.toml"),
            ("./a/../b.toml", "b.toml"),
            ("../../a.toml", "../../a.toml"),
            ("x/../../a.toml", "../a.toml"),
            ("/x/./a.toml", "/x/a.toml"),
            ("x/..", "."),
        ] {
            assert_eq!(plain(Path::new(path)), shown);
        }
    }

    #[test]
    fn a_path_is_the_same_file_in_another_place() {
        for (from, path, to, moved_to) in [
            ("a.toml", "s.lua", "b.toml", "s.lua"),
            ("a.toml", "s.lua", "sub/b.toml", "../s.lua"),
            ("../a.toml", "lua/s.lua", "../b.toml", "lua/s.lua"),
            ("x/a.toml", "s.lua", "x/y/b.toml", "../s.lua"),
            ("../x/a.toml", "s.lua", "../b.toml", "x/s.lua"),
            ("/x/a.toml", "../s.lua", "/y/b.toml", "../s.lua"),
            ("a.toml", "/s.lua", "b.toml", "/s.lua"),
            // Nobody knows what the folder is called that this one begins in.
            ("/x/s/a.toml", "s.lua", "../b.toml", "/x/s/s.lua"),
        ] {
            assert_eq!(moved(from, path, to), moved_to, "{from} {path} {to}");
        }
    }

    #[test]
    fn a_path_is_relative_to_the_file_that_names_it() {
        assert_eq!(
            beside(Path::new("x/a.toml"), "b.toml"),
            Path::new("x/b.toml")
        );
        assert_eq!(beside(Path::new("a.toml"), "../b"), Path::new("../b"));
        assert_eq!(beside(Path::new("x/a.toml"), "/b"), Path::new("/b"));
    }
}
