// SPDX-License-Identifier: Apache-2.0
/* json.c - finds its way in JSON that a nanokernel wrote. */
#include <string.h>

#include "json.h"

#define SPACES " \t\r\n"

static const char *skip_spaces(const char *at)
{
	return at + strspn(at, SPACES);
}

/* Behind a string that begins here, or the end of the text. */
static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
	}
	return *at ? at + 1 : at;
}

/* Behind a value that begins here, or the end of the text. */
static const char *skip_value(const char *at)
{
	int depth = 0;

	do {
		if (*at == '"') {
			at = skip_string(at);
		} else if (strchr("{[", *at) && *at) {
			depth++;
			at++;
		} else if (strchr("}]", *at) && *at) {
			depth--;
			at++;
		} else if (depth) {
			at += *at != '\0';
		} else {
			at += strcspn(at, ",]}" SPACES);
		}
	} while (depth > 0 && *at);
	return at;
}

size_t nk_json_length(const char *value)
{
	return (size_t)(skip_value(value) - value);
}

bool nk_json_is(const char *value, const char *text)
{
	size_t length = strlen(text);

	return value && nk_json_length(value) == length + 2 && *value == '"' && !memcmp(value + 1, text, length);
}

const char *nk_json_member(const char *object, const char *key)
{
	const char *at;

	if (!object || *object != '{')
		return NULL;
	for (at = skip_spaces(object + 1); *at == '"'; at = skip_spaces(at)) {
		bool found = nk_json_is(at, key);

		at = skip_spaces(skip_string(at));
		if (*at != ':')
			return NULL;
		at = skip_spaces(at + 1);
		if (found)
			return at;
		at = skip_spaces(skip_value(at));
		if (*at == ',')
			at++;
	}
	return NULL;
}

const char *nk_json_first(const char *array)
{
	const char *at;

	if (!array || *array != '[')
		return NULL;
	at = skip_spaces(array + 1);
	return *at && *at != ']' ? at : NULL;
}

const char *nk_json_next(const char *element)
{
	const char *at = skip_spaces(skip_value(element));

	return *at == ',' ? skip_spaces(at + 1) : NULL;
}

const char *nk_json_text(const char *value, size_t *length)
{
	*length = value ? nk_json_length(value) : 0;
	if (!value || !strncmp(value, "null", *length)) {
		*length = 1;
		return "-";
	}
	/* A string that breaks off is none. */
	if (*value != '"' || *length < 2 || value[*length - 1] != '"')
		return value;
	*length -= 2;
	return value + 1;
}
