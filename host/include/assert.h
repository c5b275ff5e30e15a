/* SPDX-License-Identifier: GPL-2.0 */
/* Lua's assertions are on where it is fuzzed. */
#ifndef LUNATIK_HOST_ASSERT_H
#define LUNATIK_HOST_ASSERT_H

__attribute__((__noreturn__)) void lunatik_assertion(const char *what, const char *file, int line);

#define assert(c)	((c) ? (void)0 : lunatik_assertion(#c, __FILE__, __LINE__))

#endif
