/* SPDX-License-Identifier: GPL-2.0 */
/* What glue.c offers; glue.rs declares the same for Rust. */
#ifndef LUNATIK_GLUE_H
#define LUNATIK_GLUE_H

#include <linux/types.h>

struct attribute_group;
struct bin_attribute;
struct file;
struct lunatik_result;
struct lunatik_script;
struct mem_cgroup;
struct miscdevice;
struct pid;

/* Bytes of the kernel stack: see lua/lunatik_conf.h. */
int lunatik_stack_low(void);
int lunatik_stack_exhausted(void);
unsigned int lunatik_random(void);
unsigned int lunatik_hash_pointer(const void *address);
/* Chooses the key of lunatik_hash_pointer(), once, before there is a state. */
void lunatik_choose_key(void);

void lunatik_cond_resched(void);
/* Memory that kvfree() frees: small from the slabs, large where pages can be had. */
void *lunatik_allocate(size_t size);
void *lunatik_allocate_zeroed(size_t size);
/*
 * Such memory made larger or smaller, or NULL, which leaves it as it is. What it
 * takes of the kernel's is less than twice its size, however it came to that.
 */
void *lunatik_reallocate(void *block, size_t old, size_t size);
/* Bytes of memory that the machine has. */
size_t lunatik_total_memory(void);
/* Begin a grace period, and sleep until one that was begun has ended. */
unsigned long lunatik_begin_grace_period(void);
void lunatik_await_grace_period(unsigned long period);
/* Locks by setting bit 0 of a word, and turns preemption off. */
void lunatik_bit_lock(unsigned long *word);
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

/* The current process, with a reference for put_pid(), and its number where the current task is. */
struct pid *lunatik_get_process(void);
unsigned int lunatik_pid_here(struct pid *process);
/* The effective uid of the current task, as a kuid_t has it, and such a one where the task is. */
unsigned int lunatik_euid(void);
unsigned int lunatik_uid_here(unsigned int uid);
/* Has the current task CAP_SYS_ADMIN? Nobody is told that it was asked. */
bool lunatik_is_admin(void);
/* May the current task open the device for writing? 0 or an error. */
int lunatik_may_write(bool need_admin);
/* Does the kernel's lockdown keep the current task from running a script? 0 or an error. */
int lunatik_locked_down(void);

/* The memory cgroup of the current task, with a reference; NULL if there are none. */
struct mem_cgroup *lunatik_get_memcg(void);
void lunatik_put_memcg(struct mem_cgroup *memcg);
/* Charge what this thread allocates to another one. Returns the one before. */
struct mem_cgroup *lunatik_charge_memcg(struct mem_cgroup *memcg);
/* Nanoseconds that this thread has run, counted from some moment of the past. */
u64 lunatik_cpu_time(void);

/* The attributes of the device in sysfs: counts, in most flavours "config" (info.c), in some "history" (history.c). */
extern const struct attribute_group *lunatik_device_groups[];
enum lunatik_count {
	LUNATIK_RUNNING,
	LUNATIK_WAITING,
	LUNATIK_STARTED,
	LUNATIK_SUCCEEDED,
	LUNATIK_FAILED,
	LUNATIK_KILLED,
	LUNATIK_LIMIT_HITS,
	LUNATIK_STATE_MEMORY,
	LUNATIK_TABLE_MEMORY,
};
/*
 * In device.rs: a count of scripts, of those there are or of all there have been; or bytes, of a
 * state in which nothing has run, or of all elements. Negative is an error.
 */
long lunatik_count(const struct miscdevice *misc, enum lunatik_count count);

/* In trace.c. `message` need not end with a zero. */
void lunatik_trace_start(const struct lunatik_script *script);
void lunatik_trace_end(const struct lunatik_result *result);
void lunatik_trace_limit(u64 id, u32 status, const char *message, size_t size);

/* In info.c. */
extern const struct bin_attribute lunatik_config_file;
extern const struct bin_attribute lunatik_history_file;
/* In history.rs: copies what was recorded, as bytes from `offset`. */
size_t lunatik_history_read(u8 *to, size_t offset, size_t count);

#ifdef CONFIG_DEBUG_LOCK_ALLOC
void lunatik_bucket_acquired(unsigned int nested);
void lunatik_bucket_released(void);
#endif

#endif
