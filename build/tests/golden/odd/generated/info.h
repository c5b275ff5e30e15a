/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from lunatik.toml by lunatik-build; edit that file instead. */
#ifndef LUNATIK_GENERATED_INFO_H
#define LUNATIK_GENERATED_INFO_H

MODULE_VERSION("0.1.0");
MODULE_INFO(flavour, "odd");
MODULE_INFO(config_sha256, "2b1a318c99006b27a345030c0c381fa9546ee769fd963e4c80d08aedbbc8771a");
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
MODULE_INFO(libraries, "base,math,coroutine,history");
MODULE_INFO(stdlib, "memo");
MODULE_INFO(compiler, "true");
MODULE_INFO(table, "self buckets=1 max_buckets=1 max_entries=64 value_types=string key_max=255 string_max=1 max_bytes=16777216 access=read-write init=0");
MODULE_INFO(table, "CamelCase buckets=65536 max_buckets=65536 max_entries=4194304 value_types=boolean key_max=4096 max_bytes=16777216 access=read-write init=0");
MODULE_INFO(table, "__x buckets=256 max_buckets=256 max_entries=16384 value_types=boolean,string key_max=255 string_max=65536 max_bytes=16777216 access=read-write init=0");
MODULE_INFO(table, "value buckets=256 max_buckets=256 max_entries=16384 value_types=integer,string key_max=255 string_max=65536 max_bytes=16777216 access=read-write init=0");
MODULE_INFO(table, "Value buckets=256 max_buckets=256 max_entries=16384 value_types=integer,boolean key_max=255 max_bytes=16777216 access=read-write init=0");
MODULE_INFO(table, "end__ buckets=256 max_buckets=256 max_entries=16384 value_types=integer key_max=255 max_bytes=16777216 access=read-write init=0");

/* The whole configuration. config_sha256 is the sum of it. */
#define LUNATIK_CONFIG \
	"[module]\n" \
	"name = \"odd\"\n" \
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
	"libraries = [\"base\", \"math\", \"coroutine\", \"history\"]\n" \
	"stdlib = [\"memo\"]\n" \
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
	"name = \"self\"\n" \
	"buckets = 1\n" \
	"max-buckets = 1\n" \
	"max-entries = 64\n" \
	"value-types = [\"string\"]\n" \
	"key-max = 255\n" \
	"string-max = 1\n" \
	"max-bytes = \"16MiB\"\n" \
	"access = \"read-write\"\n" \
	"\n" \
	"[[table]]\n" \
	"name = \"CamelCase\"\n" \
	"buckets = 65536\n" \
	"max-buckets = 65536\n" \
	"max-entries = 4194304\n" \
	"value-types = [\"boolean\"]\n" \
	"key-max = \"4KiB\"\n" \
	"max-bytes = \"16MiB\"\n" \
	"access = \"read-write\"\n" \
	"\n" \
	"[[table]]\n" \
	"name = \"__x\"\n" \
	"buckets = 256\n" \
	"max-buckets = 256\n" \
	"max-entries = 16384\n" \
	"value-types = [\"boolean\", \"string\"]\n" \
	"key-max = 255\n" \
	"string-max = \"64KiB\"\n" \
	"max-bytes = \"16MiB\"\n" \
	"access = \"read-write\"\n" \
	"\n" \
	"[[table]]\n" \
	"name = \"value\"\n" \
	"buckets = 256\n" \
	"max-buckets = 256\n" \
	"max-entries = 16384\n" \
	"value-types = [\"integer\", \"string\"]\n" \
	"key-max = 255\n" \
	"string-max = \"64KiB\"\n" \
	"max-bytes = \"16MiB\"\n" \
	"access = \"read-write\"\n" \
	"\n" \
	"[[table]]\n" \
	"name = \"Value\"\n" \
	"buckets = 256\n" \
	"max-buckets = 256\n" \
	"max-entries = 16384\n" \
	"value-types = [\"integer\", \"boolean\"]\n" \
	"key-max = 255\n" \
	"max-bytes = \"16MiB\"\n" \
	"access = \"read-write\"\n" \
	"\n" \
	"[[table]]\n" \
	"name = \"end__\"\n" \
	"buckets = 256\n" \
	"max-buckets = 256\n" \
	"max-entries = 16384\n" \
	"value-types = [\"integer\"]\n" \
	"key-max = 255\n" \
	"max-bytes = \"16MiB\"\n" \
	"access = \"read-write\"\n"

#endif
