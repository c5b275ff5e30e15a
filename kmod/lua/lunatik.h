/* SPDX-License-Identifier: GPL-2.0 */
/* The functions of lunatik.c that Rust calls; ../glue.rs declares the same. */
#ifndef LUNATIK_H
#define LUNATIK_H

/* A string of Lua's as a key: valid while the string is on the stack of Lua. */
struct lunatik_key {
	const char *bytes;
	size_t len;
	unsigned int hash;
};

/*
 * Read argument `arg` of the running C function as a key. Returns its type;
 * `key` is filled if that is LUA_TSTRING, but for the hash of one that is longer
 * than `max` bytes, which would take long. Raises nothing.
 */
int lunatik_tokey(lua_State *L, int arg, size_t max, struct lunatik_key *key);

/* Mark the userdata on top of the stack as the shared table `number`. */
void lunatik_share(lua_State *L, unsigned int number);

/* The number of the shared table that argument 1 is, or -1. */
int lunatik_totable(lua_State *L);

/* The hash that a string with these bytes has in all states. */
unsigned int lunatik_hash(const char *bytes, size_t len, unsigned int seed);

/*
 * The string of this state that has these bytes, of which there are no more
 * than LUAI_MAXSHORTLEN; NULL if there is none. Raises nothing and allocates
 * nothing.
 */
struct TString *lunatik_interned(lua_State *L, const char *bytes, size_t len, unsigned int hash);

#endif
