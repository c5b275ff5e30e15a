# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what fuzz-table.sh and its other parts set
# What builds and runs fuzz targets, built by cargo into the cache. Sourced by fuzz-table.sh.

cargo_fuzz_version=0.13.2
cargo_fuzz=$cache/cargo-fuzz-$cargo_fuzz_version/bin/cargo-fuzz

build_cargo_fuzz() {
	local started prefix=$cache/tmp/cargo-fuzz
	started=$(now)
	say "cargo-fuzz: building $cargo_fuzz_version with cargo"
	need_space 400 "building cargo-fuzz"
	rm -rf "$prefix"
	logged cargo-fuzz env CARGO_TARGET_DIR="$cache/tmp/cargo-fuzz-target" \
		"$cargo" install cargo-fuzz --locked --version "$cargo_fuzz_version" --root "$prefix" ||
		die "cargo-fuzz cannot be built" "Is the network up? Then run the same command again."
	rm -rf "${cargo_fuzz%/bin/cargo-fuzz}"
	mv "$prefix" "${cargo_fuzz%/bin/cargo-fuzz}"
	rm -rf "$cache/tmp/cargo-fuzz-target"
	say "cargo-fuzz: done ($(since "$started"))"
}
