// SPDX-License-Identifier: Apache-2.0
/*
 * nk-msg.c - messages between OSes from a shell, for OSes without Java: what "nanorouter msg" does.
 *
 *	nk-msg recv PORT [COUNT]	opens a port; a line for each message, until there were COUNT; requests are answered
 *					with what they ask
 *	nk-msg send OS PORT [TEXT...]	sends each TEXT, or without one each line of standard input
 *	nk-msg ask OS PORT TEXT...	sends each TEXT as a request; a line for each reply
 *	nk-msg list			what programs have for one another, as JSON
 *
 * Runs in an OS: NK_ATTACH, NK_OS and NK_TOKEN_FILE say in which.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "nk_program.h"

#define ANSWER_MS 10000

static int usage(void)
{
	fputs("usage: nk-msg recv PORT [COUNT] | nk-msg send OS PORT [TEXT...] | nk-msg ask OS PORT TEXT... |\n"
	      "       nk-msg list\n", stderr);
	return EX_USAGE;
}

static int failed(const char *what, int error, const struct nk_refusal *refusal)
{
	if (error == -ECONNREFUSED && refusal)
		fprintf(stderr, "nk-msg: %s: refused by the nanokernel: %s\n", what, refusal->text);
	else
		fprintf(stderr, "nk-msg: %s: %s\n", what, strerror(-error));
	return EX_UNAVAILABLE;
}

static int print(const struct nk_received *message)
{
	return fwrite(message->data, 1, message->length, stdout) != message->length || putchar('\n') == EOF ||
	       fflush(stdout) == EOF ? -EIO : 0;
}

static int receive(struct nk_program *program, const char *name, unsigned long count)
{
	struct nk_received message;
	struct nk_port *port;
	int error = nk_port_open(program, name, 0, &port);

	if (error)
		return failed(name, error, nk_program_refusal(program));
	for (unsigned long left = count; !count || left; left--) {
		error = nk_port_receive(port, &message, -1);
		if (error == 1)
			error = print(&message);
		if (!error && message.kind == NK_MESSAGE_REQUEST)
			error = nk_reply(&message, message.data, message.length, ANSWER_MS);
		/* Who asked and did not wait for the answer is no reason to end. */
		if (error && error != -EPIPE)
			return failed(name, error, NULL);
	}
	return EX_OK;
}

static int send_lines(struct nk_connection *connection)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	int error = 0;

	while (!error && (length = getline(&line, &room, stdin)) > 0) {
		if (line[length - 1] == '\n')
			length--;
		if (length)
			error = nk_send(connection, line, (uint32_t)length, -1);
	}
	free(line);
	return error;
}

static int send_texts(struct nk_program *program, char **arguments, bool ask)
{
	struct nk_connection *connection;
	struct nk_received reply;
	int error = nk_connect(program, arguments[0], arguments[1], &connection);

	if (error)
		return failed(arguments[1], error, nk_program_refusal(program));
	if (!arguments[2])
		error = send_lines(connection);
	for (char **text = arguments + 2; *text && !error; text++) {
		uint32_t length = (uint32_t)strlen(*text);

		if (!ask)
			error = nk_send(connection, *text, length, -1);
		else if ((error = nk_request(connection, *text, length, &reply, ANSWER_MS)) == 1)
			error = print(&reply);
	}
	return error ? failed(arguments[1], error, NULL) : EX_OK;
}

static int list(struct nk_program *program)
{
	char *json;
	int error = nk_list(program, &json);

	if (error)
		return failed("list", error, nk_program_refusal(program));
	puts(json);
	free(json);
	return EX_OK;
}

int main(int argc, char **argv)
{
	bool is_receive = argc > 2 && argc < 5 && !strcmp(argv[1], "recv");
	bool is_send = argc > 3 && !strcmp(argv[1], "send");
	bool is_ask = argc > 4 && !strcmp(argv[1], "ask");
	bool is_list = argc == 2 && !strcmp(argv[1], "list");
	struct nk_program *program;
	struct nk_refusal refusal;
	int error;

	if (!is_receive && !is_send && !is_ask && !is_list)
		return usage();
	error = nk_join_here(&program, &refusal);
	if (error == -ENOENT) {
		fputs("nk-msg: NK_ATTACH, NK_OS or NK_TOKEN_FILE is not set, or its file is missing: this is no program in an "
		      "OS; see 'nanorouter exec'\n", stderr);
		return EX_UNAVAILABLE;
	}
	if (error)
		return failed("join", error, &refusal);
	if (is_list)
		error = list(program);
	else
		error = is_receive ? receive(program, argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 0)
				   : send_texts(program, argv + 2, is_ask);
	nk_leave(program);
	return error;
}
