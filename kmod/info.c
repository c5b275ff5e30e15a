// SPDX-License-Identifier: GPL-2.0
/*
 * What the module says of itself: the fields that modinfo shows, which are not
 * loaded, and the file of the device in sysfs from which the configuration is read.
 */
#include <linux/module.h>
#include <linux/sysfs.h>

#include "glue.h"
#include "generated/info.h"

#ifdef LUNATIK_CONFIG
static const char text[] = LUNATIK_CONFIG;

const struct bin_attribute lunatik_config_file = {
	.attr = { .name = "config", .mode = 0444 },
	.size = sizeof(text) - 1,
	.private = (void *)text,
	.read = sysfs_bin_attr_simple_read,
};
#endif
