// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.util.List;

/**
 * What one check found.
 *
 * @param group    stable word for what it belongs to
 * @param name     stable words for what was looked at, unique in its group
 * @param verdict  how it ended
 * @param found    what was found, one line
 * @param advice   how to mend it, one line; empty if there is nothing to mend
 * @param commands what to run for that, each a line as it is typed; may be empty
 */
public record Finding(String group, String name, Verdict verdict, String found, String advice,
        List<String> commands) {
}
