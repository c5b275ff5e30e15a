# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what setup.sh and its other parts set
# Suites of Debian that this machine's apt does not list, from the mirror that it uses already. Sourced by setup.sh.

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

# Makes directory $2 a home for the lists of suite $1, and sets `mirror` and `suite_options`: what apt-get takes to use it. The
# machine's apt stays as it is.
list_suite() {
	local suite=$1 directory=$2 entry keyring
	read -r mirror entry < <(find_mirror) ||
		die "apt knows no Debian mirror, so there is nowhere to take $suite from" \
			"Run apt-get update as root, or give a built kernel of your own with KDIR=/path."
	keyring=$(find_keyring "$entry")
	mkdir -p "$directory"/{lists,cache}/partial
	echo "deb ${keyring:+[signed-by=$keyring]} $mirror $suite main" >"$directory/sources.list"
	# shellcheck disable=SC2034 # the caller's
	suite_options=(
		-o Dir::Etc::sourcelist="$directory/sources.list" -o Dir::State::Lists="$directory/lists"
		-o Dir::Cache="$directory/cache" -o Acquire::Retries=3 -o Acquire::Languages=none
		-o APT::Update::Error-Mode=any
	)
}
