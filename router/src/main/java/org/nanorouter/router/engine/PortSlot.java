// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import org.jspecify.annotations.Nullable;
import org.nanorouter.router.port.Landing;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.Port;

/** What the engine remembers about one port. */
final class PortSlot {
    private static final long HAS_ROOM = Long.MIN_VALUE;

    final int index;
    final Port port;
    final @Nullable Landing landing;
    final boolean readsIntoSpace;
    final boolean isPolledForFree;

    /** Whether a receive may find something, as far as is known without a system call. */
    boolean ready = true;
    /** Where its last frame for one destination went. */
    @Nullable PortSlot predicted;
    /** The egress for whose room it waits. */
    @Nullable PortSlot waitsFor;
    /** Whether something was sent to it that is not flushed. */
    boolean dirty;
    /** It threw. */
    boolean failed;

    private long fullSince = HAS_ROOM;

    PortSlot(int index, Port port) {
        this.index = index;
        this.port = port;
        this.landing = port.landing();
        this.readsIntoSpace = port.readsIntoSpace();
        this.isPolledForFree = port.isPolledForFree();
    }

    /** Whether an ingress whose frames go here should not be asked for any now. */
    boolean holdsBack(long now) {
        if (port.onFull() == OnFull.DROP) {
            return false;
        }
        if (port.hasRoom()) {
            fullSince = HAS_ROOM;
            return false;
        }
        if (fullSince == HAS_ROOM) {
            fullSince = now;
        }
        return now - fullSince < Engine.MAX_WAIT_NANOS;
    }

    /** When it stops holding back even if it stays full. */
    long holdsBackUntil() {
        return fullSince == HAS_ROOM ? Port.NEVER : fullSince + Engine.MAX_WAIT_NANOS;
    }
}
