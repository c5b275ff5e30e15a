# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what setup.sh and its other parts set
# The Debian packages that the other steps need, each with what shows that it is there. Sourced by setup.sh.
# Not here: bindgen and the kernel source, which Debian 12 does not carry.

# The LLVM that rustc-web was built with. The kernel's inlined Rust helpers need clang's to be the same.
llvm=22
rustc=/usr/bin/rustc
rust_sources=/usr/lib/rustlib/src/rust/library

for_modules=(
	"make:make" "gcc:cc" "libc6-dev:/usr/include/stdio.h"
	"rustc-web:$rustc" "clang-$llvm:clang-$llvm" "lld-$llvm:ld.lld-$llvm" "llvm-$llvm:llvm-nm-$llvm"
)
for_user_kernel=("make:make" "gcc:cc" "libc6-dev:/usr/include/stdio.h")
for_kernel=(
	"flex:flex" "bison:bison" "bc:bc" "perl:perl" "python3:python3" "xz-utils:xz" "libelf-dev:/usr/include/gelf.h"
	"rust-web-src:$rust_sources/core/src/lib.rs" "rustfmt-web:/usr/bin/rustfmt" "rust-web-clippy:/usr/bin/clippy-driver"
	"libclang-$llvm-dev:/usr/lib/llvm-$llvm/lib/libclang.so" "ca-certificates:/etc/ssl/certs/ca-certificates.crt"
)
# A kernel with a lockdown signs its modules.
for_lockdown=("libssl-dev:/usr/include/openssl/ssl.h" "openssl:openssl")
# What the kernel asks for to make packages of itself, beside all that builds it.
# shellcheck disable=SC2034 # used by in-tree-kernel.sh
for_kernel_package=(
	"dpkg-dev:dpkg-buildpackage" "debhelper:dh" "libdw-dev:/usr/include/elfutils/libdw.h" "kmod:depmod" "rsync:rsync"
	"libssl-dev:/usr/include/openssl/ssl.h"
)
# A C++ compiler for libFuzzer, and AddressSanitizer's library: Debian's rustc comes without.
# shellcheck disable=SC2034 # used by fuzz-table.sh
for_fuzzing=(
	"gcc:cc" "libc6-dev:/usr/include/stdio.h" "rustc-web:$rustc" "clang-$llvm:clang++-$llvm"
	"libclang-rt-$llvm-dev:/usr/lib/llvm-$llvm/lib/clang/$llvm/lib/linux/libclang_rt.asan-x86_64.a"
)
for_machine=("qemu-system-x86:qemu-system-x86_64" "busybox-static:busybox" "cpio:cpio")

# Prints the packages that are missing for the module and the machine, one a line. $1: the user's own kernel, if any.
missing_packages() {
	local wanted=("${for_machine[@]}")
	if [[ -n $1 ]]; then
		wanted+=("${for_user_kernel[@]}")
	else
		wanted+=("${for_modules[@]}" "${for_kernel[@]}")
		[[ ${name:-} != um ]] || wanted+=("${for_lockdown[@]}")
	fi
	missing_of "${wanted[@]}"
}

# Prints those of the given packages that are missing, one a line, and cargo.
missing_of() {
	local entry
	for entry in "$@"; do
		present "${entry#*:}" || echo "${entry%%:*}"
	done
	[[ -n $(find_cargo) ]] || echo cargo-web
}

# Installs those of the given packages that are missing.
install_missing() {
	local missing
	mapfile -t missing < <(missing_of "$@")
	[[ ${#missing[@]} -gt 0 ]] || return 0
	lock packages
	# Someone else may have done it meanwhile.
	mapfile -t missing < <(missing_of "$@")
	[[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
	unlock
}

present() {
	case $1 in
	/*) [[ -e $1 ]] ;;
	*) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
	esac
}

# Prints the path of a cargo that is new enough for the workspace, or nothing.
find_cargo() {
	local candidate version least
	least=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' "$root/Cargo.toml")
	for candidate in "$(command -v cargo)" /usr/bin/cargo; do
		[[ -x $candidate ]] || continue
		version=$("$candidate" --version 2>/dev/null) || continue
		if [[ $version =~ ^cargo\ 1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= least)); then
			echo "$candidate"
			return
		fi
	done
}

install_packages() {
	local command="apt-get install --no-install-recommends $*" started
	if ! grep -qsx 'ID=debian' /etc/os-release; then
		die "this set-up knows Debian 12 only, and these packages of it are missing here: $*" \
			"Install what they hold by hand, or give a built kernel of your own with KDIR=/path."
	fi
	[[ $(id -u) -eq 0 ]] || die "packages are missing, and only root can install them:" "apt-get update" "$command"
	started=$(now)
	say "packages: installing $*"
	export DEBIAN_FRONTEND=noninteractive
	local apt=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
	local install=(install --yes --no-install-recommends --no-remove)
	# A run that was killed may have left packages half installed.
	logged packages dpkg --configure -a || die "dpkg cannot finish what it had begun" "dpkg --configure -a"
	logged packages "${apt[@]}" update ||
		die "the package lists cannot be fetched" "Is the network up? Then run the same command again."
	if [[ " $* " == *' qemu-system-x86 '* ]] && qemu_is_backported; then
		install_backported
	fi
	if ! logged packages "${apt[@]}" "${install[@]}" "$@"; then
		! grep -q 'Unable to locate package' "$cache/log/packages.log" ||
			die "apt does not know all of these packages; those of Rust and clang come with Debian 12's security updates" \
				"Is there a line for bookworm-security in /etc/apt/sources.list? Then: apt-get update, $command"
		die "the packages cannot be installed; by hand it is:" "$command"
	fi
	say "packages: done ($(since "$started"))"
}

# Whether parts of QEMU are installed that are newer than what apt would install of it: these do not go together.
qemu_is_backported() {
	local installed candidate
	installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Version}' qemu-utils 2>/dev/null) || return 1
	[[ $installed == 'installed '* ]] || return 1
	candidate=$(apt-cache policy qemu-system-x86 | sed -n 's/^ *Candidate: //p')
	dpkg --compare-versions "${installed#* }" gt "$candidate"
}

# Installs QEMU from where the parts that are there came from.
install_backported() {
	local suite suite_options mirror apt_files=$cache/apt-backports
	# shellcheck source=/dev/null
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME-backports")
	say "packages: parts of a newer QEMU are installed; taking the rest of it from $suite"
	list_suite "$suite" "$apt_files"
	logged packages "${apt[@]}" "${suite_options[@]}" update ||
		die "the list of $suite cannot be fetched from $mirror" "Is the network up? Then run the same command again."
	logged packages "${apt[@]}" "${suite_options[@]}" "${install[@]}" --target-release "$suite" qemu-system-x86 ||
		die "QEMU cannot be installed beside the parts of it that are there" \
			"Remove qemu-utils, or install qemu-system-x86 of the same version by hand."
	rm -rf "$apt_files"
}
