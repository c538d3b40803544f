// SPDX-License-Identifier: Apache-2.0
/*
 * nk_program_peer.c - the C side of the conformance suite of what programs share: joins the OS in which it runs, and
 * obeys lines of standard input, with one line of answer for each.
 *
 * Prints "joined PROGRAM_ID", or "refused ERROR" or "failed ERRNO" and ends with 1. Then:
 *
 *	port NAME			ok
 *	connect OS PORT			ok
 *	memory create NAME LENGTH ro|rw	ok LENGTH
 *	memory open OS NAME ro|rw	ok LENGTH OWNER_OS_ID OWNER_EPOCH
 *	write NAME OFFSET TEXT		ok
 *	read NAME OFFSET LENGTH		ok TEXT; bytes that are no printable ASCII are dots
 *	closed NAME			ok REASON
 *	free NAME			ok
 *	sync NAME KIND INITIAL LIMIT	ok
 *	wait NAME TIMEOUT_MS		ok RESULT, timeout, broken, deadlock, interrupted
 *	give NAME			ok, full, notmine: post, set, unlock, or reset of a barrier
 *	reset NAME			ok: of an event
 *	close NAME			ok: of a sync object
 *	spin MUTEX MEMORY COUNT		ok DIED A, torn: see spin()
 *	pass SEMAPHORE1 SEMAPHORE2 COUNT	ok NANOSECONDS: takes from the one and gives to the other, so often
 *	leave				ok, and ends
 *
 * "refused ERROR" has the number of the nanokernel's error; "failed ERRNO" is anything else that went wrong; "what": no
 * such line, no such name, or not within the memory. At the end of input it leaves. SIGUSR1 is nk_interrupt().
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nk_memory.h"
#include "nk_program.h"
#include "nk_sync.h"

/* The memories that a program makes, those that it opens, and its sync objects. */
#define OBJECTS 192
#define WORDS 6

/* A name is free if it has neither. A memory and a sync object may have the same name. */
static struct object {
	char name[NK_NAME_LENGTH];
	struct nk_memory *memory;
	struct nk_sync *sync;
	uint32_t kind;
} objects[OBJECTS];

static struct nk_program *program;

static void interrupt_wait(int signal)
{
	(void)signal;
	nk_interrupt(program);
}

static struct object *find(const char *name, bool memory)
{
	for (struct object *object = objects; object < objects + OBJECTS; object++) {
		if ((memory ? object->memory != NULL : object->sync != NULL) && !strcmp(object->name, name))
			return object;
	}
	return NULL;
}

static struct object *add(const char *name)
{
	for (struct object *object = objects; object < objects + OBJECTS; object++) {
		if (!object->memory && !object->sync) {
			snprintf(object->name, sizeof(object->name), "%s", name);
			return object;
		}
	}
	abort();
}

static void answer_error(int error)
{
	if (error == -ECONNREFUSED)
		printf("refused %" PRIu32 "\n", nk_program_refusal(program)->error);
	else
		printf("failed %d\n", -error);
}

static void answer_done(int error)
{
	if (error)
		answer_error(error);
	else
		puts("ok");
}

static bool port_line(char **words)
{
	struct nk_port *port;

	answer_done(nk_port_open(program, words[1], 0, &port));
	return true;
}

static bool connect_line(char **words)
{
	struct nk_connection *connection;

	answer_done(nk_connect(program, words[1], words[2], &connection));
	return true;
}

static bool create_memory(char **words)
{
	struct nk_memory *memory;
	int error = nk_memory_create(program, words[2], strtoull(words[3], NULL, 10),
				     !strcmp(words[4], "rw") ? NK_MEMORY_ALL_WRITE : 0, &memory);

	if (error) {
		answer_error(error);
		return true;
	}
	add(words[2])->memory = memory;
	printf("ok %" PRIu64 "\n", nk_memory_length(memory));
	return true;
}

static bool open_memory(char **words)
{
	struct nk_memory *memory;
	int error = nk_memory_open(program, words[2], words[3], !strcmp(words[4], "rw") ? NK_MEMORY_WRITE : 0, &memory);

	if (error) {
		answer_error(error);
		return true;
	}
	add(words[3])->memory = memory;
	printf("ok %" PRIu64 " %" PRIu32 " %" PRIu32 "\n", nk_memory_length(memory), nk_memory_os(memory),
	       nk_memory_epoch(memory));
	return true;
}

static bool memory_line(char **words)
{
	if (!strcmp(words[1], "create"))
		return create_memory(words);
	return !strcmp(words[1], "open") && open_memory(words);
}

/* NULL: there is no such memory, or it has no such bytes. */
static char *bytes_at(const char *name, const char *offset, uint64_t length)
{
	struct object *object = find(name, true);
	uint64_t begin = strtoull(offset, NULL, 10);

	if (!object || begin > nk_memory_length(object->memory) || length > nk_memory_length(object->memory) - begin)
		return NULL;
	return (char *)nk_memory_data(object->memory) + begin;
}

static bool write_line(char **words)
{
	char *bytes = bytes_at(words[1], words[2], strlen(words[3]));

	if (!bytes)
		return false;
	memcpy(bytes, words[3], strlen(words[3]));
	puts("ok");
	return true;
}

static bool read_line(char **words)
{
	uint64_t length = strtoull(words[3], NULL, 10);
	const char *bytes = bytes_at(words[1], words[2], length);

	if (!bytes)
		return false;
	fputs("ok ", stdout);
	for (uint64_t i = 0; i < length; i++)
		putchar(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.');
	putchar('\n');
	return true;
}

static bool closed_line(char **words)
{
	struct object *object = find(words[1], true);
	int reason = object ? nk_memory_closed(object->memory) : 0;

	if (!object)
		return false;
	if (reason < 0)
		answer_error(reason);
	else
		printf("ok %d\n", reason);
	return true;
}

static bool free_line(char **words)
{
	struct object *object = find(words[1], true);

	if (!object)
		return false;
	nk_memory_close(object->memory);
	object->memory = NULL;
	puts("ok");
	return true;
}

static bool sync_line(char **words)
{
	uint32_t kind = (uint32_t)strtoul(words[2], NULL, 10);
	struct nk_sync *sync;
	int error = nk_sync_open(program, words[1], (enum nk_sync_kind)kind, (uint32_t)strtoul(words[3], NULL, 10),
				 (uint32_t)strtoul(words[4], NULL, 10), &sync);

	if (!error) {
		struct object *object = add(words[1]);

		object->sync = sync;
		object->kind = kind;
	}
	answer_done(error);
	return true;
}

static bool wait_line(char **words)
{
	struct object *object = find(words[1], false);
	int timeout_ms = atoi(words[2]);
	int result;

	if (!object)
		return false;
	if (object->kind == NK_SYNC_SEMAPHORE)
		result = nk_semaphore_wait(object->sync, timeout_ms);
	else if (object->kind == NK_SYNC_BARRIER)
		result = nk_barrier_wait(object->sync, timeout_ms);
	else if (object->kind == NK_SYNC_MUTEX)
		result = nk_mutex_lock(object->sync, timeout_ms);
	else
		result = nk_event_wait(object->sync, timeout_ms);
	if (result >= 0)
		printf("ok %d\n", result);
	else if (result == -EAGAIN || result == -ETIMEDOUT)
		puts("timeout");
	else if (result == -EOWNERDEAD)
		puts("broken");
	else if (result == -EDEADLK)
		puts("deadlock");
	else if (result == -EINTR)
		puts("interrupted");
	else
		answer_error(result);
	return true;
}

static bool give_line(char **words)
{
	struct object *object = find(words[1], false);
	int error;

	if (!object)
		return false;
	if (object->kind == NK_SYNC_SEMAPHORE)
		error = nk_semaphore_post(object->sync);
	else if (object->kind == NK_SYNC_BARRIER)
		error = nk_barrier_reset(object->sync);
	else if (object->kind == NK_SYNC_MUTEX)
		error = nk_mutex_unlock(object->sync);
	else
		error = nk_event_set(object->sync);
	if (error == -EOVERFLOW)
		puts("full");
	else if (error == -EPERM)
		puts("notmine");
	else
		answer_done(error);
	return true;
}

static bool reset_line(char **words)
{
	struct object *object = find(words[1], false);

	if (!object)
		return false;
	answer_done(nk_event_reset(object->sync));
	return true;
}

static bool close_line(char **words)
{
	struct object *object = find(words[1], false);

	if (!object)
		return false;
	nk_sync_close(object->sync);
	object->sync = NULL;
	puts("ok");
	return true;
}

/*
 * Under the mutex, adds one to each of the two u64 at the memory's begin, so that they differ in between. A holder that
 * died there is what the lock tells, and is repaired; that they differ without it must not be.
 */
static bool spin_line(char **words)
{
	struct object *mutex = find(words[1], false);
	volatile uint64_t *numbers = (volatile uint64_t *)(void *)bytes_at(words[2], "0", 2 * sizeof(uint64_t));
	uint64_t died = 0, a = 0;

	if (!mutex || !numbers)
		return false;
	for (uint64_t left = strtoull(words[3], NULL, 10); left; left--) {
		int result = nk_mutex_lock(mutex->sync, -1);

		if (result < 0) {
			answer_error(result);
			return true;
		}
		died += result == 1;
		if (result == 1 && numbers[0] != numbers[1])
			numbers[1] = numbers[0];
		if (numbers[0] != numbers[1]) {
			puts("torn");
			return true;
		}
		numbers[0]++;
		/* Long enough to be killed in. */
		for (volatile int i = 0; i < 1000; i++)
			continue;
		numbers[1]++;
		a = numbers[0];
		result = nk_mutex_unlock(mutex->sync);
		if (result) {
			answer_error(result);
			return true;
		}
	}
	printf("ok %" PRIu64 " %" PRIu64 "\n", died, a);
	return true;
}

static bool pass_line(char **words)
{
	struct object *taken = find(words[1], false), *given = find(words[2], false);
	uint64_t begin = nk_now();

	if (!taken || !given)
		return false;
	for (uint64_t left = strtoull(words[3], NULL, 10); left; left--) {
		int result = nk_semaphore_wait(taken->sync, -1);

		if (!result)
			result = nk_semaphore_post(given->sync);
		if (result) {
			answer_error(result);
			return true;
		}
	}
	printf("ok %" PRIu64 "\n", nk_now() - begin);
	return true;
}

/* What a line does; false: it is none. `words` is how many it has; the last one of "write" is the rest of the line. */
static const struct {
	const char *name;
	int words;
	bool (*obey)(char **words);
} lines[] = {
	{"memory", 5, memory_line}, {"write", 4, write_line}, {"read", 4, read_line},   {"closed", 2, closed_line},
	{"free", 2, free_line},	    {"sync", 5, sync_line},   {"wait", 3, wait_line},   {"give", 2, give_line},
	{"reset", 2, reset_line},   {"close", 2, close_line}, {"spin", 4, spin_line},   {"pass", 4, pass_line},
	{"port", 2, port_line},	    {"connect", 3, connect_line},
};

static bool obey(char *line)
{
	char *words[WORDS] = {NULL};
	int count = 0;

	while (count < WORDS && line) {
		words[count++] = line;
		/* TEXT may have blanks. */
		if (count == 4 && !strcmp(words[0], "write"))
			break;
		line = strchr(line, ' ');
		if (line)
			*line++ = '\0';
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!strcmp(words[0], lines[i].name))
			return count == lines[i].words && lines[i].obey(words);
	}
	return false;
}

int main(void)
{
	struct sigaction interrupt = {.sa_handler = interrupt_wait};
	struct nk_refusal refusal = {0};
	char *line = NULL;
	size_t room = 0;
	int error = nk_join_here(&program, &refusal);

	if (error) {
		if (error == -ECONNREFUSED)
			printf("refused %" PRIu32 "\n", refusal.error);
		else
			printf("failed %d\n", -error);
		return 1;
	}
	sigaction(SIGUSR1, &interrupt, NULL);
	printf("joined %" PRIu32 "\n", nk_program_id(program));
	fflush(stdout);
	for (;;) {
		ssize_t length = getline(&line, &room, stdin);

		if (length < 0 && errno == EINTR && !feof(stdin)) {
			clearerr(stdin);
			continue;
		}
		if (length < 0)
			break;
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (!strcmp(line, "leave"))
			break;
		if (!obey(line))
			puts("what");
		fflush(stdout);
	}
	signal(SIGUSR1, SIG_IGN);
	nk_leave(program);
	if (!feof(stdin))
		puts("ok");
	free(line);
	return 0;
}
