// SPDX-License-Identifier: GPL-2.0
//! What a flavour is made from and this repository holds: the module's sources
//! and the Lua modules.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result, //
};

use crate::compiler::Compiler;
use crate::config::Known;
use crate::stdlib::Stdlib;

/// Patches to Lua; they are applied, not copied.
const PATCHES: &str = "lua/patches";

/// Where the parts lie.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The folder with Cargo.lock.
    pub root: PathBuf,
    pub kmod: PathBuf,
    pub stdlib: PathBuf,
}

impl Paths {
    /// The folders of the repository at `root`, or of the one that this program
    /// was built in.
    pub fn new(root: Option<PathBuf>) -> Self {
        let root = root.unwrap_or_else(|| {
            let build = Path::new(env!("CARGO_MANIFEST_DIR"));
            build.parent().unwrap_or(build).to_owned()
        });
        Self {
            kmod: root.join("kmod"),
            stdlib: root.join("lua-stdlib"),
            root,
        }
    }

    pub fn patches(&self) -> PathBuf {
        self.kmod.join(PATCHES)
    }
}

/// The sources, read.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The files of the module, by path with `/`.
    pub kmod: BTreeMap<String, Vec<u8>>,
    pub stdlib: Stdlib,
    /// What Lua is compiled by that a module contains.
    pub compiler: Compiler,
    /// Stems of the sources that lie where the module's own object will.
    objects: BTreeSet<String>,
}

impl Workspace {
    /// # Errors
    ///
    /// Folders and files that cannot be read.
    pub fn read(paths: &Paths) -> Result<Self> {
        let mut kmod = BTreeMap::new();
        read_folder(&paths.kmod, "", &mut kmod)?;
        let objects = kmod.keys().filter_map(|path| top_object(path)).collect();
        Ok(Self {
            kmod,
            stdlib: Stdlib::read(&paths.stdlib)?,
            compiler: Compiler::new(paths.root.clone()),
            objects,
        })
    }

    pub fn known(&self) -> Known<'_> {
        Known {
            stdlib: &self.stdlib,
            objects: &self.objects,
            compiler: Some(&self.compiler),
        }
    }

    /// What a look at a configuration takes, whose scripts may be elsewhere.
    pub fn known_for_a_look(&self) -> Known<'_> {
        Known {
            compiler: None,
            ..self.known()
        }
    }
}

/// The stem of a source at the top, which kbuild turns into an object there.
fn top_object(path: &str) -> Option<String> {
    let (stem, extension) = path.rsplit_once('.')?;
    let compiled = matches!(extension, "c" | "rs" | "S");
    (compiled && !stem.contains('/')).then(|| stem.to_owned())
}

/// Adds the files below `folder`, except what editors and tools hide or leave.
fn read_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name
            .to_str()
            .with_context(|| format!("{}: not a name in UTF-8", path.display()))?;
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let inner = format!("{prefix}{name}");
        if path.is_dir() {
            if inner != PATCHES {
                read_folder(&path, &format!("{inner}/"), files)?;
            }
        } else {
            let contents =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.insert(inner, contents);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_and_leftovers_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "m.rs",
            "m.rs~",
            ".m.rs.swp",
            "lua/a.c",
            "lua/patches/1.patch",
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut files = BTreeMap::new();
        read_folder(folder.path(), "", &mut files).unwrap();
        assert_eq!(files.into_keys().collect::<Vec<_>>(), ["lua/a.c", "m.rs"]);
    }

    #[test]
    fn only_objects_at_the_top_can_meet_the_module() {
        assert_eq!(
            top_object("lunatik_main.rs").as_deref(),
            Some("lunatik_main")
        );
        assert_eq!(top_object("glue.h"), None);
        assert_eq!(top_object("lua/lunatik.c"), None);
    }
}
