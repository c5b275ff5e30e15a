#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Writes the guest's first file system: vm/initramfs.sh FILE. It holds busybox, this machine's dash, GNU cat and GNU dd
# with their libraries, and vm/guest/init.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

target=${1:?which file?}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

cd "$tree"
mkdir -p bin dev etc host lib64 proc root sbin sys tmp usr/bin usr/sbin
install -m 755 "$vm/guest/init" init
install -m 644 "$vm/guest/shellrc" etc/shellrc
echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd

install -m 755 "$(command -v busybox)" bin/busybox
while read -r applet; do
	[[ -e $applet ]] || ln -s /bin/busybox "$applet"
done < <(bin/busybox --list-full)

# dash is the shell of scripts because busybox's runs its own cat, whatever the PATH says.
for program in dash cat dd; do
	path=$(command -v "$program")
	rm -f "bin/$program" "usr/bin/$program"
	install -m 755 "$path" "bin/$program"
	while read -r library; do
		install -D -m 755 "$library" ".$library"
	done < <(ldd "$path" | grep -o '/[^ ]*')
done
ln -sf dash bin/sh

find . | cpio --quiet --create --format=newc --owner=0:0 >"$target"
