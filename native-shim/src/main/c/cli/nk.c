// SPDX-License-Identifier: Apache-2.0
/*
 * nk.c - what nanorouter's msg, mem and sync do in an OS, for OSes without Java, with the same words and exit codes.
 * Messages are shown as they are, never as JSON.
 *
 *	nk msg recv PORT [-n COUNT]	opens a port; a line for each message, until there were COUNT; requests are
 *					answered with what they ask
 *	nk msg send OS PORT [TEXT...]	sends each TEXT, or without one each line of standard input
 *	nk msg ask OS PORT TEXT...	sends each TEXT as a request; a line for each reply
 *	nk msg ports [-j]		the ports of all OSes
 *	nk mem [list] [-j]		the memory that programs of all OSes share
 *	nk sync wait NAME [--auto | --semaphore=LIMIT | --barrier=PARTIES] [-t MS] [-j]
 *	nk sync post NAME [--auto | --semaphore=LIMIT] [-j]
 *	nk sync [list] [-j]		the sync objects of the machine
 *
 * Called as nk-msg it is "nk msg". There, "recv PORT COUNT" is "recv PORT -n COUNT", and "list" shows what programs
 * have for one another, all of it, as JSON.
 *
 * Runs in an OS: NK_ATTACH, NK_OS and NK_TOKEN_FILE say in which.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli.h"

static const char help[] =
	"usage: nk msg recv PORT [-n COUNT] | nk msg send OS PORT [TEXT...] | nk msg ask OS PORT TEXT... |\n"
	"       nk msg ports [-j] | nk mem list [-j] | nk sync list [-j] |\n"
	"       nk sync wait NAME [--auto | --semaphore=LIMIT | --barrier=PARTIES] [-t MS] [-j] |\n"
	"       nk sync post NAME [--auto | --semaphore=LIMIT] [-j]\n";

static const struct {
	const char *object;
	const char *verb;
	verb_function *obey;
} verbs[] = {
	{"msg", "recv", nk_cli_msg_recv},   {"msg", "send", nk_cli_msg_send},	{"msg", "ask", nk_cli_msg_ask},
	{"msg", "ports", nk_cli_msg_ports}, {"msg", "list", nk_cli_msg_list},	{"mem", "list", nk_cli_mem_list},
	{"sync", "wait", nk_cli_sync_wait}, {"sync", "post", nk_cli_sync_post}, {"sync", "list", nk_cli_sync_list},
};

int nk_cli_usage(void)
{
	fputs(help, stderr);
	return EX_USAGE;
}

int nk_cli_failed(const char *what, int error, const struct nk_refusal *refusal)
{
	if (error == -ECONNREFUSED && refusal) {
		fprintf(stderr, "nk: %s: refused by the nanokernel: %s\n", what, refusal->text);
		return EX_UNAVAILABLE;
	}
	fprintf(stderr, "nk: %s: %s\n", what, strerror(-error));
	return EX_IOERR;
}

int nk_cli_no(const char *format, ...)
{
	va_list arguments;

	fputs("nk: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	putc('\n', stderr);
	return EX_NO;
}

bool nk_cli_is_name(const char *name)
{
	size_t length = strnlen(name, NK_NAME_LENGTH);

	return length > 0 && length < NK_NAME_LENGTH;
}

bool nk_cli_number(const char *text, int64_t least, int64_t most, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return end != text && !*end && !errno && *number >= least && *number <= most;
}

int nk_cli_join(struct nk_program **program)
{
	struct nk_refusal refusal;
	int error = nk_join_here(program, &refusal);

	if (error == -ENOENT)
		fputs("nk: NK_ATTACH, NK_OS or NK_TOKEN_FILE is not set, or its file is missing: this is no program in "
		      "an OS; see 'nanorouter exec'\n", stderr);
	else if (error)
		nk_cli_failed("join", error, &refusal);
	return error ? EX_UNAVAILABLE : EX_OK;
}

/*
 * Object, verb and what follows, as argv has them or as they are meant: nk-msg is "nk msg", and mem or sync without a
 * verb lists. `words` has room for two more than argv.
 */
static int complete(int argc, char **argv, char **words)
{
	static char msg[] = "msg", list[] = "list";
	const char *slash = strrchr(argv[0], '/');
	int count = 0;

	if (!strcmp(slash ? slash + 1 : argv[0], "nk-msg"))
		words[count++] = msg;
	for (int i = 1; i < argc; i++) {
		if (count == 1 && argv[i][0] == '-' && strcmp(words[0], msg))
			words[count++] = list;
		words[count++] = argv[i];
	}
	if (count == 1 && strcmp(words[0], msg))
		words[count++] = list;
	words[count] = NULL;
	return count;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && i < 3; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	char **words = calloc((size_t)argc + 2, sizeof(*words));
	int status = -1, count;

	if (!words)
		return EX_OSERR;
	if (asks_for_help(argc, argv)) {
		fputs(help, stdout);
		status = EX_OK;
	}
	count = complete(argc, argv, words);
	/* A word that is none is told by nk_cli_usage(). */
	opterr = 0;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]) && status < 0 && count > 1; i++) {
		if (!strcmp(words[0], verbs[i].object) && !strcmp(words[1], verbs[i].verb))
			status = verbs[i].obey(count - 1, words + 1);
	}
	free(words);
	return status < 0 ? nk_cli_usage() : status;
}
