# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what setup.sh and its other parts set
# The kernel's bindings generator, built by cargo into the cache. Sourced by setup.sh.

bindgen_version=0.73.2
bindgen=$cache/bindgen-$bindgen_version/bin/bindgen
libclang=/usr/lib/llvm-$llvm/lib

# It builds on several cores for a minute or two; a second call goes on where a first one was stopped.
build_bindgen() {
	local started prefix=$cache/tmp/bindgen
	started=$(now)
	say "bindgen: building $bindgen_version with cargo"
	need_space 400 "building bindgen"
	rm -rf "$prefix"
	logged bindgen env LIBCLANG_PATH="$libclang" CARGO_TARGET_DIR="$cache/tmp/bindgen-target" \
		"$(find_cargo)" install bindgen-cli --locked --version "$bindgen_version" --root "$prefix" ||
		die "bindgen cannot be built" "Is the network up? Then run the same command again."
	rm -rf "${bindgen%/bin/bindgen}"
	mv "$prefix" "${bindgen%/bin/bindgen}"
	rm -rf "$cache/tmp/bindgen-target"
	say "bindgen: done ($(since "$started"))"
}
