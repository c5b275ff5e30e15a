#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds the module and gives it scripts, all at the same time, in the machine: vm/run.sh FILE…
# With --shell it gives a prompt in the machine instead, with the module loaded.
# Fails if the module does not load or unload, or the device refuses a script. V=1 shows the guest's whole kernel log.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"
# shellcheck source=vm/kdir.sh
source "$vm/kdir.sh"

shell=''
if [[ ${1:-} == --shell ]]; then
	shell=yes
	shift
fi
[[ -n $shell || $# -gt 0 ]] || die "run.sh: no script given"
for script in "$@"; do
	[[ -e $script ]] || die "there is no script $script"
	[[ -f $script || -p $script ]] || die "$script is not a file"
	[[ -r $script ]] || die "the script $script is not readable"
done

read_setup
check_bootable "$kdir"
module=$("$vm/module.sh")
names=$(lunatik_build show-names --config "$(flavour_config)")

share=$(mktemp -d)
trap 'rm -rf "$share"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$share/scripts" "$share/refused"
cp "$module" "$share/module.ko"
sed -n 's/^module=//p' <<<"$names" >"$share/module"
sed -n 's/^device=//p' <<<"$names" >"$share/device"
boot=("$vm/boot.sh" --share "$share" --kernel "$image" --initramfs "$initramfs" --accel "$accel")

if [[ -n $shell ]]; then
	cp "$vm/guest/prepare" "$share/prepare"
	mkdir "$share/others"
	for other in "${module%/*/*}"/*/*.ko; do
		[[ $other == "$module" || ! -f $other ]] || cp "$other" "$share/others/"
	done
	command=$("$vm/command.sh")
	mkdir "$share/bin"
	cp "$command" "$share/bin/"
	for script in "$root"/examples/*.lua "$PWD"/*.lua; do
		[[ ! -f $script ]] || cp "$script" "$share/scripts/"
	done
	status=0
	"${boot[@]}" --shell || status=$?
	exit "$status"
fi

cp "$vm/guest/run" "$share/run"
scripts=("$@")
for number in "${!scripts[@]}"; do
	cp -- "${scripts[$number]}" "$share/scripts/$number"
done
hidden='/: loading out-of-tree module taints kernel/d; /\] \(tsc\|clocksource\): /d; /reboot: Power down/d'
[[ -z $verbose ]] || hidden=''
"${boot[@]}" --hide "$hidden" </dev/null &
machine=$!
trap 'kill "$machine" 2>/dev/null || :; wait "$machine" || :; exit 130' INT
trap 'kill "$machine" 2>/dev/null || :; wait "$machine" || :; exit 143' TERM HUP
status=0
wait "$machine" || status=$?
for number in "${!scripts[@]}"; do
	if [[ -e $share/refused/$number ]]; then
		why=$(<"$share/refused/$number")
		say "${scripts[$number]} was refused: ${why##*: }"
		[[ $status -ne 0 ]] || status=1
	fi
done
exit "$status"
