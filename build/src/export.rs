// SPDX-License-Identifier: GPL-2.0
//! A flavour for others: its directory as a whole, or as a tar archive. Neither is
//! ever seen half made.

use std::fs;
use std::io::{
    self,
    BufWriter, //
};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result,
    bail,
    ensure, //
};
use flate2::{
    Compression,
    GzBuilder, //
};
use tar::{
    Builder,
    EntryType,
    Header, //
};
use tempfile::{
    NamedTempFile,
    TempDir, //
};

use crate::tree::{
    MANIFEST,
    Tree,
    not_ours, //
};

/// 2000-01-01, where the environment has no `SOURCE_DATE_EPOCH`. tar warns of 1970.
const TIME: u64 = 946_684_800;

/// Makes `folder` hold the files of `tree` and nothing else. An earlier export there
/// is replaced in one step.
///
/// # Errors
///
/// A folder that holds anything but an export is somebody's, and stays as it is.
pub fn folder(tree: &Tree, folder: &Path) -> Result<()> {
    let parent = parent(folder)?;
    let before = folder.symlink_metadata().is_ok();
    if before {
        ensure_ours(folder)?;
    }
    // On the same file system, and gone if anything fails.
    let new = TempDir::with_prefix_in(".lunatik-", parent)
        .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
    fs::set_permissions(new.path(), fs::Permissions::from_mode(0o755))?;
    tree.write(new.path())?;
    if before {
        rustix::fs::renameat_with(
            rustix::fs::CWD,
            new.path(),
            rustix::fs::CWD,
            folder,
            rustix::fs::RenameFlags::EXCHANGE,
        )
        .with_context(|| format!("cannot replace {}", folder.display()))?;
        // What was there before goes, under the new one's temporary name.
        return Ok(());
    }
    fs::rename(new.path(), folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // It has another name now.
    let _ = new.keep();
    Ok(())
}

/// Writes the files of `tree` to an archive, below a folder called `top`. The same
/// files make the same bytes.
///
/// # Errors
///
/// What the file system refuses.
pub fn archive(tree: &Tree, top: &str, path: &Path) -> Result<()> {
    let time = time()?;
    ensure!(
        path.symlink_metadata().map_or(true, |meta| meta.is_file()),
        "{} is no file, and stays",
        path.display()
    );
    let write = || -> io::Result<()> {
        let mut file =
            NamedTempFile::with_prefix_in(".lunatik-", parent(path).map_err(io::Error::other)?)?;
        let gzip = GzBuilder::new().write(BufWriter::new(&mut file), Compression::best());
        let mut archive = Builder::new(gzip);
        let mut add = |path: &str, kind, mode, contents: &[u8]| {
            let mut header = Header::new_ustar();
            header.set_entry_type(kind);
            header.set_mode(mode);
            header.set_mtime(time);
            header.set_size(contents.len() as u64);
            archive.append_data(&mut header, path, contents)
        };
        add(&format!("{top}/"), EntryType::Directory, 0o755, &[])?;
        let manifest = tree.manifest();
        let own = [(MANIFEST, manifest.as_bytes())];
        for (path, contents) in own.into_iter().chain(tree.files()) {
            add(
                &format!("{top}/{path}"),
                EntryType::Regular,
                0o644,
                contents,
            )?;
        }
        archive.into_inner()?.finish()?.into_inner()?;
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(0o644))?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// The time that files of an archive have: a number of seconds, as
/// <https://reproducible-builds.org/specs/source-date-epoch/> has it.
fn time() -> Result<u64> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text
            .parse()
            .with_context(|| format!("SOURCE_DATE_EPOCH is {text:?}, not a number of seconds")),
        Err(_) => Ok(TIME),
    }
}

/// The folder that `path` is in, made if it is missing.
fn parent(path: &Path) -> Result<&Path> {
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => bail!("{} is no place for an export", path.display()),
    };
    fs::create_dir_all(parent)
        .with_context(|| format!("cannot make the folder {}", parent.display()))?;
    Ok(parent)
}

/// Refuses a folder in which there is anything that was not exported there.
fn ensure_ours(folder: &Path) -> Result<()> {
    ensure!(
        !folder.is_symlink() && folder.is_dir(),
        "{} is not a folder",
        folder.display()
    );
    let mut found = Vec::new();
    list(folder, Path::new(""), &mut found)?;
    if found.is_empty() {
        return Ok(());
    }
    let list = folder.join(MANIFEST);
    ensure!(list.exists(), not_ours(folder));
    let manifest =
        fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let known = |path: &PathBuf| {
        path.as_os_str() == MANIFEST || manifest.lines().any(|line| path.as_os_str() == line)
    };
    match found.iter().find(|path| !known(path)) {
        None => Ok(()),
        Some(path) => bail!(
            "{} has {} in it, which was not exported there; \
             choose another folder, or remove it (what was built goes with `make clean`)",
            folder.display(),
            path.display()
        ),
    }
}

/// The files below `folder`, and folders that have none, by their path in it.
fn list(folder: &Path, prefix: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder.join(prefix));
    for entry in entries.with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let path = prefix.join(entry.file_name());
        let before = found.len();
        if entry.file_type()?.is_dir() {
            list(folder, &path, found)?;
        }
        if found.len() == before {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read as _;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, contents) in files {
            tree.add(*path, *contents).unwrap();
        }
        tree
    }

    fn found(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        list(folder, Path::new(""), &mut found).unwrap();
        found
            .iter()
            .map(|path| path.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn an_export_is_replaced_as_a_whole() {
        let desk = tempfile::tempdir().unwrap();
        let out = desk.path().join("deep/out");
        folder(&tree(&[("a", "1"), ("x/b", "2")]), &out).unwrap();
        assert_eq!(found(&out), [MANIFEST, "a", "x/b"]);
        folder(&tree(&[("a", "3")]), &out).unwrap();
        assert_eq!(found(&out), [MANIFEST, "a"]);
        assert_eq!(fs::read(out.join("a")).unwrap(), b"3");
        // Nothing is left beside it.
        assert_eq!(fs::read_dir(out.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_folder_is_free() {
        let desk = tempfile::tempdir().unwrap();
        let out = desk.path().join("out");
        fs::create_dir(&out).unwrap();
        folder(&tree(&[("a", "1")]), &out).unwrap();
        assert_eq!(found(&out), [MANIFEST, "a"]);
    }

    #[test]
    fn what_is_somebody_elses_stays() {
        let desk = tempfile::tempdir().unwrap();
        let out = desk.path().join("out");
        fs::create_dir(&out).unwrap();
        fs::write(out.join("a"), "theirs").unwrap();
        let error = folder(&tree(&[("a", "1")]), &out).unwrap_err();
        assert!(error.to_string().contains("is not empty"), "{error}");
        assert_eq!(fs::read(out.join("a")).unwrap(), b"theirs");

        fs::remove_dir_all(&out).unwrap();
        folder(&tree(&[("a", "1")]), &out).unwrap();
        fs::create_dir(out.join("sub")).unwrap();
        fs::write(out.join("sub/notes"), "theirs").unwrap();
        let error = folder(&tree(&[("a", "2")]), &out).unwrap_err();
        assert!(error.to_string().contains("sub/notes"), "{error}");
        assert_eq!(fs::read(out.join("a")).unwrap(), b"1");

        fs::remove_file(out.join("sub/notes")).unwrap();
        let error = folder(&tree(&[("a", "2")]), &out).unwrap_err();
        assert!(error.to_string().contains("out has sub in it"), "{error}");
        fs::remove_dir_all(&out).unwrap();
        fs::create_dir_all(out.join("theirs")).unwrap();
        let error = folder(&tree(&[("a", "1")]), &out).unwrap_err();
        assert!(error.to_string().ends_with("or empty this one"), "{error}");

        let file = desk.path().join("file");
        fs::write(&file, "").unwrap();
        folder(&tree(&[("a", "1")]), &file).unwrap_err();
        assert_eq!(fs::read_dir(desk.path()).unwrap().count(), 2);
    }

    #[test]
    fn an_archive_has_all_files_and_the_same_bytes() {
        let desk = tempfile::tempdir().unwrap();
        let (one, other) = (desk.path().join("one"), desk.path().join("other"));
        let tree = tree(&[("a", "1"), ("x/b", "2")]);
        archive(&tree, "top", &one).unwrap();
        archive(&tree, "top", &other).unwrap();
        assert_eq!(fs::read(&one).unwrap(), fs::read(&other).unwrap());

        let mut archive =
            tar::Archive::new(flate2::read::GzDecoder::new(File::open(&one).unwrap()));
        let mut entries = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut contents = String::new();
            entry.read_to_string(&mut contents).unwrap();
            assert_eq!(entry.header().mtime().unwrap(), TIME);
            entries.push((path, contents));
        }
        let manifest = tree.manifest();
        let expected = [
            ("top/", ""),
            ("top/.lunatik-manifest", manifest.as_str()),
            ("top/a", "1"),
            ("top/x/b", "2"),
        ];
        assert_eq!(
            entries,
            expected.map(|(path, text)| (path.to_owned(), text.to_owned()))
        );
        assert_eq!(fs::read_dir(desk.path()).unwrap().count(), 2);

        let link = desk.path().join("link");
        std::os::unix::fs::symlink(&one, &link).unwrap();
        super::archive(&tree, "top", &link).unwrap_err();
        assert!(link.is_symlink());
    }
}
