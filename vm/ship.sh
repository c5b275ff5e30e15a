#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Gives a flavour away, which takes cargo and no kernel:
#
#   vm/ship.sh export                makes $TO, or target/export/MODULE, and $TAR if that is given
#   vm/ship.sh dkms                  makes target/dkms/MODULE-VERSION, for `dkms add`
#   vm/ship.sh in-tree [--remove]    puts the flavour into the source tree KDIR, or takes it out of there

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"
# shellcheck source=vm/packages.sh
source "$vm/packages.sh"

cargo=$(find_cargo)
[[ -n $cargo ]] || die "there is no cargo that is new enough" "Debian 12's package is cargo-web."
use_cargo
config=$(flavour_config)
names=$(lunatik_build show-names --config "$config")
name=$(sed -n 's/^module=//p' <<<"$names")

# absolute PATH: lunatik_build runs elsewhere.
absolute() {
	realpath --canonicalize-missing --no-symlinks -- "$1"
}

case ${1:-} in
export)
	to=$(absolute "${TO:-$root/target/export/$name}")
	lunatik_build export "$config" --to "$to" ${TAR:+--tar "$(absolute "$TAR")"}
	;;
dkms)
	version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
	to=$root/target/dkms/$name-$version
	lunatik_build export "$config" --to "$to"
	say "dkms: dkms add ${to#"$PWD"/} && dkms install $name/$version"
	;;
in-tree)
	[[ -n ${KDIR:-} ]] || die "in-tree: which kernel?" "make in-tree KDIR=/path/to/the/source/of/a/kernel"
	kernel=$(absolute "$KDIR")
	if [[ ${2:-} != --remove ]]; then
		lunatik_build in-tree --kernel "$kernel" "$config"
		say "in-tree: now CONFIG_$(sed -n 's/^config //p' "$kernel/drivers/$name/Kconfig") is in the menu of Device Drivers"
	elif [[ -n ${FLAVOUR:-} ]]; then
		lunatik_build in-tree --kernel "$kernel" --remove "$config"
	else
		lunatik_build in-tree --kernel "$kernel" --remove
	fi
	;;
*) die "ship.sh: export, dkms or in-tree?" "see the first lines of vm/ship.sh" ;;
esac
