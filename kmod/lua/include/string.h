/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/string.h>

#define strcoll(a, b)	strcmp(a, b)
