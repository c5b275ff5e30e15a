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
    Optimize,
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

/// The library that the C file of Lua with this stem is.
pub fn library_of_object(stem: &str) -> Option<&'static str> {
    let mut libraries = Library::ALL.iter();
    let (word, _) = libraries.find(|(_, library)| library_object(*library) == Some(stem))?;
    Some(word)
}

pub fn emit(config: &Config) -> String {
    let name = &config.module.name;
    let symbol = kconfig::symbol(config);
    let core: Vec<_> = CORE.iter().copied().chain(loading(config)).collect();
    let core = wrapped(&core);
    let trace = if config.build.tracepoints {
        " trace.o"
    } else {
        ""
    };
    let mut out = format!(
        "\
{HASH_HEADER}#
# Works out of the tree (make -C $KDIR M=$PWD) and in it (drivers/{name}/, with Kconfig).

# y, m, or nothing.
{name}-as := $(if $(KBUILD_EXTMOD),m,$(CONFIG_{symbol}))

obj-$({name}-as) += {name}.o

{name}-y := lunatik_main.o glue.o info.o{trace}
{name}-$(CONFIG_X86_64) += lua/setjmp_x86_64.o
{name}-$(CONFIG_ARM64) += lua/setjmp_arm64.o
{name}-$(CONFIG_RISCV) += lua/setjmp_riscv64.o

# The core of Lua.
lua-y := lua/lunatik.o \\
{core}

# The libraries of this flavour.
"
    );
    for library in &config.lua.libraries {
        // Writing to a String cannot fail.
        let _ = match library_object(*library) {
            Some(object) => writeln!(out, "lua-y += lua/src/{object}.o"),
            None => writeln!(out, "{name}-y += {}.o", library.word()),
        };
    }
    out.push_str(&LINK.replace("@MODULE@", name));
    out.push_str(&FLAGS.replace("@MODULE@", name));
    if config.build.optimize == Optimize::Size {
        out.push_str(SMALL);
    }
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
    out.push_str(&BUILT_IN.replace("@MODULE@", name));
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

/// How the objects of Lua become part of the module.
const LINK: &str = r#"
# What of Lua nothing calls is left out, by a link of its own that begins with what the rest of the
# module asks for. Where objtool has gone through each object before, it would name every function. What is
# built into a kernel is linked by itself anyway, see below.
ifeq ($(filter m,$(@MODULE@-as))$(CONFIG_LD_IS_LLD)$(if $(CONFIG_OBJTOOL),$(CONFIG_X86_KERNEL_IBT),y),myy)
lua-sections := y
lua-objects := $(addprefix $(obj)/,$(lua-y))
lua-callers := $(addprefix $(obj)/,$(@MODULE@-y))
@MODULE@-y += lua/lua.o
targets += lua/lua.o $(lua-y)
$(lua-objects): private part-of-module := y
quiet_cmd_ld_lua = LD [M]  $@
      cmd_ld_lua = $(NM) -u $(lua-callers) | sed -n 's/^ *U \(lu[an].*\)/--undefined=\1/p' >$@.asked; \
	$(LD) $(KBUILD_LDFLAGS) -r --gc-sections @$@.asked -o $@ $(lua-objects)
$(obj)/lua/lua.o: $(lua-objects) $(lua-callers) FORCE
	$(call if_changed,ld_lua)
else
@MODULE@-y += $(lua-y)
endif
# `make clean` knows no configuration.
clean-files += lua/lua.o.asked
"#;

/// How it is all compiled.
const FLAGS: &str = r#"
clean-files += @MODULE@.ko.unstripped

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
lua-cflags += $(if $(lua-sections),-ffunction-sections -fdata-sections)
ifdef CONFIG_KASAN_STACK
lua-cflags += $(call cc-option,--param asan-stack=0) $(call cc-option,-mllvm -asan-stack=0)
endif
$(foreach object,$(filter lua/src/%,$(lua-y)),$(eval CFLAGS_$(object) := $(lua-cflags)) \
	$(eval UBSAN_SANITIZE_$(object) := n))

# mlua-sys is a crate of its own, facade/std what it takes for the standard library. The module takes
# declarations and inline functions from them: they are compiled, but not linked.
always-$(@MODULE@-as) += facade/std.o mlua-sys/lib.o
clean-files += $(foreach folder,. facade mlua-sys,$(folder)/*.bc $(folder)/*.rmeta)
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

/// A kernel may have several flavours built in, whose symbols have the same names.
const BUILT_IN: &str = r#"
# Built into the kernel, the module is one object that shows none of its symbols, so that a kernel can
# have several flavours. What it is made of goes through `-m`, where kbuild looks for the module's name, too.
# objtool knows trampolines and keys of static calls (the tracepoints') by their names, if these are shown.
ifeq ($(@MODULE@-as),y)
@MODULE@-m := $(@MODULE@-y)
@MODULE@-y := @MODULE@_builtin.o
targets += $(@MODULE@-m)
$(addprefix $(obj)/,$(@MODULE@-m)): private part-of-builtin := y

quiet_cmd_@MODULE@_builtin = LD      $@
      cmd_@MODULE@_builtin = $(LD) $(ld_flags) -r -o $@ $(real-prereqs) && \
	$(OBJCOPY) --wildcard --keep-global-symbol='__SC[KT]__*' \
		$(foreach event,start end limit,$(foreach prefix,__SCK__tp_func_ __SCT__tp_func_,\
		--redefine-sym $(prefix)lunatik_$(event)=$(prefix)@MODULE@_$(event))) $@
$(obj)/@MODULE@_builtin.o: $(addprefix $(obj)/,$(@MODULE@-m)) FORCE
	$(call if_changed,@MODULE@_builtin)
endif
"#;

const SMALL: &str = "
# Small rather than fast. With frame pointers the tables of the unwinder are, since these say where each
# function's frame is between any two of its instructions that move it.
ccflags-y += -Os
ifdef CONFIG_UNWINDER_ORC
ccflags-y += -fno-omit-frame-pointer
rustflags-y += -Cforce-frame-pointers=y
endif
";

const UNUSED: &str = "
# What only other flavours need is unused.
RUSTFLAGS_lunatik_main.o += -Adead_code -Aunused_imports
";
