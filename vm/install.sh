#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Installs a flavour and the command, or removes them: vm/install.sh [--remove]
#
# The kernel is KDIR, else the one that runs. DESTDIR goes in front of every path, PREFIX (/usr) is where the command goes.
# The module is built by whoever calls this; installing takes no cargo then. The command stays until the last flavour goes:
# PREFIX/share/lunatik has a file for each.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/kdir.sh
source "$vm/kdir.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"
# shellcheck source=vm/packages.sh
source "$vm/packages.sh"

remove=''
case ${1:-} in
'') ;;
--remove) remove=yes ;;
*) die "install.sh: unknown argument '$1'" "see the first lines of vm/install.sh" ;;
esac

KDIR=${KDIR:-/lib/modules/$(uname -r)/build}
export KDIR
check_kernel "$KDIR"
prefix=${PREFIX:-/usr} destination=${DESTDIR:-}
udev=$prefix/lib/udev/rules.d
cargo=$(find_cargo)
[[ -n $cargo ]] || die "there is no cargo that is new enough" "Debian 12's package is cargo-web."
use_cargo
names=$(lunatik_build show-names --config "$(flavour_config)")
name=$(sed -n 's/^module=//p' <<<"$names")
installed=$destination$prefix/share/lunatik

# Where the files of the command go, each behind what it is in target/command.
command_files=(
	"755 lunatik $prefix/bin/lunatik"
	"644 completions/lunatik $prefix/share/bash-completion/completions/lunatik"
	"644 completions/_lunatik $prefix/share/zsh/vendor-completions/_lunatik"
	"644 completions/lunatik.fish $prefix/share/fish/vendor_completions.d/lunatik.fish"
)
command=$root/target/command
for page in "$command"/man/man1/*.1; do
	[[ ! -e $page ]] || command_files+=("644 man/man1/${page##*/} $prefix/share/man/man1/${page##*/}")
done

# The flavour's own Makefile knows how the rest of it is installed.
flavour() {
	make -s -C "$root/target/flavours/$name" KDIR="$KDIR" DESTDIR="$destination" UDEVDIR="$udev" "$1" >&2
}

if [[ -z $remove ]]; then
	[[ -e $root/target/flavours/$name/$name.ko && -e $command/lunatik ]] || die "$name is not built" "make KDIR=$KDIR"
	flavour install
	for file in "${command_files[@]}"; do
		read -r mode from to <<<"$file"
		install -D -m "$mode" "$command/$from" "$destination$to"
	done
	install -D -m 644 /dev/null "$installed/$name"
	say "installed: $name for $(cat "$KDIR/include/config/kernel.release"), and $destination$prefix/bin/lunatik"
else
	[[ -e $root/target/flavours/$name/Makefile ]] || die "$name was not installed from here"
	flavour uninstall
	rm -f "$installed/$name"
	if [[ ! -d $installed ]] || rmdir "$installed" 2>/dev/null; then
		for file in "${command_files[@]}"; do
			rm -f "$destination${file##* }"
		done
		say "removed: $name, and the command"
	else
		say "removed: $name; the command stays for $(cd "$installed" && echo *)"
	fi
fi
