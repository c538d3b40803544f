// SPDX-License-Identifier: Apache-2.0
/*
 * filter.c - capture filters, as libpcap compiles and runs them.
 *
 * libpcap is looked for when the first filter is: a router that nobody captures at does without it. It is part of
 * libnkshim.so alone, since static programs cannot look for libraries.
 */
#include "shim/nk_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ETHERNET 1
#define OPTIMIZE 1
#define NETMASK_UNKNOWN UINT32_C(0xffffffff)
/* BPF_JMP | BPF_JA */
#define JUMP_ALWAYS 0x05

/* linux/bpf_common.h and linux/filter.h: every operation that there is. libpcap's interpreter aborts at any other. */
static const uint8_t codes[] = {
	0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80, 0x01, 0x61, 0x81, 0xb1, 0x02, 0x03,
	0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x84, 0x94, 0xa4,
	0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0x9c, 0xac,
	0x05, 0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d, 0x06, 0x16, 0x07, 0x87,
};

/* struct bpf_insn and struct bpf_program of pcap/bpf.h, whose layout the kernel shares (linux/filter.h). */
struct instruction {
	uint16_t code;
	uint8_t jump_true;
	uint8_t jump_false;
	uint32_t k;
};

struct program {
	unsigned int length;
	struct instruction *instructions;
};

static struct {
	void *(*open_dead)(int link_type, int snap_length);
	int (*compile)(void *pcap, struct program *program, const char *text, int optimize, uint32_t netmask);
	char *(*error)(void *pcap);
	void (*free_code)(struct program *program);
	void (*close)(void *pcap);
	unsigned int (*run)(const struct instruction *program, const uint8_t *packet, unsigned int length,
			    unsigned int captured);
	int (*validate)(const struct instruction *program, int length);
} pcap;

static pthread_once_t looked = PTHREAD_ONCE_INIT;
/* libpcap's parser is not for two threads before 1.8. */
static pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;
static bool there;

static bool find(void *library, const char *name, void *function)
{
	void *found = dlsym(library, name);

	memcpy(function, &found, sizeof(found));
	return found;
}

static void look(void)
{
	void *library = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		library = dlopen("libpcap.so.1", RTLD_NOW | RTLD_LOCAL);
	there = library && find(library, "pcap_open_dead", &pcap.open_dead) && find(library, "pcap_compile", &pcap.compile) &&
		find(library, "pcap_geterr", &pcap.error) && find(library, "pcap_freecode", &pcap.free_code) &&
		find(library, "pcap_close", &pcap.close) && find(library, "bpf_filter", &pcap.run) &&
		find(library, "bpf_validate", &pcap.validate);
}

static bool has_pcap(void)
{
	pthread_once(&looked, look);
	return there;
}

int nks_filter_compile(const char *text, void *program, int capacity, char *error, int error_length)
{
	struct program compiled;
	void *handle;
	int result = -EINVAL;

	if (!text || !program || !error || error_length < 1)
		return -EINVAL;
	*error = '\0';
	if (!has_pcap())
		return -ENOSYS;
	pthread_mutex_lock(&compiling);
	handle = pcap.open_dead(ETHERNET, NKS_FILTER_SNAP_LENGTH);
	if (!handle) {
		result = -ENOMEM;
	} else {
		if (pcap.compile(handle, &compiled, text, OPTIMIZE, NETMASK_UNKNOWN)) {
			snprintf(error, (size_t)error_length, "%s", pcap.error(handle));
		} else {
			result = (int)compiled.length * NKS_FILTER_INSTRUCTION;
			if (result > capacity)
				result = -E2BIG;
			else
				memcpy(program, compiled.instructions, (size_t)result);
			pcap.free_code(&compiled);
		}
		pcap.close(handle);
	}
	pthread_mutex_unlock(&compiling);
	return result;
}

/*
 * What libpcap's own check leaves out, since its own compiler never makes it: operations that are none, and jumps that
 * wrap around to one before, so that the program might not end.
 */
static bool is_sound(const struct instruction *program, int length)
{
	for (int i = 0; i < length; i++) {
		if (program[i].code > UINT8_MAX || !memchr(codes, program[i].code, sizeof(codes)))
			return false;
		if (program[i].code == JUMP_ALWAYS && program[i].k >= (uint32_t)(length - i))
			return false;
	}
	return true;
}

int nks_filter_check(const void *program, int length)
{
	if (!has_pcap())
		return -ENOSYS;
	if (!program || length <= 0 || length % NKS_FILTER_INSTRUCTION ||
	    !is_sound(program, length / NKS_FILTER_INSTRUCTION) || !pcap.validate(program, length / NKS_FILTER_INSTRUCTION))
		return -EINVAL;
	return 0;
}

int nks_filter_match(const void *program, const void *base, const int32_t *table, int n, void *results)
{
	uint8_t *matched = results;
	int count = 0;

	for (int i = 0; i < n; i++) {
		const uint8_t *frame = (const uint8_t *)base + table[2 * i];
		unsigned int length = (unsigned int)table[2 * i + 1];

		matched[i] = pcap.run(program, frame, length, length) != 0;
		count += matched[i];
	}
	return count;
}
