/* SPDX-License-Identifier: GPL-2.0 */
/* What glue.c offers; sys.rs declares the same for Rust. */
#ifndef LUNATIK_GLUE_H
#define LUNATIK_GLUE_H

#include <linux/types.h>

struct attribute_group;
struct bin_attribute;
struct file;
struct miscdevice;

/* Bytes of the kernel stack: see lua/lunatik_conf.h. */
int lunatik_stack_low(void);
int lunatik_stack_exhausted(void);
unsigned int lunatik_random(void);

void lunatik_cond_resched(void);
/* Memory that kvfree() frees: small from the slabs, large where pages can be had. */
void *lunatik_allocate(size_t size);
/* Bytes of memory that the machine has. */
size_t lunatik_total_memory(void);
/* Begin a grace period, and sleep until one that was begun has ended. */
unsigned long lunatik_begin_grace_period(void);
void lunatik_await_grace_period(unsigned long period);
void lunatik_preempt_disable(void);
void lunatik_preempt_enable(void);

/* Do others (a duplicated descriptor, a child) hold this open file too? */
bool lunatik_file_is_shared(struct file *file);
/* The signal that the current task dies of, or 0. */
int lunatik_killed_by(void);
/* Is the current task past its last return to user space? */
bool lunatik_exiting(void);
bool lunatik_is_kernel_thread(void);
/* Has the current task, of user space, been killed? */
bool lunatik_is_dying(void);

/* The attributes of the device in sysfs: "running", and in some flavours "history" (history.c). */
extern const struct attribute_group *lunatik_device_groups[];
/* In device.rs: how many scripts run or wait to. */
int lunatik_running(const struct miscdevice *misc);

extern const struct bin_attribute lunatik_history_file;
/* In history.rs: copies what was recorded, as bytes from `offset`. */
size_t lunatik_history_read(u8 *to, size_t offset, size_t count);

#ifdef CONFIG_DEBUG_LOCK_ALLOC
void lunatik_bucket_acquired(unsigned int nested);
void lunatik_bucket_released(void);
#endif

#endif
