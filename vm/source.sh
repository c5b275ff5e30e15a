# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what setup.sh and its other parts set
# The kernel's source: Debian's package of it. Sourced by setup.sh.

source_package=linux-source-7.3
source_suite=trixie-backports

# Prints the newest source in the cache, a directory named by the package's version, or nothing.
find_source() {
	local versions
	versions=$(find "$cache/source" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort --version-sort) || :
	[[ -z $versions ]] || echo "$cache/source/${versions##*$'\n'}"
}

fetch_source() {
	local started mirror suite_options version archive
	local apt_files=$cache/apt downloads=$cache/tmp/download tree=$cache/tmp/source
	started=$(now)
	say "kernel source: fetching $source_package from $source_suite"
	rm -rf "$apt_files" "$tree"
	mkdir -p "$downloads" "$tree"
	need_space $((2200 - $(du -sm "$downloads" | cut -f1))) "the kernel's source"

	if [[ -z $(find_mirror) && $(id -u) -eq 0 ]]; then
		logged source apt-get update || die "the package lists cannot be fetched" "Is the network up?"
	fi
	list_suite "$source_suite" "$apt_files"
	local apt=(apt-get "${suite_options[@]}" -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root)
	logged source "${apt[@]}" update ||
		die "the list of $source_suite cannot be fetched from $mirror" "Is the network up? Then run the same command again."
	version=$(apt-cache "${apt[@]:1}" show "$source_package" 2>/dev/null |
		sed -n 's/^Version: //p' | sort --version-sort | tail -n 1) || version=''
	[[ -n $version ]] || die "$source_suite at $mirror has no $source_package any more" \
		"Build a kernel 7.3 with Rust by hand and give it with KDIR=/path."
	(cd "$downloads" && logged source "${apt[@]}" download "$source_package=$version") ||
		die "$source_package cannot be downloaded" "Is the network up? Then run the same command again."
	archive=$(find "$downloads" -name "${source_package}_*.deb")

	say "kernel source: extracting $version ($(since "$started") so far)"
	if ! logged source extract_source "$archive" "$tree"; then
		rm -rf "$tree"
		die "the kernel's source cannot be extracted" "Is the disk full? Then run the same command again."
	fi
	mkdir -p "$cache/source"
	mv "$tree" "$cache/source/$version"
	rm -rf "$apt_files" "$downloads"
	say "kernel source: $version ($(since "$started"))"
}

# Unpacks the package $1 to directory $2.
extract_source() {
	dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards "*/$source_package.tar.xz" | tar -xJ --strip-components=1 -C "$2"
}
