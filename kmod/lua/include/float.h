/* SPDX-License-Identifier: GPL-2.0 */
/* No floats: see l_floatatt in lunatik_conf.h. */
