#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds all of flavours/, as many at once as there are processors. What module.sh takes from the environment goes to it.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"

unset FLAVOUR
read_setup
# All that is wrong with any of them comes first, and not while another one builds.
lunatik_build check "$root"/flavours/*.toml
printf '%s\0' "$root"/flavours/*.toml | xargs -0 -n 1 -P "$(nproc)" "$vm/module.sh" --config >/dev/null ||
	die "not all of flavours/ are built (see above)"
