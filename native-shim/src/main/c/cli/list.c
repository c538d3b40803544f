// SPDX-License-Identifier: Apache-2.0
/* list.c - verbs that show what programs have for one another. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli.h"
#include "json.h"

static void show_cell(const char *text, size_t length, size_t width, bool right, bool last)
{
	int blanks = (int)(width - length);

	if (right)
		printf("%*s%.*s", blanks, "", (int)length, text);
	else
		printf("%.*s%*s", (int)length, text, last ? 0 : blanks, "");
	fputs(last ? "\n" : "  ", stdout);
}

static size_t width_of(const char *array, const struct nk_cli_column *column)
{
	size_t width = strlen(column->heading), length;

	for (const char *each = nk_json_first(array); each; each = nk_json_next(each)) {
		nk_json_text(nk_json_member(each, column->key), &length);
		if (length > width)
			width = length;
	}
	return width;
}

/* `object` NULL: the headings. */
static void show_row(const char *object, const struct nk_cli_column *columns, const size_t *widths)
{
	for (size_t i = 0; columns[i].heading; i++) {
		size_t length = strlen(columns[i].heading);
		const char *text = object ? nk_json_text(nk_json_member(object, columns[i].key), &length)
					  : columns[i].heading;

		show_cell(text, length, widths[i], columns[i].right, !columns[i + 1].heading);
	}
}

static void show_table(const char *array, const struct nk_cli_column *columns)
{
	size_t widths[NK_CLI_MAX_COLUMNS];

	for (size_t i = 0; columns[i].heading; i++)
		widths[i] = width_of(array, &columns[i]);
	show_row(NULL, columns, widths);
	for (const char *each = nk_json_first(array); each; each = nk_json_next(each))
		show_row(each, columns, widths);
}

/* The words are "list", or as the verb is called, and perhaps -j. False: they are others. */
static bool read_words(int count, char **words, bool *as_json)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
	int option;

	*as_json = false;
	while ((option = getopt_long(count, words, "j", options, NULL)) != -1) {
		if (option != 'j')
			return false;
		*as_json = true;
	}
	return optind == count;
}

int nk_cli_list(int count, char **words, const char *member, const struct nk_cli_column *columns)
{
	struct nk_program *program;
	const char *array;
	char *text;
	bool as_json;
	int status, error;

	if (!read_words(count, words, &as_json))
		return nk_cli_usage();
	status = nk_cli_join(&program);
	if (status)
		return status;
	error = nk_list(program, &text);
	if (error) {
		status = nk_cli_failed("list", error, nk_program_refusal(program));
		nk_leave(program);
		return status;
	}
	nk_leave(program);
	array = member ? nk_json_member(text, member) : text;
	if (array && (as_json || !member))
		printf("%.*s\n", (int)nk_json_length(array), array);
	else
		show_table(array, columns);
	free(text);
	return fflush(stdout) == EOF ? EX_IOERR : EX_OK;
}

int nk_cli_mem_list(int count, char **words)
{
	static const struct nk_cli_column columns[] = {
		{"OS", "os", false},	      {"NAME", "name", false},	 {"BYTES", "length", true},
		{"WRITTEN BY", "writers", false}, {"PROGRAM", "program", true}, {"EPOCH", "epoch", true},
		{"MAPPED BY", "programs", true},  {0},
	};

	return nk_cli_list(count, words, "memory", columns);
}
