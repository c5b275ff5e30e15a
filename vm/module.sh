#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Generates a flavour and builds its module for the kernel that setup.sh gives:
#
#   vm/module.sh [--config FILE] [--out DIR]        prints the path of the module
#
# The config is lunatik.toml, or what FLAVOUR names: a file (*.toml) or one of flavours/. DIR is target/flavours; for
# another kernel than `kernel`, target/flavours-debug and so on. V=1 shows each command, CLIPPY=1 lints, WERROR=1 fails
# on any word of a compiler, linker or objtool.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/kdir.sh
source "$vm/kdir.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"

config=$(flavour_config) out=''
while [[ $# -gt 0 ]]; do
	case $1 in
	--config) config=$(realpath -- "${2:?}") && shift 2 ;;
	--out) out=$(realpath --canonicalize-missing -- "${2:?}") && shift 2 ;;
	*) die "module.sh: unknown argument '$1'" "see the first lines of vm/module.sh" ;;
	esac
done
if [[ -z $out ]]; then
	out=$root/target/flavours
	[[ ${LUNATIK_KERNEL:-kernel} == kernel ]] || out+=-$LUNATIK_KERNEL
fi

[[ $out != *[[:space:]:]* ]] || die "$out has a space or a colon in its path, which the kernel's build cannot do"

read_setup
toolchain=$(kernel_toolchain "$kdir")
mapfile -t toolchain <<<"$toolchain"
started=$(now)

names=$(lunatik_build show-names --config "$config")
name=$(sed -n 's/^module=//p' <<<"$names")

# Flavours of different names have nothing to do with each other.
mkdir -p "$out"
exec {lock}>>"$out/.$name.lock"
flock "$lock"
directory=$(lunatik_build generate --config "$config" --out "$out")
module=$directory/$name.ko

# Objects made for another kernel look up to date to make: paths in their dependencies are relative to the kernel.
make=(env -u ARCH -u CROSS_COMPILE
	make -C "$kdir" M="$directory" -j"$(nproc)" "${toolchain[@]}" ${CLIPPY:+CLIPPY="$CLIPPY"})
built_for=$(echo "$kdir" && sha256sum "$kdir/Module.symvers" "$kdir/include/config/auto.conf" && printf '%s\n' "${toolchain[@]}")
# Nor does an up-to-date object repeat its warnings.
if [[ -n ${WERROR:-} || $built_for != "$(cat "$out/.$name.kernel" 2>/dev/null)" ]]; then
	rm -f "$out/.$name.kernel"
	"${make[@]}" -s clean >&2
	printf '%s\n' "$built_for" >"$out/.$name.kernel"
fi

# What a compiler says is shown as it is said, V=1 or not.
said=$out/.$name.said
: >"$said"
status=0
if [[ -n $verbose ]]; then
	"${make[@]}" V="$verbose" modules 2> >(exec tee "$said" >&2) >&2 || status=$?
else
	"${make[@]}" -s modules 2>&1 | tee "$said" >&2 || status=$?
fi
if [[ $status -eq 0 ]]; then
	make -s -C "$directory" strip "${toolchain[@]}" >&2 || status=$?
fi
[[ $status -eq 0 ]] || die "the module of $config does not build (see above; V=1 shows the commands)"
[[ -s $module ]] || die "the build ended well, but there is no $module"
[[ -z ${WERROR:-} || ! -s $said ]] || die "the build of $module is not silent (see above)"

# What a kernel adds that checks itself is nobody's budget.
if [[ ${LUNATIK_KERNEL:-kernel} == kernel && ${LUNATIK_BUDGET:-} != no ]]; then
	(cd "$root" && lunatik_build size --quiet --out "$out" "$config" >&2) ||
		die "${module#"$root"/} is over its budget (see above; \`make size\` prints all its parts)"
fi

say "module: ${module#"$root"/}, $((($(stat --format %s "$module") + 1023) / 1024)) KiB ($(since "$started"))"
echo "$module"
