# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A built kernel: whether a Rust module can be built for it here, and with which make arguments. Sourced.

# Prints the value of option $2 in kernel $1.
kernel_option() {
	sed -n "s/^CONFIG_$2=\"\?\([^\"]*\)\"\?$/\1/p" "$1/include/config/auto.conf"
}

# Stops, saying what is missing, unless a Rust module can be built for kernel $1.
check_kernel() {
	local file outer metadata
	[[ -d $1 ]] || die "KDIR: there is no directory $1" \
		"A kernel's headers are in the package linux-headers-*. KDIR=/path names a kernel that is built elsewhere;" \
		"but for \`make install\`, without it one is built for the machine."
	for file in Makefile .config include/config/auto.conf Module.symvers; do
		[[ -e $1/$file ]] || die "KDIR: $1 has no $file, so it is not a built kernel" \
			"Build it first: make -C $1 … (all of it, Module.symvers comes last)."
	done
	# The Makefile of a separate build directory is one line that includes the source's.
	outer=$(sed -n 's/^include \(\/.*\)/\1/p' "$1/Makefile" | head -n 1)
	[[ -z $outer || -e $outer ]] || die "KDIR: the source of $1 is gone: it was in ${outer%/Makefile}"
	[[ $(kernel_option "$1" MODULES) == y ]] || die "KDIR: $1 is built without CONFIG_MODULES=y"
	[[ $(kernel_option "$1" RUST) == y ]] || die "KDIR: $1 is built without CONFIG_RUST=y, and the module is Rust" \
		"Turn it on (make -C $1 rustavailable says what is needed for that), and build it again."
	for metadata in libcore.rmeta libkernel.rmeta libmacros.so; do
		[[ -e $1/rust/$metadata ]] || die "KDIR: $1 has CONFIG_RUST=y but no rust/$metadata" \
			"Build it to the end: make -C $1 …, or install the package that holds the kernel's Rust metadata."
	done
}

# Stops unless kernel $1 can be booted in the machine.
check_bootable() {
	local option missing=''
	[[ -r $1/arch/x86/boot/bzImage ]] || die "KDIR: $1 has no arch/x86/boot/bzImage, so there is nothing to boot"
	for option in BLK_DEV_INITRD DEVTMPFS SERIAL_8250_CONSOLE VIRTIO_PCI NET_9P_VIRTIO 9P_FS; do
		[[ $(kernel_option "$1" "$option") == y ]] || missing+=" CONFIG_$option=y"
	done
	[[ -z $missing ]] || die "KDIR: $1 cannot be booted in the machine without$missing"
}

# Prints the make arguments that give kernel $1 the compilers that it was built with, one a line.
kernel_toolchain() {
	local want candidate rustc='' tools tool
	want=$(kernel_option "$1" RUSTC_VERSION_TEXT)
	for candidate in "$(command -v rustc)" /usr/bin/rustc; do
		if [[ -x $candidate && $("$candidate" --version 2>/dev/null) == "$want" ]]; then
			rustc=$candidate
			break
		fi
	done
	[[ -n $rustc ]] || die "KDIR: $1 was built with '$want', and no such rustc is here" \
		"Another rustc cannot read its metadata. Put that one first on the PATH, or build the kernel again with" \
		"$(command -v rustc || echo 'a rustc of yours')."
	echo "RUSTC=$rustc"
	echo "HOSTRUSTC=$rustc"
	tools=$(dirname "$rustc")
	for tool in RUSTFMT:rustfmt RUSTDOC:rustdoc CLIPPY_DRIVER:clippy-driver; do
		[[ ! -x $tools/${tool#*:} ]] || echo "${tool%:*}=$tools/${tool#*:}"
	done

	if [[ $(kernel_option "$1" UML) == y ]]; then
		echo ARCH=um
		# Its modules lie far from its text, in memory that its loader relocates them to.
		echo 'KRUSTFLAGS=-Crelocation-model=static -Ccode-model=large'
	fi

	want=$(kernel_option "$1" CC_VERSION_TEXT)
	if [[ $(kernel_option "$1" CC_IS_CLANG) == y ]]; then
		local major=${want##*version }
		major=${major%%.*}
		if command -v "clang-$major" "ld.lld-$major" >/dev/null; then
			echo "LLVM=-$major"
		elif [[ $(clang --version 2>/dev/null | head -n 1) == *"version $major."* ]]; then
			echo "LLVM=1"
		else
			die "KDIR: $1 was built with '$want', and clang $major is not here" "Install it: apt-get install clang-$major lld-$major llvm-$major"
		fi
	else
		# "gcc-12 (Debian 12.2.0-14) 12.2.0": the name it was called by comes first.
		candidate=${want%% *}
		command -v "$candidate" >/dev/null || die "KDIR: $1 was built with '$want', and there is no $candidate here"
		[[ $candidate == gcc ]] || echo "CC=$candidate"
	fi
}

# Prints what figures of kernel $1 depend on: its release, and the names and versions of what compiled it.
kernel_and_compilers() {
	local said
	said=$(kernel_option "$1" RUSTC_VERSION_TEXT && kernel_option "$1" CC_VERSION_TEXT) || return
	echo "Linux $(<"$1/include/config/kernel.release"); $(sed -E 's/^(Debian )?([^(]*[^( ]).*/\2/' <<<"$said" | paste -sd ';' | sed 's/;/; /')"
}
