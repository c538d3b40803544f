// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.watch.HeartbeatWatch;

/**
 * The OSes watch one another: whether peers and nanokernel still beat. What is found silent is told once for each
 * silence; the nanokernel alone judges. One thread uses it.
 */
final class MutualWatch {
    private final long periodNs;
    private final long deadlineNs;
    private final Map<Channel, HeartbeatWatch> peers = new HashMap<>();
    private final Set<Object> silent = new HashSet<>();
    private final HeartbeatWatch nanokernel;
    private long lastLook;

    MutualWatch(long periodNs, long deadlineNs, long now, long nanokernelBeat) {
        this.periodNs = periodNs;
        this.deadlineNs = deadlineNs;
        this.nanokernel = watch(now, nanokernelBeat);
        this.lastLook = now;
    }

    private HeartbeatWatch watch(long now, long word) {
        HeartbeatWatch watch = new HeartbeatWatch(periodNs, deadlineNs);
        watch.begin(now, word);
        return watch;
    }

    /**
     * Looks at everybody; due once a period, and what it comes later is held against nobody.
     *
     * @param onSilent called for each peer that has just been silent for longer than the deadline
     * @return whether the nanokernel has just been
     */
    boolean look(long now, List<Channel> channels, long nanokernelBeat, Consumer<Channel> onSilent) {
        long late = Math.max(0, now - lastLook - periodNs);
        lastLook = now;
        peers.keySet().retainAll(channels);
        silent.removeIf(each -> each instanceof Channel && !peers.containsKey(each));
        for (Channel channel : channels) {
            long beat = channel.peerHeartbeat();
            HeartbeatWatch watch = peers.get(channel);
            if (watch == null) {
                // Before its first beat it is not missed.
                if (beat != 0) {
                    peers.put(channel, watch(now, beat));
                }
            } else if (isNewlySilent(channel, watch, now, beat, late)) {
                onSilent.accept(channel);
            }
        }
        return isNewlySilent(this, nanokernel, now, nanokernelBeat, late);
    }

    private boolean isNewlySilent(Object who, HeartbeatWatch watch, long now, long word, long late) {
        if (watch.look(now, late, word) == HeartbeatWatch.Verdict.HUNG) {
            return silent.add(who);
        }
        silent.remove(who);
        return false;
    }
}
