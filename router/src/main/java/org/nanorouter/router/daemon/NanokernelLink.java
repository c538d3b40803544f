// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.attach.AttachListener;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.attach.Attachment;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.journal.LogFields;
import org.nanorouter.router.config.RouterConfig;
import org.nanorouter.router.loop.DataLoop;
import org.nanorouter.router.loop.Watch;
import org.nanorouter.router.standby.Reclaim;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.Process;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this OS attached to the nanokernel: sign of life, peers, and attaching anew after a loss. On the data loop.
 */
final class NanokernelLink {
    private static final Logger LOG = LoggerFactory.getLogger(NanokernelLink.class);
    private static final long FIRST_RETRY_MS = 100;
    private static final long LAST_RETRY_MS = 5_000;
    private static final int PEERS_WAIT_MS = 5_000;

    private final DataLoop loop;
    private final Attachment attachment;
    private final PortTable ports;
    private final Runnable onSynced;
    private final Listener listener = new Listener();
    private @Nullable Watch watch;
    private long retryMs = FIRST_RETRY_MS;
    private @Nullable MutualWatch mutualWatch;
    private long losses;
    private long silences;
    private boolean synced;
    private boolean closed;

    private NanokernelLink(DataLoop loop, Attachment attachment, PortTable ports, Runnable onSynced) {
        this.loop = loop;
        this.attachment = attachment;
        this.ports = ports;
        this.onSynced = onSynced;
    }

    /**
     * Attaches; peers are told from {@link #begin} on.
     *
     * @param onSynced called whenever every peer that there is has its port
     */
    static NanokernelLink connect(DataLoop loop, RouterConfig.Attach config, PortTable ports, Runnable onSynced)
        throws StartException {
        try {
            // Refused as long as the nanokernel has not seen the end of the router before this one.
            Attachment attachment = Reclaim.ask(
                () -> Attachment.connect(config.socket(), config.os(), config.tokenFile()), NanokernelLink::isBusy);
            return new NanokernelLink(loop, attachment, ports, onSynced);
        } catch (IOException e) {
            throw StartException.ofAttach(e);
        }
    }

    private static boolean isBusy(IOException failure) {
        return failure instanceof AttachRefusedException refused && refused.error() == AttachError.BUSY;
    }

    Attachment attachment() {
        return attachment;
    }

    boolean isAttached() {
        return attachment.fd() >= 0;
    }

    /** Whether the peers that there are were told, at least once. */
    boolean isSynced() {
        return synced;
    }

    long losses() {
        return losses;
    }

    /** How often the nanokernel was attached and did not beat within the deadline. */
    long silences() {
        return silences;
    }

    /** Starts to beat and to listen, and returns once the peers are told: a frame that is read before is lost. */
    void begin() {
        attached();
        loop.every(Math.max(1, attachment.heartbeatPeriodMs()), this::onPeriod);
        listen();
        awaitPeers();
    }

    /** They follow the nanokernel's first answer at once. */
    private void awaitPeers() {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PEERS_WAIT_MS);
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            while (!synced && isAttached() && System.nanoTime() - deadline < 0) {
                entry.buffer().putInt(Poll.FD_OFFSET, attachment.fd()).putShort(Poll.EVENTS_OFFSET, Poll.IN);
                Poll.poll(entry.address(), 1, PEERS_WAIT_MS);
                dispatch();
            }
        }
    }

    private void onPeriod() {
        if (!closed) {
            long now = System.nanoTime();
            attachment.beat(now);
            ports.lookAgain();
            ports.limitQueues(now);
            ports.noticeQuarantines(attachment::reportLied);
            watchOthers(now);
        }
    }

    private void watchOthers(long now) {
        MutualWatch current = mutualWatch;
        long nanokernelBeat = attachment.management().heartbeat();
        if (current != null && isAttached()
            && current.look(now, attachment.channels(), nanokernelBeat, attachment::reportSilent)) {
            LOG.warn("the nanokernel does not beat");
            silences++;
        }
    }

    /** Region and connection are new ones. */
    private void attached() {
        long now = System.nanoTime();
        attachment.beat(now);
        mutualWatch = new MutualWatch(TimeUnit.MILLISECONDS.toNanos(attachment.heartbeatPeriodMs()),
            TimeUnit.MILLISECONDS.toNanos(attachment.heartbeatDeadlineMs()), now, attachment.management().heartbeat());
        Process.trap(attachment.regionAddress(), attachment.fd());
    }

    private void listen() {
        watch = loop.watch(attachment.fd(), this::dispatch);
        dispatch();
    }

    private void dispatch() {
        attachment.dispatch(listener);
    }

    /** Says that frames can flow. */
    void ready() {
        try {
            attachment.ready();
        } catch (IOException e) {
            // The connection is broken; the next dispatch sees its end.
            LOG.warn("READY was not sent: {}", e.getMessage());
        }
    }

    private void retryLater() {
        loop.schedule(this::retry, TimeUnit.MILLISECONDS.toNanos(retryMs));
        retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
    }

    /** Waits for the nanokernel's answer on a thread of its own, since frames do not wait for it. */
    private void retry() {
        if (!closed) {
            Thread thread = new Thread(this::dial, "attach");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void dial() {
        Attachment.Dialed dialed = null;
        try {
            dialed = attachment.dial();
        } catch (IOException e) {
            LOG.debug("cannot attach again: {}", e.getMessage());
        }
        Attachment.Dialed result = dialed;
        try {
            loop.execute(result == null ? this::retryLater : () -> adopt(result));
        } catch (RejectedExecutionException e) {
            // The router has ended meanwhile.
            if (result != null) {
                result.discard();
            }
        }
    }

    private void adopt(Attachment.Dialed dialed) {
        if (closed) {
            dialed.discard();
            return;
        }
        // The region may be unmapped by that, in which the trap would write.
        Process.trap(0, 0);
        attachment.adopt(dialed, listener);
        LOG.info("attached to the nanokernel again");
        retryMs = FIRST_RETRY_MS;
        attached();
        listen();
    }

    /** Detaches; no port at a channel may be in service any more. */
    void close() {
        closed = true;
        cancelWatch();
        Process.trap(0, 0);
        attachment.close();
    }

    private void cancelWatch() {
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
    }

    private final class Listener implements AttachListener {
        @Override
        public void peer(Channel channel) {
            LogFields.with(() -> LOG.info("peer {} has come, epoch {}", channel.peerName(), channel.peerEpoch()),
                LogFields.PEER, channel.peerName());
            ports.addChannel(channel);
        }

        @Override
        public void peerGone(Channel channel) {
            ports.endChannel(channel);
        }

        @Override
        public void synced() {
            synced = true;
            onSynced.run();
        }

        @Override
        public void peerRefused(int peerId, int peerEpoch, String reason) {
            LOG.warn("no channel to peer id={} epoch={}: {}", peerId, peerEpoch, reason);
        }

        @Override
        public void lost(String reason) {
            LogFields.with(() -> LOG.warn("the nanokernel is lost, frames go on: {}", reason),
                LogFields.REASON, reason);
            losses++;
            cancelWatch();
            if (!closed) {
                retryLater();
            }
        }
    }
}
