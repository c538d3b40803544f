/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims.h - how a self-test in C reports: "ok CLAIM", or "FAILED file:line: condition" for each expectation that
 * does not hold.
 */
#ifndef NK_TEST_CLAIMS_H
#define NK_TEST_CLAIMS_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

static int failures;

#define EXPECT(condition)                                                                                              \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			printf("FAILED %s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                \
			failures++;                                                                                    \
		}                                                                                                      \
	} while (0)

static inline int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static inline void run_claim(const char *claim, void (*test)(void))
{
	int before = failures, descriptors = open_descriptors();

	test();
	EXPECT(open_descriptors() == descriptors);
	if (failures == before)
		printf("ok %s\n", claim);
	fflush(stdout);
}

#define CLAIM(test) run_claim(#test, test)

/* splitmix64: the same numbers from the same seed everywhere. */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

#endif
