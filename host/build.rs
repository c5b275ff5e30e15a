// SPDX-License-Identifier: GPL-2.0
//! Builds the Lua of the default flavour for the host, out of a flavour's
//! directory: the same files, in the same places, as kbuild compiles. That flavour
//! is what an empty file means, since what `lunatik.toml` says by now may need
//! scripts compiled, by this.
//!
//! With LUNATIK_SANITIZE in the environment it is instrumented, for the fuzzing:
//! see `vm/fuzz-lua.sh`, which also sets the linker that this takes.

use std::env;
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result,
    bail, //
};
use lunatik_build::config;
use lunatik_build::diagnostic::Source;
use lunatik_build::flavour;
use lunatik_build::upstream::Upstream;
use lunatik_build::workspace::{
    Paths,
    Workspace, //
};

/// The headers of the kernel that the C of the module names. All of them are
/// `include/kernel.h` here.
const HEADERS: &[&str] = &[
    "asm/assembler.h",
    "linux/build_bug.h",
    "linux/errno.h",
    "linux/limits.h",
    "linux/linkage.h",
    "linux/objtool.h",
    "linux/panic.h",
    "linux/sprintf.h",
    "linux/stdarg.h",
    "linux/stddef.h",
    "linux/string.h",
    "linux/types.h",
];

/// What reads compiled chunks, as in flavours that have some, and what writes them.
const BYTECODE: &[&str] = &["ldump.c", "lundump.c"];

/// What the module has nothing like.
const DUMP: &str = "src/dump.c";

/// What kbuild gives the compiler that changes what C means.
const KERNEL_FLAGS: &[&str] = &[
    "-std=gnu11",
    "-nostdinc",
    "-funsigned-char",
    "-fno-strict-aliasing",
    "-fno-delete-null-pointer-checks",
    "-Werror=implicit-function-declaration",
];

fn main() -> Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").context("no manifest folder")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").context("no output folder")?);
    let flavour = out.join("flavour");
    let paths = Paths::new(here.parent().map(Path::to_owned));
    for path in [
        paths.root.join("Cargo.lock"),
        paths.kmod.clone(),
        paths.stdlib.clone(),
        here.join("include"),
        here.join(DUMP),
    ] {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    println!("cargo::rerun-if-env-changed=LUNATIK_SANITIZE");
    println!("cargo::rustc-check-cfg=cfg(sanitized)");

    generate(&paths, &flavour)?;
    for header in HEADERS {
        write(&out.join("include").join(header), "#include <kernel.h>\n")?;
    }
    compile(&here, &out, &flavour)
}

/// Makes the directory of the default flavour.
fn generate(paths: &Paths, folder: &Path) -> Result<()> {
    let source = Source {
        name: "the default flavour".to_owned(),
        path: PathBuf::new(),
        text: String::new(),
    };
    let workspace = Workspace::read(paths)?;
    let accepted = match config::read(source, workspace.known()) {
        Ok(accepted) => accepted,
        Err(refused) => bail!("{}", refused.render(false)),
    };
    let mut tree = flavour::assemble(&accepted, paths, &workspace)?;
    let lua = Upstream::locate(&paths.root)?.lua(&paths.patches())?;
    for name in BYTECODE {
        let text = lua.get(*name).context("Lua has no such file")?;
        tree.add(format!("lua/src/{name}"), text.as_bytes())?;
    }
    tree.write(folder)?;
    let config = accepted.config;
    for (name, value) in [
        ("STACK_RESERVE", config.exec.stack_reserve),
        ("MEMORY_LIMIT", config.exec.memory_limit),
        ("SCRIPT_MAX", config.exec.script_max),
    ] {
        println!("cargo::rustc-env=LUNATIK_{name}={value}");
    }
    Ok(())
}

fn compile(here: &Path, out: &Path, flavour: &Path) -> Result<()> {
    let lua = flavour.join("lua");
    let mut build = cc::Build::new();
    build
        .include(here.join("include"))
        .include(&lua)
        .include(lua.join("include"))
        .include(out.join("include"))
        // Frames as large as a kernel's, whatever cargo is asked for.
        .opt_level(2)
        .debug(false)
        .warnings(false);
    for flag in KERNEL_FLAGS {
        build.flag(flag);
    }
    let sanitize = env::var_os("LUNATIK_SANITIZE").is_some();
    if sanitize {
        sanitized(&mut build);
    } else {
        build.flag("-fno-strict-overflow");
    }
    let mut sources: Vec<_> = fs::read_dir(lua.join("src"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    sources.sort();
    build.files(sources).file(lua.join("lunatik.c"));
    build
        .file(here.join(DUMP))
        .define("LUNATIK_BYTECODE", "__BYTE_ORDER__");
    build.file(lua.join(match env::var("CARGO_CFG_TARGET_ARCH")?.as_str() {
        "x86_64" => "setjmp_x86_64.S",
        "aarch64" => "setjmp_arm64.S",
        "riscv64" => "setjmp_riscv64.S",
        other => bail!("setjmp is not written for {other}"),
    }));
    build.try_compile("lunatik-lua")?;
    Ok(())
}

/// Lua looks after itself: its assertions, a stack of Lua that moves whenever it
/// may, and the compiler's checks. Overflow of signed numbers counts, too.
fn sanitized(build: &mut cc::Build) {
    const SANITIZERS: &str = "-fsanitize=address,undefined";
    build
        .compiler("clang-22")
        .flag(SANITIZERS)
        .flag("-fno-sanitize-recover=all")
        // Where locals are is what the check of the stack goes by.
        .flag("-fsanitize-address-use-after-return=never")
        .flag("-fno-omit-frame-pointer")
        .flag("-gline-tables-only")
        .define("LUAI_ASSERT", None)
        .define("LUA_USE_APICHECK", None)
        .define("HARDSTACKTESTS", "1");
    println!("cargo::rustc-cfg=sanitized");
    for kind in ["bins", "tests"] {
        println!("cargo::rustc-link-arg-{kind}={SANITIZERS}");
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().context("a header lies in a folder")?;
    fs::create_dir_all(folder)?;
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
