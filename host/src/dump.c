// SPDX-License-Identifier: GPL-2.0
/* Writes a function as a chunk for modules to contain. The module itself cannot. */
#define LUA_CORE

#include "src/lprefix.h"

#include "src/lua.h"

#include "src/lobject.h"
#include "src/lstate.h"
#include "src/lundump.h"

/* The function of Lua's is on top of the stack. May raise, for want of memory. */
int lunatik_dump(lua_State *L, lua_Writer writer, void *data, int strip)
{
	return luaU_dumpown(L, getproto(s2v(L->top.p - 1)), writer, data, strip);
}
