// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.util.Map;

/**
 * What happened beside the frames.
 *
 * @param time   nanoseconds since 1970
 * @param text   one line
 * @param fields by name, as systemd.journal-fields(7) has them, without a message
 */
public record Happening(long time, String text, Map<String, String> fields) {
}
