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

/* In ../limits.rs. Why to end a script that got no memory, or 0. */
int lunatik_refused(struct lunatik_run *run);
/* Note that the script ends and why, at a line of a source, or nowhere if that is -1. */
void lunatik_ending(struct lunatik_run *run, int ending, const char *source, int line);
/* Add to what the script's submitter is told of its end. */
void lunatik_tell(struct lunatik_run *run, const char *text, size_t len);

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

#ifdef LUNATIK_TRACEBACKS
static void tell(lua_State *L, const char *format, const char *first, const char *second, int line)
{
	char text[160];
	int len = scnprintf(text, sizeof(text), format, first, second, line);

	lunatik_tell(lunatik_run(L), text, len);
}

/* Tell where a function of the call stack is, in the words of luaL_traceback(). */
static void tell_level(lua_State *L, CallInfo *ci)
{
	lua_Debug ar = { .i_ci = ci };

	lua_getinfo(L, "Slnt", &ar);
	if (ar.currentline <= 0)
		tell(L, "\n\t%s: in ", ar.short_src, "", 0);
	else
		tell(L, "\n\t%s:%.0s%d: in ", ar.short_src, "", ar.currentline);
	if (*ar.namewhat)
		tell(L, "%s '%s'", ar.namewhat, ar.name, 0);
	else if (*ar.what == 'm')
		tell(L, "main chunk", "", "", 0);
	else if (*ar.what != 'C')
		tell(L, "function <%s:%.0s%d>", ar.short_src, "", ar.linedefined);
	else
		tell(L, "?", "", "", 0);
	if (ar.istailcall)
		tell(L, "\n\t(...tail calls...)", "", "", 0);
}

/* Levels of the call stack that are told of, at its top and at its bottom. */
#define TOP	10
#define BOTTOM	11

/* Tell of the call stack, which has so many levels. */
static void tell_levels(lua_State *L, int levels)
{
	int level = 0;

	tell(L, "\nstack traceback:", "", "", 0);
	for (CallInfo *ci = L->ci; ci != &L->base_ci; ci = ci->previous, level++) {
		if (level < TOP || level >= levels - BOTTOM)
			tell_level(L, ci);
		else if (level == TOP)
			tell(L, "\n\t...\t(skipping %s%s%d levels)", "", "", levels - TOP - BOTTOM);
	}
}
#else
static void tell_levels(lua_State *L, int levels)
{
}
#endif

/*
 * End the script. Nothing catches this: protected calls come back to code that
 * meets a checkpoint at once, and none lets it go on. Nothing here uses memory of
 * the state's, of which there may be none.
 */
static l_noret lunatik_end(lua_State *L, int ending)
{
	struct lunatik_run *run = lunatik_run(L);
	CallInfo *ci = L->ci;
	lua_Debug ar = { .currentline = -1 };
	int levels = 0;

	if (!run->ending) {
		/* The line is that of the innermost function of Lua's. */
		for (; ci != &L->base_ci; ci = ci->previous, levels++) {
			if (ar.currentline < 0 && isLua(ci)) {
				ar.i_ci = ci;
				lua_getinfo(L, "Sl", &ar);
			}
		}
		lunatik_ending(run, ending, ar.short_src, ar.currentline);
		tell_levels(L, levels);
	}
	luaD_throw(L, LUA_ERRMEM);
}

void lunatik_checkpoint(lua_State *L)
{
	int ending = lunatik_refuel(lunatik_run(L));

	if (ending)
		lunatik_end(L, ending);
}

void lunatik_nomemory(lua_State *L)
{
	/* A state that is being made has no run yet. */
	int ending = completestate(G(L)) ? lunatik_refused(lunatik_run(L)) : 0;

	if (ending)
		lunatik_end(L, ending);
	luaD_throw(L, LUA_ERRMEM);
}

void lunatik_exceeded(lua_State *L, int ending)
{
	lunatik_end(L, ending);
}

long long lunatik_nofloat(lua_State *L, int op)
{
	lunatik_raise(L, op == LUA_OPDIV ?
		"'/' gives a float, and numbers are 64-bit integers (use '//' to divide integers)" :
		"'^' gives a float, and numbers are 64-bit integers (multiply, or use '<<' for powers of two)");
}

#ifndef LUNATIK_NO_COMPILER
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
#endif

/*
 * Bad bytecode crashes an interpreter, so none is read but the module's own. That is `fixed`, to stay
 * where it is, which no script can ask for...
 */
LClosure *luaU_undump(lua_State *L, ZIO *Z, Table *anchor, const char *name, int fixed)
{
#ifdef LUNATIK_BYTECODE
	if (fixed)
		return luaU_undumpown(L, Z, anchor, name, fixed);
#endif
	luaO_pushfstring(L, "%s: precompiled chunks are refused, only text is run", name);
	luaD_throw(L, LUA_ERRSYNTAX);
}

/* ... and none is written. */
int luaU_dump(lua_State *L, const Proto *f, lua_Writer w, void *data, int strip)
{
	lunatik_raise(L, "functions cannot be dumped: precompiled chunks are refused");
}

int lunatik_tokey(lua_State *L, int arg, size_t max, struct lunatik_key *key)
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
		key->hash = key->len <= max ? luaS_hashlongstr(ts) : 0;
	}
	return LUA_TSTRING;
}

void lunatik_share(lua_State *L, unsigned int number)
{
	uvalue(s2v(L->top.p - 1))->shared = number + 1;
}

int lunatik_totable(lua_State *L)
{
	const TValue *o = s2v(L->ci->func.p + 1);

	if (L->ci->func.p + 1 >= L->top.p || !ttisfulluserdata(o))
		return -1;
	return (int)uvalue(o)->shared - 1;
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

/*
 * Chunks depend on the order of bytes and on these sizes, not on a kernel's word. What else there is
 * in their headers is looked at when one is loaded.
 */
#ifdef LUNATIK_BYTECODE
#if LUNATIK_BYTECODE != __BYTE_ORDER__
#error "the scripts of this flavour were compiled for kernels with the other order of bytes"
#endif
static_assert(sizeof(int) == 4);
static_assert(sizeof(Instruction) == 4);
static_assert(sizeof(lua_Integer) == 8);
static_assert(sizeof(lua_Number) == 8);
#endif

/* ../vm.rs says the same of its own. */
static_assert(offsetof(TValue, tt_) == 8);
static_assert(offsetof(TString, shrlen) == sizeof(void *) + 3);
static_assert(offsetof(TString, hash) == sizeof(void *) + 4);
static_assert(offsetof(TString, u) == sizeof(void *) + 8);
static_assert(offsetof(TString, contents) == 2 * sizeof(void *) + 8);
static_assert(offsetof(Udata, shared) == (sizeof(void *) == 8 ? 12 : 8));
