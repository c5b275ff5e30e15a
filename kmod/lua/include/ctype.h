/* SPDX-License-Identifier: GPL-2.0 */
/* Characters of ASCII alone: the kernel's ctype is Latin-1, which would cut characters of UTF-8. */
#ifndef LUNATIK_CTYPE_H
#define LUNATIK_CTYPE_H

#define lunatik_between(c, from, to)	((unsigned int)(c) - (from) <= (unsigned int)((to) - (from)))

static inline int isdigit(int c)
{
	return lunatik_between(c, '0', '9');
}

static inline int islower(int c)
{
	return lunatik_between(c, 'a', 'z');
}

static inline int isupper(int c)
{
	return lunatik_between(c, 'A', 'Z');
}

static inline int isalpha(int c)
{
	return islower(c | 0x20) && c < 0x80;
}

static inline int isalnum(int c)
{
	return isalpha(c) || isdigit(c);
}

static inline int isxdigit(int c)
{
	return isdigit(c) || lunatik_between(c, 'a', 'f') || lunatik_between(c, 'A', 'F');
}

static inline int iscntrl(int c)
{
	return lunatik_between(c, 0, 0x1f) || c == 0x7f;
}

static inline int isgraph(int c)
{
	return lunatik_between(c, '!', '~');
}

static inline int ispunct(int c)
{
	return isgraph(c) && !isalnum(c);
}

static inline int isspace(int c)
{
	return c == ' ' || lunatik_between(c, '\t', '\r');
}

static inline int tolower(int c)
{
	return isupper(c) ? c | 0x20 : c;
}

static inline int toupper(int c)
{
	return islower(c) ? c & ~0x20 : c;
}

#endif
