// SPDX-License-Identifier: GPL-2.0
//! The command as scripts and users run it.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};
use std::process::{
    Command,
    Output, //
};
use std::time::SystemTime;

use tempfile::TempDir;

const SMALL: &str =
    "[module]\nname = \"small\"\n[lua]\nlibraries = [\"base\", \"math\"]\nstdlib = [\"memo\"]\n";

/// A folder with one configuration, and a `kmod` of its own when that is to change.
struct Desk {
    folder: TempDir,
    kmod: PathBuf,
}

impl Desk {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            kmod: common::paths().kmod,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn out(&self) -> PathBuf {
        self.path("out/small")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_lunatik-build"))
            .current_dir(self.folder.path())
            .args(arguments)
            .arg("--kmod")
            .arg(&self.kmod)
            .arg("--stdlib")
            .arg(common::paths().stdlib)
            .output()
            .unwrap()
    }

    fn generate(&self, text: &str) -> Output {
        fs::write(self.path("flavour.toml"), text).unwrap();
        self.run(&["generate", "--config", "flavour.toml", "--out", "out"])
    }

    fn generated(&self, text: &str) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
        let output = self.generate(text);
        assert!(output.status.success(), "{}", stderr(&output));
        files(&self.out())
    }

    /// A `kmod` that can be written to.
    fn own_kmod(&mut self) {
        let own = self.path("kmod");
        copy(&self.kmod, &own);
        self.kmod = own;
    }
}

fn copy(from: &Path, to: &Path) {
    for (path, (contents, _)) in files(from) {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// All files below `folder` with contents and times.
fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let time = fs::metadata(&path).unwrap().modified().unwrap();
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, (fs::read(&path).unwrap(), time));
            }
        }
    }
    found
}

fn text<'a>(files: &'a BTreeMap<PathBuf, (Vec<u8>, SystemTime)>, path: &str) -> &'a str {
    let (contents, _) = files
        .get(Path::new(path))
        .unwrap_or_else(|| panic!("no {path}"));
    str::from_utf8(contents).unwrap()
}

#[test]
fn the_directory_is_complete_and_its_name_printed() {
    let desk = Desk::new();
    let output = desk.generate(SMALL);
    assert_eq!(stderr(&output), "");
    assert_eq!(stdout(&output), "out/small\n");

    let files = files(&desk.out());
    assert_eq!(text(&files, "lunatik.toml"), SMALL);
    for path in [
        "Kbuild",
        "Kconfig",
        "LICENSES/GPL-2.0-only.txt",
        "LICENSES/Linux-syscall-note.txt",
        "LICENSES/MIT.txt",
        "Makefile",
        "REUSE.toml",
        "dkms.conf",
        "udev.rules",
        "lunatik_main.rs",
        "generated/tables.rs",
        "stdlib/memo.lua",
        "mlua-sys/macros.rs",
        "mlua-sys/lua55/lua.rs",
        "lua/glue.c",
        "lua/src/lvm.c",
        "lua/src/ljumptab.h",
        "lua/src/lbaselib.c",
        "lua/src/lmathlib.c",
    ] {
        text(&files, path);
    }
    for path in [
        "stdlib/counter.lua",
        "lua/src/lstrlib.c",
        "lua/src/liolib.c",
        "lua/src/loslib.c",
        "lua/src/lua.hpp",
        "lua/patches/0001-fixture.patch",
        "mlua-sys/lua54/lua.rs",
    ] {
        assert!(!files.contains_key(Path::new(path)), "{path}");
    }
    assert!(text(&files, "lua/src/lua.h").contains("$Id: lua.h, patched $"));
    let lua = text(&files, "mlua-sys/lua55/lua.rs");
    assert!(lua.contains("extern \"C\" {") && !lua.contains("C-unwind"));
}

#[test]
fn every_object_has_a_source_and_every_lua_source_an_object() {
    let desk = Desk::new();
    let files = desk.generated(SMALL);
    let kbuild = text(&files, "Kbuild");
    let objects: Vec<_> = kbuild
        .split_whitespace()
        .filter(|word| word.starts_with("lua/src/") && word.ends_with(".o"))
        .collect();
    let sources: Vec<_> = files
        .keys()
        .filter_map(|path| path.to_str()?.strip_suffix(".c"))
        .filter(|path| path.starts_with("lua/src/"))
        .collect();
    for source in &sources {
        assert!(
            objects.contains(&format!("{source}.o").as_str()),
            "{source}.c is not compiled"
        );
    }
    assert_eq!(objects.len(), sources.len());
}

#[test]
fn the_same_configuration_makes_the_same_bytes() {
    let (one, other) = (Desk::new(), Desk::new());
    let contents = |desk: &Desk| -> Vec<_> {
        let files = desk.generated(SMALL);
        files
            .into_iter()
            .map(|(path, (contents, _))| (path, contents))
            .collect()
    };
    let (one_files, other_files) = (contents(&one), contents(&other));
    assert!(one_files == other_files);
    let folder = one.folder.path().to_str().unwrap();
    for (path, contents) in one_files {
        let text = String::from_utf8_lossy(&contents);
        assert!(!text.contains(folder), "{} names {folder}", path.display());
        assert!(
            !text.contains(env!("CARGO_MANIFEST_DIR")),
            "{}",
            path.display()
        );
    }
}

#[test]
fn the_second_run_touches_nothing() {
    let desk = Desk::new();
    let first = desk.generated(SMALL);
    assert!(first == desk.generated(SMALL));
}

#[test]
fn a_change_touches_only_what_it_changes() {
    let desk = Desk::new();
    let first = desk.generated(SMALL);
    let second = desk.generated(&format!("{SMALL}[exec]\nstates = 7\n"));
    let changed: Vec<_> = first
        .keys()
        .filter(|path| first[*path].1 != second[*path].1)
        .map(|path| path.to_str().unwrap())
        .collect();
    assert_eq!(
        changed,
        ["generated/config.rs", "generated/info.h", "lunatik.toml"]
    );
}

#[test]
fn a_refused_configuration_leaves_the_last_good_output() {
    let desk = Desk::new();
    let first = desk.generated(SMALL);
    let output = desk.generate(&format!("{SMALL}[exec]\nstates = 0\n"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    assert!(
        stderr(&output).contains("--> flavour.toml:7:10"),
        "{}",
        stderr(&output)
    );
    assert!(first == files(&desk.out()));
}

#[test]
fn a_library_that_is_left_out_takes_its_files_along() {
    let desk = Desk::new();
    desk.generated(SMALL);
    for made in ["lmathlib.o", ".lmathlib.o.cmd", ".lmathlib.o.d", "lvm.o"] {
        fs::write(desk.out().join("lua/src").join(made), "").unwrap();
    }
    let files = desk.generated(&SMALL.replace(", \"math\"", ""));
    let left: Vec<_> = files
        .keys()
        .filter_map(|path| path.to_str())
        .filter(|path| path.contains("lmathlib"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(files.contains_key(Path::new("lua/src/lvm.o")));
}

#[test]
fn a_patch_that_does_not_apply_stops_everything() {
    let mut desk = Desk::new();
    desk.own_kmod();
    let first = desk.generated(SMALL);
    let patch = desk.kmod.join("lua/patches/0001-fixture.patch");
    let text = fs::read_to_string(&patch).unwrap();
    fs::write(&patch, text.replace("A Scripting Language", "An Egg")).unwrap();
    let output = desk.generate(&SMALL.replace("math", "utf8"));
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(
        message.starts_with(
            "error: patch 0001-fixture.patch: file lua.h: hunk 1 does not apply at line 3: "
        ),
        "{message}"
    );
    assert!(first == files(&desk.out()));
}

#[test]
fn a_source_that_has_a_generated_name_is_an_error() {
    let mut desk = Desk::new();
    desk.own_kmod();
    fs::write(desk.kmod.join("Kbuild"), "obj-m := other.o\n").unwrap();
    let output = desk.generate(SMALL);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "error: Kbuild: two sources make this file\n"
    );
}

#[test]
fn a_folder_with_something_else_is_not_overwritten() {
    let desk = Desk::new();
    fs::create_dir_all(desk.out()).unwrap();
    fs::write(desk.out().join("Makefile"), "theirs").unwrap();
    let output = desk.generate(SMALL);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("out/small is not empty"),
        "{}",
        stderr(&output)
    );
    assert_eq!(fs::read(desk.out().join("Makefile")).unwrap(), b"theirs");
}

#[test]
fn without_the_pinned_sources_cargo_gets_to_speak() {
    let desk = Desk::new();
    fs::write(desk.path("flavour.toml"), SMALL).unwrap();
    let output = desk.run(&["generate", "--config", "flavour.toml", "--root", "."]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(
        message.starts_with("error: cargo does not find the sources of Lua"),
        "{message}"
    );
    assert!(message.contains("Cargo.toml"), "{message}");
}

#[test]
fn check_goes_through_all_files() {
    let desk = Desk::new();
    fs::write(desk.path("good.toml"), SMALL).unwrap();
    fs::write(desk.path("bad.toml"), "[exec]\nstates = 0\n").unwrap();
    fs::write(
        desk.path("latin.toml"),
        b"[module]\ndescription = \"\xe9\"\n",
    )
    .unwrap();
    fs::create_dir(desk.path("folder.toml")).unwrap();
    assert_eq!(desk.run(&["check", "good.toml"]).status.code(), Some(0));

    let all = [
        "check",
        "missing.toml",
        "folder.toml",
        "latin.toml",
        "bad.toml",
        "good.toml",
    ];
    let output = desk.run(&all);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    assert_eq!(
        stderr(&output),
        "\
error: cannot read missing.toml: No such file or directory (os error 2)
error: folder.toml is a folder, not a configuration file
error: latin.toml:2:16: not UTF-8 text
error: `exec.states` takes an integer from 1 to 1024
 --> bad.toml:2:10
  |
2 | states = 0
  |          ^ too small

bad.toml: 1 error
"
    );
}

/// Shows `flavour.toml`, the heir of `base.toml`, and makes a flavour of either.
fn shown(base: &str, heir: &str) -> (Desk, String) {
    let desk = Desk::new();
    fs::write(desk.path("base.toml"), base).unwrap();
    let before = desk.generated(heir);
    let output = desk.run(&["show", "flavour.toml"]);
    assert_eq!(stderr(&output), "");
    let shown = stdout(&output);

    let again = Desk::new();
    let after = again.generated(&shown);
    assert!(before.keys().eq(after.keys()));
    for (path, (contents, _)) in before {
        // What was read stands in the one file; of several, what they come to.
        if path != Path::new("lunatik.toml") {
            assert!(contents == after[&path].0, "{} differs", path.display());
        }
    }
    (desk, shown)
}

#[test]
fn a_flavour_is_shown_with_where_it_comes_from() {
    let base = format!(
        "{SMALL}[exec]\nstates = 3\ntime-limit = 90000\n\
         [[table]]\nname = \"t\"\nvalue-types = [\"integer\", \"string\"]\n\
         [table.init]\n\"a.b\\n\" = \"\\\"\\\\\\u0000\\u007f é\"\nn = -1\n"
    );
    let heir = "inherit = \"base.toml\"\n[exec]\nstates = 5\n[lua]\nlibraries.add = [\"string\"]\n\
                [[table]]\nname = \"t\"\nbuckets = 8\n";
    let (desk, shown) = shown(&base, heir);
    common::golden(&common::tests().join("golden/shown.toml"), &shown);
    let whole = files(&desk.out());
    assert_eq!(text(&whole, "lunatik.toml"), shown);
}

/// With each key, and without tables or strings.
#[test]
fn what_is_shown_makes_the_same_module() {
    for heir in [
        "inherit = \"base.toml\"\n[budget]\nmemory = \"80MiB\"\n",
        "inherit = \"base.toml\"\ntable = []\n",
        "inherit = \"base.toml\"\n[[table]]\nname = \"u\"\nvalue-types = [\"boolean\"]\n\
         max-entries = 7\naccess = \"read-only\"\ninit = { \"\" = true }\n",
        &format!(
            "{SMALL}[exec]\ntime-limit = 0\ninstruction-limit = 0\n\
             [device]\ncapability = \"none\"\nmode = 0\n"
        ),
    ] {
        shown(&format!("{SMALL}[exec]\ntime-limit = 1\n"), heir);
    }
}

#[test]
fn nothing_is_shown_of_what_is_wrong() {
    let desk = Desk::new();
    fs::write(desk.path("flavour.toml"), "[exec]\nstates = 0\n").unwrap();
    let output = desk.run(&["show", "flavour.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("too small"));
}

#[test]
fn names_are_shown_for_scripts() {
    let desk = Desk::new();
    fs::write(desk.path("flavour.toml"), "[device]\nname = \"d-1\"\n").unwrap();
    let output = desk.run(&["show-names", "--config", "flavour.toml"]);
    assert_eq!(stdout(&output), "module=lunatik\ndevice=d-1\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_wrong_command_line_is_told_from_a_wrong_configuration() {
    let desk = Desk::new();
    assert_eq!(
        desk.run(&["generate", "--no-such-option"]).status.code(),
        Some(2)
    );
    assert_eq!(desk.run(&["check"]).status.code(), Some(2));
}

/// The text that is part of the module, and its sum, are those that `show` prints.
#[test]
fn a_module_says_what_it_was_made_from() {
    let desk = Desk::new();
    let text = format!("{SMALL}[[table]]\nname = \"t\"\n[table.init]\nk = \"é\\\\\\\"\\t\"\n");
    let made = desk.generated(&text);
    let info = self::text(&made, "generated/info.h");
    let shown = stdout(&desk.run(&["show", "--plain", "flavour.toml"]));
    let embedded: String = info
        .lines()
        .filter_map(|line| line.strip_prefix("\t\"")?.split_once("\\n\""))
        .map(|(line, _)| {
            let line = line.replace("\\\"", "\"").replace("\\\\", "\\");
            line.replace("\\303\\251", "é") + "\n"
        })
        .collect();
    assert_eq!(embedded, shown);
    assert!(info.contains("MODULE_INFO(flavour, \"small\");"), "{info}");

    let without = format!("{SMALL}[exec]\nstates = 2\n").replacen(
        "[module]",
        "[module]\nembed-config = false",
        1,
    );
    let made = desk.generated(&without);
    assert!(!self::text(&made, "generated/info.h").contains("LUNATIK_CONFIG"));
    assert!(!self::text(&made, "generated/config.h").contains("EMBED_CONFIG"));
}

#[test]
fn a_flavour_is_exported_by_its_name_or_its_file() {
    let desk = Desk::new();
    let made: Vec<_> = desk.generated(SMALL).into_keys().collect();
    for arguments in [
        &[
            "export",
            "flavour.toml",
            "--to",
            "to/here",
            "--tar",
            "small.tar.gz",
        ][..],
        &["export", "tiny", "--to", "tiny"],
    ] {
        let output = desk.run(arguments);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert!(made.iter().eq(files(&desk.path("to/here")).keys()));
    assert!(desk.path("small.tar.gz").exists());
    let tiny = files(&desk.path("tiny"));
    assert!(text(&tiny, "Kconfig").contains("config LUNATIK_TINY\n"));

    let output = desk.run(&["export", "flavour.toml", "--to", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert!(desk.path("flavour.toml").exists());
    assert_eq!(desk.run(&["export", "flavour.toml"]).status.code(), Some(2));
}

/// What a kernel's tree has of what matters here.
const DRIVERS: [(&str, &str); 3] = [
    (
        "drivers/Kconfig",
        "menu \"Device Drivers\"\n\nsource \"drivers/misc/Kconfig\"\n\nendmenu\n",
    ),
    ("drivers/Makefile", "obj-y\t\t\t\t+= misc/\n"),
    ("drivers/misc/Kconfig", "config LUNATIKS_FRIEND\n"),
];

impl Desk {
    fn kernel(&self) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
        for (path, text) in DRIVERS {
            let path = self.path("linux").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        files(&self.path("linux"))
    }

    fn in_tree(&self, arguments: &[&str]) -> Output {
        self.run(&[&["in-tree", "--kernel", "linux"], arguments].concat())
    }
}

fn contents(files: BTreeMap<PathBuf, (Vec<u8>, SystemTime)>) -> BTreeMap<PathBuf, Vec<u8>> {
    let contents = files
        .into_iter()
        .map(|(path, (contents, _))| (path, contents));
    contents.collect()
}

#[test]
fn flavours_go_into_a_kernel_and_out_without_a_trace() {
    let desk = Desk::new();
    let before = contents(desk.kernel());
    // Trees may share files.
    let link = desk.path("Kconfig of another tree");
    fs::hard_link(desk.path("linux/drivers/Kconfig"), &link).unwrap();
    fs::write(desk.path("flavour.toml"), SMALL).unwrap();

    for _ in 0..2 {
        let output = desk.in_tree(&["flavour.toml", "tiny"]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(
            stdout(&output),
            "linux/drivers/small\nlinux/drivers/lunatik_tiny\n"
        );
        let made = files(&desk.path("linux"));
        assert_eq!(
            text(&made, "drivers/Kconfig"),
            "menu \"Device Drivers\"\n\nsource \"drivers/misc/Kconfig\"\n\n\
             source \"drivers/small/Kconfig\"\n\nsource \"drivers/lunatik_tiny/Kconfig\"\n\nendmenu\n"
        );
        assert_eq!(
            text(&made, "drivers/Makefile"),
            "obj-y\t\t\t\t+= misc/\nobj-$(CONFIG_LUNATIK_SMALL)\t\t+= small/\n\
             obj-$(CONFIG_LUNATIK_TINY)\t\t+= lunatik_tiny/\n"
        );
        text(&made, "drivers/small/Kbuild");
    }
    assert_eq!(fs::read_to_string(&link).unwrap(), DRIVERS[0].1);

    // What a build inside of the tree leaves.
    for made in [
        "lua/src/lvm.o",
        "lua/src/.lvm.o.cmd",
        "built-in.a",
        ".built-in.a.cmd",
        "modules.order",
        ".modules.order.cmd",
        "small_builtin.o",
        ".small_builtin.o.cmd",
        "small.ko",
        ".small.ko.cmd",
        "small.mod.c",
        "mlua-sys/libmlua_sys.rmeta",
        "mlua-sys/lib.m.bc",
        "lua/lua.o",
        "lua/lua.o.asked",
        "lua/.lua.o.cmd",
        // And what a run of ours leaves that is killed.
        "lua/src/.lcode.c.lunatik-new",
        ".Kbuild.lunatik-new",
        "..lunatik-manifest.lunatik-new",
        "../.Kconfig.lunatik-new",
        "../.Makefile.lunatik-new",
    ] {
        fs::write(desk.path("linux/drivers/small").join(made), "").unwrap();
    }
    let output = desk.in_tree(&["--remove", "tiny"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!desk.path("linux/drivers/lunatik_tiny").exists());
    let output = desk.in_tree(&["--remove"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(contents(files(&desk.path("linux"))) == before);
    assert!(!desk.path("linux/drivers/small").exists());
    // And once more, when there is nothing.
    assert!(desk.in_tree(&["--remove"]).status.success());
    assert_eq!(desk.in_tree(&["--remove", "tiny"]).status.code(), Some(1));
}

#[test]
fn a_kernels_own_folder_is_not_taken() {
    let desk = Desk::new();
    let before = contents(desk.kernel());
    fs::write(desk.path("flavour.toml"), SMALL.replace("small", "misc")).unwrap();
    let output = desk.in_tree(&["flavour.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("drivers/misc is not empty"));
    assert!(contents(files(&desk.path("linux"))) == before);
}

#[test]
fn two_flavours_do_not_share_an_option() {
    let desk = Desk::new();
    desk.kernel();
    for (name, good) in [("lunatik_a", true), ("lunatik_a", true), ("a", false)] {
        fs::write(desk.path("flavour.toml"), SMALL.replace("small", name)).unwrap();
        let output = desk.in_tree(&["flavour.toml"]);
        assert_eq!(output.status.success(), good, "{}", stderr(&output));
    }
    assert!(!desk.path("linux/drivers/a").exists());
}

#[test]
fn what_others_put_into_a_flavour_in_a_kernel_stays() {
    let desk = Desk::new();
    let before = contents(desk.kernel());
    fs::write(desk.path("flavour.toml"), SMALL).unwrap();
    assert!(desk.in_tree(&["flavour.toml"]).status.success());
    let notes = desk.path("linux/drivers/small/notes");
    fs::write(&notes, "").unwrap();
    let output = desk.in_tree(&["--remove"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("small/notes is not of the flavour"),
        "{}",
        stderr(&output)
    );
    assert!(notes.exists());
    // The folder is known as before: the flavour can be put there again, or be removed when these are gone.
    assert!(desk.in_tree(&["flavour.toml"]).status.success());
    assert_eq!(
        desk.in_tree(&["--remove", "flavour.toml"]).status.code(),
        Some(1)
    );
    fs::remove_file(&notes).unwrap();
    let output = desk.in_tree(&["--remove", "flavour.toml"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(contents(files(&desk.path("linux"))) == before);
}

#[test]
fn lines_of_a_kernel_that_look_like_ours_stay() {
    let desk = Desk::new();
    desk.kernel();
    let kconfig = "menu \"D\"\n# source \"drivers/small/Kconfig\"\nendmenu\n";
    fs::write(desk.path("linux/drivers/Kconfig"), kconfig).unwrap();
    let makefile = "# obj-$(CONFIG_LUNATIK_SMALL)\t\t+= small/\n";
    fs::write(desk.path("linux/drivers/Makefile"), makefile).unwrap();
    fs::write(desk.path("flavour.toml"), SMALL).unwrap();
    let before = contents(files(&desk.path("linux")));
    assert!(desk.in_tree(&["flavour.toml"]).status.success());
    let made = files(&desk.path("linux"));
    assert_eq!(
        text(&made, "drivers/Kconfig")
            .matches("\nsource \"drivers/small/Kconfig\"\n")
            .count(),
        1
    );
    assert_eq!(
        text(&made, "drivers/Makefile").matches("\nobj-$(").count(),
        1
    );
    assert!(desk.in_tree(&["--remove"]).status.success());
    assert!(contents(files(&desk.path("linux"))) == before);
}

#[test]
fn a_kernel_that_cannot_be_edited_is_left_as_it_was() {
    for break_it in [
        |path: &Path| fs::write(path, b"# J\xf6rg\n").unwrap(),
        |path: &Path| {
            let elsewhere = path.with_file_name("elsewhere");
            fs::rename(path, &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, path).unwrap();
        },
    ] {
        for name in ["Kconfig", "Makefile"] {
            let desk = Desk::new();
            desk.kernel();
            break_it(&desk.path("linux/drivers").join(name));
            fs::write(desk.path("flavour.toml"), SMALL).unwrap();
            let before = contents(files(&desk.path("linux")));
            let output = desk.in_tree(&["flavour.toml"]);
            assert_eq!(output.status.code(), Some(1));
            let message = format!("cannot change linux/drivers/{name}");
            assert!(stderr(&output).contains(&message), "{}", stderr(&output));
            assert!(contents(files(&desk.path("linux"))) == before);
        }
    }
}

#[test]
fn only_the_source_of_a_kernel_takes_a_flavour() {
    let desk = Desk::new();
    desk.kernel();
    fs::write(desk.path("flavour.toml"), SMALL).unwrap();
    fs::create_dir(desk.path("build")).unwrap();
    std::os::unix::fs::symlink("../linux", desk.path("build/source")).unwrap();
    for (folder, message) in [("build", "give its source: "), (".", "no source tree")] {
        let output = desk.run(&["in-tree", "--kernel", folder, "flavour.toml"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}

const SEALED: &str = "[module]\nname = \"small\"\n[lua]\ncompiler = false\nstdlib = [\"memo\"]\n\
                      [[script]]\nname = \"one\"\nfile = \"one.lua\"\n";

#[test]
fn what_a_module_contains_is_in_its_directory_and_the_compiler_is_not() {
    let desk = Desk::new();
    fs::write(desk.path("one.lua"), "print(...)\n").unwrap();
    let generated = desk.generated(SEALED);
    let has = |path: &str| generated.contains_key(&PathBuf::from(path));
    for stem in ["lparser", "llex", "lcode", "ldump"] {
        assert!(!has(&format!("lua/src/{stem}.c")), "{stem}");
        assert!(!text(&generated, "Kbuild").contains(stem), "{stem}");
    }
    assert!(has("lua/src/lundump.c"));
    assert_eq!(text(&generated, "scripts/one.lua"), "print(...)\n");
    for path in ["scripts/one.luac", "stdlib/memo.luac"] {
        let (chunk, _) = &generated[&PathBuf::from(path)];
        assert!(chunk.starts_with(b"\x1bLua"), "{path}");
    }
    // So it is in what is shipped.
    let output = desk.run(&["export", "flavour.toml", "--to", "exported"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let exported = files(&desk.path("exported"));
    assert!(generated.keys().eq(exported.keys()));
    // The directory's own file makes the same again.
    let moved = Desk::new();
    let again = desk.out().join("lunatik.toml");
    let again = again.to_str().unwrap();
    let output = moved.run(&["generate", "--config", again, "--out", "out"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let (first, second) = (files(&desk.out()), files(&moved.out()));
    let contents = |files: &BTreeMap<PathBuf, (Vec<u8>, SystemTime)>| {
        let files = files
            .iter()
            .filter(|(path, _)| !path.ends_with("lunatik.toml"));
        let files = files.map(|(path, (contents, _))| (path.clone(), contents.clone()));
        files.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(contents(&first), contents(&second));
}

#[test]
fn scripts_keep_their_licences() {
    let desk = Desk::new();
    fs::write(
        desk.path("one.lua"),
        "-- SPDX-FileCopyrightText: 2025 A vendor\n-- SPDX-License-Identifier: Apache-2.0\nprint(...)\n",
    )
    .unwrap();
    fs::write(desk.path("two.lua"), "print(2)\n").unwrap();
    let two = "[[script]]\nname = \"two\"\nfile = \"two.lua\"\n";
    fs::write(desk.path("flavour.toml"), format!("{SEALED}{two}")).unwrap();
    let output = desk.run(&["export", "flavour.toml", "--to", "exported"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stderr(&output),
        "note: the script `one` is under Apache-2.0: LICENSES/Apache-2.0.txt must be added\n\
         note: the script `two` says nothing of its licence: REUSE.toml has NOASSERTION for it; \
         `-- SPDX-License-Identifier: …` in its first lines would tell\n"
    );
    let exported = files(&desk.path("exported"));
    let list = text(&exported, "REUSE.toml");
    let annotation = |owner: &str, licence: &str, name: &str| {
        format!(
            "\n[[annotations]]\npath = [\"scripts/{name}.lua\", \"scripts/{name}.luac\"]\n\
             precedence = \"override\"\nSPDX-FileCopyrightText = [\"{owner}\"]\n\
             SPDX-License-Identifier = \"{licence}\"\n"
        )
    };
    let own = annotation("2025 A vendor", "Apache-2.0", "one");
    let none = annotation("NOASSERTION", "NOASSERTION", "two");
    let end = format!("{own}\n# The script says nothing of its licence.{none}");
    assert!(list.ends_with(&end), "{list}");
}

#[test]
fn without_debug_information_a_chunk_is_smaller() {
    let desk = Desk::new();
    let source = "local function inner(value)\n  return value + 1\nend\nreturn inner(...)\n";
    fs::write(desk.path("one.lua"), source).unwrap();
    let chunk = |text: &str| {
        let generated = desk.generated(text);
        let of = |path: &str| generated[&PathBuf::from(path)].0.clone();
        (of("scripts/one.luac"), of("stdlib/memo.luac"))
    };
    let whole = chunk(SEALED);
    let stripped = chunk(&SEALED.replace("[lua]\n", "[lua]\ndebug-info = false\n"));
    let names = |chunk: &[u8]| chunk.windows(5).any(|bytes| bytes == b"inner");
    assert!(names(&whole.0) && !names(&stripped.0));
    assert!(stripped.1.len() < whole.1.len());
}

#[test]
fn a_module_that_compiles_has_no_loader_unless_it_contains_something() {
    let desk = Desk::new();
    fs::write(desk.path("one.lua"), "return 1\n").unwrap();
    let both = desk.generated(&SEALED.replace("compiler = false\n", ""));
    for stem in ["lparser", "lundump"] {
        assert!(both.contains_key(&PathBuf::from(format!("lua/src/{stem}.c"))));
    }
    let text_only = desk.generated(SMALL);
    for path in ["lua/src/lundump.c", "stdlib/memo.luac", "scripts/one.luac"] {
        assert!(!text_only.contains_key(&PathBuf::from(path)), "{path}");
    }
}
