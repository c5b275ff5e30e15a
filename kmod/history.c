// SPDX-License-Identifier: GPL-2.0
/*
 * The file of the device in sysfs from which the record of history.rs is read.
 * Removing the device waits for readers, so none of them outlives the module.
 */
#include <linux/sysfs.h>

#include "glue.h"

static ssize_t history_read(struct file *file, struct kobject *kobj,
			    const struct bin_attribute *attribute, char *to,
			    loff_t offset, size_t count)
{
	return lunatik_history_read(to, offset, count);
}

const struct bin_attribute lunatik_history_file = {
	.attr = { .name = "history", .mode = 0400 },
	.read = history_read,
};
