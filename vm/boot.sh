#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Boots the machine with a directory of the host at /host. The guest runs /host/run, a shell script, if there is one.
#
#   vm/boot.sh --share DIR [--kernel BZIMAGE] [--initramfs FILE] [--accel tcg|kvm|um] [--timeout SECONDS]
#              [--memory MEGABYTES] [--cpus N] [--append "KERNEL ARGUMENTS"] [--hide SED-SCRIPT] [--shell] [--count]
#
# With --accel um the kernel is a program, and its clock and its one CPU are the host's. It has no shell here.
# --count makes the guest's clock count instructions: one is a nanosecond, and waiting takes none. It has one CPU then.
# Without --kernel, --initramfs and --accel they are those of `vm/setup.sh --print`. --timeout 0 means no limit.
# What the console says goes through the sed script.
# Exit status: that of /host/run; 124 when the time was over; 125 when the guest ended without one (a panic).

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

share='' kernel='' initramfs='' accel='' append='' hide='' shell='' count=''
memory=512 cpus=2 limit=${LUNATIK_TIMEOUT:-600}
while [[ $# -gt 0 ]]; do
	case $1 in
	--share) share=${2:?} && shift 2 ;;
	--kernel) kernel=${2:?} && shift 2 ;;
	--initramfs) initramfs=${2:?} && shift 2 ;;
	--accel) accel=${2:?} && shift 2 ;;
	--timeout) limit=${2:?} && shift 2 ;;
	--memory) memory=${2:?} && shift 2 ;;
	--cpus) cpus=${2:?} && shift 2 ;;
	--append) append=${2?} && shift 2 ;;
	--hide) hide=${2?} && shift 2 ;;
	--shell) shell=yes && shift ;;
	--count) count=yes && shift ;;
	*) die "boot.sh: unknown argument '$1'" "see the first lines of vm/boot.sh" ;;
	esac
done
[[ -d $share ]] || die "boot.sh: the share '$share' is not a directory"
share=$(realpath "$share")
[[ $limit =~ ^[0-9]+$ ]] || die "boot.sh: the time limit '$limit' is not a number of seconds"

if [[ -z $kernel || -z $initramfs || -z $accel ]]; then
	settings=$("$vm/setup.sh" --print)
	while IFS='=' read -r key value; do
		case $key in
		IMAGE) kernel=${kernel:-$value} ;;
		INITRAMFS) initramfs=${initramfs:-$value} ;;
		ACCEL) accel=${accel:-$value} ;;
		esac
	done <<<"$settings"
fi
[[ -r $kernel ]] || die "boot.sh: no kernel image at '$kernel'"

[[ $accel != um || -z $shell$count ]] || die "boot.sh: User Mode Linux has no --shell and no --count here"

# Instructions are counted where they are emulated, one CPU after the other.
if [[ -n $count ]]; then
	cpus=1 accel=tcg,thread=single
	# shellcheck disable=SC2054 # the commas are qemu's
	counting=(-icount shift=0,sleep=off)
else
	accel=${accel/#tcg/tcg,thread=multi} counting=()
fi

# q35, since the interrupt routing that the old PC's ACPI computes takes an emulated debug kernel half a minute.
# shellcheck disable=SC2054 # the commas are qemu's
arguments=(
	-machine q35,i8042=off -accel "$accel" "${counting[@]}" -cpu max -smp "$cpus" -m "${memory}M"
	-nodefaults -no-user-config -display none -no-reboot
	-kernel "$kernel" -initrd "$initramfs"
	-virtfs "local,path=${share//,/,,},mount_tag=host,security_model=none,multidevs=remap"
)
command_line="console=ttyS0 quiet loglevel=3 panic=-1 $append"
rm -f "$share/status"

if [[ -n $shell ]]; then
	rm -f "$share/run"
	size=$(stty size 2>/dev/null) || size=''
	saved=$(stty -g 2>/dev/null) || saved=''
	[[ -z $size ]] || command_line+=" ROWS=${size% *} COLS=${size#* }"
	status=0
	setpriv --pdeathsig TERM qemu-system-x86_64 "${arguments[@]}" -append "$command_line TERM=${TERM:-linux}" \
		-chardev stdio,id=console,mux=on,signal=off -serial chardev:console -mon chardev=console || status=$?
	[[ -z $saved ]] || stty "$saved"
	exit "$status"
fi

# The console ends its lines with CR LF. The guest goes with this script, however this script ends.
exec {console}> >(exec sed -u -e 's/\r$//' -e "$hide")
filter=$!
machine=(qemu-system-x86_64 "${arguments[@]}" -append "$command_line oops=panic" -serial stdio -monitor none)
if [[ $accel == um ]]; then
	# Its modules must lie within reach of its text, which more memory pushes them out of.
	# shellcheck disable=SC2054,SC2206 # the commas are its own, and $append is words
	machine=("$kernel" mem=256M "initrd=$initramfs" "hostfs=$share" con=null con0=fd:0,fd:1 quiet loglevel=3 panic=-1 $append)
fi
setpriv --pdeathsig TERM \
	timeout --foreground --kill-after 5 "$limit" "${machine[@]}" \
	</dev/null >&"$console" {console}>&- &
guest=$!
exec {console}>&-
# shellcheck disable=SC2317 # called by the traps
stop() {
	trap - INT TERM HUP
	kill "$guest" 2>/dev/null || :
	wait "$guest" 2>/dev/null || :
	exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM HUP

ended=0
wait "$guest" || ended=$?
wait "$filter" || :
if [[ $ended -eq 124 || $ended -eq 137 ]]; then
	say "the time limit of $limit s was over (LUNATIK_TIMEOUT sets another)"
	exit 124
fi
status=''
[[ ! -r $share/status ]] || status=$(<"$share/status")
if [[ ! $status =~ ^[0-9]+$ ]]; then
	say "the guest ended without leaving an exit status: a panic, or it did not boot (status: $ended)"
	exit 125
fi
exit "$status"
