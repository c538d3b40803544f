// SPDX-License-Identifier: Apache-2.0
/**
 * The last moments of an OS that failed, as a capture file.
 *
 * <p>One interface a ring, named {@code producer>consumer}; a packet for each Ethernet record, with its number and
 * whether it was delivered in its comment; and an entry of systemd's journal for each event, and for each record that
 * is no frame. All in the order of their times. Facts about the whole are comments of the section, which capinfos
 * shows. A frame is as it lay in the ring: a large segment is uncut, and a checksum that was left to the far end is not
 * filled in; its comment says so.
 */
@NullMarked
package org.nanorouter.router.postmortem;

import org.jspecify.annotations.NullMarked;
