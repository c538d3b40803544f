// SPDX-License-Identifier: Apache-2.0
/* sessions.c - ip/sessions.h for callers that pass plain addresses. */
#include <errno.h>
#include <limits.h>

#include "ip/sessions.h"
#include "nk_shim.h"

int nks_sessions_table_length(void)
{
	return sizeof(struct nk_addresses);
}

int nks_sessions_look(void *table, const char *name)
{
	return table && name ? nk_addresses_look(table, name) : -EINVAL;
}

int nks_sessions_end(void *table, const char *name, const void *mac)
{
	return table && name && mac ? nk_sessions_end(table, name, mac, INT_MAX) : -EINVAL;
}
