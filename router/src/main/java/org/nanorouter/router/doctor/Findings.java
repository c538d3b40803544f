// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.util.ArrayList;
import java.util.List;

/** Collects what the checks of all groups found. One thread. */
final class Findings {
    private final List<Finding> all = new ArrayList<>();
    private String group = "";

    void group(String name) {
        group = name;
    }

    void ok(String name, String found) {
        add(name, Verdict.OK, found, "");
    }

    void skipped(String name, String why) {
        add(name, Verdict.SKIPPED, why, "");
    }

    void warn(String name, String found, String advice, String... commands) {
        add(name, Verdict.WARN, found, advice, commands);
    }

    void fail(String name, String found, String advice, String... commands) {
        add(name, Verdict.FAIL, found, advice, commands);
    }

    void add(String name, Verdict verdict, String found, String advice, String... commands) {
        all.add(new Finding(group, name, verdict, found, advice, List.of(commands)));
    }

    List<Finding> all() {
        return all;
    }
}
