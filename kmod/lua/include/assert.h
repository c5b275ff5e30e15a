/* SPDX-License-Identifier: GPL-2.0 */
/* Lua's own assertions are off. */
