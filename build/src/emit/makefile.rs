// SPDX-License-Identifier: GPL-2.0
//! `Makefile`: builds the directory by itself, against a built kernel.

use super::HASH_HEADER;
use crate::config::Config;

pub fn emit(config: &Config) -> String {
    let module = &config.module.name;
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

.DEFAULT_GOAL := modules
.PHONY: modules modules_install clean
"
    )
}
