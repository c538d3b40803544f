/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - the agent's one thread and what wakes it. */
#ifndef NK_AGENT_LOOP_H
#define NK_AGENT_LOOP_H

#include <stdint.h>

struct agent;

/* What an event of the epoll set is about. */
enum source { SOURCE_TAP, SOURCE_ATTACH, SOURCE_SIGNAL, SOURCE_TIMER, SOURCE_DOORBELL };

/* Makes the epoll set, for an agent that is attached and has its TAP; an exit status of sysexits.h. */
int loop_make(struct agent *agent);

/* Adds a descriptor; `events` as epoll_ctl(2) has them. A negative errno on failure. */
int loop_watch(struct agent *agent, int fd, enum source source, uint32_t events);

/* Moves frames until SIGTERM or SIGINT; an exit status of sysexits.h. */
int loop_run(struct agent *agent);

#endif
