// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.util.regex.Pattern;

/** What a port may be called. */
final class PortName {
    private static final Pattern LEGAL = Pattern.compile("[a-z0-9][a-z0-9._-]{0,30}");

    private PortName() {
    }

    static boolean isLegal(String name) {
        return LEGAL.matcher(name).matches();
    }
}
