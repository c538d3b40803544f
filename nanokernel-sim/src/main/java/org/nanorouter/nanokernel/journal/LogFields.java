// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.journal;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** What a log record is about beside its text: in the journal fields {@code NANOROUTER_NAME}, in capitals. */
public final class LogFields {
    /** Name of an OS. */
    public static final String OS = "os";
    /** Its epoch, a number. */
    public static final String EPOCH = "epoch";
    /** The state that it is in since. */
    public static final String STATE = "state";
    /** Why, for people. */
    public static final String REASON = "reason";
    /** Name of a router's port. */
    public static final String PORT = "port";
    /** Name of the OS behind a channel. */
    public static final String PEER = "peer";

    private LogFields() {
    }

    /**
     * Runs what logs. Its records have these fields, and those that the thread's records have anyway.
     *
     * @param namesAndValues a name, its value, and so on; a field without a value is left out
     */
    public static void with(Runnable log, @Nullable String... namesAndValues) {
        Map<String, String> before = MDC.getCopyOfContextMap();
        try {
            for (int i = 0; i + 1 < namesAndValues.length; i += 2) {
                if (namesAndValues[i + 1] != null) {
                    MDC.put(namesAndValues[i], namesAndValues[i + 1]);
                }
            }
            log.run();
        } finally {
            if (before == null) {
                MDC.clear();
            } else {
                MDC.setContextMap(before);
            }
        }
    }

    /** From now on all records of this thread, and of those that it starts, have this field. */
    public static void always(String name, String value) {
        MDC.put(name, value);
    }
}
