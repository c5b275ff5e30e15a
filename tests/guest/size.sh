# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A script of script-max bytes runs; of one more, nothing runs and the writer gets EFBIG.
load
{
	echo 'print("a full MiB")'
	/bin/dd if=/dev/zero bs=1048556 count=1 2>/dev/null | tr '\0' ' '
} >/tmp/full
[ "$(stat -c %s /tmp/full)" = 1048576 ] || fail "a wrong size: $(stat -c %s /tmp/full)"
lua </tmp/full
expect 'a full MiB'

mark
echo >>/tmp/full
if submit </tmp/full; then fail 'it was taken'; fi
grep -q 'File too large' /tmp/submit.err || fail "$(/bin/cat /tmp/submit.err)"
is_idle
said | grep -q 'script refused: longer than 1048576 bytes' || fail "$(said)"
if said | grep -q 'a full MiB'; then fail 'it ran'; fi
alive
