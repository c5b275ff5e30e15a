// SPDX-License-Identifier: GPL-2.0
pub mod abi;
