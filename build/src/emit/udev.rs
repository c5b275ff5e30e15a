// SPDX-License-Identifier: GPL-2.0
//! `udev.rules`: the group of the node, which a kernel has no names for, and its mode.

use super::HASH_HEADER;
use crate::config::Config;

pub fn emit(config: &Config) -> String {
    let device = &config.device;
    format!(
        "{HASH_HEADER}\
         SUBSYSTEM==\"misc\", KERNEL==\"{}\", GROUP=\"{}\", MODE=\"0{:03o}\"\n",
        device.name, device.group, device.mode
    )
}
