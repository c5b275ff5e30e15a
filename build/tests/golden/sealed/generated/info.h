/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from lunatik.toml by lunatik-build; edit that file instead. */
#ifndef LUNATIK_GENERATED_INFO_H
#define LUNATIK_GENERATED_INFO_H

MODULE_VERSION("0.1.0");
MODULE_INFO(flavour, "sealed");
MODULE_INFO(config_sha256, "37f0539039a8789cfefe2d15b8dadcf07202e6d09ac19447697f48a459b23242");
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
MODULE_INFO(libraries, "base,string,table,math,utf8,coroutine");
MODULE_INFO(stdlib, "counter");
MODULE_INFO(compiler, "false");
MODULE_INFO(table, "rcu buckets=256 max_buckets=256 max_entries=16384 value_types=integer,boolean,string key_max=255 string_max=65536 max_bytes=16777216 access=read-write init=0");
MODULE_INFO(script, "one at_load=true size=90");
MODULE_INFO(script, "two-2 at_load=false size=92");

/* The whole configuration. config_sha256 is the sum of it. */
#define LUNATIK_CONFIG \
	"[module]\n" \
	"name = \"sealed\"\n" \
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
	"libraries = [\"base\", \"string\", \"table\", \"math\", \"utf8\", \"coroutine\"]\n" \
	"stdlib = [\"counter\"]\n" \
	"compiler = false\n" \
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
	"value-types = [\"integer\", \"boolean\", \"string\"]\n" \
	"key-max = 255\n" \
	"string-max = \"64KiB\"\n" \
	"max-bytes = \"16MiB\"\n" \
	"access = \"read-write\"\n" \
	"\n" \
	"[[script]]\n" \
	"name = \"one\"\n" \
	"file = \"scripts/one.lua\"\n" \
	"at-load = true\n" \
	"# The file's SHA-256: 0805bfdc02e872ed322a4a4e440ae985f3a4335f4dd59f3d373dfaf2a68a4a3c\n" \
	"\n" \
	"[[script]]\n" \
	"name = \"two-2\"\n" \
	"file = \"scripts/two-2.lua\"\n" \
	"at-load = false\n" \
	"# The file's SHA-256: 0805bfdc02e872ed322a4a4e440ae985f3a4335f4dd59f3d373dfaf2a68a4a3c\n"

#endif
