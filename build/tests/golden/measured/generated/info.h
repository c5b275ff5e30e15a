/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from lunatik.toml by lunatik-build; edit that file instead. */
#ifndef LUNATIK_GENERATED_INFO_H
#define LUNATIK_GENERATED_INFO_H

MODULE_VERSION("0.1.0");
MODULE_INFO(flavour, "measured");
MODULE_INFO(config_sha256, "731cdd9cfd6b76ac4e681e5f76f181ba7748341bd07a5b149703b05e06187e0d");
MODULE_INFO(device, "luadrv");
MODULE_INFO(mode, "0600");
MODULE_INFO(capability, "sys_admin");
MODULE_INFO(states, "4");
MODULE_INFO(when_busy, "wait");
MODULE_INFO(script_max, "1048576");
MODULE_INFO(memory_limit, "16777216");
MODULE_INFO(instruction_limit, "1000000000");
MODULE_INFO(time_limit, "600000");
MODULE_INFO(output_limit, "1048576");
MODULE_INFO(stack_reserve, "6144");
MODULE_INFO(libraries, "base,bench");
MODULE_INFO(stdlib, "");
MODULE_INFO(compiler, "true");
MODULE_INFO(table, "rcu buckets=256 max_buckets=256 max_entries=16384 value_types=integer key_max=255 max_bytes=16777216 access=read-write init=0");

/* The whole configuration. config_sha256 is the sum of it. */
#define LUNATIK_CONFIG \
	"[module]\n" \
	"name = \"measured\"\n" \
	"description = \"Lua scripting of the Linux kernel\"\n" \
	"embed-config = true\n" \
	"\n" \
	"[device]\n" \
	"name = \"luadrv\"\n" \
	"mode = 0o600\n" \
	"group = \"root\"\n" \
	"capability = \"sys_admin\"\n" \
	"\n" \
	"[exec]\n" \
	"states = 4\n" \
	"when-busy = \"wait\"\n" \
	"script-max = \"1MiB\"\n" \
	"memory-limit = \"16MiB\"\n" \
	"instruction-limit = 1000000000\n" \
	"time-limit = \"10min\"\n" \
	"output-limit = \"1MiB\"\n" \
	"stack-reserve = \"6KiB\"\n" \
	"\n" \
	"[lua]\n" \
	"libraries = [\"base\", \"bench\"]\n" \
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
	"name = \"rcu\"\n" \
	"buckets = 256\n" \
	"max-buckets = 256\n" \
	"max-entries = 16384\n" \
	"value-types = [\"integer\"]\n" \
	"key-max = 255\n" \
	"max-bytes = \"16MiB\"\n" \
	"access = \"read-write\"\n"

#endif
