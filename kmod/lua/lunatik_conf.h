/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How Lua differs in a kernel, as far as macros reach. Included at the end of
 * luaconf.h, so before everything else in Lua. What no macro reaches is in
 * patches/; the functions named here are in lunatik.c.
 *
 * Numbers are 64-bit integers only: a kernel has no floating point unit to
 * use. `lua_Number` is an integer type as well, so that no declaration of the
 * API changes, and the patches see to it that no value of Lua's float subtype
 * comes into being.
 */
#ifndef LUNATIK_CONF_H
#define LUNATIK_CONF_H

#include "../generated/config.h"

/* Numbers. */
#undef LUA_NUMBER
#undef LUAI_UACNUMBER
#undef LUA_NUMBER_FMT
#undef LUA_NUMBER_FMT_N
#undef l_floatatt
#undef l_floor
#undef l_mathop
#undef lua_str2number
#undef lua_strx2number
#undef lua_number2strx
#define LUA_NUMBER		long long
#define LUAI_UACNUMBER		long long
#define LUA_NUMBER_FMT		"%lld"
#define LUA_NUMBER_FMT_N	"%lld"
/* What <float.h> would say of a float with the precision of an integer. */
#define LUNATIK_FLT_MANT_DIG	63
#define LUNATIK_FLT_MAX_10_EXP	19
#define LUNATIK_FLT_DIG		18
#define l_floatatt(n)		(LUNATIK_FLT_##n)
#define l_floor(x)		(x)
#define l_mathop(op)		op
/* No string is a float numeral: say that nothing was recognized. */
#define lua_str2number(s, p)	lunatik_str2number((s), (p))
#define lua_strx2number(s, p)	lunatik_str2number((s), (p))
#define lua_number2strx(L, b, sz, f, n) \
	((void)(L), l_sprintf((b), (sz), LUA_NUMBER_FMT, (LUAI_UACNUMBER)(n)))
#define l_hashfloat(n)		((void)(n), 0)
/* Reached through lua_arith() alone, by arithmetic on numeral strings. */
#define luai_numdiv(L, a, b)	((void)(a), (void)(b), lunatik_nofloat((L), LUA_OPDIV))
#define luai_numpow(L, a, b)	((void)(a), (void)(b), lunatik_nofloat((L), LUA_OPPOW))
/* Operators of two floats, which do not exist: never reached. */
#define luai_numidiv(L, a, b)	((void)(L), (void)(a), (void)(b), 0)
#define luai_nummod(L, a, b, m)	{ (void)(L); (void)(a); (void)(b); (m) = 0; }

/* The kernel's own of these have casts in them, which Lua's #if cannot read. */
#undef LUA_MAXINTEGER
#undef LUA_MININTEGER
#undef LUA_MAXUNSIGNED
#define LUA_MAXINTEGER		9223372036854775807LL
#define LUA_MININTEGER		(-9223372036854775807LL - 1)
#define LUA_MAXUNSIGNED		18446744073709551615ULL
#undef LUAI_MAXALIGN
#define LUAI_MAXALIGN		void *s; long long l

/* What messages begin with: the name of a script, whole, and a zero (../uapi/lunatik.h). */
#undef LUA_IDSIZE
#define LUA_IDSIZE		64

/* Buffers on the stack: a kernel stack is small, longer ones go to the heap. */
#undef LUAL_BUFFERSIZE
#define LUAL_BUFFERSIZE		256

/*
 * A cache of the strings that C functions name, by where they stand in memory:
 * 800 bytes in each state as Lua has it. What looks up names often here has
 * them at hand, and asks for no such string.
 */
#define STRCACHE_N	7
#define STRCACHE_M	1

/* Strings in a bucket of a state's table of strings, in the mean and at most. */
#ifdef LUNATIK_SMALL
#define LUAI_STRLOAD	4
#define MINSTRTABSIZE	32
#else
#define LUAI_STRLOAD	1
#endif

/* Slots of Lua's own stack, 16 bytes each: runaway recursion ends well before memory does. */
#define LUAI_MAXSTACK		200000

/* No locale, no terminal, no clock. */
#undef lua_getlocaledecpoint
#define lua_getlocaledecpoint()	'.'
#define lua_writestringerror(s, p)	((void)(s), (void)(p))
#define luai_makeseed()		lunatik_random()
#define l_signalT		int

/* Errors: see setjmp_*.S. */
#define LUAI_THROW(L, c)	lunatik_longjmp((c)->b, 1)
#define LUAI_TRY(L, c, f, ud)	if (lunatik_setjmp((c)->b) == 0) ((f)(L, ud))

/*
 * The dispatch table of the interpreter is a table of label addresses, which
 * objtool wants named as such to follow it.
 */
#define LUA_USE_JUMPTABLE	1
#define luai_jumptable		__attribute__((__section__(".data.rel.ro.c_jump_table")))

/*
 * Where it may not jump through a table, clang makes comparisons of `goto *`, some
 * fourteen instructions of them that processors predict badly. This is the jump as gcc
 * makes it: the kernel rewrites it to what the machine needs against speculation. Nothing
 * says so, but it does not come out below, where the first of the labels is.
 */
#if defined(__clang__) && defined(CONFIG_X86_64) && defined(CONFIG_MITIGATION_RETPOLINE)
#define luai_goto(target, ...) \
	asm goto("jmp __x86_indirect_thunk_rax" : : "a" (target) : : __VA_ARGS__);
#endif

/*
 * Checkpoints: a script uses up fuel, one unit for each instruction that it runs. C
 * functions use some for each turn of a long loop, and for long work on memory. Where
 * none is left, lunatik_checkpoint() lets others run and refills it, or ends the script.
 * The interpreter keeps the fuel in a variable of its own while it runs alone.
 */
struct lunatik_run {
	long fuel;
	/* Why the script has been ended, as LUNATIK_STATUS_*, or 0. */
	int ending;
	/* Fuel that there was in all, what is left of it included. */
	unsigned long long granted;
};

#define lunatik_run(L) \
	(*(struct lunatik_run **)((char *)(L) - LUA_EXTRASPACE))
#ifndef LUNATIK_NO_CHECKPOINTS
#define luai_burn(L, n)		(lunatik_run(L)->fuel -= (long)(n))
#else
/* For the measurement of what all this costs (bench/): scripts without an end. */
#define luai_burn(L, n)		((void)(L), (void)(n), 1L)
#endif
#define luai_checkpointn(L, n) \
	{ if (luai_unlikely(luai_burn(L, n) < 0)) lunatik_checkpoint(L); }
#define luai_checkpoint(L)	luai_checkpointn(L, 1)
/* In a loop over bytes, `i` of them by now. */
#define LUAI_SLICE		4096
#define luai_checkpointslice(L, i) \
	{ if (((i) & (LUAI_SLICE - 1)) == 0) luai_checkpointn(L, LUAI_SLICE / 16); }
/* The same in one that is short as a rule: `i` counts from 1, and a few cost nothing. */
#define luai_checkpointeach(L, i) \
	{ if (((i) & 255) == 0) luai_checkpointn(L, 256 / 16); }
/* What frees one of Lua's own buffers. */
#define luai_isbuffer(tm)	(ttislcf(tm) && fvalue(tm) == luaL_boxgc)
/* Nothing that a script has for its end runs once it is ended, but for these. */
#define luai_isover(L, tm)	(lunatik_run(L)->ending && !luai_isbuffer(tm))
/* Where in a function an error may be to be told the names of what it is about. */
#define LUAI_MAXNAMED		(1 << 16)
/*
 * Slots of ephemeron tables that one collection looks at before it gives up on
 * those that only a chain through other such tables would decide: following a
 * chain takes quadratic time, in which nothing can end the script.
 */
#define LUAI_MAXVISITS		(1 << 18)
/* Where a value is compared or given to a shared table, which may be a long string: `use` takes what that costs. */
#define luai_uselong(o, use) \
	{ if (luai_unlikely(ttislngstring(o))) use(tsvalue(o)->u.lnglen / 256); }

/* objtool wants to know of every function that never returns. */
#define luai_noreturn		__attribute__((__noreturn__))
#define luai_noinline		__attribute__((__noinline__))
/* Of a module without chunks of its own, nothing is ever undumped. */
#ifdef LUNATIK_BYTECODE
#define luai_noundump
#else
#define luai_noundump		luai_noreturn
#endif

struct lua_State;
struct TValue;

__attribute__((__returns_twice__)) int lunatik_setjmp(unsigned long *buf);
luai_noreturn void lunatik_longjmp(unsigned long *buf, int value);
unsigned int lunatik_random(void);
/* A hash of an address that does not tell the address. */
unsigned int lunatik_hash_pointer(const void *address);
/* Is so little of the kernel stack left that only the handlers of an error may go on? */
int lunatik_stack_low(void);
/* Is less of it left than the flavour's stack-reserve? */
int lunatik_stack_exhausted(void);
void lunatik_checkpoint(struct lua_State *L);
/* In ../limits.rs. Refill the fuel; returns why to end the script, or 0. */
int lunatik_refuel(struct lunatik_run *run);
/* End the script, with LUNATIK_STATUS_* as the reason. */
luai_noreturn void lunatik_exceeded(struct lua_State *L, int ending);
/* The finalizer of the buffers of lauxlib.c. */
int luaL_boxgc(struct lua_State *L);
/* Raise an error: no memory was to be had, for want of it or by the script's limit. */
luai_noreturn void lunatik_nomemory(struct lua_State *L);
/*
 * In ../generated/tables.rs: get and set a field of a shared table, and return whether that
 * could be done. They raise nothing and do nothing in the state, which setting does not even know.
 */
_Bool lunatik_index(struct lua_State *L, const struct TValue *table,
		    struct TValue *key, struct TValue *value);
_Bool lunatik_newindex(const struct TValue *table, struct TValue *key, struct TValue *value);
luai_noreturn long long lunatik_nofloat(struct lua_State *L, int op);
const char *lunatik_badnumeral(const char *numeral);

static inline long long lunatik_str2number(const char *s, char **end)
{
	if (end)
		*end = (char *)s;
	return 0;
}

#endif
