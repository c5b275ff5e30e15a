/* SPDX-License-Identifier: GPL-2.0 */
/* No signals: see l_signalT in lunatik_conf.h. */
