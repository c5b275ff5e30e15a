// SPDX-License-Identifier: GPL-2.0
/*
 * What `make bench` compares Lunatik with: primitives and the hash table of the
 * kernel, in loops. Only flavours that list the library `bench` compile this.
 *
 * The caller is a script in its kernel thread and asks for a short time at once,
 * so that it is the script's checkpoints that see a request to end.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jhash.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "bench.h"

u64 lunatik_bench_clock(void)
{
	return ktime_get_ns();
}

void lunatik_bench_sleep(unsigned int ms)
{
	msleep_interruptible(ms);
}

int lunatik_bench_pin(int cpu)
{
	if (cpu < 0)
		return set_cpus_allowed_ptr(current, cpu_possible_mask);
	if (cpu >= (int)nr_cpu_ids || !cpu_online(cpu))
		return -EINVAL;
	return set_cpus_allowed_ptr(current, cpumask_of(cpu));
}

void lunatik_bench_settle(void)
{
	/*
	 * kvfree_rcu_barrier() is not for modules. Batches of some size are handed
	 * over within a tick, and are free a grace period later.
	 */
	msleep(20);
	rcu_barrier();
	msleep(20);
}

size_t lunatik_bench_roundup(size_t size)
{
	return kmalloc_size_roundup(size);
}

void lunatik_bench_empty(unsigned long n)
{
	while (n--)
		barrier();
}

void lunatik_bench_rcu(unsigned long n)
{
	while (n--) {
		rcu_read_lock();
		barrier();
		rcu_read_unlock();
	}
}

static gfp_t flags(bool account)
{
	return account ? GFP_KERNEL_ACCOUNT : GFP_KERNEL;
}

bool lunatik_bench_kmalloc(unsigned long n, size_t size, bool account)
{
	gfp_t gfp = flags(account);

	while (n--) {
		void *object = kmalloc(size, gfp);

		if (!object)
			return false;
		/* Else the compiler may leave the pair out. */
		OPTIMIZER_HIDE_VAR(object);
		kfree(object);
	}
	return true;
}

struct freed_later {
	struct rcu_head rcu;
};

bool lunatik_bench_kfree_rcu(unsigned long n, size_t size, bool account)
{
	gfp_t gfp = flags(account);

	size = max(size, sizeof(struct freed_later));
	while (n--) {
		struct freed_later *object = kmalloc(size, gfp);

		if (!object)
			return false;
		kfree_rcu(object, rcu);
	}
	return true;
}

struct entry {
	struct rhash_head node;
	const struct lunatik_bench_key *key;
};

struct lunatik_bench_hash {
	struct rhashtable table;
	struct entry entries[];
};

static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct lunatik_bench_key *key = data;

	return jhash(key->bytes, key->len, seed);
}

static u32 hash_entry(const void *data, u32 len, u32 seed)
{
	const struct entry *entry = data;

	return hash_key(entry->key, len, seed);
}

static int compare(struct rhashtable_compare_arg *arg, const void *data)
{
	const struct lunatik_bench_key *key = arg->key;
	const struct entry *entry = data;

	return key->len != entry->key->len || memcmp(key->bytes, entry->key->bytes, key->len);
}

/* As many buckets as the table that it is compared with has. */
static const struct rhashtable_params params = {
	.head_offset = offsetof(struct entry, node),
	.hashfn = hash_key,
	.obj_hashfn = hash_entry,
	.obj_cmpfn = compare,
	.min_size = 256,
};

struct lunatik_bench_hash *lunatik_bench_hash_create(const struct lunatik_bench_key *keys, size_t count)
{
	struct lunatik_bench_hash *hash = kvzalloc(struct_size(hash, entries, count), GFP_KERNEL);
	size_t i;

	if (!hash)
		return NULL;
	if (rhashtable_init(&hash->table, &params)) {
		kvfree(hash);
		return NULL;
	}
	for (i = 0; i < count; i++) {
		hash->entries[i].key = &keys[i];
		if (rhashtable_insert_fast(&hash->table, &hash->entries[i].node, params)) {
			lunatik_bench_hash_destroy(hash);
			return NULL;
		}
	}
	return hash;
}

void lunatik_bench_hash_destroy(struct lunatik_bench_hash *hash)
{
	rhashtable_destroy(&hash->table);
	kvfree(hash);
}

unsigned long lunatik_bench_hash_lookup(struct lunatik_bench_hash *hash, const struct lunatik_bench_key *keys,
					size_t count, unsigned long rounds)
{
	unsigned long found = 0;
	size_t i;

	while (rounds--) {
		for (i = 0; i < count; i++) {
			const struct lunatik_bench_key *key = &keys[i];

			OPTIMIZER_HIDE_VAR(key);
			if (hash && rhashtable_lookup_fast(&hash->table, key, params))
				found++;
		}
	}
	return found;
}
