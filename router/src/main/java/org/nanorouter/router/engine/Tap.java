// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Port;

/**
 * Sees what the engine does with frames, and changes nothing of it. Called on the data loop; neither blocks nor throws.
 */
public interface Tap {
    /** Looks at nothing. */
    Tap NONE = new Tap() {
        @Override
        public void batch(FrameBatch batch, int ingress, long now, long sentAt) {
        }

        @Override
        public void added(int index, Port port) {
        }

        @Override
        public void removed(int index, Port port) {
        }
    };

    /**
     * A batch has been forwarded: each frame has its egresses, or the reason why it has none.
     *
     * @param batch   its memory is there until this returns
     * @param ingress index of the port that it came from
     * @param now     when it came, {@code System.nanoTime()}
     * @param sentAt  when it had been sent
     */
    void batch(FrameBatch batch, int ingress, long now, long sentAt);

    /** A port was taken into service. */
    void added(int index, Port port);

    /** A port was taken out of service; another one may get its index. */
    void removed(int index, Port port);
}
