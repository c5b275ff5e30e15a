#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Removes what setup.sh put into the cache, and says what that was.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ -d $cache ]] || die "there is no cache at $cache"
for part in packages source bindgen cargo-fuzz "${kernels[@]}" initramfs; do
	lock "$part"
done
for part in "$cache"/{source,kernel}/* "$cache"/{bindgen-*,cargo-fuzz-*,initramfs-*,accel,apt,tmp,log}; do
	[[ -e $part ]] || continue
	say "removing $part ($(du -sh "$part" | cut -f1))"
	rm -rf "$part"
done
rmdir --ignore-fail-on-non-empty "$cache"/{source,kernel} 2>/dev/null || :
