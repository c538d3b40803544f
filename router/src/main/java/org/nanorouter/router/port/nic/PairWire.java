// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.port.PortState;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.ShimException;

/**
 * One end of a cable within this process. Each end belongs to one thread; the two may differ. An end either serves a
 * {@link NicPort} or is used directly, by a test.
 */
public final class PairWire implements Wire {
    private final FrameQueue in;
    private final FrameQueue out;
    private final int doorbellIn;
    /** A duplicate of the other end's, so that each end closes its own. */
    private final int doorbellOut;

    private PairWire(FrameQueue in, FrameQueue out, int doorbellIn, int doorbellOut) {
        this.in = in;
        this.out = out;
        this.doorbellIn = doorbellIn;
        this.doorbellOut = doorbellOut;
    }

    /** Makes both ends of one cable. */
    public static PairWire[] create() throws ShimException {
        FrameQueue one = new FrameQueue();
        FrameQueue other = new FrameQueue();
        int first = Errno.check(EventFd.create(), "eventfd");
        int second = Errno.check(EventFd.create(), "eventfd");
        return new PairWire[] {
            new PairWire(one, other, first, Errno.check(Fd.duplicate(second), "dup")),
            new PairWire(other, one, second, Errno.check(Fd.duplicate(first), "dup"))};
    }

    /** Sends one frame; false if the cable is full. */
    public boolean offer(byte[] frame) {
        byte[] place = out.claim();
        if (place == null) {
            return false;
        }
        System.arraycopy(frame, 0, place, 0, frame.length);
        out.publish(frame.length);
        EventFd.ring(doorbellOut);
        return true;
    }

    /** The next frame that came, or null. */
    public byte @Nullable [] poll() {
        int length = in.peek();
        if (length < 0) {
            return null;
        }
        byte[] frame = Arrays.copyOf(in.oldest(), length);
        in.release();
        return frame;
    }

    @Override
    public String kind() {
        return "pair";
    }

    @Override
    public PortState state() {
        return PortState.UP;
    }

    @Override
    public int readinessDescriptor() {
        return doorbellIn;
    }

    @Override
    public int receive(FrameSlots slots, long now) {
        int count = 0;
        for (int length = in.peek(); length >= 0 && count < slots.capacity(); length = in.peek()) {
            if (length > slots.maxFrame()) {
                slots.result(count, -Errno.EMSGSIZE);
            } else {
                slots.memory().put(slots.frameOffset(count), in.oldest(), 0, length);
                slots.result(count, length);
            }
            in.release();
            count++;
        }
        return count;
    }

    @Override
    public int send(FrameSlots slots, int first, int count, long now) {
        int done = 0;
        for (; done < count; done++) {
            int slot = first + done;
            byte[] place = out.claim();
            if (place == null) {
                slots.result(slot, -Errno.EAGAIN);
                break;
            }
            slots.memory().get(slots.frameOffset(slot), place, 0, slots.length(slot));
            out.publish(slots.length(slot));
            slots.result(slot, slots.length(slot));
        }
        if (done > 0) {
            EventFd.ring(doorbellOut);
        }
        return done;
    }

    @Override
    public Map<String, Object> details() {
        return Map.of();
    }

    @Override
    public void close() {
        Fd.close(doorbellIn);
        Fd.close(doorbellOut);
    }
}
