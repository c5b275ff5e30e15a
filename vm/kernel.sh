# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what setup.sh and its other parts set
# The machine's kernels, built from the cached source: `kernel`, `debug`, `kcsan`, and `um`, which is a program of the host
# (User Mode Linux). Sourced by setup.sh.

# They must be make arguments: the kernel's Makefile overrides the environment.
kernel_arguments=(
	"LLVM=-$llvm" "RUSTC=$rustc" "HOSTRUSTC=$rustc" RUSTFMT=/usr/bin/rustfmt RUSTDOC=/usr/bin/rustdoc
	CLIPPY_DRIVER=/usr/bin/clippy-driver "BINDGEN=$bindgen" "RUST_LIB_SRC=$rust_sources"
)

# Prints the files that make up the configuration of kernel $1.
fragments() {
	[[ $1 == um ]] || echo "$vm/kernel.config"
	[[ $1 == kernel ]] || echo "$vm/$1.config"
}

# Prints the make arguments that kernel $1 has besides, one a line.
architecture_arguments() {
	[[ $1 != um ]] || echo ARCH=um
}

# Prints what is booted of the kernel $1 in directory $2.
kernel_image() {
	if [[ $1 == um ]]; then echo "$2/linux"; else echo "$2/arch/x86/boot/bzImage"; fi
}

# Prints the options of configuration files; of an option that several set, what the last one says.
options() {
	cat "$@" | tac | awk '/^(# )?CONFIG_/ { match($0, /CONFIG_[A-Z0-9_]+/); if (!seen[substr($0, RSTART, RLENGTH)]++) print }'
}

# Prints the build directory of kernel $1 with source $2. Whatever the result depends on is in its name.
kernel_directory() {
	local key files
	mapfile -t files < <(fragments "$1")
	key=$({
		cat "${files[@]}"
		"$rustc" -vV
		"clang-$llvm" --version
		echo "$2" "${kernel_arguments[@]}"
		architecture_arguments "$1"
	} | sha256sum)
	echo "$cache/kernel/$1-${key:0:12}"
}

# Builds kernel $1 from source $2 in directory $3. make goes on where it was stopped; should that fail, because what was
# left behind is damaged, it starts anew once.
build_kernel() {
	local name=$1 source=$2 directory=$3 started resumed='' size
	started=$(now)
	size=$((${kernel_megabytes[$name]} - $(du -sm "$directory" 2>/dev/null | cut -f1 || echo 0)))
	need_space "$((size > 100 ? size : 100))" "building the kernel"
	[[ ! -e $directory ]] || resumed=yes
	say "$name: ${resumed:+going on }building in $directory"
	if ! make_kernel "$name" "$source" "$directory"; then
		if [[ -z $resumed ]] || grep -q 'No space left on device' "$cache/log/$name.log"; then
			kernel_failed "$name"
		fi
		say "$name: what an interrupted build had left does not build; starting anew"
		rm -rf "$directory"
		make_kernel "$name" "$source" "$directory" || kernel_failed "$name"
	fi
	[[ -s $(kernel_image "$name" "$directory") && -s $directory/Module.symvers ]] || kernel_failed "$name"
	touch "$directory/.complete"
	say "$name: built ($(since "$started"))"
	local older
	for older in "$cache/kernel/$name"-*; do
		[[ $older == "$directory" ]] || say "$name: $older is of no use any more, unless for another branch; it may be removed"
	done
}

kernel_failed() {
	show_log "$cache/log/$1.log"
	need_space 50 "going on with the kernel"
	die "the kernel does not build; the whole log is $cache/log/$1.log" "Run the same command again to go on from here."
}

declare -A kernel_megabytes=([kernel]=600 [debug]=1500 [kcsan]=900 [um]=300)
declare -A kernel_objects=([kernel]=2020 [debug]=2060 [kcsan]=2060 [um]=1050)

make_kernel() {
	local name=$1 source=$2 directory=$3 files architecture line
	mapfile -t architecture < <(architecture_arguments "$name")
	# The user's own variables for kernel builds, and those of the make that called us, stay outside.
	local make=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$HOME" LIBCLANG_PATH="$libclang"
		make -C "$source" O="$directory" "${kernel_arguments[@]}" "${architecture[@]}")
	mkdir -p "$directory"
	: >"$cache/log/$name.log"
	mapfile -t files < <(fragments "$name")
	if [[ ! -e $directory/.configured ]]; then
		"${make[@]}" tinyconfig </dev/null >>"$cache/log/$name.log" 2>&1 || return 1
		cat "${files[@]}" >>"$directory/.config"
		"${make[@]}" olddefconfig </dev/null >>"$cache/log/$name.log" 2>&1 || return 1
		while read -r line; do
			grep -Fxq -e "$line" "$directory/.config" ||
				die "the kernel's configuration did not take '$line' of vm/$name.config" \
					"Something that it depends on is missing or fixed otherwise; see $directory/.config."
		done < <(options "${files[@]}")
		touch "$directory/.configured"
	fi
	"${make[@]}" -j"$(nproc)" </dev/null 2>&1 | progress "$name" "${kernel_objects[$name]}" "$cache/log/$name.log"
}

# Copies make's output to log $3 and shows how far it is: $2 objects are expected. On a terminal it is one line, written
# over; elsewhere a line every 30 seconds.
progress() {
	local -i objects=0 shown=0 every=30 status
	local line text
	[[ ! -t 2 ]] || every=1
	SECONDS=0
	while :; do
		status=0
		IFS= read -r -t 1 line || status=$?
		if ((status == 0)); then
			printf '%s\n' "$line" >>"$3"
			[[ -z $verbose ]] || printf '%s\n' "$line" >&2
			[[ $line != '  '[A-Z]* ]] || objects+=1
		elif ((status <= 128)); then
			break
		fi
		if ((SECONDS - shown >= every)) && [[ -z $verbose ]]; then
			shown=SECONDS
			printf -v text 'lunatik: %s: %d of about %d objects, %d min %02d s' \
				"$1" "$objects" "$2" $((SECONDS / 60)) $((SECONDS % 60))
			if ((every == 1)); then printf '\r%s \e[K' "$text"; else printf '%s\n' "$text"; fi >&2
		fi
	done
	((every != 1)) || printf '\r\e[K' >&2
}
