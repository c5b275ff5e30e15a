/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from lunatik.toml by lunatik-build; edit that file instead. */
#ifndef LUNATIK_GENERATED_CONFIG_H
#define LUNATIK_GENERATED_CONFIG_H

/* What tracepoints are found under. */
#define LUNATIK_TRACE_SYSTEM odd_lunatik

/* Bytes of the kernel stack that a script leaves free. */
#define LUNATIK_STACK_RESERVE 6144

/* The device has the file `config`. */
#define LUNATIK_EMBED_CONFIG

/* The device has the file `history`. */
#define LUNATIK_HISTORY

/* What ends a script is told with the calls that were under way. */
#define LUNATIK_TRACEBACKS

#endif
