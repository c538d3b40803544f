// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.List;
import org.jline.utils.AttributedString;

/** What the keys do, and what the columns say. */
final class HelpPage {
    /** A key and what it does; the most useful first, since the end may not fit. */
    private static final String[][] LINES = {
        {"q", "quit"},
        {"s", "sort ports by rate, frames, drops, name"},
        {"r", "reverse the order"},
        {"space", "pause, go on"},
        {"b", "bits or bytes"},
        {"/", "show names that contain what you type"},
        {"o p", "show or hide OSes, ports"},
        {"f", "show or hide flows"},
        {"up down", "scroll what does not fit; also k j, page keys"},
        {"", ""},
        {"IN OUT", "what came in by a port, what went out"},
        {"frm/s", "frames; a large segment is one"},
        {"RING", "how full the ring is by which frames go out"},
        {"DROP/s", "frames that came in and went nowhere, and WHY"},
        {"BEAT", "since the OS's last heartbeat"},
    };
    private static final int INDENT = 2;
    private static final int KEY = 9;

    private HelpPage() {
    }

    static void draw(List<AttributedString> lines, Look look, boolean hasFlows) {
        if (LINES.length + 1 <= look.height() - 2) {
            lines.add(AttributedString.EMPTY);
        }
        for (String[] pair : LINES) {
            if (lines.size() < look.height() - 1 && (hasFlows || !"f".equals(pair[0]))) {
                Line line = new Line(look.width()).spaces(INDENT);
                line.cell(pair[0], KEY, false, look.palette().strong()).add(pair[1], look.palette().text());
                lines.add(line.done());
            }
        }
    }
}
