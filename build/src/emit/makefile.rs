// SPDX-License-Identifier: GPL-2.0
//! `Makefile`: builds the directory by itself, against a built kernel.

use super::HASH_HEADER;
use crate::config::Config;

pub fn emit(config: &Config) -> String {
    let module = &config.module.name;
    let strip = match config.build.strip {
        true => STRIP,
        false => UNSTRIP,
    }
    .replace("@MODULE@", module);
    format!(
        "\
{HASH_HEADER}#
# make [KDIR=/path/to/a/built/kernel]    builds {module}.ko
# make modules_install, make clean       as for any module
#
# kbuild itself reads Kbuild and not this file. The kernel must be built with
# CONFIG_RUST, and its compilers be given as it was given them: LLVM=, RUSTC=.

KDIR ?= /lib/modules/$(shell uname -r)/build

modules modules_install clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) $@
	$(if $(filter modules,$@),$(MAKE) strip)

{strip}
.DEFAULT_GOAL := modules
.PHONY: modules modules_install clean strip
"
    )
}

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
