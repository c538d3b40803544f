// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

/**
 * A port of the router that is captured at.
 *
 * @param index    has it until it goes
 * @param kind     label of its {@code PortKind}
 * @param epoch    of the peer, if it is a channel; else 0
 * @param capacity bytes of each of its rings, if it is a channel; else 0
 */
public record CapturedPort(int index, String name, String kind, long epoch, int capacity) {
}
