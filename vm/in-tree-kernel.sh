#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds a kernel that has flavours in its source tree, and prints its build directory:
#
#   vm/in-tree-kernel.sh [--package] y|m FLAVOUR…
#
# They are built in with y, modules with m. All other options are those of the machine's kernel. With --package it makes Debian
# packages of the kernel too, as `make bindeb-pkg` does, and prints the path of the one to boot instead.
#
# target/in-tree/ has source/, the tree, which shares its files with the one in the cache by hard links, and build/. The first
# time that is a copy of what was built of the machine's kernel, so that only the rest is built.
# shellcheck disable=SC2154 # what its parts set

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"

package=''
if [[ ${1:-} == --package ]]; then
	package=yes
	shift
fi
choice=${1:-} flavours=("${@:2}")
[[ $choice == [ym] && ${#flavours[@]} -gt 0 ]] || die "in-tree-kernel.sh: y or m, and which flavours?" \
	"see the first lines of vm/in-tree-kernel.sh"
unset KDIR LUNATIK_KERNEL
read_setup
for part in packages bindgen kernel; do
	# shellcheck source=/dev/null
	source "$vm/$part.sh"
done
[[ -z $package ]] || install_missing "${for_kernel_package[@]}"
original=$(realpath -- "$kdir/source")
tree=$root/target/in-tree source=$root/target/in-tree/source build=$root/target/in-tree/build
mkdir -p "$tree"
exec {lock}>>"$tree/.lock"
flock "$lock"

if [[ $(cat "$tree/.of" 2>/dev/null) != "$kdir" ]]; then
	say "in-tree: copying the machine's kernel, $(basename "$kdir")"
	rm -rf "$tree/.of" "$source" "$build"
	# Nothing in the tree is written over, so a file may have two names.
	cp -al -- "$original" "$source" 2>/dev/null || { rm -rf "$source" && cp -a -- "$original" "$source"; }
	cp -a --reflink=auto -- "$kdir" "$build"
	# make does again whatever is done by another command than before, and these name both folders.
	find "$build" -name '.*.cmd' -exec sed -i "s|$original|$source|g; s|$kdir|$build|g" {} +
	rm -f "$build/.complete" "$build/.configured"
	echo "$kdir" >"$tree/.of"
fi

# What stays the same is not touched, so that make does not build it again.
[[ $(cat "$tree/.flavours" 2>/dev/null) == "${flavours[*]}" ]] || lunatik_build in-tree --kernel "$source" --remove
lunatik_build in-tree --kernel "$source" "${flavours[@]}" >"$tree/.folders"
echo "${flavours[*]}" >"$tree/.flavours"
{
	# The last line that names an option decides.
	cat "$kdir/.config"
	while read -r folder; do
		sed -n "s/^config \(LUNATIK.*\)/CONFIG_\1=$choice/p" "$folder/Kconfig"
	done <"$tree/.folders"
} >"$tree/.config"
cmp -s "$tree/.config" "$tree/.config.built" || cp "$tree/.config" "$build/.config"

say "in-tree: building with $choice for: ${flavours[*]##*/}"
make=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$HOME" LIBCLANG_PATH="$libclang"
	make -C "$source" O="$build" "${kernel_arguments[@]}")
make_all() {
	# Whoever asks gets no kernel of other options than were asked for.
	rm -f "$tree/.config.built"
	"${make[@]}" olddefconfig && "${make[@]}" -j"$(nproc)" && cp "$tree/.config" "$tree/.config.built"
}
logged in-tree make_all || die "the kernel does not build; the whole log is $cache/log/in-tree.log"
while read -r folder; do
	option=$(sed -n 's/^config \(LUNATIK.*\)/CONFIG_\1/p' "$folder/Kconfig")
	grep -qx "$option=$choice" "$build/.config" ||
		die "the kernel's configuration did not take $option=$choice" "Something that it depends on is missing; see $folder/Kconfig."
done <"$tree/.folders"
if [[ -z $package ]]; then
	echo "$build"
	exit
fi

say "in-tree: making its packages"
rm -f "$tree"/linux-*
logged in-tree "${make[@]}" -j"$(nproc)" bindeb-pkg || die "the kernel makes no packages; the whole log is $cache/log/in-tree.log"
packages=("$tree/linux-image-$(<"$build/include/config/kernel.release")_"*.deb)
[[ -s ${packages[0]} ]] || die "there is no ${packages[0]}"
echo "${packages[0]}"
