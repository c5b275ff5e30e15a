// SPDX-License-Identifier: GPL-2.0
/*
 * What Lua calls of the kernel, and what the module needs of Lua's inside.
 * This file sees Lua's private headers; what needs many kernel headers is in
 * ../glue.c, since the two do not mix.
 */
#define LUA_CORE

#include "src/lprefix.h"

#include <linux/build_bug.h>
#include <linux/string.h>
#include <stddef.h>

#include "src/lua.h"
#include "src/lauxlib.h"

#include "src/ldebug.h"
#include "src/ldo.h"
#include "src/lgc.h"
#include "src/lobject.h"
#include "src/lstate.h"
#include "src/lstring.h"
#include "src/ltable.h"
#include "src/lundump.h"
#include "src/lvm.h"
#include "src/lzio.h"

#include "lunatik.h"

/* Refill the fuel; returns the reason to end the script, or NULL. In ../state.rs. */
const char *lunatik_refuel(struct lunatik_run *run);

/* Raise `message` with the position of the code that runs now. */
static l_noret lunatik_raise(lua_State *L, const char *message)
{
	/* A function of Lua's may have no slot of its stack left for what a C function would push. */
	if (isLua(L->ci))
		luaG_runerror(L, "%s", message);
	luaL_where(L, 1);
	lua_pushstring(L, message);
	lua_concat(L, 2);
	lua_error(L);
}

void lunatik_checkpoint(lua_State *L)
{
	const char *reason = lunatik_refuel(lunatik_run(L));

	if (reason)
		lunatik_raise(L, reason);
}

long long lunatik_nofloat(lua_State *L, int op)
{
	lunatik_raise(L, op == LUA_OPDIV ?
		"'/' gives a float, and numbers are 64-bit integers (use '//' to divide integers)" :
		"'^' gives a float, and numbers are 64-bit integers (multiply, or use '<<' for powers of two)");
}

const char *lunatik_badnumeral(const char *numeral)
{
	bool hex = numeral[0] == '0' && (numeral[1] == 'x' || numeral[1] == 'X');
	const char *s = hex ? numeral + 2 : numeral;
	bool digits = *s != '\0';
	bool fraction = false;

	for (; *s; s++) {
		if (*s == '.' || (hex ? *s == 'p' || *s == 'P' : *s == 'e' || *s == 'E'))
			fraction = true;
		else if (!(*s >= '0' && *s <= '9') && *s != '-' && *s != '+')
			digits = false;
	}
	if (fraction)
		return "float literal, but numbers are 64-bit integers,";
	if (digits && !hex)
		return "integer literal does not fit in 64 bits,";
	return "malformed number";
}

/* Bad bytecode crashes an interpreter, so none is read... */
LClosure *luaU_undump(lua_State *L, ZIO *Z, Table *anchor, const char *name, int fixed)
{
	luaO_pushfstring(L, "%s: precompiled chunks are refused, only text is run", name);
	luaD_throw(L, LUA_ERRSYNTAX);
}

/* ... and none written. */
int luaU_dump(lua_State *L, const Proto *f, lua_Writer w, void *data, int strip)
{
	lunatik_raise(L, "functions cannot be dumped: precompiled chunks are refused, only text is run");
}

int lunatik_tokey(lua_State *L, int arg, struct lunatik_key *key)
{
	const TValue *o = s2v(L->ci->func.p + arg);
	TString *ts;

	/* A script may call with fewer arguments than there ought to be. */
	if (L->ci->func.p + arg >= L->top.p)
		return LUA_TNIL;
	if (!ttisstring(o))
		return ttype(o);
	ts = tsvalue(o);
	if (strisshr(ts)) {
		key->bytes = getshrstr(ts);
		key->len = (size_t)ts->shrlen;
		key->hash = ts->hash;
	} else {
		key->bytes = getlngstr(ts);
		key->len = ts->u.lnglen;
		key->hash = luaS_hashlongstr(ts);
	}
	return LUA_TSTRING;
}

void lunatik_share(lua_State *L, unsigned int number)
{
	Udata *u = uvalue(s2v(L->top.p - 1));

	*(unsigned int *)getudatamem(u) = number;
	u->metatable->flags |= LUNATIK_SHARED;
}

int lunatik_totable(lua_State *L)
{
	const TValue *o = s2v(L->ci->func.p + 1);

	if (L->ci->func.p + 1 >= L->top.p || !ttisfulluserdata(o) ||
	    !luai_isshared(uvalue(o)->metatable))
		return -1;
	return (int)*(unsigned int *)getudatamem(uvalue(o));
}

unsigned int lunatik_hash(const char *bytes, size_t len, unsigned int seed)
{
	return luaS_hash(bytes, len, seed);
}

TString *lunatik_interned(lua_State *L, const char *bytes, size_t len, unsigned int hash)
{
	global_State *g = G(L);
	TString *ts = g->strt.hash[lmod(hash, g->strt.size)];

	for (; ts; ts = ts->u.hnext) {
		if (ts->hash == hash && (size_t)ts->shrlen == len &&
		    memcmp(getshrstr(ts), bytes, len) == 0) {
			/* The collector may have given it up without having come to it. */
			if (isdead(g, ts))
				changewhite(ts);
			return ts;
		}
	}
	return NULL;
}

lu_byte lunatik_getmeta(lua_State *L, const TValue *table, TValue *key, TValue *value)
{
	return luaV_getmeta(L, table, key, (StkId)value, LUA_VNOTABLE);
}

void lunatik_setmeta(lua_State *L, const TValue *table, TValue *key, TValue *value)
{
	luaV_setmeta(L, table, key, value, HNOTATABLE);
}

/* ../vm.rs says the same of its own. */
static_assert(offsetof(TValue, tt_) == 8);
static_assert(offsetof(TString, shrlen) == sizeof(void *) + 3);
static_assert(offsetof(TString, hash) == sizeof(void *) + 4);
static_assert(offsetof(TString, u) == sizeof(void *) + 8);
static_assert(offsetof(TString, contents) == 2 * sizeof(void *) + 8);
static_assert(offsetof(Udata0, bindata) == (sizeof(void *) == 8 ? 32 : 16));
