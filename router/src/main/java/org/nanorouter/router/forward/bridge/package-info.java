// SPDX-License-Identifier: Apache-2.0
/**
 * The learning bridge: which port leads to an Ethernet address.
 *
 * <h2>Purpose</h2>
 * For each frame, {@link org.nanorouter.router.forward.bridge.Bridge#forward} learns where its source is and answers
 * where it goes: to one port, to all others, or nowhere, by name (IEEE 802.1Q sections 8.6 to 8.8).
 *
 * <h2>Goals, and how each is met</h2>
 * <ul>
 *   <li><b>No loops.</b> A frame never goes back to its ingress. Ports of one horizon (the channels of a full mesh)
 *       never exchange frames, because their peers reach each other by themselves.</li>
 *   <li><b>Bounded, whatever is sent.</b> The table has a fixed capacity. A live entry is never evicted, and one port
 *       cannot hold more than its share, so a flood of made-up sources costs the flooder its own learning. What is not
 *       learned is flooded, which is correct and slower.</li>
 *   <li><b>An address that moves is followed</b>, unless it is pinned to a port by a static entry: then a frame that
 *       claims it elsewhere is dropped as spoofed.</li>
 *   <li><b>Pure and without allocation.</b> Time comes in as a number; the table is arrays of primitives. All calls
 *       come from the one thread that forwards; snapshots for people are made there, too.</li>
 * </ul>
 *
 * <h2>What it refuses</h2>
 * It runs no spanning tree and does not forward the addresses that end at a bridge (01:80:c2:00:00:00 to 0f). VLANs
 * separate what is learned; membership of ports in VLANs is not its business.
 */
package org.nanorouter.router.forward.bridge;
