/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - what nk is made of. Each verb answers with an exit code of sysexits, the one that the same verb of nanorouter
 * has (ExitStatus.java), and looks at its words before it joins.
 */
#ifndef NK_CLI_CLI_H
#define NK_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "nk_program.h"

/* The command did its work, and the answer is no. */
#define EX_NO 1

/* `words` are the verb and what follows it, NULL at the end. */
typedef int verb_function(int count, char **words);

verb_function nk_cli_msg_recv, nk_cli_msg_send, nk_cli_msg_ask, nk_cli_msg_ports, nk_cli_msg_list;
verb_function nk_cli_mem_list;
verb_function nk_cli_sync_wait, nk_cli_sync_post, nk_cli_sync_list;

/* Says how nk is used; EX_USAGE. */
int nk_cli_usage(void);

/* Joins this OS; or says why not, and answers an exit code other than 0. The caller leaves with nk_leave(). */
int nk_cli_join(struct nk_program **program);

/* Says what went wrong with `what`, a negative errno; the exit code for it. `refusal`: why, if it was refused. */
int nk_cli_failed(const char *what, int error, const struct nk_refusal *refusal);

/* Says that the answer is no, and why; EX_NO. */
__attribute__((format(printf, 1, 2))) int nk_cli_no(const char *format, ...);

/* Whether a port, memory or sync object can have this name, as far as its length goes. */
bool nk_cli_is_name(const char *name);

/* A number from `least` to `most`. False: `text` is none. */
bool nk_cli_number(const char *text, int64_t least, int64_t most, int64_t *number);

#define NK_CLI_MAX_COLUMNS 8

/* A column of a table: its heading, and the member of each object that is shown there. */
struct nk_cli_column {
	const char *heading;
	const char *key;
	bool right;			/* aligned to the right */
};

/*
 * A verb that lists: shows the objects of one member of nk_list()'s text as a table, or as JSON if the words have -j.
 * `columns`, at most NK_CLI_MAX_COLUMNS, end with a heading of NULL. `member` NULL: all of it, always as JSON.
 */
int nk_cli_list(int count, char **words, const char *member, const struct nk_cli_column *columns);

#endif
