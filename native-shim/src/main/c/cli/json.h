/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - finds its way in JSON that a nanokernel wrote. A value is known by its first character; nothing is copied,
 * and what breaks off ends every search.
 */
#ifndef NK_CLI_JSON_H
#define NK_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* The value of a member of an object; NULL: it has none, or is no object. */
const char *nk_json_member(const char *object, const char *key);

/* The first element of an array, and the one behind an element; NULL: there is none. */
const char *nk_json_first(const char *array);
const char *nk_json_next(const char *element);

/* Bytes of a value as it is written. */
size_t nk_json_length(const char *value);

/* What is shown of a value: a string without its quotes, else as it is written; "-" for null and NULL. */
const char *nk_json_text(const char *value, size_t *length);

/* Whether a value is that string, which needs no escapes. */
bool nk_json_is(const char *value, const char *text);

#endif
