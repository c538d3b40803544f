/* SPDX-License-Identifier: Apache-2.0 */
/* resume.h - repeats a system call that a signal interrupted. */
#ifndef NK_SHIM_RESUME_H
#define NK_SHIM_RESUME_H

#include <errno.h>

#define RESUME(call)                                          \
	({                                                    \
		__typeof__(call) resumed;                     \
		do {                                          \
			resumed = (call);                     \
		} while (resumed == -1 && errno == EINTR);    \
		resumed;                                      \
	})

#endif
