#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Makes everything that building the module and booting the machine need, unless it is there already:
#
#   vm/setup.sh [kernel|debug|kcsan|um] [--print]
#
# The kernel is the one named, or $LUNATIK_KERNEL, or `kernel`; with KDIR=/path it is the user's own, which must be one
# that modules can be built for. --print writes to stdout, a line each: KDIR= (the built kernel), IMAGE= (what qemu
# boots), INITRAMFS=, ACCEL= (tcg or kvm; um for the kernel that is a program), CARGO=.
# A step that was interrupted is taken up again by the next call.
# shellcheck disable=SC2154 # its parts set what they are named after

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for part in mirror packages bindgen source kernel kdir accel; do
	# shellcheck source=/dev/null
	source "$vm/$part.sh"
done
trap '[[ ! -t 2 ]] || echo >&2; say "interrupted; the same command goes on from here"; exit 130' INT
trap 'exit 143' TERM

name=${LUNATIK_KERNEL:-kernel} print=''
for argument in "$@"; do
	case $argument in
	--print) print=yes ;;
	-*) die "setup.sh: unknown argument '$argument'" "see the first lines of vm/setup.sh" ;;
	*) name=$argument ;;
	esac
done
# Not with --quiet, which may end before printf has: then the pipe is what fails.
printf '%s\n' "${kernels[@]}" | grep -Fx -e "$name" >/dev/null || die "there is no kernel '$name'; there are: ${kernels[*]}"
user_kernel=${KDIR:-}
[[ $cache != *[[:space:]:]* ]] ||
	die "the cache '$cache' has a space or a colon in its path, which the kernel's build cannot do" "Set LUNATIK_CACHE."

# Sets what is known without making anything. False if something has to be made.
ready() {
	local missing
	missing=$(missing_packages "$user_kernel")
	[[ -z $missing ]] || return 1
	if [[ -n $user_kernel ]]; then
		kdir=$(realpath --canonicalize-missing --no-symlinks -- "$user_kernel")
		check_kernel "$kdir"
	else
		[[ -x $bindgen ]] || return 1
		source=$(find_source)
		[[ -n $source ]] || return 1
		kdir=$(kernel_directory "$name" "$source")
		[[ -e $kdir/.complete ]] || return 1
	fi
	initramfs=$(initramfs_file)
	[[ -e $initramfs ]]
}

# Prints where the guest's first file system is, given its parts as they are now.
initramfs_file() {
	local key
	key=$({
		cat "$vm/guest/init" "$vm/guest/shellrc" "$vm/initramfs.sh"
		stat --dereference --format '%n %s %Y' "$(command -v busybox)" /bin/{dash,cat,dd}
	} | sha256sum)
	echo "$cache/initramfs-${key:0:12}"
}

# Each step looks again once it has the lock: someone else may have done it meanwhile.
if ! ready; then
	lock packages
	mapfile -t missing < <(missing_packages "$user_kernel")
	[[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
	unlock
	if [[ -z $user_kernel ]]; then
		lock source
		[[ -n $(find_source) ]] || fetch_source
		unlock
		lock bindgen
		[[ -x $bindgen ]] || build_bindgen
		unlock
		source=$(find_source)
		kdir=$(kernel_directory "$name" "$source")
		lock "$name"
		[[ -e $kdir/.complete ]] || build_kernel "$name" "$source" "$kdir"
		unlock
	fi
	lock initramfs
	initramfs=$(initramfs_file)
	if [[ ! -e $initramfs ]]; then
		"$vm/initramfs.sh" "$cache/tmp/initramfs"
		mv "$cache/tmp/initramfs" "$initramfs"
	fi
	unlock
	ready || die "the set-up is not complete after all its steps" "Please report this, with $cache/log."
fi
# A kernel of the user's is one that qemu boots.
[[ -z $user_kernel ]] || name=kernel
image=$(kernel_image "$name" "$kdir")
if [[ $name == um ]]; then
	accel=um
else
	choose_accel "$image" "$initramfs"
fi

if [[ -n $print ]]; then
	printf '%s=%s\n' KDIR "$kdir" IMAGE "$image" INITRAMFS "$initramfs" ACCEL "$accel" CARGO "$(find_cargo)"
fi
