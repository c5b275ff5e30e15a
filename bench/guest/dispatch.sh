# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What it takes to have a script run: bench/src/bin/lunatik-dispatch.rs.
lunatik-dispatch "$device"
