// SPDX-License-Identifier: GPL-2.0
/* The tracepoints of trace.h as functions for Rust, which do next to nothing while nobody traces. */
#include "glue.h"
#include "generated/config.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

void lunatik_trace_start(const struct lunatik_script *script)
{
	trace_lunatik_start(script);
}

void lunatik_trace_end(const struct lunatik_result *result)
{
	trace_lunatik_end(result);
}

void lunatik_trace_limit(u64 id, u32 status, const char *message, size_t size)
{
	trace_lunatik_limit(id, status, message, size);
}
