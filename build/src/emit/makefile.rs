// SPDX-License-Identifier: GPL-2.0
//! `Makefile`: builds the directory by itself, against a built kernel.

use super::HASH_HEADER;
use crate::config::Config;

pub fn emit(config: &Config) -> String {
    let module = &config.module.name;
    let strip = match config.build.strip {
        true => STRIP,
        false => UNSTRIP,
    };
    MAKEFILE
        .replace("@HEADER@", HASH_HEADER)
        .replace("@STRIP@", strip)
        .replace("@MODULE@", module)
}

const MAKEFILE: &str = r#"@HEADER@#
# make [KDIR=/path/to/a/built/kernel]       builds @MODULE@.ko
# make install, make uninstall              the built module, for modprobe, and the rule for udev; below DESTDIR, if that is given
# make modules_install, make clean          as for any module
#
# kbuild itself reads Kbuild and not this file. The kernel must be built with CONFIG_RUST.

ifneq ($(words $(CURDIR))$(findstring :,$(CURDIR)),1)
$(error the path of this folder has a space or a colon in it, which the kernel's build cannot do)
endif

KDIR ?= /lib/modules/$(shell uname -r)/build
UDEVDIR ?= /usr/lib/udev/rules.d

# The compilers that the kernel was built with, unless LLVM= and RUSTC= say which: others cannot read what it has of Rust.
option = $(shell sed -n 's/^CONFIG_$(1)="\{0,1\}\([^"]*\)"\{0,1\}$$/\1/p' "$(KDIR)/include/config/auto.conf" 2>/dev/null)
ifeq ($(origin LLVM)-$(call option,CC_IS_CLANG),undefined-y)
clang := $(shell echo '$(call option,CC_VERSION_TEXT)' | sed -n 's/.*clang version \([0-9]*\)\..*/\1/p')
LLVM := $(if $(shell command -v clang-$(clang)),-$(clang),1)
endif
ifeq ($(origin RUSTC),undefined)
rust := $(call option,RUSTC_VERSION_TEXT)
RUSTC := $(shell for rustc in rustc /usr/bin/rustc; do \
	if [ "$$($$rustc --version 2>/dev/null)" = '$(rust)' ]; then echo $$rustc; break; fi; done)
endif
kbuild = $(MAKE) -C "$(KDIR)" M="$(CURDIR)" $(if $(LLVM),LLVM=$(LLVM)) $(if $(RUSTC),RUSTC=$(RUSTC))

modules: toolchain
	+$(kbuild) $@
	+$(MAKE) strip

clean: kernel
	+$(kbuild) $@

modules_install:
	+$(kbuild) INSTALL_MOD_PATH="$(DESTDIR)$(INSTALL_MOD_PATH)" $@

kernel:
	@[ -e "$(KDIR)/include/config/auto.conf" ] || { echo "KDIR: $(KDIR) is not a built kernel" >&2; exit 1; }

toolchain: kernel
	@[ -n "$(call option,RUST)" ] || { echo "KDIR: $(KDIR) is built without CONFIG_RUST=y" >&2; exit 1; }
	@[ -n "$(RUSTC)" ] || { echo "KDIR: $(KDIR) was built with '$(rust)', and no such rustc is here" >&2; exit 1; }

install: modules_install
	install -D -m 644 udev.rules "$(DESTDIR)$(UDEVDIR)/60-@MODULE@.rules"

uninstall: release = $(shell cat "$(KDIR)/include/config/kernel.release")
uninstall: modules = $(DESTDIR)$(INSTALL_MOD_PATH)/lib/modules/$(release)
uninstall:
	rm -f "$(modules)"/updates/@MODULE@.ko* "$(DESTDIR)$(UDEVDIR)/60-@MODULE@.rules"
	[ ! -d "$(modules)" ] || depmod -b "$(DESTDIR)$(INSTALL_MOD_PATH)/" "$(release)"

@STRIP@
.DEFAULT_GOAL := modules
.PHONY: modules modules_install clean strip kernel toolchain install uninstall
"#;

/// What kbuild links is older than what is kept of it, unless it has been linked anew. Whenever this is
/// ended, the module is as kbuild makes it, is stripped, or is not there and will be made.
const STRIP: &str = r"# What loading takes no part in is kept beside the module.
STRIP ?= $(if $(LLVM),llvm-strip$(filter -%,$(LLVM)),$(CROSS_COMPILE)strip)
strip:
	@if [ ! @MODULE@.ko.unstripped -nt @MODULE@.ko ]; then \
		$(STRIP) --strip-unneeded -o .@MODULE@.stripped @MODULE@.ko && \
		touch -r @MODULE@.ko .@MODULE@.stripped && \
		mv @MODULE@.ko @MODULE@.ko.unstripped && \
		touch @MODULE@.ko.unstripped && \
		mv .@MODULE@.stripped @MODULE@.ko; \
	fi
";

const UNSTRIP: &str = r"# What this flavour once was.
strip:
	@if [ @MODULE@.ko.unstripped -nt @MODULE@.ko ]; then \
		mv @MODULE@.ko.unstripped @MODULE@.ko; \
	fi
";
