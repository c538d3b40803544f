// SPDX-License-Identifier: Apache-2.0
/**
 * Capture files in the pcapng format, written; draft-ietf-opsawg-pcapng, and for journal entries
 * draft-richardson-opsawg-pcapng-extras. Wireshark, tshark and capinfos show all of it, libpcap the packets.
 *
 * <p>Knows no frame, no ring, no clock; {@link org.nanorouter.router.pcapng.PcapngWriter} puts blocks one behind the
 * other and nothing else. {@link org.nanorouter.router.pcapng.NewFile} is a file that appears whole or not at all.
 */
@NullMarked
package org.nanorouter.router.pcapng;

import org.jspecify.annotations.NullMarked;
