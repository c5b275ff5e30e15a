# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # common.sh's variables, and those of the scripts that source this one
# Which flavour is meant, what setup.sh has made, and the generator, built by cargo. Sourced by what make calls.

# Prints the config file that FLAVOUR names.
flavour_config() {
	local config
	case ${FLAVOUR:-} in
	'') config=$root/lunatik.toml ;;
	*.toml) config=$FLAVOUR ;;
	*) config=$root/flavours/$FLAVOUR.toml ;;
	esac
	[[ -r $config ]] || die "FLAVOUR=${FLAVOUR:-}: there is no file $config" \
		"FLAVOUR is the path of a .toml, or one of: $(cd "$root/flavours" && printf '%s\n' *.toml | sed 's/\.toml$//' | paste -sd ' ')"
	realpath -- "$config"
}

# Sets kdir, image, initramfs, accel and cargo, having had made what was missing.
read_setup() {
	local settings key value
	settings=$("$vm/setup.sh" --print)
	while IFS='=' read -r key value; do
		case $key in
		KDIR) kdir=$value ;;
		IMAGE) image=$value ;;
		INITRAMFS) initramfs=$value ;;
		ACCEL) accel=$value ;;
		CARGO) cargo=$value ;;
		esac
	done <<<"$settings"
	use_cargo
}

# Debian's cargo goes with Debian's rustc, whatever else is on the PATH.
use_cargo() {
	[[ $cargo != /usr/bin/cargo ]] || export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
}

# Runs the generator, without the commands that only people use and what those need. The directory is the workspace's, so
# that its own toolchain settings hold.
lunatik_build() {
	local quiet=(--quiet)
	[[ -z $verbose ]] || quiet=()
	(cd "$root" && "$cargo" run "${quiet[@]}" --release --locked --package lunatik-build --no-default-features -- "$@")
}
