// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import org.jspecify.annotations.Nullable;

/** A port over time. */
public final class PortTrack {
    private final String os;
    private final History history = new History();
    private Sample.Port port;
    private @Nullable Rates rates;
    private long life;
    private long atNs;

    PortTrack(Sample.Router router, Sample.Port port) {
        this.os = router.os();
        this.port = port;
        this.life = router.life();
        this.atNs = router.atNs();
    }

    void add(Sample.Router router, Sample.Port now) {
        boolean same = router.life() == life && now.peerEpoch() == port.peerEpoch();
        Rates grown = same ? Rates.between(port, now, router.atNs() - atNs) : null;
        if (grown != null) {
            double seconds = (router.atNs() - atNs) / 1e9;
            history.add(atNs, router.atNs(), (grown.inBytes() + grown.outBytes()) * seconds);
        }
        rates = grown;
        life = router.life();
        atNs = router.atNs();
        port = now;
    }

    /** The OS whose router has it. */
    public String os() {
        return os;
    }

    /** As it was seen last. */
    public Sample.Port port() {
        return port;
    }

    /** Since the sample before; null if that was not of the same life of the port. */
    public @Nullable Rates rates() {
        return rates;
    }

    /** Bytes in both directions. */
    History history() {
        return history;
    }

    long atNs() {
        return atNs;
    }
}
