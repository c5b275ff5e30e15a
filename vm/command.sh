#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds the command `lunatik`, one static binary that runs wherever the module does, and prints its path.
# With --all, also its man pages and completions, beside it. With `lunatik-dispatch`, that program of `make bench` instead.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"
# shellcheck source=vm/packages.sh
source "$vm/packages.sh"

all='' name=lunatik package=lunatik-cmd
case ${1:-} in
'' | lunatik) ;;
--all) all=yes ;;
lunatik-dispatch) name=lunatik-dispatch package=lunatik-bench ;;
*) die "command.sh: unknown argument '$1'" "see the first lines of vm/command.sh" ;;
esac

cargo=$(find_cargo)
[[ -n $cargo ]] || die "there is no cargo that is new enough" "Debian 12's package is cargo-web."
use_cargo
quiet=(--quiet)
[[ -z $verbose ]] || quiet=()

out=$root/target/command
mkdir -p "$out"
exec {lock}>>"$out/.lock"
flock "$lock"
cd "$root"
"$cargo" rustc "${quiet[@]}" --release --locked --package "$package" --bin "$name" -- -C target-feature=+crt-static >&2
cmp --silent "target/release/$name" "$out/$name" || install -m 755 "target/release/$name" "$out/$name"

if [[ -n $all ]]; then
	rm -rf "$out/man" "$out/completions"
	mkdir -p "$out/man/man1" "$out/completions"
	"$out/lunatik" man "$out/man/man1"
	"$out/lunatik" completions bash >"$out/completions/lunatik"
	"$out/lunatik" completions zsh >"$out/completions/_lunatik"
	"$out/lunatik" completions fish >"$out/completions/lunatik.fish"
	say "command: ${out#"$root"/}/lunatik, $((($(stat --format %s "$out/lunatik") + 1023) / 1024)) KiB, with man/ and completions/"
fi
echo "$out/$name"
