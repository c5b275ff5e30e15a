# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what setup.sh and its other parts set
# Whether qemu may use KVM. That /dev/kvm opens proves nothing, a guest can still hang: one has to have booted.
# Sourced by setup.sh.

# Sets `accel`, for kernel image $1 and first file system $2. What was found is remembered until the host boots again.
choose_accel() {
	local proof share started
	accel=${LUNATIK_ACCEL:-}
	[[ -z $accel ]] || return 0
	accel=tcg
	[[ -r /dev/kvm && -w /dev/kvm ]] || return 0
	proof="$(</proc/sys/kernel/random/boot_id) $1"
	if grep -sqFx "$proof kvm" "$cache/accel"; then
		accel=kvm
	elif ! grep -sqFx "$proof tcg" "$cache/accel"; then
		[[ -e $1 ]] || return 0
		started=$(now)
		share=$(mktemp -d)
		echo 'exit 0' >"$share/run"
		if "$vm/boot.sh" --share "$share" --kernel "$1" --initramfs "$2" --accel kvm --timeout 15 >/dev/null 2>&1; then
			accel=kvm
		fi
		rm -rf "$share"
		mkdir -p "$cache"
		echo "$proof $accel" >>"$cache/accel" || :
		say "KVM: ${accel/#tcg/a guest does not boot with it here, so qemu emulates} ($(since "$started"))"
	fi
}
