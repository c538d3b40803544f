// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How often there is what: how often a program has opened an object, or how many objects an OS has. */
final class Counts<K> {
    private final Map<K, Integer> counts = new LinkedHashMap<>();

    void add(K what) {
        counts.merge(what, 1, Integer::sum);
    }

    /** One less. */
    void remove(K what) {
        counts.computeIfPresent(what, (key, count) -> count == 1 ? null : count - 1);
    }

    /** None any more; answers how many there were. */
    int removeAll(K what) {
        Integer count = counts.remove(what);
        return count == null ? 0 : count;
    }

    int of(K what) {
        return counts.getOrDefault(what, 0);
    }

    boolean isEmpty() {
        return counts.isEmpty();
    }

    /** Of how many different ones there is any. */
    int size() {
        return counts.size();
    }

    List<K> all() {
        return List.copyOf(counts.keySet());
    }
}
