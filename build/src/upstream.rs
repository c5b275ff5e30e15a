// SPDX-License-Identifier: GPL-2.0
//! The sources of Lua and of its Rust declarations, as Cargo.lock pins them.
//!
//! They are packages that this crate names as dependencies and never builds:
//! cargo fetches them and checks what it fetched, and `cargo metadata` says
//! where they lie. What is done to them on the way into a flavour is here, too.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};
use std::process::Command;

use anyhow::{
    Context,
    Result,
    bail,
    ensure, //
};
use serde::Deserialize;

use crate::patch;

/// The versions that Cargo.toml demands.
const LUA_SRC: (&str, &str) = ("lua-src", "551.1.0");
const MLUA_SYS: (&str, &str) = ("mlua-sys", "0.13.0");

/// The folder of Lua 5.5, whatever its last number is.
const LUA_FOLDER: &str = "lua-5.5.";

/// Where the two packages are unpacked.
#[derive(Debug, Clone)]
pub struct Upstream {
    lua_src: PathBuf,
    mlua_sys: PathBuf,
    mlua_sys_terms: Terms,
}

/// What a package says of its licence.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Terms {
    licence: Option<String>,
    authors: Vec<String>,
}

impl Upstream {
    /// Asks cargo, which fetches what is missing.
    ///
    /// # Errors
    ///
    /// No cargo, no network when it is needed, a Cargo.lock that does not fit
    /// Cargo.toml, or another version than this program is made for.
    pub fn locate(root: &Path) -> Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let manifest = root.join("build").join("Cargo.toml");
        let output = Command::new(&cargo)
            .args([
                "metadata",
                "--format-version=1",
                "--locked",
                "--all-features",
            ])
            // One platform, so that what only others need is not fetched. The
            // two packages are the same on all of them.
            .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
            .arg("--manifest-path")
            .arg(&manifest)
            .output()
            .with_context(|| format!("cannot run {}", cargo.to_string_lossy()))?;
        ensure!(
            output.status.success(),
            "cargo does not find the sources of Lua ({}):\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        Self::from_metadata(&output.stdout)
    }

    fn from_metadata(json: &[u8]) -> Result<Self> {
        let metadata: Metadata =
            serde_json::from_slice(json).context("cannot read the output of cargo metadata")?;
        Ok(Self {
            lua_src: metadata.package(LUA_SRC)?.folder()?,
            mlua_sys: metadata.package(MLUA_SYS)?.folder()?,
            mlua_sys_terms: metadata.package(MLUA_SYS)?.terms(),
        })
    }

    /// The C files and headers of Lua by name, with the `*.patch` files of
    /// `patches` applied in the order of their names. There may be no such folder.
    ///
    /// # Errors
    ///
    /// Unreadable files, and patches that do not apply exactly.
    pub fn lua(&self, patches: &Path) -> Result<BTreeMap<String, String>> {
        let mut files = read_sources(&self.lua_folder()?, &["c", "h"])?;
        if patches.is_dir() {
            for (name, text) in read_sources(patches, &["patch"])? {
                patch::apply(&mut files, &name, &text)?;
            }
        }
        Ok(files)
    }

    fn lua_folder(&self) -> Result<PathBuf> {
        let entries = fs::read_dir(&self.lua_src)
            .with_context(|| format!("cannot list {}", self.lua_src.display()))?;
        let folders: Vec<_> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(LUA_FOLDER))
            .map(|entry| entry.path())
            .collect();
        match folders.as_slice() {
            [folder] => Ok(folder.clone()),
            found => bail!(
                "{} has {} folders {LUA_FOLDER}*, not one",
                self.lua_src.display(),
                found.len()
            ),
        }
    }

    /// Who holds the copyright of mlua-sys, which is under the MIT licence.
    ///
    /// # Errors
    ///
    /// It is under another one.
    pub fn mlua_sys_authors(&self) -> Result<&[String]> {
        let Terms { licence, authors } = &self.mlua_sys_terms;
        ensure!(
            licence.as_deref() == Some("MIT") && !authors.is_empty(),
            "mlua-sys: its licence is {licence:?} of {authors:?}, not the MIT licence of somebody"
        );
        Ok(authors)
    }

    /// The files of mlua-sys that declare Lua 5.5, by their path in its `src`,
    /// changed to link in a kernel.
    ///
    /// # Errors
    ///
    /// Unreadable files, or declarations that are not as this program knows them.
    pub fn mlua_sys(&self) -> Result<BTreeMap<String, String>> {
        let src = self.mlua_sys.join("src");
        let mut files = BTreeMap::new();
        for name in ["lib.rs", "macros.rs"] {
            files.insert(name.to_owned(), read_text(&src.join(name))?);
        }
        for (name, text) in read_sources(&src.join("lua55"), &["rs"])? {
            files.insert(format!("lua55/{name}"), text);
        }
        without_unwinding(files)
    }
}

/// Turns `extern "C-unwind"` into `extern "C"`: a module is built to abort, and
/// the former would make it look for an unwinder that a kernel does not have.
fn without_unwinding(mut files: BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    const UNWINDING: &str = r#"extern "C-unwind""#;
    let mut count = 0;
    for (name, text) in &mut files {
        count += text.matches(UNWINDING).count();
        *text = text.replace(UNWINDING, r#"extern "C""#);
        ensure!(
            !text.contains("C-unwind"),
            "mlua-sys: {name} has a \"C-unwind\" that is not written `{UNWINDING}`"
        );
    }
    ensure!(
        count > 0,
        "mlua-sys: there is no `{UNWINDING}` to replace; it has changed"
    );
    Ok(files)
}

/// The files of one folder that have one of the `extensions`, by name.
fn read_sources(folder: &Path, extensions: &[&str]) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot list {}", folder.display()))?
            .path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let name = path.file_name().and_then(|name| name.to_str());
        if let (Some(extension), Some(name)) = (extension, name)
            && extensions.contains(&extension)
        {
            files.insert(name.to_owned(), read_text(&path)?);
        }
    }
    Ok(files)
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The part of cargo's answer that matters.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    manifest_path: PathBuf,
    license: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
}

impl Package {
    fn folder(&self) -> Result<PathBuf> {
        let folder = self.manifest_path.parent();
        Ok(folder.context("a manifest lies in a folder")?.to_owned())
    }

    fn terms(&self) -> Terms {
        Terms {
            licence: self.license.clone(),
            authors: self.authors.clone(),
        }
    }
}

impl Metadata {
    fn package(&self, (name, version): (&str, &str)) -> Result<&Package> {
        let found: Vec<_> = self
            .packages
            .iter()
            .filter(|package| package.name == name)
            .collect();
        let package = match found.as_slice() {
            [package] => package,
            [] => bail!("Cargo.lock has no package {name}"),
            _ => bail!("Cargo.lock has more than one package {name}"),
        };
        ensure!(
            package.version == version,
            "Cargo.lock has {name} {}, and this program is made for {version}",
            package.version
        );
        Ok(package)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(lua_src: &str) -> String {
        format!(
            r#"{{"packages": [
                {{"name": "lua-src", "version": "{lua_src}", "manifest_path": "/x/lua/Cargo.toml"}},
                {{"name": "mlua-sys", "version": "0.13.0", "manifest_path": "/x/sys/Cargo.toml"}}
            ], "other": 1}}"#
        )
    }

    #[test]
    fn the_packages_are_where_cargo_says() {
        let upstream = Upstream::from_metadata(metadata("551.1.0").as_bytes()).unwrap();
        assert_eq!(upstream.lua_src, Path::new("/x/lua"));
        assert_eq!(upstream.mlua_sys, Path::new("/x/sys"));
    }

    #[test]
    fn another_licence_is_refused() {
        let terms = r#"0.13.0", "license": "MIT", "authors": ["A", "B"], "manifest_path": "/x/sys"#;
        let json = metadata("551.1.0").replace(r#"0.13.0", "manifest_path": "/x/sys"#, terms);
        let authors = |json: &str| {
            let upstream = Upstream::from_metadata(json.as_bytes()).unwrap();
            upstream.mlua_sys_authors().map(<[String]>::to_vec)
        };
        assert_eq!(authors(&json).unwrap(), ["A", "B"]);
        authors(&json.replace("MIT", "GPL-3.0")).unwrap_err();
        authors(&metadata("551.1.0")).unwrap_err();
    }

    #[test]
    fn another_version_is_refused() {
        let error = Upstream::from_metadata(metadata("551.2.0").as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Cargo.lock has lua-src 551.2.0, and this program is made for 551.1.0"
        );
    }

    #[test]
    fn a_lock_without_the_packages_is_refused() {
        let error = Upstream::from_metadata(br#"{"packages": []}"#).unwrap_err();
        assert_eq!(error.to_string(), "Cargo.lock has no package lua-src");
    }

    #[test]
    fn unwinding_is_removed_everywhere_or_refused() {
        let files = |text: &str| BTreeMap::from([("lua.rs".to_owned(), text.to_owned())]);
        let changed = without_unwinding(files(r#"unsafe extern "C-unwind" { } extern "C" {}"#));
        assert_eq!(
            changed.unwrap()["lua.rs"],
            r#"unsafe extern "C" { } extern "C" {}"#
        );
        without_unwinding(files(r#"extern "C" {}"#)).unwrap_err();
        without_unwinding(files(r#"extern "C-unwind" {} extern  "C-unwind" {}"#)).unwrap_err();
    }
}
