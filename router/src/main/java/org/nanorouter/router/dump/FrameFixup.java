// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nanorouter.router.capture.CapturedFrame;
import org.nanorouter.router.frame.FrameFault;
import org.nanorouter.router.frame.Segmenter;
import org.nanorouter.router.frame.VnetHeaderDescriptor;
import org.nanorouter.router.port.FrameBatch;

/** Makes of a frame with offloads those that a network card would have sent: cut, and with checksums. */
final class FrameFixup {
    private static final int VNET = VnetHeaderDescriptor.LENGTH;

    private final ByteBuffer whole = ByteBuffer.allocate(VNET + FrameBatch.MAX_FRAME).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer part = ByteBuffer.allocate(VNET + FrameBatch.MAX_FRAME).order(ByteOrder.LITTLE_ENDIAN);
    private final Segmenter segmenter = new Segmenter(0, FrameBatch.MAX_FRAME);

    /** Takes the frames that come of one. */
    interface Taker {
        void take(FrameBytes frame) throws IOException;
    }

    /** Gives the taker what a card would have sent; the frame as it is if it was cut off or is not right. */
    void fix(Sighting sighting, Taker taker) throws IOException {
        CapturedFrame frame = sighting.frame();
        int length = frame.capturedLength();
        if (length == frame.length()) {
            whole.put(0, frame.memory(), frame.vnetOffset(), VNET);
            whole.put(VNET, frame.memory(), frame.frameOffset(), length);
            if (segmenter.begin(whole, 0, length) == FrameFault.NONE) {
                while (segmenter.hasNext()) {
                    int made = segmenter.next(part, 0);
                    taker.take(new FrameBytes(part, VNET, made, made));
                }
                return;
            }
        }
        taker.take(sighting.bytes());
    }
}
