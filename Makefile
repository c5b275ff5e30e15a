# SPDX-License-Identifier: GPL-2.0
# What can be asked for; `make help` lists it. How it is done is in vm/: every target but `clean` first sets up what is
# missing (vm/setup.sh).

# Given on the command line or in the environment.
export KDIR FLAVOUR V CLIPPY WERROR DESTDIR PREFIX TO TAR
SCRIPT ?= examples/hello.lua

.PHONY: export in-tree in-tree-remove install uninstall dkms deb test-in-tree test-random test-shipping
.PHONY: all flavours menu command run shell setup test test-debug fuzz fuzz-table fuzz-lua fuzz-device bench size costs clean clean-cache help
all:
	@vm/module.sh >/dev/null

flavours:
	@vm/flavours.sh

menu:
	@cargo lunatik-build menu $(or $(FLAVOUR),lunatik.toml)

command:
	@vm/command.sh --all >/dev/null

run:
	@vm/run.sh $(SCRIPT)

shell:
	@vm/run.sh --shell

setup:
	@vm/setup.sh

test:
	@vm/test.sh $(ARGS)

test-debug:
	@LUNATIK_KERNEL=debug vm/test.sh $(ARGS)
	@LUNATIK_KERNEL=kcsan vm/test.sh --test machine $(ARGS)
	@LUNATIK_KERNEL=um vm/test.sh --test machine $(ARGS)

fuzz:
	@$(MAKE) --no-print-directory fuzz-table ARGS=
	@$(MAKE) --no-print-directory fuzz-lua ARGS=
	@$(MAKE) --no-print-directory fuzz-device ARGS=

fuzz-table:
	@vm/fuzz-table.sh $(ARGS)

fuzz-lua:
	@vm/fuzz-lua.sh $(ARGS)

fuzz-device:
	@vm/fuzz-device.sh $(ARGS)

bench:
	@vm/bench.sh $(ARGS)

size:
	@vm/size.sh $(ARGS)

costs:
	@vm/costs.sh $(ARGS)

export:
	@vm/ship.sh export

in-tree:
	@vm/ship.sh in-tree

in-tree-remove:
	@vm/ship.sh in-tree --remove

# Without KDIR, for the kernel that runs.
install: KDIR := $(or $(KDIR),/lib/modules/$(shell uname -r)/build)
install: all command
	@vm/install.sh

uninstall:
	@vm/install.sh --remove

dkms:
	@vm/ship.sh dkms >/dev/null

deb:
	@vm/deb.sh >/dev/null

test-random:
	@LUNATIK_RANDOM="$${LUNATIK_RANDOM:-$$(date +%s) 200}" LUNATIK_RANDOM_LOADED="$${LUNATIK_RANDOM_LOADED:-$$(date +%s) 10}" \
		vm/test.sh -p lunatik-tests --test random $(ARGS)

test-in-tree:
	@vm/test-in-tree.sh $(ARGS)

test-shipping:
	@vm/test-shipping.sh

clean:
	rm -rf target

clean-cache:
	@vm/clean-cache.sh

help:
	@echo 'make              build target/flavours/MODULE/MODULE.ko from lunatik.toml'
	@echo 'make flavours     build all of flavours/, each as its MODULE says'
	@echo 'make menu         look at a flavour and change it, in the terminal'
	@echo 'make run          boot the machine and run examples/hello.lua there; SCRIPT="a.lua b.lua" runs others, all at once'
	@echo '                  (a path with a space has quotes of its own: SCRIPT="\"a b.lua\"")'
	@echo 'make command      build target/command/lunatik, the command for users of the module, its man pages and completions'
	@echo 'make shell        boot the machine and give a prompt'
	@echo 'make test         run all tests, those that boot the machine among them'
	@echo '                  (ARGS="…": arguments of cargo test)'
	@echo 'make test-debug   the same, on a kernel that checks locks, memory and RCU, then those in which scripts can meet'
	@echo '                  on one that looks for data races, with two minutes of torture on each, and then those for'
	@echo '                  a kernel that preempts nothing or is locked down'
	@echo 'make fuzz         all fuzzing; one after the other:'
	@echo 'make fuzz-table   try random sequences of operations on tables, one minute long'
	@echo '                  (ARGS="-max_total_time=SECONDS", or other arguments of libFuzzer, or a FILE: that input alone)'
	@echo 'make fuzz-lua     run scripts that try to break Lua: 100000 on the host under the checks of the compiler, 2000 in the'
	@echo '                  machine (ARGS="--first N --count N --guest N")'
	@echo 'make fuzz-device  have processes do random things to the device in the machine, killed at random moments, with 200 seeds'
	@echo '                  (ARGS="--first N --count N"; LUNATIK_KERNEL=debug: on the kernel that checks itself)'
	@echo 'make bench        measure what tables cost, as ratios: a table, JSON and a picture'
	@echo '                  (ARGS="--write": into docs/ too; ARGS="--help": what can be left out)'
	@echo 'make size         print what all of flavours/ take, by part, and what an idle state does; FLAVOUR=tiny: of one of them'
	@echo '                  (ARGS="--save FILE", "--compare FILE", "--write": into docs/ too; ARGS="--help" lists more)'
	@echo 'make costs        measure what each choice of a flavour takes (ARGS=--write: for estimates and docs/size.md; 12 minutes)'
	@echo 'make export       a flavour that others can build without cargo and network: TO=DIR (target/export/MODULE), TAR=FILE'
	@echo 'make in-tree      put FLAVOUR into the source tree of a kernel, KDIR=/path: drivers/MODULE/, for menuconfig'
	@echo 'make in-tree-remove  take it out again; without FLAVOUR all that are there'
	@echo 'make install      install the module for KDIR, or the running kernel, its rule for udev, and the command'
	@echo '                  (DESTDIR=/path, PREFIX=/usr); make uninstall'
	@echo 'make dkms         make target/dkms/MODULE-VERSION/, for dkms add'
	@echo 'make deb          make Debian packages in target/deb/: the module for KDIR, and the command'
	@echo 'make test-random  check 200 random configurations, build and load 10 (LUNATIK_RANDOM and LUNATIK_RANDOM_LOADED="SEED COUNT")'
	@echo 'make test-in-tree run the tests in the machine on a kernel with the flavours in its tree: built in, then as modules'
	@echo 'make test-shipping  build an export in a chroot without cargo and network, install, DKMS, Debian packages; as root'
	@echo 'make setup        set up what the others need (each does so by itself)'
	@echo 'make clean        remove target/'
	@echo 'make clean-cache  remove what was set up (it takes some 15 minutes to make again)'
	@echo
	@echo 'FLAVOUR=tiny      another flavour: flavours/tiny.toml, or the path of a .toml'
	@echo 'KDIR=/path        your own built kernel, instead of the one that is built for the machine'
	@echo 'V=1               show every command and the whole log'
	@echo 'CLIPPY=1          lint the module'"'"'s Rust while building it'
	@echo 'WERROR=1          fail when a compiler or objtool says anything about the module'
	@echo
	@echo 'Environment: LUNATIK_CACHE (the cache; now $(or $(LUNATIK_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lunatik))'
	@echo '             LUNATIK_ACCEL (tcg or kvm), LUNATIK_TIMEOUT (seconds a run may take; 600),'
	@echo '             LUNATIK_TORTURE (seconds of torture in the tests)'
