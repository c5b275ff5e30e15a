/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface of a Lunatik device, beside open, write and close.
 *
 * What is written to an open file is the text of a script, or the name of one that the
 * module contains (LUNATIK_RUN_NAMED). The script starts
 *
 * - with LUNATIK_IOC_RUN, or with the first read: then it is this file's. What
 *   it prints is read from the file, until the end of file says that it has
 *   ended; LUNATIK_IOC_RESULT tells how. Closing the file ends the script.
 * - else with the last close of the file: then nobody waits for it, and what it
 *   prints goes to the kernel's log.
 *
 * After the end of a script the file takes the text of another one; while it
 * runs, writing fails with EBUSY. What has not been read of a script's output is
 * dropped when the next one starts. A read of a file to which nothing has been
 * written fails with ENODATA, and with EINVAL if it is not open for writing.
 *
 * poll() starts nothing. It says EPOLLIN when there is output or the script has ended, EPOLLHUP
 * when it has ended, EPOLLOUT when the file takes text, and EPOLLERR when it has
 * refused some, which the next read or write says more of. With O_NONBLOCK, what
 * would wait fails with EAGAIN; a read has started the script by then.
 *
 * Versions: structures grow at their ends only, and the number of an ioctl
 * contains their size. Of a smaller one than the module's, the rest counts as
 * zero; a larger one is fine as long as what the module does not know is zero,
 * else the ioctl fails with E2BIG. Unknown flags fail with EINVAL. An ioctl that
 * the module does not know fails with ENOTTY. What the module fills in beyond
 * what it knows is zero. LUNATIK_ABI grows when something is added.
 *
 * Sizes are bytes; texts have no zero byte at the end, but for arrays of char in
 * a structure, which always do. Pointers are in __u64.
 */
#ifndef _UAPI_LUNATIK_H
#define _UAPI_LUNATIK_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LUNATIK_ABI	2

/* What the module is. Needs no right but to open the device. */
struct lunatik_info {
	__u32 abi;			/* LUNATIK_ABI of the module */
	__u32 states;			/* scripts that can run at a time */
	__u32 tables;			/* shared tables */
	__u32 flags;			/* LUNATIK_INFO_* */
	__u64 script_max;		/* the longest script */
	__u64 instruction_limit;	/* the flavour's limits; 0: none */
	__u64 time_limit;		/* milliseconds */
	__u64 memory_limit;
	__u64 output_limit;
	char module[64];
	char device[64];
	char version[64];
	__u32 scripts;			/* that the module contains */
	__u32 reserved;
};

/* The module compiles nothing: what is written to it is always the name of a script. */
#define LUNATIK_INFO_NO_COMPILER	(1 << 0)

/* Arguments of a script: one after the other, each at a multiple of 8. */
struct lunatik_value {
	__u32 type;			/* LUNATIK_TYPE_* */
	__u32 size;			/* of `bytes` */
	__u8 bytes[];			/* a boolean is 1 byte, 0 or 1; an integer is an __s64. Up to
					 * the next record there are zeros. */
};

#define LUNATIK_TYPE_NIL	0
#define LUNATIK_TYPE_BOOLEAN	1
#define LUNATIK_TYPE_INTEGER	2
#define LUNATIK_TYPE_STRING	3

/*
 * Start the script that has been written, and return as soon as a state has it.
 * Waits for a free state unless the flavour or O_NONBLOCK says otherwise.
 * ENODATA: nothing has been written. EBUSY: a script of this file runs, or all
 * states are taken and the flavour says so. Where no state could be had, by a
 * signal for one, the text is there for another try; LUNATIK_IOC_KILL drops it.
 * A script that is ended while it waits has started, and its result says that it
 * was killed. What was wrong with the text when it was written (EFBIG, ENOEXEC),
 * this and a read report once.
 */
struct lunatik_run {
	__u32 flags;			/* LUNATIK_RUN_* */
	__u32 argc;			/* how many values there are in `args` */
	__u64 args;			/* struct lunatik_value... */
	__u64 args_size;		/* at most script_max, else E2BIG */
	__u64 name;			/* what errors call the script; without one, "script" */
	__u64 name_size;		/* at most 63, and no control characters */
	__u64 instruction_limit;	/* 0: the flavour's. More than that: EPERM */
	__u64 time_limit;		/* milliseconds */
	__u64 memory_limit;
	__u64 output_limit;
	__u64 id;			/* out: the number of the run, never 0 and never used again */
};

/* Compile, but do not run. */
#define LUNATIK_RUN_CHECK	(1 << 0)
/*
 * Keep the state, with its globals, for the next script of this file, however
 * this one ends. Until then, or the close of the file, nobody else can have it.
 */
#define LUNATIK_RUN_KEEP	(1 << 1)
/* Go on when the file is closed; then the output goes to the kernel's log. */
#define LUNATIK_RUN_DETACH	(1 << 2)
/* Keep what the script returns, as text and as JSON, for LUNATIK_IOC_RESULT. */
#define LUNATIK_RUN_VALUES	(1 << 3)
#define LUNATIK_RUN_JSON	(1 << 4)
/*
 * What has been written is the name of a script that the module contains: one line, with
 * or without its end. Unless it is given another name, that is what the list calls it. ENOEXEC: there is
 * none of that name, and what was written is dropped. EINVAL: the module contains no scripts at all.
 */
#define LUNATIK_RUN_NAMED	(1 << 5)

/*
 * How the last script of this file ended. Waits for its end (EAGAIN with
 * O_NONBLOCK). ENODATA: none has been started. Finalizers that run when its state
 * is closed are a part of the script, and so is their end by a limit.
 *
 * Each text is copied as far as there is room, `*_size` says how much there is
 * room for, and then how long the text is.
 */
struct lunatik_result {
	__u32 status;			/* LUNATIK_STATUS_* */
	__u32 reserved;
	__u64 id;
	__u64 instructions;		/* of Lua's virtual machine */
	__u64 memory;			/* at the peak */
	__u64 output;			/* what was printed */
	__u64 cpu_time;			/* nanoseconds */
	__u64 wall_time;		/* nanoseconds */
	__u64 error;			/* the message, and a traceback */
	__u64 error_size;
	__u64 values;			/* with tabs between them, as print would show them; of a
					   script that returned, if its finalizers were ended, too */
	__u64 values_size;
	__u64 json;			/* an array of them; what has no JSON makes it an error */
	__u64 json_size;
};

#define LUNATIK_STATUS_OK		0
#define LUNATIK_STATUS_SYNTAX		1	/* it is no Lua */
#define LUNATIK_STATUS_ERROR		2	/* it raised an error */
#define LUNATIK_STATUS_NO_MEMORY	3	/* the kernel had none */
#define LUNATIK_STATUS_INSTRUCTION_LIMIT 4
#define LUNATIK_STATUS_TIME_LIMIT	5
#define LUNATIK_STATUS_MEMORY_LIMIT	6
#define LUNATIK_STATUS_OUTPUT_LIMIT	7
#define LUNATIK_STATUS_KILLED		8
#define LUNATIK_STATUS_UNLOADED		9	/* the module was about to go */

/* A script that runs or waits for a state. */
struct lunatik_script {
	__u64 id;
	__u32 state;			/* LUNATIK_STATE_NONE: waits for one */
	__u32 pid;			/* the submitter's, as the reader's namespace has it; else 0 */
	__u32 uid;			/* the submitter's, as the reader's namespace has it */
	__u32 flags;			/* LUNATIK_RUN_* that it was started with, and below */
	__u64 age;			/* nanoseconds since it was submitted */
	__u64 instructions;		/* so far */
	__u64 memory;			/* now */
	char name[64];
};

#define LUNATIK_STATE_NONE	0xffffffffU
/* In `flags` only: the state is kept, and idle. */
#define LUNATIK_SCRIPT_IDLE	(1U << 31)

/* The scripts of the caller's uid; with CAP_SYS_ADMIN all. The other list has other structures. */
struct lunatik_list {
	__u64 scripts;			/* room for struct lunatik_script... */
	__u32 room;			/* how many */
	__u32 stride;			/* bytes of each */
	__u32 count;			/* out: how many there are, which may be more than `room` */
	__u32 reserved;
};

/* A script that the module contains. */
struct lunatik_named {
	__u32 flags;			/* LUNATIK_NAMED_* */
	__u32 size;			/* compiled */
	char name[64];
};

/* It runs when the module is loaded, and whenever it is named. */
#define LUNATIK_NAMED_AT_LOAD	(1 << 0)

/*
 * End a script, or give back the state that it has left, and return at once. ESRCH: there is none (any more). EPERM: it
 * is another uid's, and the caller lacks CAP_SYS_ADMIN.
 *
 * With 0 for the number, it is the script of this file, whosever it is. One that has been written and not started is
 * forgotten: its text, and what was wrong with that (EFBIG, ENOEXEC). Then the file takes another one, and its close
 * starts nothing. A state that the script before has left stays for the next one.
 */
struct lunatik_kill {
	__u64 id;
};

#define LUNATIK_IOC_MAGIC	0xBC
#define LUNATIK_IOC_INFO	_IOR(LUNATIK_IOC_MAGIC, 0, struct lunatik_info)
#define LUNATIK_IOC_RUN		_IOWR(LUNATIK_IOC_MAGIC, 1, struct lunatik_run)
#define LUNATIK_IOC_RESULT	_IOWR(LUNATIK_IOC_MAGIC, 2, struct lunatik_result)
#define LUNATIK_IOC_LIST	_IOWR(LUNATIK_IOC_MAGIC, 3, struct lunatik_list)
#define LUNATIK_IOC_KILL	_IOW(LUNATIK_IOC_MAGIC, 4, struct lunatik_kill)
/* The scripts that the module contains, as struct lunatik_named. ENOTTY: it contains none. */
#define LUNATIK_IOC_SCRIPTS	_IOWR(LUNATIK_IOC_MAGIC, 5, struct lunatik_list)

#endif
