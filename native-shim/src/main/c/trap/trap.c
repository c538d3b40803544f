// SPDX-License-Identifier: Apache-2.0
/* trap.c - the panic trap; everything that a handler calls is async-signal-safe (signal-safety(7)). */
#include "trap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What a handler finds. It may run on any thread, between any two stores: header last when armed, first when not. */
static struct nk_os_header *armed_header;
static int armed_socket;
static const char *armed_program;

void nk_trap_panic(struct nk_os_header *header, int socket, uint32_t code, const char *text)
{
	static const struct nk_attach_header panic = {
		.magic = NK_ATTACH_MAGIC,
		.revision = NK_REVISION,
		.type = NK_PANIC,
	};
	size_t length = strnlen(text, sizeof(header->panic_text) - 1);
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	memset(header->panic_text, 0, sizeof(header->panic_text));
	memcpy(header->panic_text, text, length);
	header->panic_code = code;
	header->panic_at = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	/* Release: who sees 1 (acquire) sees the record. */
	__atomic_store_n(&header->panic_state, 1, __ATOMIC_RELEASE);
	if (socket >= 0)
		send(socket, &panic, sizeof(panic), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static char *append(char *at, const char *end, const char *text)
{
	while (*text && at < end)
		*at++ = *text++;
	return at;
}

static char *append_number(char *at, const char *end, uint64_t number, unsigned base)
{
	char digits[20];
	int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	while (count > 0 && at < end)
		*at++ = digits[--count];
	return at;
}

static const char *name_of(int signal)
{
	switch (signal) {
	case SIGABRT: return "SIGABRT";
	case SIGSEGV: return "SIGSEGV";
	case SIGBUS: return "SIGBUS";
	case SIGILL: return "SIGILL";
	case SIGFPE: return "SIGFPE";
	case SIGTRAP: return "SIGTRAP";
	default: return "a signal";
	}
}

static void handle(int signal, siginfo_t *info, void *context)
{
	struct nk_os_header *header = __atomic_load_n(&armed_header, __ATOMIC_ACQUIRE);
	char text[NK_PANIC_TEXT_LENGTH];
	const char *end = text + sizeof(text) - 1;
	char *at = text;
	int error = errno;

	(void)context;
	if (header) {
		at = append(at, end, armed_program);
		at = append(at, end, ": ");
		at = append(at, end, name_of(signal));
		if (info->si_code > 0) {
			at = append(at, end, " at 0x");
			at = append_number(at, end, (uintptr_t)info->si_addr, 16);
		} else if (!info->si_pid) {
			at = append(at, end, " from outside");
		} else {
			at = append(at, end, " from process ");
			at = append_number(at, end, (uint64_t)info->si_pid, 10);
		}
		*at = 0;
		nk_trap_panic(header, armed_socket, (uint32_t)signal, text);
	}
	/* SA_RESETHAND: it now has its default action, which is taken when this handler returns. */
	raise(signal);
	errno = error;
}

int nk_trap_arm(struct nk_os_header *header, int socket, const char *program, const int *signals, int count)
{
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_ONSTACK};

	nk_trap_disarm();
	armed_socket = socket;
	armed_program = program;
	__atomic_store_n(&armed_header, header, __ATOMIC_RELEASE);
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < count; i++) {
		if (sigaction(signals[i], &action, NULL))
			return -errno;
	}
	return 0;
}

void nk_trap_disarm(void)
{
	__atomic_store_n(&armed_header, NULL, __ATOMIC_RELEASE);
}
