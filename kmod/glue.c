// SPDX-License-Identifier: GPL-2.0
/*
 * Inline functions and macros of the kernel that have no Rust binding, as
 * plain functions for the module's Rust and for Lua, and the attributes of the
 * device. No logic lives here.
 */
#include <linux/bit_spinlock.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/security.h>
#include <linux/siphash.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>

#include "glue.h"
#include "generated/config.h"
#include "uapi/lunatik.h"

/* uapi.rs has the same structures, and says the same of their sizes. */
static_assert(sizeof(struct lunatik_info) == 256);
static_assert(sizeof(struct lunatik_run) == 80);
static_assert(sizeof(struct lunatik_result) == 104);
static_assert(sizeof(struct lunatik_script) == 112);
static_assert(sizeof(struct lunatik_named) == 72);
static_assert(sizeof(struct lunatik_list) == 24);
static_assert(sizeof(struct lunatik_kill) == 8);

/* The reserve is stated for a stack of 16 KiB and grows with it (KASAN doubles it). */
#define STACK_RESERVE	(LUNATIK_STACK_RESERVE * (THREAD_SIZE / SZ_4K) / 4)

static unsigned long stack_left(void)
{
	return (unsigned long)__builtin_frame_address(0) -
	       (unsigned long)task_stack_page(current);
}

int lunatik_stack_low(void)
{
	/* Above the reserve there is room for the handlers of the error. */
	return stack_left() < STACK_RESERVE / 4 * 5;
}

int lunatik_stack_exhausted(void)
{
	return stack_left() < STACK_RESERVE;
}

unsigned int lunatik_random(void)
{
	return get_random_u32();
}

static hsiphash_key_t addresses __ro_after_init;

void lunatik_choose_key(void)
{
	get_random_bytes(&addresses, sizeof(addresses));
}

unsigned int lunatik_hash_pointer(const void *address)
{
	return hsiphash(&address, sizeof(address), &addresses);
}

void lunatik_cond_resched(void)
{
	cond_resched();
}

/* A script that wants more memory than there is gets an error; nobody is killed for its sake. */
#define FLAGS	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

/* Not inlined, so that what is small, which most is, needs no frame. */
static noinline void *allocate_large(size_t size)
{
	/* Pages side by side are nice to have, but not worth any trouble. */
	void *block = kmalloc(size, (FLAGS & ~__GFP_RETRY_MAYFAIL) | __GFP_NORETRY);

	return block ?: __vmalloc(size, FLAGS);
}

void *lunatik_allocate(size_t size)
{
	return size <= PAGE_SIZE ? kmalloc(size, FLAGS) : allocate_large(size);
}

/* What a table is as well off without: charged to nobody, and nobody is killed for its sake either. */
void *lunatik_allocate_zeroed(size_t size)
{
	return kvzalloc(size, GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
}

void *lunatik_reallocate(void *block, size_t old, size_t size)
{
	void *moved;

	if (kmalloc_size_roundup(size) == kmalloc_size_roundup(old))
		return kvrealloc(block, size, FLAGS);
	/* kvrealloc() keeps a large block for a small size. */
	moved = lunatik_allocate(size);
	if (moved) {
		memcpy(moved, block, min(old, size));
		kvfree(block);
	}
	return moved;
}

size_t lunatik_total_memory(void)
{
	return totalram_pages() << PAGE_SHIFT;
}

unsigned long lunatik_begin_grace_period(void)
{
	return start_poll_synchronize_rcu();
}

void lunatik_await_grace_period(unsigned long period)
{
	cond_synchronize_rcu(period);
}

void lunatik_bit_lock(unsigned long *word)
{
	bit_spin_lock(0, word);
}

void lunatik_preempt_enable(void)
{
	preempt_enable();
}

bool lunatik_file_is_shared(struct file *file)
{
	return file_count(file) > 1;
}

int lunatik_killed_by(void)
{
	return (current->flags & PF_EXITING) ? current->exit_code & 0x7f : 0;
}

bool lunatik_exiting(void)
{
	return current->flags & PF_EXITING;
}

bool lunatik_is_dying(void)
{
	return !(current->flags & PF_KTHREAD) && fatal_signal_pending(current);
}

bool lunatik_is_kernel_thread(void)
{
	return current->flags & PF_KTHREAD;
}

struct pid *lunatik_get_process(void)
{
	return get_task_pid(current, PIDTYPE_TGID);
}

unsigned int lunatik_pid_here(struct pid *process)
{
	return pid_vnr(process);
}

unsigned int lunatik_euid(void)
{
	return __kuid_val(current_euid());
}

unsigned int lunatik_uid_here(unsigned int uid)
{
	return from_kuid_munged(current_user_ns(), KUIDT_INIT(uid));
}

bool lunatik_is_admin(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

int lunatik_may_write(bool need_admin)
{
	if (need_admin && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return lunatik_locked_down();
}

int lunatik_locked_down(void)
{
#ifdef LUNATIK_NO_COMPILER
	/* What the module contains was signed with it, and it can be given nothing else. */
	return 0;
#else
	/* A script is code that the kernel runs and that nobody has signed. */
	return security_locked_down(LOCKDOWN_MODULE_SIGNATURE);
#endif
}

struct mem_cgroup *lunatik_get_memcg(void)
{
#ifdef CONFIG_MEMCG
	struct mem_cgroup *memcg;

	if (mem_cgroup_disabled())
		return NULL;
	rcu_read_lock();
	/* By the task, which keeps its cgroup when it exits, unlike its memory. */
	do {
		memcg = mem_cgroup_from_task(current);
	} while (memcg && !css_tryget(&memcg->css));
	rcu_read_unlock();
	return memcg;
#else
	return NULL;
#endif
}

void lunatik_put_memcg(struct mem_cgroup *memcg)
{
	mem_cgroup_put(memcg);
}

struct mem_cgroup *lunatik_charge_memcg(struct mem_cgroup *memcg)
{
	return set_active_memcg(memcg);
}

u64 lunatik_cpu_time(void)
{
	u64 time;

	/*
	 * The scheduler adds up at its ticks. What has passed since the last one is by a clock that may
	 * be ahead of its own, always by the same.
	 */
	preempt_disable();
	time = current->se.sum_exec_runtime + local_clock() - current->se.exec_start;
	preempt_enable();
	return time;
}

#define COUNT(name, which, mode)							\
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf)	\
{											\
	long count = lunatik_count(dev_get_drvdata(dev), which);			\
											\
	return count < 0 ? count : sysfs_emit(buf, "%ld\n", count);			\
}											\
static DEVICE_ATTR_##mode(name)

COUNT(running, LUNATIK_RUNNING, RO);
COUNT(waiting, LUNATIK_WAITING, RO);
COUNT(started, LUNATIK_STARTED, RO);
COUNT(succeeded, LUNATIK_SUCCEEDED, RO);
COUNT(failed, LUNATIK_FAILED, RO);
COUNT(killed, LUNATIK_KILLED, RO);
COUNT(limit_hits, LUNATIK_LIMIT_HITS, RO);
/* To say this takes the making of a state. */
COUNT(state_memory, LUNATIK_STATE_MEMORY, ADMIN_RO);
COUNT(table_memory, LUNATIK_TABLE_MEMORY, RO);

static struct attribute *device_attributes[] = {
	&dev_attr_running.attr,
	&dev_attr_waiting.attr,
	&dev_attr_started.attr,
	&dev_attr_succeeded.attr,
	&dev_attr_failed.attr,
	&dev_attr_killed.attr,
	&dev_attr_limit_hits.attr,
	&dev_attr_state_memory.attr,
	&dev_attr_table_memory.attr,
	NULL
};

static const struct bin_attribute *const device_files[] = {
#ifdef LUNATIK_EMBED_CONFIG
	&lunatik_config_file,
#endif
#ifdef LUNATIK_HISTORY
	&lunatik_history_file,
#endif
	NULL
};

static const struct attribute_group device_group = {
	.attrs = device_attributes,
	.bin_attrs = device_files,
};

const struct attribute_group *lunatik_device_groups[] = {
	&device_group,
	NULL
};

#ifdef CONFIG_DEBUG_LOCK_ALLOC
/* Bucket locks are bits, which lockdep cannot see by itself: all are of one class. */
static struct lock_class_key bucket_key;
static struct lockdep_map bucket_map = STATIC_LOCKDEP_MAP_INIT("lunatik_bucket", &bucket_key);

/* `nested`: how many the caller holds already. */
void lunatik_bucket_acquired(unsigned int nested)
{
	lock_acquire_exclusive(&bucket_map, nested, 0, NULL, _THIS_IP_);
}

void lunatik_bucket_released(void)
{
	lock_map_release(&bucket_map);
}
#endif
