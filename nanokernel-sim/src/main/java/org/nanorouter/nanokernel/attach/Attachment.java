// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.memory.BadRegionException;
import org.nanorouter.nanokernel.memory.ManagementRegion;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.ShimException;

/**
 * An endpoint of this OS, attached to the nanokernel: its own region, the management region, and a channel to each
 * peer.
 *
 * <p>One thread uses it: {@link #connect}, join {@link #fd} to the event loop, {@link #dispatch} when it is readable
 * and once at the start, {@link #ready} once frames can flow, {@link #beat} every {@link #heartbeatPeriodMs}.
 */
public final class Attachment implements AutoCloseable {

    private static final int CLOSED = -1;

    private final Path socketPath;
    private final String osName;
    private final Path tokenFile;
    private final Channel[] channels = new Channel[AbiDescriptor.MAX_OS];
    private final long[] quarantines = new long[QuarantineReason.values().length];
    private @Nullable AttachSocket socket;
    private ManagementRegion management;
    private OsRegion own;
    /** Bit of each peer told since the last attach; those not among them at SYNCED are gone. */
    private int told;

    private Attachment(Path socketPath, String osName, Path tokenFile, AttachSocket socket, Regions regions) {
        this.socketPath = socketPath;
        this.osName = osName;
        this.tokenFile = tokenFile;
        this.socket = socket;
        this.management = regions.management;
        this.own = regions.own;
    }

    private record Regions(ManagementRegion management, OsRegion own) {

        boolean sameIncarnationAs(ManagementRegion otherManagement, OsRegion otherOwn) {
            return own.osId() == otherOwn.osId() && own.epoch() == otherOwn.epoch()
                && Arrays.equals(management.bootId(), otherManagement.bootId());
        }

        void close() {
            own.close();
            management.close();
        }
    }

    /**
     * Connects, attaches, and waits for the answer; peers come later, from {@link #dispatch}.
     *
     * @param socketPath attach socket of the OS
     * @param osName name of the OS
     * @param tokenFile file with the token of the OS's incarnation
     * @throws AttachRefusedException if the nanokernel says no
     * @throws IOException if nobody listens, nobody answers in time, or the answer breaks the ABI
     */
    public static Attachment connect(Path socketPath, String osName, Path tokenFile) throws IOException {
        final AttachSocket socket = open(socketPath, osName, tokenFile);
        try {
            return new Attachment(socketPath, osName, tokenFile, socket, takeRegions(socket));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * After {@link AttachListener#lost}: attaches anew. If the nanokernel is of the same boot and this OS of the same
     * epoch, the channels stay as they are, quarantined ones too, and those of peers that are gone are closed at
     * SYNCED; otherwise all are closed, and regions and channels are new ones.
     *
     * @throws IOException as {@link #connect}; then everything is as before the call
     */
    public void reattach(AttachListener listener) throws IOException {
        adopt(dial(), listener);
    }

    /** A new connection that is attached and not yet in use. */
    public static final class Dialed {
        private final AttachSocket socket;
        private final Regions regions;

        private Dialed(AttachSocket socket, Regions regions) {
            this.socket = socket;
            this.regions = regions;
        }

        /** Ends the connection. */
        public void discard() {
            socket.close();
            regions.close();
        }
    }

    /**
     * The part of {@link #reattach} that waits for the nanokernel's answer. For any thread, so that the attachment's
     * own can go on.
     *
     * @throws IOException as {@link #connect}
     */
    public Dialed dial() throws IOException {
        final AttachSocket fresh = open(socketPath, osName, tokenFile);
        try {
            return new Dialed(fresh, takeRegions(fresh));
        } catch (IOException e) {
            fresh.close();
            throw e;
        }
    }

    /** The part of {@link #reattach} that changes this attachment. */
    public void adopt(Dialed dialed, AttachListener listener) {
        if (socket != null) {
            throw new IllegalStateException("still attached");
        }
        final Regions regions = dialed.regions;
        if (regions.sameIncarnationAs(management, own)) {
            regions.close();
        } else {
            for (int id = 0; id < channels.length; id++) {
                closeChannel(id, listener);
            }
            own.close();
            management.close();
            own = regions.own;
            management = regions.management;
        }
        socket = dialed.socket;
        told = 0;
    }

    private static AttachSocket open(Path socketPath, String osName, Path tokenFile) throws IOException {
        return Dial.open(socketPath, osName, tokenFile, AttachDescriptor.TYPE_ATTACH, AttachDescriptor.TYPE_ATTACHED);
    }

    private static Regions takeRegions(AttachSocket socket) throws ShimException, BadRegionException {
        final ManagementRegion management = ManagementRegion.map(
            socket.descriptor(0), socket.receivedLong(AttachDescriptor.ATTACHED_MANAGEMENT_LENGTH_OFFSET));
        try {
            return new Regions(management, OsRegion.mapOwn(socket.descriptor(1),
                socket.receivedLong(AttachDescriptor.ATTACHED_REGION_LENGTH_OFFSET),
                socket.receivedInt(AttachDescriptor.ATTACHED_OS_ID_OFFSET),
                socket.receivedInt(AttachDescriptor.ATTACHED_EPOCH_OFFSET)));
        } catch (ShimException | BadRegionException e) {
            management.close();
            throw e;
        }
    }

    /** Descriptor to wait on for reading; -1 while detached. */
    public int fd() {
        return socket == null ? CLOSED : socket.fd();
    }

    /** Handles every message that waits. */
    public void dispatch(AttachListener listener) {
        while (socket != null) {
            final int type = socket.receive();
            switch (type) {
                case AttachSocket.NOTHING -> {
                    return;
                }
                case AttachDescriptor.TYPE_PEER -> onPeer(socket, listener);
                case AttachDescriptor.TYPE_PEER_GONE -> onPeerGone(socket, listener);
                case AttachDescriptor.TYPE_SYNCED -> onSynced(listener);
                case AttachDescriptor.TYPE_REFUSED -> lose(Dial.refusal(socket).getMessage(), listener);
                case AttachSocket.ENDED, AttachSocket.BROKEN -> lose(socket.problem(), listener);
                default -> lose("message type " + type + " while attached", listener);
            }
        }
    }

    private void onPeer(AttachSocket from, AttachListener listener) {
        final int id = from.receivedInt(AttachDescriptor.PEER_ID_OFFSET);
        final int epoch = from.receivedInt(AttachDescriptor.PEER_EPOCH_OFFSET);
        if (id < 0 || id >= AbiDescriptor.MAX_OS || id == own.osId()) {
            listener.peerRefused(id, epoch, "peer id=" + id + " is not one of a peer");
            return;
        }
        // The peer has restarted since this message was sent; the one for its new epoch follows.
        if (management.epoch(id) != epoch) {
            return;
        }
        final Channel known = channels[id];
        told |= 1 << id;
        if (known != null && known.peerEpoch() == epoch) {
            return;
        }
        closeChannel(id, listener);
        final Channel channel;
        try {
            channel = open(from, id, epoch);
        } catch (ShimException | BadRegionException e) {
            listener.peerRefused(id, epoch, e.getMessage());
            return;
        }
        channels[id] = channel;
        listener.peer(channel);
    }

    private Channel open(AttachSocket from, int id, int epoch) throws ShimException, BadRegionException {
        final OsRegion peer = OsRegion.mapPeer(from.descriptor(0),
            from.receivedLong(AttachDescriptor.PEER_REGION_LENGTH_OFFSET), id, epoch);
        final int doorbellIn = from.takeDescriptor(1);
        final int doorbellOut = from.takeDescriptor(2);
        try {
            return Channel.open(own, peer, management, doorbellIn, doorbellOut);
        } catch (BadRegionException e) {
            peer.close();
            Fd.close(doorbellIn);
            Fd.close(doorbellOut);
            throw e;
        }
    }

    private void onPeerGone(AttachSocket from, AttachListener listener) {
        final int id = from.receivedInt(AttachDescriptor.PEER_ID_OFFSET);
        final int epoch = from.receivedInt(AttachDescriptor.PEER_EPOCH_OFFSET);
        if (id >= 0 && id < AbiDescriptor.MAX_OS && channels[id] != null && channels[id].peerEpoch() == epoch) {
            closeChannel(id, listener);
        }
    }

    private void onSynced(AttachListener listener) {
        for (int id = 0; id < channels.length; id++) {
            if ((told & 1 << id) == 0) {
                closeChannel(id, listener);
            }
        }
        listener.synced();
    }

    private void closeChannel(int id, AttachListener listener) {
        final Channel channel = channels[id];
        if (channel != null) {
            listener.peerGone(channel);
            channels[id] = null;
            forget(channel);
        }
    }

    private void forget(Channel channel) {
        final QuarantineReason reason = channel.quarantineReason();
        if (reason != null) {
            quarantines[reason.ordinal()]++;
        }
        channel.close();
    }

    private void lose(String reason, AttachListener listener) {
        final AttachSocket ended = socket;
        listener.lost(reason);
        socket = null;
        if (ended != null) {
            ended.close();
        }
    }

    /**
     * Tells the nanokernel that frames can flow.
     *
     * @throws ShimException if the message cannot be sent
     */
    public void ready() throws ShimException {
        if (socket != null) {
            Errno.check(socket.sendReady(), "send READY to " + socketPath);
        }
    }

    /** Stores this OS's sign of life. */
    public void beat(long now) {
        own.beat(now);
    }

    /** Writes this OS's panic record and tells the nanokernel, which ends the OS's epoch. */
    public void panic(int code, String text, long now) {
        own.panic(code, text, now);
        if (socket != null) {
            // If it cannot be sent the nanokernel finds the record at its next look.
            socket.sendPanic();
        }
    }

    /** Tells the nanokernel that a peer has not beaten within its deadline. */
    public void reportSilent(Channel channel) {
        if (socket != null) {
            socket.sendReport(AttachDescriptor.TYPE_SILENT, channel.peerId(), channel.peerEpoch());
        }
    }

    /** Tells the nanokernel that the channel to a peer is in quarantine. */
    public void reportLied(Channel channel) {
        if (socket != null) {
            socket.sendReport(AttachDescriptor.TYPE_LIED, channel.peerId(), channel.peerEpoch());
        }
    }

    /** Address of this OS's own region, for the panic trap; another one after {@link #adopt}. */
    public long regionAddress() {
        return own.address();
    }

    /** How often to beat. */
    public int heartbeatPeriodMs() {
        return management.heartbeatPeriodMs(own.osId());
    }

    /** For how long an OS of this machine may be silent. */
    public int heartbeatDeadlineMs() {
        return management.heartbeatDeadlineMs(own.osId());
    }

    /** Ethernet address of this OS, six bytes. */
    public byte[] mac() {
        return management.mac(own.osId());
    }

    /** Name of this OS. */
    public String osName() {
        return osName;
    }

    /** Id of this OS. */
    public int osId() {
        return own.osId();
    }

    /** Incarnation of this OS. */
    public int epoch() {
        return own.epoch();
    }

    /** OS table and ring directory; another object after {@link #reattach}. */
    public ManagementRegion management() {
        return management;
    }

    /** The channels that are not closed. */
    public List<Channel> channels() {
        final List<Channel> open = new ArrayList<>();
        for (final Channel channel : channels) {
            if (channel != null) {
                open.add(channel);
            }
        }
        return open;
    }

    /** How many channels were quarantined for this reason, those of epochs that have ended included. */
    public long quarantines(QuarantineReason reason) {
        long count = quarantines[reason.ordinal()];
        for (final Channel channel : channels) {
            if (channel != null && channel.quarantineReason() == reason) {
                count++;
            }
        }
        return count;
    }

    /** Detaches: closes the connection and every channel, unmaps everything. No listener is told. */
    @Override
    public void close() {
        if (socket != null) {
            socket.close();
            socket = null;
        }
        for (int id = 0; id < channels.length; id++) {
            if (channels[id] != null) {
                forget(channels[id]);
                channels[id] = null;
            }
        }
        own.close();
        management.close();
    }
}
