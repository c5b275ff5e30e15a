/* SPDX-License-Identifier: GPL-2.0 */
/* No locale: see lua_getlocaledecpoint in lunatik_conf.h. */
