// SPDX-License-Identifier: Apache-2.0
/* sync.c - nk sync: semaphores, events and barriers between OSes. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "cli.h"
#include "json.h"
#include "nk_sync.h"

/* What the words of a verb say. */
struct wanted {
	const char *name;
	enum nk_sync_kind kind;
	uint32_t limit;
	int timeout_ms;
	bool as_json;
};

/* The kinds of which a command speaks, as a listing calls them. */
static const char *label_of(enum nk_sync_kind kind)
{
	switch (kind) {
	case NK_SYNC_SEMAPHORE:
		return "semaphore";
	case NK_SYNC_AUTO_EVENT:
		return "auto-event";
	case NK_SYNC_BARRIER:
		return "barrier";
	default:
		return "manual-event";
	}
}

/* False: the words are wrong. -t is for a verb that waits. */
static bool read_words(int count, char **words, bool waits, struct wanted *wanted)
{
	static const struct option options[] = {
		{"auto", no_argument, NULL, 'a'},	{"semaphore", required_argument, NULL, 's'},
		{"barrier", required_argument, NULL, 'b'}, {"timeout", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},	{0},
	};
	int option, kinds = 0;
	int64_t number = 0;

	*wanted = (struct wanted){.kind = NK_SYNC_MANUAL_EVENT, .timeout_ms = -1};
	while ((option = getopt_long(count, words, "jt:", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			wanted->kind = NK_SYNC_AUTO_EVENT;
			kinds++;
			break;
		case 's':
		case 'b':
			/* Which limits there are, the nanokernel says. */
			if (!nk_cli_number(optarg, INT32_MIN, INT32_MAX, &number))
				return false;
			wanted->kind = option == 's' ? NK_SYNC_SEMAPHORE : NK_SYNC_BARRIER;
			wanted->limit = (uint32_t)number;
			kinds++;
			break;
		case 't':
			if (!waits || !nk_cli_number(optarg, INT_MIN, INT_MAX, &number))
				return false;
			wanted->timeout_ms = (int)number;
			break;
		case 'j':
			wanted->as_json = true;
			break;
		default:
			return false;
		}
	}
	wanted->name = words[optind];
	return optind + 1 == count && kinds < 2 && nk_cli_is_name(wanted->name);
}

/* To people the exit code says it. */
static void show(const struct wanted *wanted, const char *result)
{
	if (!wanted->as_json)
		return;
	fputs("{\"name\":\"", stdout);
	/* That no program has it is also said of what can be no name. */
	for (const char *c = wanted->name; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == '"' || *c == '\\')
			printf("\\u%04x", (unsigned int)*c);
		else
			putchar(*c);
	}
	printf("\",\"kind\":\"%s\",\"result\":\"%s\"}\n", label_of(wanted->kind), result);
}

static int await_kind(const struct wanted *wanted, struct nk_sync *sync)
{
	switch (wanted->kind) {
	case NK_SYNC_SEMAPHORE:
		return nk_semaphore_wait(sync, wanted->timeout_ms);
	case NK_SYNC_BARRIER:
		return nk_barrier_wait(sync, wanted->timeout_ms);
	default:
		return nk_event_wait(sync, wanted->timeout_ms);
	}
}

static int await(struct nk_program *program, const struct wanted *wanted)
{
	struct nk_sync *sync;
	int result = nk_sync_open(program, wanted->name, wanted->kind, 0, wanted->limit, &sync);

	if (result)
		return nk_cli_failed(wanted->name, result, nk_program_refusal(program));
	result = await_kind(wanted, sync);
	/* Who only leaves breaks the barrier. */
	nk_sync_close(sync);
	switch (result) {
	case 0:
		show(wanted, "passed");
		return EX_OK;
	case 1:
		show(wanted, "last");
		return EX_OK;
	case -EAGAIN:
	case -ETIMEDOUT:
		show(wanted, "timed-out");
		return nk_cli_no("%s: not within %d ms", wanted->name, wanted->timeout_ms);
	case -EOWNERDEAD:
		show(wanted, "broken");
		return nk_cli_no("barrier %s is broken", wanted->name);
	default:
		return nk_cli_failed(wanted->name, result, NULL);
	}
}

int nk_cli_sync_wait(int count, char **words)
{
	struct nk_program *program;
	struct wanted wanted;
	int status;

	if (!read_words(count, words, true, &wanted))
		return nk_cli_usage();
	status = nk_cli_join(&program);
	if (status)
		return status;
	status = await(program, &wanted);
	nk_leave(program);
	return status;
}

/* 1: a program has it; 0: none has; or a negative errno. */
static int is_there(struct nk_program *program, const char *name)
{
	const char *each;
	char *text;
	int error = nk_list(program, &text);

	if (error)
		return error;
	each = nk_json_first(nk_json_member(text, "syncs"));
	while (each && !nk_json_is(nk_json_member(each, "name"), name))
		each = nk_json_next(each);
	free(text);
	return each != NULL;
}

static int post(struct nk_program *program, const struct wanted *wanted)
{
	struct nk_sync *sync;
	int result = is_there(program, wanted->name);

	if (!result) {
		show(wanted, "unknown");
		return nk_cli_no("no program has %s", wanted->name);
	}
	if (result > 0)
		result = nk_sync_open(program, wanted->name, wanted->kind, 0, wanted->limit, &sync);
	if (result)
		return nk_cli_failed(wanted->name, result, nk_program_refusal(program));
	result = wanted->kind == NK_SYNC_SEMAPHORE ? nk_semaphore_post(sync) : nk_event_set(sync);
	nk_sync_close(sync);
	if (result == -EOVERFLOW) {
		show(wanted, "full");
		return nk_cli_no("semaphore %s is full", wanted->name);
	}
	if (result)
		return nk_cli_failed(wanted->name, result, NULL);
	show(wanted, "posted");
	return EX_OK;
}

int nk_cli_sync_post(int count, char **words)
{
	struct nk_program *program;
	struct wanted wanted;
	int status;

	if (!read_words(count, words, false, &wanted))
		return nk_cli_usage();
	if (wanted.kind == NK_SYNC_BARRIER) {
		fputs("nk: a barrier is waited for by all, and posted by none\n", stderr);
		return EX_USAGE;
	}
	status = nk_cli_join(&program);
	if (status)
		return status;
	status = post(program, &wanted);
	nk_leave(program);
	return status;
}

int nk_cli_sync_list(int count, char **words)
{
	static const struct nk_cli_column columns[] = {
		{"NAME", "name", false},   {"KIND", "kind", false},
		{"STATE", "state", false}, {"PROGRAMS", "programs", true}, {0},
	};

	return nk_cli_list(count, words, "syncs", columns);
}
