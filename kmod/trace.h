/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tracepoints of scripts, in /sys/kernel/tracing/events/: trace.c has
 * them, for Rust to call.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM LUNATIK_TRACE_SYSTEM

#if !defined(LUNATIK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define LUNATIK_TRACE_H

#include <linux/tracepoint.h>

#include "uapi/lunatik.h"

#define lunatik_show_status(status)					\
	__print_symbolic(status,					\
		{ LUNATIK_STATUS_OK, "ok" },				\
		{ LUNATIK_STATUS_SYNTAX, "syntax" },			\
		{ LUNATIK_STATUS_ERROR, "error" },			\
		{ LUNATIK_STATUS_NO_MEMORY, "no-memory" },		\
		{ LUNATIK_STATUS_INSTRUCTION_LIMIT, "instruction-limit" }, \
		{ LUNATIK_STATUS_TIME_LIMIT, "time-limit" },		\
		{ LUNATIK_STATUS_MEMORY_LIMIT, "memory-limit" },	\
		{ LUNATIK_STATUS_OUTPUT_LIMIT, "output-limit" },	\
		{ LUNATIK_STATUS_KILLED, "killed" },			\
		{ LUNATIK_STATUS_UNLOADED, "unloaded" })

/* A state has the script. */
TRACE_EVENT(lunatik_start,
	TP_PROTO(const struct lunatik_script *script),
	TP_ARGS(script),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, state)
		__field(u32, pid)
		__field(u32, uid)
		__field(u32, flags)
		__string(name, script->name)
	),

	TP_fast_assign(
		__entry->id = script->id;
		__entry->state = script->state;
		__entry->pid = script->pid;
		__entry->uid = script->uid;
		__entry->flags = script->flags;
		__assign_str(name);
	),

	TP_printk("id=%llu name=%s state=%u pid=%u uid=%u flags=0x%x",
		__entry->id, __get_str(name), __entry->state, __entry->pid, __entry->uid,
		__entry->flags)
);

/* The script has ended. Times are in nanoseconds, memory is in bytes and at its peak. */
TRACE_EVENT(lunatik_end,
	TP_PROTO(const struct lunatik_result *result),
	TP_ARGS(result),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, status)
		__field(u64, instructions)
		__field(u64, memory)
		__field(u64, output)
		__field(u64, cpu_time)
		__field(u64, wall_time)
	),

	TP_fast_assign(
		__entry->id = result->id;
		__entry->status = result->status;
		__entry->instructions = result->instructions;
		__entry->memory = result->memory;
		__entry->output = result->output;
		__entry->cpu_time = result->cpu_time;
		__entry->wall_time = result->wall_time;
	),

	TP_printk("id=%llu status=%s instructions=%llu memory=%llu output=%llu cpu_time=%llu wall_time=%llu",
		__entry->id, lunatik_show_status(__entry->status), __entry->instructions,
		__entry->memory, __entry->output, __entry->cpu_time, __entry->wall_time)
);

/* The script has come to a limit, where the message says, and ends. */
TRACE_EVENT(lunatik_limit,
	TP_PROTO(u64 id, u32 status, const char *message, size_t size),
	TP_ARGS(id, status, message, size),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, status)
		__string_len(message, message, size)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->status = status;
		__assign_str(message);
	),

	TP_printk("id=%llu limit=%s message=\"%s\"",
		__entry->id, lunatik_show_status(__entry->status), __get_str(message))
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
