/* SPDX-License-Identifier: GPL-2.0 */
/* What bench.c offers; bench.rs declares the same for Rust. */
#ifndef LUNATIK_BENCH_H
#define LUNATIK_BENCH_H

#include <linux/types.h>

struct lunatik_bench_hash;

/* `struct lunatik_key` of lua/lunatik.h, which does not mix with the kernel's headers. */
struct lunatik_bench_key {
	const char *bytes;
	size_t len;
	unsigned int hash;
};

u64 lunatik_bench_clock(void);
void lunatik_bench_sleep(unsigned int ms);
/* Keep the current thread on a CPU, or for a negative one let it go where it likes. */
int lunatik_bench_pin(int cpu);
/* Wait until what was given to kfree_rcu() so far is free, but for a small remainder. */
void lunatik_bench_settle(void);
/* Bytes that kmalloc() takes for `size`. */
size_t lunatik_bench_roundup(size_t size);

/* Loops of n turns. The last two return false if there was no memory. */
void lunatik_bench_empty(unsigned long n);
void lunatik_bench_rcu(unsigned long n);
bool lunatik_bench_kmalloc(unsigned long n, size_t size, bool account);
bool lunatik_bench_kfree_rcu(unsigned long n, size_t size, bool account);

/* The kernel's own hash table, holding `count` keys, which must outlive it. NULL if there is no memory. */
struct lunatik_bench_hash *lunatik_bench_hash_create(const struct lunatik_bench_key *keys, size_t count);
void lunatik_bench_hash_destroy(struct lunatik_bench_hash *hash);
/* Looks each of `count` keys up, `rounds` times; how often one was there. Without a table: the loop alone. */
unsigned long lunatik_bench_hash_lookup(struct lunatik_bench_hash *hash, const struct lunatik_bench_key *keys,
					size_t count, unsigned long rounds);

#endif
