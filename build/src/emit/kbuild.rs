// SPDX-License-Identifier: GPL-2.0
//! `Kbuild`: which objects the module has and how they are compiled.

use std::fmt::Write as _;

use super::{
    HASH_HEADER,
    kconfig, //
};
use crate::config::{
    Config,
    Library,
    Table,
    Word as _, //
};
use crate::stdlib;

/// The part of Lua that every flavour compiles.
const CORE: &[&str] = &[
    "lapi", "lauxlib", "lctype", "ldebug", "ldo", "lfunc", "lgc", "lmem", "lobject", "lopcodes",
    "lstate", "lstring", "ltable", "ltm", "lvm", "lzio",
];

/// What makes functions of text.
const COMPILER: &[&str] = &["lcode", "llex", "lparser"];

/// What makes functions of what was compiled on the host.
const LOADER: &str = "lundump";

/// The stems of the C files of Lua that the flavour compiles.
pub fn lua_objects(config: &Config) -> impl Iterator<Item = &'static str> {
    let libraries = config
        .lua
        .libraries
        .iter()
        .filter_map(|library| library_object(*library));
    CORE.iter().copied().chain(loading(config)).chain(libraries)
}

/// The part of the core that flavours differ in.
fn loading(config: &Config) -> impl Iterator<Item = &'static str> {
    let compiler = match config.lua.compiler {
        true => COMPILER,
        false => &[],
    };
    let loader = config.has_chunks().then_some(LOADER);
    compiler.iter().copied().chain(loader)
}

/// The stem of a library's C file, if that is one of Lua's.
fn library_object(library: Library) -> Option<&'static str> {
    match library {
        Library::Base => Some("lbaselib"),
        Library::String => Some("lstrlib"),
        Library::Table => Some("ltablib"),
        Library::Math => Some("lmathlib"),
        Library::Utf8 => Some("lutf8lib"),
        Library::Coroutine => Some("lcorolib"),
        Library::Bench | Library::History => None,
    }
}

pub fn emit(config: &Config) -> String {
    let name = &config.module.name;
    let symbol = kconfig::symbol(config);
    let core: Vec<_> = CORE.iter().copied().chain(loading(config)).collect();
    let core = wrapped(&core);
    let mut out = format!(
        "\
{HASH_HEADER}#
# Works out of the tree (make -C $KDIR M=$PWD) and in it (drivers/{name}/, with Kconfig).

# y, m, or nothing.
{name}-as := $(if $(KBUILD_EXTMOD),m,$(CONFIG_{symbol}))

obj-$({name}-as) += {name}.o

{name}-y := lunatik_main.o glue.o trace.o
{name}-$(CONFIG_X86_64) += lua/setjmp_x86_64.o
{name}-$(CONFIG_ARM64) += lua/setjmp_arm64.o
{name}-$(CONFIG_RISCV) += lua/setjmp_riscv64.o
{name}-y += lua/lunatik.o

# The core of Lua.
{name}-y += \\
{core}

# The libraries of this flavour.
"
    );
    for library in &config.lua.libraries {
        // Writing to a String cannot fail.
        let _ = match library_object(*library) {
            Some(object) => writeln!(out, "{name}-y += lua/src/{object}.o"),
            None => writeln!(out, "{name}-y += {}.o", library.word()),
        };
    }
    out.push_str(&FLAGS.replace("@MODULE@", name));
    // The module's sources are for all flavours. Not every one uses all of them.
    let tables = &config.tables;
    let all = tables.iter().any(|table| table.string_max.is_some())
        && tables.iter().any(Table::grows)
        && !tables.iter().all(Table::grows)
        && tables.iter().any(|table| !table.init.is_empty())
        && config.lua.stdlib.contains(stdlib::RCUTABLE);
    if !all {
        out.push_str(UNUSED);
    }
    out
}

/// The objects of Lua's core as the lines that continue an assignment.
fn wrapped(stems: &[&str]) -> String {
    let lines: Vec<_> = stems
        .chunks(5)
        .map(|stems| {
            let objects: Vec<_> = stems
                .iter()
                .map(|stem| format!("lua/src/{stem}.o"))
                .collect();
            format!("\t{}", objects.join(" "))
        })
        .collect();
    lines.join(" \\\n")
}

/// How it is all compiled.
const FLAGS: &str = r#"
ccflags-y += -I$(src)/lua -I$(src)/lua/include
# The kernel's headers read trace.h again.
CFLAGS_trace.o := -I$(src)
# Nor may a tracer keep a return address for later, since the return may never come.
ccflags-remove-y += $(CC_FLAGS_FTRACE)

# Lua's own sources: style warnings off. An error of Lua's jumps over frames, which must therefore
# leave no poison behind on the stack.
lua-cflags := -Wno-implicit-fallthrough -Wno-invalid-noreturn
# Lua has arrays at the end of structures in the way of C89, which checks of bounds take for small.
lua-cflags += $(call cc-option,-fstrict-flex-arrays=0) -D__NO_FORTIFY
ifdef CONFIG_KASAN_STACK
lua-cflags += $(call cc-option,--param asan-stack=0) $(call cc-option,-mllvm -asan-stack=0)
endif
$(foreach object,$(filter lua/src/%,$(@MODULE@-y)),$(eval CFLAGS_$(object) := $(lua-cflags)) \
	$(eval UBSAN_SANITIZE_$(object) := n))

# mlua-sys is a crate of its own, facade/std what it takes for the standard library. The module takes
# declarations and inline functions from them: they are compiled, but not linked.
always-$(@MODULE@-as) += facade/std.o mlua-sys/lib.o
KASAN_SANITIZE_facade/std.o := y
KASAN_SANITIZE_mlua-sys/lib.o := y
RUSTFLAGS_facade/std.o := --crate-name std --emit=metadata=$(obj)/facade/libstd.rmeta
RUSTFLAGS_REMOVE_mlua-sys/lib.o := --edition=2021
RUSTFLAGS_mlua-sys/lib.o := --edition=2024 --cap-lints=allow --crate-name mlua_sys \
	--cfg 'feature="lua55"' --extern std=$(obj)/facade/libstd.rmeta \
	--emit=metadata=$(obj)/mlua-sys/libmlua_sys.rmeta
RUSTFLAGS_lunatik_main.o := --extern mlua_sys=$(obj)/mlua-sys/libmlua_sys.rmeta -L $(obj)/facade
$(obj)/mlua-sys/lib.o: $(obj)/facade/std.o
$(obj)/lunatik_main.o: $(obj)/mlua-sys/lib.o

# The kernel gives what KCSAN needs to C alone, and rustc knows no -Zsanitizer=thread for the kernel's
# target. So LLVM is told what that option would tell it: which functions to instrument (all), and how
# (see scripts/Makefile.kcsan). What is generic or inline in the kernel's crates is compiled here too.
ifdef CONFIG_KCSAN
RUSTFLAGS_lunatik_main.o += -Cllvm-args=-force-attribute=sanitize_thread '-Cpasses=function(tsan)' \
	-Cllvm-args=-tsan-distinguish-volatile=1 \
	-Cllvm-args=-tsan-compound-read-before-write=1
ifndef CONFIG_KCSAN_WEAK_MEMORY
RUSTFLAGS_lunatik_main.o += -Cllvm-args=-tsan-instrument-func-entry-exit=0
endif
endif
"#;

const UNUSED: &str = "
# What only other flavours need is unused.
RUSTFLAGS_lunatik_main.o += -Adead_code -Aunused_imports
";
