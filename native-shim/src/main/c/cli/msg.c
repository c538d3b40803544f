// SPDX-License-Identifier: Apache-2.0
/* msg.c - nk msg: messages between OSes. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli.h"

#define ANSWER_MS 10000

static int print(const struct nk_received *message)
{
	return fwrite(message->data, 1, message->length, stdout) != message->length || putchar('\n') == EOF ||
	       fflush(stdout) == EOF ? -EIO : 0;
}

static int receive(struct nk_program *program, const char *name, uint32_t capacity, int64_t count)
{
	struct nk_received message;
	struct nk_port *port;
	int error = nk_port_open(program, name, capacity, &port);

	if (error)
		return nk_cli_failed(name, error, nk_program_refusal(program));
	for (int64_t left = count; !count || left > 0; left--) {
		error = nk_port_receive(port, &message, -1);
		if (error == 1)
			error = print(&message);
		if (!error && message.kind == NK_MESSAGE_REQUEST)
			error = nk_reply(&message, message.data, message.length, ANSWER_MS);
		/* Who asked and did not wait for the answer is no reason to end. */
		if (error && error != -EPIPE)
			return nk_cli_failed(name, error, NULL);
	}
	return EX_OK;
}

int nk_cli_msg_recv(int count, char **words)
{
	static const struct option options[] = {
		{"count", required_argument, NULL, 'n'}, {"capacity", required_argument, NULL, 'c'}, {0},
	};
	struct nk_program *program;
	int64_t messages = 0, capacity = 0;
	int option, status;

	while ((option = getopt_long(count, words, "n:", options, NULL)) != -1) {
		if (option == '?' || !nk_cli_number(optarg, 0, UINT32_MAX, option == 'n' ? &messages : &capacity))
			return nk_cli_usage();
	}
	if (optind + 2 == count && nk_cli_number(words[optind + 1], 0, UINT32_MAX, &messages))
		count--;
	if (optind + 1 != count || !nk_cli_is_name(words[optind]))
		return nk_cli_usage();
	status = nk_cli_join(&program);
	if (status)
		return status;
	status = receive(program, words[optind], (uint32_t)capacity, messages);
	nk_leave(program);
	return status;
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
		return nk_cli_failed(arguments[1], error, nk_program_refusal(program));
	if (!arguments[2])
		error = send_lines(connection);
	for (char **text = arguments + 2; *text && !error; text++) {
		uint32_t length = (uint32_t)strlen(*text);

		if (!ask)
			error = length ? nk_send(connection, *text, length, -1) : 0;
		else if ((error = nk_request(connection, *text, length, &reply, ANSWER_MS)) == 1)
			error = print(&reply);
	}
	if (!error)
		return EX_OK;
	if (error == -EMSGSIZE) {
		fprintf(stderr, "nk: a message has 1 to %u bytes\n", NK_MAX_MESSAGE);
		return EX_DATAERR;
	}
	nk_cli_failed(arguments[1], error, NULL);
	return error == -ETIMEDOUT ? EX_UNAVAILABLE : EX_IOERR;
}

/* OS, PORT and at least so many texts; none of them is an option, also if it looks like one. */
static int connect_and_send(int count, char **words, int least, bool ask)
{
	struct nk_program *program;
	int status;

	if (count < 3 + least || !nk_cli_is_name(words[1]) || !nk_cli_is_name(words[2]))
		return nk_cli_usage();
	status = nk_cli_join(&program);
	if (status)
		return status;
	status = send_texts(program, words + 1, ask);
	nk_leave(program);
	return status;
}

int nk_cli_msg_send(int count, char **words)
{
	return connect_and_send(count, words, 0, false);
}

int nk_cli_msg_ask(int count, char **words)
{
	return connect_and_send(count, words, 1, true);
}

int nk_cli_msg_ports(int count, char **words)
{
	static const struct nk_cli_column columns[] = {
		{"OS", "os", false},	     {"PORT", "name", false},	       {"PROGRAM", "program", true},
		{"CAPACITY", "capacity", true}, {"CONNECTIONS", "connections", true}, {0},
	};

	return nk_cli_list(count, words, "ports", columns);
}

int nk_cli_msg_list(int count, char **words)
{
	return nk_cli_list(count, words, NULL, NULL);
}
