#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fuzzes the device in the machine (tests/device-fuzz):
#
#   vm/fuzz-device.sh [--first N] [--count N]
#
# 200 seeds from 0 on, if nothing else is asked for. LUNATIK_KERNEL=debug does so on the kernel that checks itself.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

first=0 count=200
while [[ $# -gt 0 ]]; do
	case $1 in
	--first) first=${2:?} && shift 2 ;;
	--count) count=${2:?} && shift 2 ;;
	*) die "fuzz-device.sh: unknown argument '$1'" "see the first lines of vm/fuzz-device.sh" ;;
	esac
done

LUNATIK_DEVICE_FUZZ="$first $count" LUNATIK_TIMEOUT=${LUNATIK_TIMEOUT:-$((600 + count * 30))} \
	exec "$vm/test.sh" --test machine -- --exact device_fuzz
