// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.util.regex.Pattern;

/** What a port, memory or a sync object may be called. */
final class ObjectName {
    private static final Pattern LEGAL = Pattern.compile("[a-z0-9][a-z0-9._-]{0,30}");

    private ObjectName() {
    }

    static boolean isLegal(String name) {
        return LEGAL.matcher(name).matches();
    }

    /** Why a name is refused. */
    static String refusal(String name, String what) {
        return "'" + printable(name) + "' is not the name of " + what
                + ": 1 to 31 of a-z, 0-9, '.', '_' and '-', a letter or digit first";
    }

    /** The name as a program sent it, for people. */
    static String printable(String name) {
        return name.replaceAll("[^ -~]", "?");
    }
}
