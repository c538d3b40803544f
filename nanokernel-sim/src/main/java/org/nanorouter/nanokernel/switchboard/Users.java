// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nanorouter.nanokernel.attach.ProgramSession;

/** Programs that have an object, and how often each has opened it. */
final class Users {
    private final Map<ProgramSession, Integer> counts = new LinkedHashMap<>();

    void add(ProgramSession program) {
        counts.merge(program, 1, Integer::sum);
    }

    /** Takes one opening back; true if it was the last one of this program. */
    boolean remove(ProgramSession program) {
        return counts.computeIfPresent(program, (key, count) -> count == 1 ? null : count - 1) == null;
    }

    /** Takes all openings of a program back, and answers how many there were. */
    int removeAll(ProgramSession program) {
        Integer count = counts.remove(program);
        return count == null ? 0 : count;
    }

    boolean has(ProgramSession program) {
        return counts.containsKey(program);
    }

    boolean isEmpty() {
        return counts.isEmpty();
    }

    int size() {
        return counts.size();
    }

    List<ProgramSession> all() {
        return List.copyOf(counts.keySet());
    }
}
