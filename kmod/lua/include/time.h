/* SPDX-License-Identifier: GPL-2.0 */
/* No clock: see luai_makeseed in lunatik_conf.h. */
