// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

/** Hears everything and does nothing. */
final class NoListener implements CaptureReader.Listener {
    @Override
    public void portUp(CapturedPort port) {
    }

    @Override
    public void portDown(int index, String state) {
    }

    @Override
    public void lost(int port, long frames) {
    }

    @Override
    public void taken(int port, int position, long time) {
    }

    @Override
    public boolean frame(CapturedFrame captured) {
        return true;
    }

    @Override
    public void pause() {
    }
}
