// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

bool heartbeat_missed(struct heartbeat_watch *watch, uint64_t now, uint64_t word, uint64_t deadline_ns, uint64_t late)
{
	bool missed;

	if (!watch->changed_at || word != watch->word || !word) {
		*watch = (struct heartbeat_watch){.word = word, .changed_at = now};
		return false;
	}
	watch->changed_at += late;
	missed = now > watch->changed_at && now - watch->changed_at > deadline_ns && !watch->told;
	watch->told |= missed;
	return missed;
}
