#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measures what tables cost, in the machine: vm/bench.sh [ARGUMENT OF lunatik-bench]…

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"
# shellcheck source=vm/kdir.sh
source "$vm/kdir.sh"

unset LUNATIK_KERNEL
read_setup
check_bootable "$kdir"
cd "$root"
exec "$cargo" run --quiet --release --locked --package lunatik-bench --bin lunatik-bench -- "$@"
