/* SPDX-License-Identifier: GPL-2.0 */
/*
 * setjmp and longjmp for Lua's errors, riscv64. The buffer holds s0-s11, ra,
 * sp and, with a shadow call stack, its pointer gp.
 */
#include <linux/linkage.h>

SYM_FUNC_START(lunatik_setjmp)
	sd	s0, 0(a0)
	sd	s1, 8(a0)
	sd	s2, 16(a0)
	sd	s3, 24(a0)
	sd	s4, 32(a0)
	sd	s5, 40(a0)
	sd	s6, 48(a0)
	sd	s7, 56(a0)
	sd	s8, 64(a0)
	sd	s9, 72(a0)
	sd	s10, 80(a0)
	sd	s11, 88(a0)
	sd	ra, 96(a0)
	sd	sp, 104(a0)
#ifdef CONFIG_SHADOW_CALL_STACK
	sd	gp, 112(a0)
#endif
	li	a0, 0
	ret
SYM_FUNC_END(lunatik_setjmp)

SYM_FUNC_START(lunatik_longjmp)
	ld	s0, 0(a0)
	ld	s1, 8(a0)
	ld	s2, 16(a0)
	ld	s3, 24(a0)
	ld	s4, 32(a0)
	ld	s5, 40(a0)
	ld	s6, 48(a0)
	ld	s7, 56(a0)
	ld	s8, 64(a0)
	ld	s9, 72(a0)
	ld	s10, 80(a0)
	ld	s11, 88(a0)
	ld	ra, 96(a0)
	ld	sp, 104(a0)
#ifdef CONFIG_SHADOW_CALL_STACK
	ld	gp, 112(a0)
#endif
	mv	a0, a1
	ret
SYM_FUNC_END(lunatik_longjmp)
