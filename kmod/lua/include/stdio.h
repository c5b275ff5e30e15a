/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/sprintf.h>

/* Named in lauxlib.h; there are no streams. */
typedef struct lunatik_no_file FILE;
#define BUFSIZ	512
