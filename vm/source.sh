# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what setup.sh and its other parts set
# The kernel's source: Debian's package of it, from the mirror that this machine's apt already uses. Sourced by setup.sh.

source_package=linux-source-7.3
source_suite=trixie-backports

# Prints the newest source in the cache, a directory named by the package's version, or nothing.
find_source() {
	local versions
	versions=$(find "$cache/source" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort --version-sort) || :
	[[ -z $versions ]] || echo "$cache/source/${versions##*$'\n'}"
}

# Prints the address of the machine's Debian mirror and the place where its apt names it ("file:line").
find_mirror() {
	local format="\$(ORIGIN)|\$(LABEL)|\$(COMPONENT)|\$(REPO_URI)|\$(SOURCESENTRY)"
	local origin label component address entry
	while IFS='|' read -r origin label component address entry; do
		# Debian's own archive; the security archive has another label.
		if [[ $origin == Debian && $label == Debian && $component == main ]]; then
			echo "$address $entry"
			return
		fi
	done < <(apt-get indextargets --format "$format" 'Created-By: Packages')
}

# Prints the keyring that the apt source at $1 ("file:line") names, or Debian's.
find_keyring() {
	local debian=/usr/share/keyrings/debian-archive-keyring.gpg keyring
	keyring=$(grep -oiP '(^Signed-By:\s*|\[.*signed-by=)\K/[^],\s]+' "${1%:*}" | head -n 1) || :
	[[ -n $keyring ]] || keyring=$debian
	[[ ! -r $keyring ]] || echo "$keyring"
}

fetch_source() {
	local started mirror entry keyring version archive
	local apt_files=$cache/apt downloads=$cache/tmp/download tree=$cache/tmp/source
	started=$(now)
	say "kernel source: fetching $source_package from $source_suite"
	rm -rf "$apt_files" "$tree"
	mkdir -p "$apt_files"/{lists,cache}/partial "$downloads" "$tree"
	need_space $((2200 - $(du -sm "$downloads" | cut -f1))) "the kernel's source"

	if [[ -z $(find_mirror) && $(id -u) -eq 0 ]]; then
		logged source apt-get update || die "the package lists cannot be fetched" "Is the network up?"
	fi
	read -r mirror entry < <(find_mirror) || die "apt knows no Debian mirror, so there is nowhere to take the kernel's source from" \
		"Run apt-get update as root, or give a built kernel of your own with KDIR=/path."
	keyring=$(find_keyring "$entry")

	# A source list of its own, with lists of its own: the machine's apt stays as it is.
	echo "deb ${keyring:+[signed-by=$keyring]} $mirror $source_suite main" >"$apt_files/sources.list"
	local apt=(
		apt-get -o Dir::Etc::sourcelist="$apt_files/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::State::Lists="$apt_files/lists" -o Dir::Cache="$apt_files/cache" -o Acquire::Retries=3
		-o Acquire::Languages=none -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any
	)
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
