// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the programs of each OS share, and how much they may. */
final class SharedBytes {
    private final Map<String, Long> limits;
    private final Map<String, Long> used = new HashMap<>();

    SharedBytes(List<Switchboard.Share> shares) {
        this.limits = shares.stream().collect(Collectors.toMap(Switchboard.Share::os, Switchboard.Share::limit));
    }

    boolean hasOs(String os) {
        return limits.containsKey(os);
    }

    long limitOf(String os) {
        return limits.getOrDefault(os, 0L);
    }

    long usedBy(String os) {
        return used.getOrDefault(os, 0L);
    }

    /** Why an OS may not share so much more; null if it may. */
    @Nullable String refusal(String os, long more, String what) {
        return more <= limitOf(os) - usedBy(os) ? null : "OS " + os + " shares " + usedBy(os) + " of " + limitOf(os)
                + " bytes, and " + what + " needs " + more;
    }

    /** Counts what an OS shares more; less, if negative. */
    void charge(String os, long more) {
        used.merge(os, more, Long::sum);
    }
}
