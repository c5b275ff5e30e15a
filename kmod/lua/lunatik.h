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

#endif
