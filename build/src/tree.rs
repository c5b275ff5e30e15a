// SPDX-License-Identifier: GPL-2.0
//! A folder of files: made in memory, then brought to disk with the least change.
//!
//! kbuild compares times, so a file that stays the same is not touched. A list of
//! all files, [`MANIFEST`], is kept in the folder: it tells what may be removed
//! when the next run no longer makes it, and that the folder is ours at all.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};
use std::fs;
use std::fs::File;
use std::io;
use std::path::{
    Component,
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result,
    bail,
    ensure, //
};

/// The list of generated files.
pub const MANIFEST: &str = ".lunatik-manifest";

const MANIFEST_HEAD: &str =
    "# Made by lunatik-build, which removes these files when it no longer makes them.\n";

/// The contents of a folder, by path with `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<String, Vec<u8>>,
}

/// What [`Tree::write`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    pub changed: usize,
    pub same: usize,
    pub removed: usize,
}

impl Tree {
    /// Adds a file.
    ///
    /// # Errors
    ///
    /// A path that is taken, or that leads out of the folder.
    pub fn add(&mut self, path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Result<()> {
        let path = path.into();
        ensure!(
            is_inside(&path),
            "{path}: not a path inside the flavour's folder"
        );
        ensure!(path != MANIFEST, "{path}: this name is taken");
        if self.files.insert(path.clone(), contents.into()).is_some() {
            bail!("{path}: two sources make this file");
        }
        Ok(())
    }

    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, contents)| (path.as_str(), contents.as_slice()))
    }

    /// What [`Tree::write`] leaves under [`MANIFEST`].
    pub fn manifest(&self) -> String {
        manifest(self.files.keys().map(String::as_str))
    }

    /// Makes `folder` hold these files, and none that an earlier run made and
    /// this one did not. Files of others stay.
    ///
    /// # Errors
    ///
    /// A folder that holds something and has no manifest is somebody's, and is
    /// left alone. Whatever else the file system refuses.
    pub fn write(&self, folder: &Path) -> Result<Written> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        // Two runs at once take turns; the lock goes when `_lock` is closed.
        let _lock = lock(folder)?;
        let before = read_manifest(folder)?;
        let now: BTreeSet<&str> = self.files.keys().map(String::as_str).collect();

        // Should this run end half way, the next one must know of both.
        let both = before
            .iter()
            .map(String::as_str)
            .chain(now.iter().copied())
            .collect();
        write_manifest(folder, &both)?;

        let mut written = Written::default();
        for path in before.iter().filter(|path| !now.contains(path.as_str())) {
            remove(folder, path)?;
            written.removed += 1;
        }
        for (path, contents) in &self.files {
            let path = folder.join(path);
            match write_changed(&path, contents)? {
                true => written.changed += 1,
                false => written.same += 1,
            }
            // A run that was ended half way may have left it.
            remove_file(&temporary(&path))?;
        }
        write_manifest(folder, &now)?;
        Ok(written)
    }
}

/// Removes a folder that [`Tree::write`] made, with what kbuild has made in it of the
/// module called `module`.
///
/// # Errors
///
/// There is something else in it. This stays, and so does the list of files: once it is gone, the folder
/// can be removed.
pub fn remove_folder(folder: &Path, module: &str) -> Result<()> {
    let _lock = lock(folder)?;
    for name in products_of_module(module) {
        remove_file(&folder.join(name))?;
    }
    for path in read_manifest(folder)? {
        remove(folder, &path)?;
    }
    let list = folder.join(MANIFEST);
    remove_file(&temporary(&list))?;
    if let Some(path) = first_file(folder, &list)? {
        bail!("{} is not of the flavour, and stays", path.display());
    }
    remove_file(&list)?;
    fs::remove_dir(folder).with_context(|| format!("cannot remove {}", folder.display()))
}

/// A file below `folder` other than `known`, or an empty folder there.
fn first_file(folder: &Path, known: &Path) -> Result<Option<PathBuf>> {
    let cannot = || format!("cannot list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let path = entry.path();
        if path == known {
            continue;
        }
        let inside = match entry.file_type().with_context(cannot)?.is_dir() {
            true => first_file(&path, known)?,
            false => None,
        };
        return Ok(Some(inside.unwrap_or(path)));
    }
    Ok(None)
}

fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\n', '\\'])
        && Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

fn lock(folder: &Path) -> Result<File> {
    let file = File::open(folder).with_context(|| format!("cannot open {}", folder.display()))?;
    file.lock()
        .with_context(|| format!("cannot lock {}", folder.display()))?;
    Ok(file)
}

fn read_manifest(folder: &Path) -> Result<BTreeSet<String>> {
    let path = folder.join(MANIFEST);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let paths = text.lines().filter(|line| !line.starts_with('#'));
            // Nothing outside is ever removed, whatever happened to the list.
            Ok(paths
                .filter(|path| is_inside(path))
                .map(str::to_owned)
                .collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut entries = fs::read_dir(folder)
                .with_context(|| format!("cannot list {}", folder.display()))?;
            ensure!(entries.next().is_none(), not_ours(folder));
            Ok(BTreeSet::new())
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// What to say of a folder that holds something, and no list of files.
pub fn not_ours(folder: &Path) -> String {
    format!(
        "{} is not empty, and nothing in it says that lunatik-build made it; \
         choose another folder, or empty this one",
        folder.display()
    )
}

fn write_manifest(folder: &Path, paths: &BTreeSet<&str>) -> Result<()> {
    let text = manifest(paths.iter().copied());
    write_changed(&folder.join(MANIFEST), text.as_bytes())?;
    Ok(())
}

fn manifest<'a>(paths: impl Iterator<Item = &'a str>) -> String {
    let mut text = MANIFEST_HEAD.to_owned();
    for path in paths {
        text.push_str(path);
        text.push('\n');
    }
    text
}

/// Replaces the file in one step, and only if it differs; tells whether it did.
///
/// # Errors
///
/// A folder or a file that cannot be written.
pub fn write_changed(path: &Path, contents: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|found| found == contents) {
        return Ok(false);
    }
    let write = || {
        fs::create_dir_all(split(path).0)?;
        replace(path, contents, |_| Ok(()))
    };
    write().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// Replaces a file in one step. `prepare` does what is to be done before to the new one, at the path that it has until
/// then.
///
/// # Errors
///
/// What the file system refuses, or `prepare`; the old file stays.
pub fn replace(
    path: &Path,
    contents: &[u8],
    prepare: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = temporary(path);
    let replace = || {
        fs::write(&temporary, contents)?;
        prepare(&temporary)?;
        fs::rename(&temporary, path)
    };
    replace().inspect_err(|_| {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    })
}

/// What a file is called until all of it is written.
pub fn temporary(path: &Path) -> PathBuf {
    let (folder, name) = split(path);
    folder.join(format!(".{name}.lunatik-new"))
}

/// Removes a file that is no longer generated, what kbuild made of it, and the
/// folders that are empty then.
fn remove(root: &Path, path: &str) -> Result<()> {
    let path = root.join(path);
    let mut gone = products(&path);
    gone.extend([temporary(&path), path.clone()]);
    for file in gone {
        remove_file(&file)?;
    }
    let folders = path
        .ancestors()
        .skip(1)
        .take_while(|folder| *folder != root);
    for folder in folders {
        // Fails when something is left in it, and is meant to.
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// Removes a file, if there is one.
///
/// # Errors
///
/// What the file system refuses.
pub fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if is_absent(&error) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot remove {}", path.display())),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The files that kbuild leaves beside a source: `x.o`, `.x.o.cmd` and so on.
fn products(source: &Path) -> Vec<PathBuf> {
    const COMPILED: &[&str] = &["c", "rs", "S"];
    const MADE: &[&str] = &[
        "o", "bc", "m.bc", "rmeta", "i", "s", "ll", "lst", "rsi", "d", "gcno",
    ];
    let (folder, name) = split(source);
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return Vec::new();
    };
    if !COMPILED.contains(&extension) {
        return Vec::new();
    }
    let made = MADE.iter().map(|made| format!("{stem}.{made}"));
    made.flat_map(|made| [format!(".{made}.cmd"), format!(".{made}.d"), made])
        .map(|name| folder.join(name))
        .collect()
}

/// What kbuild leaves at the top that comes of no one source.
fn products_of_module(module: &str) -> Vec<String> {
    const MADE: &[&str] = &["o", "ko", "mod", "mod.c", "mod.o"];
    let mut made: Vec<_> = MADE.iter().map(|made| format!("{module}.{made}")).collect();
    made.push(format!("{module}_builtin.o"));
    made.extend(["built-in.a", "modules.order", "Module.symvers"].map(str::to_owned));
    made.extend(["lua/lua.o", "lua/lua.o.asked"].map(str::to_owned));
    let hidden: Vec<_> = made
        .iter()
        .flat_map(|name| {
            let (folder, name) = name.rsplit_once('/').unwrap_or((".", name));
            [
                format!("{folder}/.{name}.cmd"),
                format!("{folder}/.{name}.d"),
            ]
        })
        .collect();
    made.extend(hidden);
    // Where `Kbuild` puts what it has of crates.
    made.extend(["facade/libstd.rmeta", "mlua-sys/libmlua_sys.rmeta"].map(str::to_owned));
    made
}

fn split(path: &Path) -> (&Path, &str) {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().and_then(|name| name.to_str());
    (folder, name.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::{
        Duration,
        SystemTime, //
    };

    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, contents) in files {
            tree.add(*path, *contents).unwrap();
        }
        tree
    }

    fn list(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let path = path.strip_prefix(folder).unwrap();
                    found.push(path.to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn the_files_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let tree = tree(&[("a.rs", "a"), ("lua/src/b.c", "b")]);
        let written = tree.write(folder.path()).unwrap();
        assert_eq!(
            written,
            Written {
                changed: 2,
                same: 0,
                removed: 0
            }
        );
        assert_eq!(list(folder.path()), [MANIFEST, "a.rs", "lua/src/b.c"]);
        assert_eq!(fs::read(folder.path().join("lua/src/b.c")).unwrap(), b"b");
    }

    #[test]
    fn what_stays_the_same_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        tree(&[("a", "a"), ("b", "b")])
            .write(folder.path())
            .unwrap();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for name in ["a", "b", MANIFEST] {
            let file = File::options()
                .write(true)
                .open(folder.path().join(name))
                .unwrap();
            file.set_modified(old).unwrap();
        }
        let time = |name| {
            fs::metadata(folder.path().join(name))
                .unwrap()
                .modified()
                .unwrap()
        };

        let written = tree(&[("a", "a"), ("b", "new")])
            .write(folder.path())
            .unwrap();
        assert_eq!(
            written,
            Written {
                changed: 1,
                same: 1,
                removed: 0
            }
        );
        assert_eq!(time("a"), old);
        assert_eq!(time(MANIFEST), old);
        assert_ne!(time("b"), old);
    }

    #[test]
    fn what_is_no_longer_made_goes_with_its_products() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        tree(&[("a.c", "a"), ("lua/b.c", "b"), ("lua/c.h", "c")])
            .write(path)
            .unwrap();
        for made in ["lua/b.o", "lua/.b.o.cmd", "lua/.b.o.d", "a.o", "mine.txt"] {
            fs::write(path.join(made), "").unwrap();
        }
        let written = tree(&[("a.c", "a")]).write(path).unwrap();
        assert_eq!(
            written,
            Written {
                changed: 0,
                same: 1,
                removed: 2
            }
        );
        assert_eq!(list(path), [MANIFEST, "a.c", "a.o", "mine.txt"]);
        assert!(!path.join("lua").exists());
    }

    #[test]
    fn a_folder_stays_for_what_others_put_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        tree(&[("lua/b.c", "b")]).write(path).unwrap();
        fs::write(path.join("lua/mine.txt"), "").unwrap();
        tree(&[]).write(path).unwrap();
        assert_eq!(list(path), [MANIFEST, "lua/mine.txt"]);
    }

    #[test]
    fn a_file_can_become_a_folder_and_the_reverse() {
        let folder = tempfile::tempdir().unwrap();
        tree(&[("x", "file")]).write(folder.path()).unwrap();
        tree(&[("x/y", "in a folder")])
            .write(folder.path())
            .unwrap();
        tree(&[("x", "file")]).write(folder.path()).unwrap();
        assert_eq!(list(folder.path()), [MANIFEST, "x"]);
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Makefile"), "theirs").unwrap();
        let error = tree(&[("Makefile", "ours")])
            .write(folder.path())
            .unwrap_err();
        assert!(error.to_string().contains("is not empty"), "{error}");
        assert_eq!(fs::read(folder.path().join("Makefile")).unwrap(), b"theirs");
    }

    #[test]
    fn a_manifest_that_was_tampered_with_reaches_nothing_outside() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        let precious = folder.path().join("precious");
        fs::write(&precious, "").unwrap();
        tree(&[("a", "a")]).write(&inside).unwrap();
        let outside = format!("../precious\n{}\n", precious.display());
        fs::write(inside.join(MANIFEST), outside).unwrap();
        tree(&[("a", "a")]).write(&inside).unwrap();
        assert!(precious.exists());
    }

    #[test]
    fn paths_are_taken_once_and_stay_inside() {
        let mut tree = tree(&[("a", "a")]);
        for path in ["a", "../b", "/b", "", "x/../../b", MANIFEST] {
            tree.add(path, "").unwrap_err();
        }
    }
}
