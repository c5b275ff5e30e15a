/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from lunatik.toml by lunatik-build; edit that file instead. */
#ifndef LUNATIK_GENERATED_INFO_H
#define LUNATIK_GENERATED_INFO_H

MODULE_VERSION("0.1.0");
MODULE_INFO(flavour, "none");
MODULE_INFO(config_sha256, "8e731568c3075badf56450b29e78d4f5a7d13830cbf3beb7011267c28578c1e5");
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
MODULE_INFO(stdlib, "counter,inspect,memo,rcutable");
MODULE_INFO(compiler, "true");

/* The whole configuration. config_sha256 is the sum of it. */
#define LUNATIK_CONFIG \
	"table = []\n" \
	"\n" \
	"[module]\n" \
	"name = \"none\"\n" \
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
	"stdlib = [\"counter\", \"inspect\", \"memo\", \"rcutable\"]\n" \
	"compiler = true\n" \
	"debug-info = true\n" \
	"\n" \
	"[build]\n" \
	"optimize = \"speed\"\n" \
	"strip = false\n" \
	"tracebacks = true\n" \
	"tracepoints = true\n"

#endif
