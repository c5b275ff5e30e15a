#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tries what `make export`, `install`, `dkms` and `deb` make, as those who get it would: vm/test-shipping.sh
# It takes root, for namespaces and for dpkg in a root of its own; nothing outside of a temporary folder and target/ changes.
# DKMS and lintian are asked if they are installed.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"

[[ $(id -u) -eq 0 ]] || die "test-shipping.sh: only root can do this"
unset KDIR LUNATIK_KERNEL TO TAR PREFIX
export FLAVOUR=tiny DEBFULLNAME='A packager' DEBEMAIL=packager@example.org
read_setup
desk=$(mktemp -d)
trap 'rm -rf "$desk"' EXIT
release=$(<"$kdir/include/config/kernel.release")

# must_exist FILE…: they do, and are not empty.
must_exist() {
	local file
	for file; do
		[[ -s $file ]] || die "there is no $file"
	done
}

say "export: building it where there is no cargo, no network and no source of Lunatik"
TO=$desk/export TAR=$desk/export.tar.gz "$vm/ship.sh" export
tar -xzf "$desk/export.tar.gz" -C "$desk"
diff -r "$desk/export" "$desk/lunatik_tiny-"*/ || die "the archive is not the folder"
# What cargo has is hidden, wherever it is, and so is the repository.
cat >"$desk/inside" <<'END'
set -eu
for folder in "$HOME/.cargo" "$HOME/.rustup" "$3"; do
	[ ! -d "$folder" ] || mount -t tmpfs none "$folder"
done
[ ! -e /usr/bin/cargo ] || mount --bind /dev/null /usr/bin/cargo
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
! cargo --version 2>/dev/null || exit 1
[ ! -e "$3/kmod" ]
# The only interface there is is the loopback.
[ "$(grep -c : /proc/net/dev)" = 1 ]
make -s -C "$1" KDIR="$2"
END
unshare --mount --net sh "$desk/inside" "$desk/export" "$kdir" "$root"
must_exist "$desk/export/lunatik_tiny.ko"
if TO=$desk/export "$vm/ship.sh" export 2>"$desk/refused"; then die "what was built there was overwritten"; fi
make -s -C "$desk/export" KDIR="$kdir" clean
TO=$desk/export "$vm/ship.sh" export

say "install: into a folder, and out of it"
export DESTDIR=$desk/root
make -s -C "$root" install KDIR="$kdir"
must_exist "$DESTDIR/lib/modules/$release/updates/lunatik_tiny.ko" "$DESTDIR/usr/lib/udev/rules.d/60-lunatik_tiny.rules" \
	"$DESTDIR/usr/bin/lunatik" "$DESTDIR/usr/share/man/man1/lunatik.1" \
	"$DESTDIR/usr/share/bash-completion/completions/lunatik"
grep -q '/lunatik_tiny.ko:' "$DESTDIR/lib/modules/$release/modules.dep" || die "depmod does not know the module"
[[ $(modinfo -b "$DESTDIR" -k "$release" -F flavour lunatik_tiny) == tiny ]] || die "modinfo does not know the flavour"
make -s -C "$root" uninstall KDIR="$kdir"
left=$(find "$DESTDIR" -type f ! -path '*/lib/modules/*/modules.*')
[[ -z $left ]] || die "uninstall leaves $left"
unset DESTDIR

if command -v dkms >/dev/null; then
	say "dkms: add, build and install"
	"$vm/ship.sh" dkms >"$desk/dkms-source"
	mkdir -p "$desk"/{dkms,src,modules/"$release"}
	folders=(--dkmstree "$desk/dkms" --sourcetree "$desk/src" --installtree "$desk/modules")
	version=$(basename "$(<"$desk/dkms-source")")
	version=lunatik_tiny/${version##*-}
	dkms add "${folders[@]}" "$(<"$desk/dkms-source")" >/dev/null
	dkms build "${folders[@]}" -m "${version%/*}" -v "${version#*/}" -k "$release" --kernelsourcedir "$kdir" >/dev/null ||
		{ cat "$desk"/dkms/lunatik_tiny/*/build/make.log >&2 && die "dkms does not build it"; }
	must_exist "$desk/dkms/$version/$release/$(uname -m)/module/"lunatik_tiny.ko*
fi

say "deb: the same bytes twice, installed into a root of its own and removed"
SOURCE_DATE_EPOCH=1700000000 "$vm/deb.sh" >"$desk/debs"
mapfile -t debs <"$desk/debs"
sha256sum "${debs[@]}" >"$desk/sums"
SOURCE_DATE_EPOCH=1700000000 "$vm/deb.sh" >/dev/null
sha256sum --quiet --check "$desk/sums" || die "the packages are not the same"
mkdir -p "$desk/system/var/lib/dpkg/"{info,updates,triggers}
touch "$desk/system/var/lib/dpkg/"{status,available}
# The scripts of the packages want a shell there, and the machine's is as good as any.
dpkg=(dpkg --root="$desk/system" --force-not-root --force-script-chrootless --log=/dev/null)
"${dpkg[@]}" --install "${debs[@]}" >/dev/null
must_exist "$desk/system/usr/lib/modules/$release/updates/lunatik_tiny.ko" "$desk/system/usr/bin/lunatik"
"${dpkg[@]}" --purge lunatik-tiny lunatik-command >/dev/null
left=$(find "$desk/system" -type f ! -path '*/var/lib/dpkg/*')
[[ -z $left ]] || die "removing the packages leaves $left"
if command -v lintian >/dev/null; then
	lintian --fail-on error "${debs[@]}" || die "lintian finds errors"
fi
say "all that is shipped works"
