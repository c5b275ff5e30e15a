// SPDX-License-Identifier: GPL-2.0
//! `Kconfig`: the flavour's entry in the configuration of a kernel whose tree
//! the directory was put into.

use super::HASH_HEADER;
use crate::config::Config;

/// The symbol, without `CONFIG_`. `in_tree` sees to it that no two flavours of a
/// kernel have the same.
pub fn symbol(config: &Config) -> String {
    match config.module.name.as_str() {
        name if name == "lunatik" || name.starts_with("lunatik_") => name.to_uppercase(),
        name => format!("LUNATIK_{}", name.to_uppercase()),
    }
}

pub fn emit(config: &Config) -> String {
    let symbol = symbol(config);
    let module = &config.module.name;
    let device = &config.device.name;
    // A quote or a backslash would end the prompt, a dollar would expand.
    let prompt = config.module.description.replace(['"', '\\', '$'], "'");
    format!(
        "\
{HASH_HEADER}
config {symbol}
	tristate \"{prompt}\"
	depends on RUST && (X86_64 || ARM64 || (RISCV && 64BIT))
	help
	  Lua in the kernel: scripts written to /dev/{device} run in kernel
	  threads and share RCU-protected hash tables.

	  Whoever may write to the device may spend time and memory of the
	  kernel, within the limits that the module was generated with.

	  To compile this as a module, choose M here: the module will be
	  called {module}.

	  If unsure, say N.
"
    )
}
