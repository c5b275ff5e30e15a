# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Who may: to open for writing takes CAP_SYS_ADMIN, to see and end a script its owner or that.
load
chmod 755 / /dev
chmod 666 /dev/luadrv
says 'EPERM
EPERM
0 scripts
EPERM
asked' <<'END'
open 0 /dev/luadrv
write 0 while true do end
quiet run 0
open 1 /dev/luadrv r
as 1000 open 2 /dev/luadrv
as 1000 open 2 /dev/luadrv w
as 1000 list 1
as 1000 kill 1 1
kill 1 1
settle
END
alive
