#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Makes Debian packages of a flavour and of the command, and prints their paths: vm/deb.sh
#
# The flavour's has the module, for the kernel KDIR, which it does not depend on, since that may be nobody's package; the
# command's is the same for all of them. The same sources make the same bytes: all files have the time of SOURCE_DATE_EPOCH,
# or that of the last commit.

# shellcheck source=vm/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=vm/flavour.sh
source "$vm/flavour.sh"

command -v dpkg-deb >/dev/null || die "there is no dpkg-deb here" "It is Debian's: apt-get install dpkg"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 946684800)}
export SOURCE_DATE_EPOCH
read_setup
module=$("$vm/module.sh")
command=$("$vm/command.sh" --all)
directory=$(dirname "$module") name=$(basename "$module" .ko)
release=$(<"$kdir/include/config/kernel.release")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
architecture=$(dpkg --print-architecture)
out=$root/target/deb
mkdir -p "$out"
stage=$(mktemp -d "$out/.stage-XXXXXX")
trap 'rm -rf "$stage"' EXIT

# field NAME: what the module says of itself.
field() {
	tr '\0' '\n' <"$module" | sed -n "s/^$1=//p" | head -n 1
}

maintainer="${DEBFULLNAME:-The Lunatik authors} <${DEBEMAIL:-root@localhost}>"

# control DIRECTORY: what standard input begins is completed with what all packages have.
control() {
	mkdir -p "$1/DEBIAN"
	{
		cat
		cat <<-END
			Maintainer: $maintainer
			Architecture: $architecture
			Section: kernel
			Priority: optional
			Installed-Size: $(du -sk --apparent-size --exclude DEBIAN "$1" | cut -f1)
		END
	} >"$1/DEBIAN/control"
}

# documents DIRECTORY PACKAGE VERSION FILE…: the licences of what is in it, which are the files, and its changes.
documents() {
	local folder=$1/usr/share/doc/$2
	mkdir -p "$folder"
	{
		echo 'On Debian systems, the GNU General Public License, version 2, is in /usr/share/common-licenses/GPL-2.'
		echo
		cat "${@:4}"
	} >"$folder/copyright"
	gzip -9n >"$folder/changelog.gz" <<-END
		$2 ($3) unstable; urgency=medium

		  * Version ${3%%+*}.

		 -- $maintainer  $(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")
	END
}

# pack DIRECTORY PACKAGE VERSION
pack() {
	local deb=$out/$2_$3_$architecture.deb
	find "$1" -newermt "@$SOURCE_DATE_EPOCH" -print0 | xargs -0r touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
	dpkg-deb --root-owner-group -Zxz --build "$1" "$stage/deb" >/dev/null
	mv "$stage/deb" "$deb"
	say "deb: ${deb#"$root"/}, $((($(stat --format %s "$deb") + 1023) / 1024)) KiB"
	echo "$deb"
}

# Of the kernel's own tools, which may be LLVM's alone.
strip=$(command -v strip || compgen -c llvm-strip | head -n 1) || die "there is neither strip nor llvm-strip here"

# The flavour.
tree=$stage/flavour package=${name//_/-}
updates=/usr/lib/modules/$release/updates
install -D -m 644 "$module" "$tree$updates/$name.ko"
"$strip" --strip-debug "$tree$updates/$name.ko"
install -D -m 644 "$directory/udev.rules" "$tree/usr/lib/udev/rules.d/60-$name.rules"
documents "$tree" "$package" "$version+$release" "$directory/REUSE.toml" "$directory/LICENSES/MIT.txt"
control "$tree" <<END
Package: $package
Version: $version+$release
Recommends: lunatik-command
Description: $(field description)
 The module $name for Linux $release, with Lua in it: scripts written to
 /dev/$(field device) run in the kernel. It holds the flavour $(field flavour) of Lunatik,
 whose configuration has the sum
 $(field config_sha256).
END
for script in postinst postrm; do
	cat >"$tree/DEBIAN/$script" <<-END
		#!/bin/sh
		set -e
		# A system that is being put together may have no depmod yet, and no udev that runs.
		case "\$1" in
		configure|remove)
			if [ -d "\$DPKG_ROOT/lib/modules/$release" ] && command -v depmod >/dev/null; then
				depmod -b "\$DPKG_ROOT/" $release
			fi
			[ -n "\$DPKG_ROOT" ] || [ ! -S /run/udev/control ] || udevadm control --reload || :
			;;
		esac
	END
	chmod 755 "$tree/DEBIAN/$script"
done
pack "$tree" "$package" "$version+$release"

# The command.
tree=$stage/command package=lunatik-command
install -D -m 755 "$command" "$tree/usr/bin/lunatik"
"$strip" "$tree/usr/bin/lunatik"
made=$(dirname "$command")
for page in "$made"/man/man1/*.1; do
	mkdir -p "$tree/usr/share/man/man1"
	gzip -9n <"$page" >"$tree/usr/share/man/man1/${page##*/}.gz"
done
install -D -m 644 "$made/completions/lunatik" "$tree/usr/share/bash-completion/completions/lunatik"
install -D -m 644 "$made/completions/_lunatik" "$tree/usr/share/zsh/vendor-completions/_lunatik"
install -D -m 644 "$made/completions/lunatik.fish" "$tree/usr/share/fish/vendor_completions.d/lunatik.fish"
documents "$tree" "$package" "$version" "$directory/REUSE.toml" "$directory/LICENSES/MIT.txt"
control "$tree" <<END
Package: $package
Version: $version
Description: command for the device of Lunatik
 It runs Lua scripts in the kernel through the device of a module of Lunatik,
 and shows and ends those that run. It works with each flavour.
END
pack "$tree" "$package" "$version"
