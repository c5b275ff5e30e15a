/* SPDX-License-Identifier: GPL-2.0 */
/*
 * setjmp and longjmp for Lua's errors, arm64. The buffer holds x19-x30, sp
 * and, with a shadow call stack, its pointer x18.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>

SYM_FUNC_START(lunatik_setjmp)
	stp	x19, x20, [x0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	mov	x1, sp
	str	x1, [x0, #96]
#ifdef CONFIG_SHADOW_CALL_STACK
	str	x18, [x0, #104]
#endif
	mov	w0, wzr
	ret
SYM_FUNC_END(lunatik_setjmp)

SYM_FUNC_START(lunatik_longjmp)
	ldp	x19, x20, [x0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldr	x2, [x0, #96]
	mov	sp, x2
#ifdef CONFIG_SHADOW_CALL_STACK
	ldr	x18, [x0, #104]
#endif
	mov	w0, w1
	/* A return, not a branch: the target has no landing pad for BTI. */
	ret
SYM_FUNC_END(lunatik_longjmp)
