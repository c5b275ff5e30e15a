// SPDX-License-Identifier: GPL-2.0
//! `dkms.conf`: makes the directory one that `dkms add` takes.

use super::HASH_HEADER;
use crate::config::Config;

pub fn emit(config: &Config) -> String {
    let module = &config.module.name;
    let version = env!("CARGO_PKG_VERSION");
    // The Makefile finds the compilers that the kernel was built with. DKMS has its own idea of them, which it
    // puts into a command that calls make, and after one for a kernel of clang's: hence the quotes and the `:`.
    format!(
        "\
{HASH_HEADER}
PACKAGE_NAME=\"{module}\"
PACKAGE_VERSION=\"{version}\"
BUILT_MODULE_NAME[0]=\"{module}\"
DEST_MODULE_LOCATION[0]=\"/updates/dkms\"
MAKE[0]=\"'make' KDIR=${{kernel_source_dir}} modules && :\"
CLEAN=\"'make' KDIR=${{kernel_source_dir}} clean\"
AUTOINSTALL=\"yes\"
"
    )
}
