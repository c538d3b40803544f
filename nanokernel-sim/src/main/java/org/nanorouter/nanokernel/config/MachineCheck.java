// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads {@code machine.toml} again while its machine runs. Regions and rings are laid out at the start, so nothing of
 * the running machine changes: what is found is only said.
 */
public final class MachineCheck {
    /** What the file says now. */
    public enum Verdict {
        /** What runs. */
        UNCHANGED,
        /** Another machine than what runs: the next start takes it. */
        NEEDS_RESTART,
        /** Mistakes: a start would be refused. */
        MISTAKES
    }

    private static final Logger LOG = LoggerFactory.getLogger(MachineCheck.class);

    private MachineCheck() {
    }

    /** Reads the file and logs the verdict. */
    public static Verdict check(Path file, MachineConfig running) {
        MachineConfig now;
        try {
            now = MachineConfig.read(file);
        } catch (ConfigException e) {
            e.mistakes().forEach(mistake -> LOG.error("{}", mistake));
            LOG.error("{} has mistakes, the machine goes on as it is", file);
            return Verdict.MISTAKES;
        }
        if (now.equals(running)) {
            LOG.info("{} is unchanged", file);
            return Verdict.UNCHANGED;
        }
        LOG.warn("{} has changed, which takes effect when the nanokernel is restarted", file);
        return Verdict.NEEDS_RESTART;
    }
}
