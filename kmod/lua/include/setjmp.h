/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LUNATIK_SETJMP_H
#define LUNATIK_SETJMP_H

/* The registers that a call preserves, stack pointer and return address; setjmp_*.S knows the order. */
#if defined(__x86_64__)
typedef unsigned long jmp_buf[8];
#elif defined(__aarch64__)
typedef unsigned long jmp_buf[14];
#elif defined(__riscv) && __riscv_xlen == 64
typedef unsigned long jmp_buf[15];
#else
#error "setjmp is written for x86-64, arm64 and riscv64"
#endif

#endif
