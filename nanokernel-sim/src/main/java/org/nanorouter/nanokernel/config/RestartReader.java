// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.time.Duration;
import java.util.List;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.config.RestartConfig.Policy;
import org.nanorouter.nanokernel.config.RestartConfig.Reaction;

/** Turns the table {@code os.restart} into a {@link RestartConfig}. */
final class RestartReader {
    private static final Duration MAX_DELAY = Duration.ofHours(1);
    private static final Duration MAX_WINDOW = Duration.ofHours(24);
    private static final int MAX_LIMIT = 1_000_000;

    private RestartReader() {
    }

    static RestartConfig read(ConfigReader restart, OsKind kind) {
        Duration delay = restart.duration("delay", Duration.ofMillis(100), Duration.ZERO, MAX_DELAY);
        Duration maxDelay = restart.duration("max_delay", Duration.ofSeconds(10), Duration.ZERO, MAX_DELAY);
        if (restart.has("max_delay") && maxDelay.compareTo(delay) < 0) {
            restart.mistake("max_delay", "'os.restart.max_delay' is less than the delay",
                    "at least " + Unit.DURATION.format(delay.toNanos()));
        }
        List<String> command = restart.strings("command", List.of());
        if (restart.has("command") && (kind != OsKind.EXTERNAL || command.isEmpty() || command.get(0).isEmpty())) {
            restart.mistake("command", kind == OsKind.EXTERNAL ? "'os.restart.command' is empty"
                    : "'os.restart.command' is of no use: the nanokernel starts this OS by its init command",
                    "a command, and only for an external OS");
        }
        return new RestartConfig(restart.choice("policy", Policy.class, Policy.ON_FAILURE), delay,
                maxDelay.compareTo(delay) < 0 ? delay : maxDelay, restart.integer("limit", 5, 0, MAX_LIMIT),
                restart.duration("window", Duration.ofSeconds(60), Duration.ofMillis(1), MAX_WINDOW),
                restart.choice("hung", Reaction.class, Reaction.RESTART),
                restart.choice("stalled", Reaction.class, Reaction.REPORT),
                restart.choice("quarantined", Reaction.class, Reaction.REPORT), command);
    }
}
