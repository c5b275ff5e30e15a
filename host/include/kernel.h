/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the C of the module takes from the kernel's headers, declared for the
 * host, whose C library has the functions. build.rs gives it the kernel's names.
 */
#ifndef LUNATIK_HOST_KERNEL_H
#define LUNATIK_HOST_KERNEL_H

#ifdef __ASSEMBLER__

/* linux/linkage.h, linux/objtool.h, asm/assembler.h */
#define SYM_FUNC_START(name)	.globl name; .type name, %function; name:
#define SYM_FUNC_END(name)	.size name, . - name
#define RET			ret
.macro STACK_FRAME_NON_STANDARD name
.endm
.section .note.GNU-stack, "", %progbits
.text

#else

/* linux/types.h, linux/stddef.h, linux/stdarg.h, linux/build_bug.h */
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long long uintmax_t;
typedef _Bool bool;
#define true			1
#define false			0
#define NULL			((void *)0)
#define offsetof(type, member)	__builtin_offsetof(type, member)
typedef __builtin_va_list va_list;
#define va_start(list, last)	__builtin_va_start(list, last)
#define va_arg(list, type)	__builtin_va_arg(list, type)
#define va_copy(to, from)	__builtin_va_copy(to, from)
#define va_end(list)		__builtin_va_end(list)
#define static_assert(e)	_Static_assert(e, #e)

/* linux/string.h */
void *memchr(const void *s, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *s, int c, size_t n);
char *strchr(const char *s, int c);
int strcmp(const char *a, const char *b);
char *strcpy(char *to, const char *from);
size_t strlen(const char *s);
int strncmp(const char *a, const char *b, size_t n);
char *strpbrk(const char *s, const char *accept);
char *strstr(const char *s, const char *what);
size_t strspn(const char *s, const char *accept);

/* linux/sprintf.h, linux/panic.h */
__attribute__((__format__(__printf__, 3, 4)))
int snprintf(char *to, size_t size, const char *format, ...);
int vsnprintf(char *to, size_t size, const char *format, va_list list);
__attribute__((__noreturn__)) void abort(void);

/* As snprintf(), but it returns how much there is, not how much there would be. */
__attribute__((__format__(__printf__, 3, 4)))
static inline int scnprintf(char *to, size_t size, const char *format, ...)
{
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(to, size, format, list);
	va_end(list);
	return (size_t)len < size ? len : (int)size - 1;
}

#endif

#endif
