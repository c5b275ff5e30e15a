/* SPDX-License-Identifier: GPL-2.0 */
/*
 * setjmp and longjmp for Lua's errors, x86-64. The buffer holds
 * rbx rbp r12 r13 r14 r15 rsp rip: what a call preserves, the stack pointer
 * as it is after the return from setjmp, and where that return goes.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>

SYM_FUNC_START(lunatik_setjmp)
	movq	%rbx, (%rdi)
	movq	%rbp, 8(%rdi)
	movq	%r12, 16(%rdi)
	movq	%r13, 24(%rdi)
	movq	%r14, 32(%rdi)
	movq	%r15, 40(%rdi)
	leaq	8(%rsp), %rax
	movq	%rax, 48(%rdi)
	movq	(%rsp), %rax
	movq	%rax, 56(%rdi)
	xorl	%eax, %eax
	RET
SYM_FUNC_END(lunatik_setjmp)

/*
 * Leaves by a return, not by an indirect jump: its target, in the middle of a
 * function, has no ENDBR for IBT, and a jump would want a retpoline.
 */
SYM_FUNC_START(lunatik_longjmp)
	movl	%esi, %eax
	movq	(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	48(%rdi), %rsp
	pushq	56(%rdi)
	RET
SYM_FUNC_END(lunatik_longjmp)
STACK_FRAME_NON_STANDARD lunatik_longjmp
