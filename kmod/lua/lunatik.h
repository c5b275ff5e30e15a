/* SPDX-License-Identifier: GPL-2.0 */
/* The functions of lunatik.c that Rust calls; ../sys.rs declares the same. */
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
 * `key` is filled if that is LUA_TSTRING. Raises nothing.
 */
int lunatik_tokey(lua_State *L, int arg, struct lunatik_key *key);

/* A value of a table on its way to Lua or back. */
struct lunatik_value {
	/* Of an integer or a boolean. */
	long long word;
	/* Of a string. */
	const char *bytes;
	size_t len;
	/* Where the bytes of a short string are that comes from a table. */
	char few[LUAI_MAXSHORTLEN];
};

/*
 * Mark the userdata on top of the stack, whose metatable it has already, as the
 * shared table `number`.
 */
void lunatik_share(lua_State *L, unsigned int number);

/* The number of the shared table that argument 1 is, or -1. */
int lunatik_totable(lua_State *L);

/* The hash that a string with these bytes has in all states. */
unsigned int lunatik_hash(const char *bytes, size_t len, unsigned int seed);

/*
 * In generated/tables.rs: get and set a value in table `number`. Neither raises
 * anything. lunatik_get returns the type of Lua's, or LUA_TNONE if this value
 * cannot be got in this way; lunatik_set, which is given a type of Lua's, nil
 * among them, returns whether the value was set.
 */
int lunatik_get(unsigned int number, const char *key, size_t len, unsigned int hash,
		struct lunatik_value *value);
bool lunatik_set(unsigned int number, const char *key, size_t len, unsigned int hash,
		 int type, const struct lunatik_value *value);

#endif
