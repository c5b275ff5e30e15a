/* SPDX-License-Identifier: GPL-2.0 */
/* The limits of C's types as literals: the kernel's have casts, which #if cannot read. */
#ifndef LUNATIK_LIMITS_H
#define LUNATIK_LIMITS_H

#include <linux/limits.h>

#undef USHRT_MAX
#undef SHRT_MIN
#undef CHAR_BIT
#undef SHRT_MAX
#undef INT_MAX
#undef INT_MIN
#undef UINT_MAX
#undef LONG_MAX
#undef ULONG_MAX
#undef LLONG_MAX
#undef LLONG_MIN
#undef ULLONG_MAX
#define CHAR_BIT	8
#define UCHAR_MAX	255
#define SCHAR_MAX	127
#define SHRT_MAX	32767
#define USHRT_MAX	65535
#define INT_MAX		__INT_MAX__
#define INT_MIN		(-__INT_MAX__ - 1)
#define UINT_MAX	(__INT_MAX__ * 2U + 1U)
#define LONG_MAX	__LONG_MAX__
#define ULONG_MAX	(__LONG_MAX__ * 2UL + 1UL)
#define LLONG_MAX	__LONG_LONG_MAX__
#define LLONG_MIN	(-__LONG_LONG_MAX__ - 1LL)
#define ULLONG_MAX	(__LONG_LONG_MAX__ * 2ULL + 1ULL)

#endif
