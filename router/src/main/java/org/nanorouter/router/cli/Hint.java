// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a person would do now.
 *
 * @param about    name of what it is about: an OS, a router, a port, an instance
 * @param text     why, one line
 * @param commands what to run, each a line as it is typed
 */
record Hint(String about, String text, List<String> commands) {
    /** As JSON shows it; the keys are stable. */
    Map<String, Object> report() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("about", about);
        report.put("text", text);
        report.put("commands", commands);
        return report;
    }
}
