#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs the tests in the machine on a kernel that has flavours/ in its source tree: vm/test-in-tree.sh [NAME OF A TEST]…
# First they are built in, then modules. The other flavours of the tests are built outside of the tree as ever.
# Then the machine runs what the kernel's Debian package holds, and nothing else.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"

unset KDIR FLAVOUR LUNATIK_KERNEL
read_setup
# The default one is lunatik.toml by another name.
flavours=(lunatik.toml)
for flavour in "$root"/flavours/*.toml; do
	[[ $flavour == */default.toml ]] || flavours+=("$flavour")
done
desk=$(mktemp -d)
trap 'rm -rf "$desk"' EXIT
mkdir "$desk/share"
cp "$vm/guest/packaged" "$desk/share/run"
for flavour in "${flavours[@]}"; do
	lunatik_build show-names --config "$flavour" | sed -n 's/^\(module\|device\)=//p' | paste -s
done >"$desk/share/flavours"
for choice in y m; do
	kernel=$("$vm/in-tree-kernel.sh" "$choice" "${flavours[@]}")
	# The module that test.sh builds first goes where those for this kernel are.
	KDIR=$kernel "$vm/test.sh" -p lunatik-tests --test machine -- "$@"
	package=$("$vm/in-tree-kernel.sh" --package "$choice" "${flavours[@]}")
	rm -rf "$desk/share/package"
	dpkg-deb --extract "$package" "$desk/share/package"
	"$vm/boot.sh" --share "$desk/share" --kernel "$desk/share/package/boot/vmlinuz-"* --initramfs "$initramfs" --accel "$accel" \
		</dev/null || die "$package does not run"
done
