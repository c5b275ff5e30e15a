/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from lunatik.toml by lunatik-build; edit that file instead. */
#ifndef LUNATIK_GENERATED_INFO_H
#define LUNATIK_GENERATED_INFO_H

MODULE_VERSION("0.1.0");
MODULE_INFO(flavour, "tiny");
MODULE_INFO(config_sha256, "73cfe0f52d8c41c2e4d6d23f495810b4f1981071914ab71440ef56435f45419c");
MODULE_INFO(device, "tiny-lua");
MODULE_INFO(mode, "0620");
MODULE_INFO(capability, "none");
MODULE_INFO(states, "1");
MODULE_INFO(when_busy, "error");
MODULE_INFO(script_max, "4096");
MODULE_INFO(memory_limit, "65536");
MODULE_INFO(instruction_limit, "1000000000");
MODULE_INFO(time_limit, "600000");
MODULE_INFO(output_limit, "1048576");
MODULE_INFO(stack_reserve, "4096");
MODULE_INFO(libraries, "base");
MODULE_INFO(stdlib, "");
MODULE_INFO(compiler, "true");
MODULE_INFO(table, "count buckets=16 max_buckets=16 max_entries=1024 value_types=integer key_max=16 max_bytes=16777216 access=read-write init=0");

/* The whole configuration. config_sha256 is the sum of it. */
#define LUNATIK_CONFIG \
	"[module]\n" \
	"name = \"tiny\"\n" \
	"description = \"Lua, and no more than \\\"integers\\\"\"\n" \
	"embed-config = true\n" \
	"\n" \
	"[device]\n" \
	"name = \"tiny-lua\"\n" \
	"mode = 0o620\n" \
	"group = \"root\"\n" \
	"capability = \"none\"\n" \
	"\n" \
	"[exec]\n" \
	"states = 1\n" \
	"when-busy = \"error\"\n" \
	"script-max = \"4KiB\"\n" \
	"memory-limit = \"64KiB\"\n" \
	"instruction-limit = 1000000000\n" \
	"time-limit = \"10min\"\n" \
	"output-limit = \"1MiB\"\n" \
	"stack-reserve = \"4KiB\"\n" \
	"\n" \
	"[lua]\n" \
	"libraries = [\"base\"]\n" \
	"stdlib = []\n" \
	"compiler = true\n" \
	"debug-info = true\n" \
	"\n" \
	"[build]\n" \
	"optimize = \"speed\"\n" \
	"strip = false\n" \
	"tracebacks = true\n" \
	"tracepoints = true\n" \
	"\n" \
	"[[table]]\n" \
	"name = \"count\"\n" \
	"buckets = 16\n" \
	"max-buckets = 16\n" \
	"max-entries = 1024\n" \
	"value-types = [\"integer\"]\n" \
	"key-max = 16\n" \
	"max-bytes = \"16MiB\"\n" \
	"access = \"read-write\"\n"

#endif
