/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/types.h>

#define INTPTR_MAX	__LONG_MAX__
