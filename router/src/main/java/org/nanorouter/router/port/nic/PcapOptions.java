// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a card on capture files replays and records.
 *
 * @param replay file to replay, or null
 * @param record file to record to, which is emptied; or null
 * @param pace of the replay
 * @param nanoseconds whether the recording has timestamps in nanoseconds, or microseconds as old readers want
 */
public record PcapOptions(@Nullable Path replay, @Nullable Path record, Pace pace, boolean nanoseconds) {
    /** Refuses options that name no file, or one file for both. */
    public PcapOptions {
        if (replay == null && record == null) {
            throw new IllegalArgumentException("neither a file to replay nor one to record to");
        }
        if (replay != null && record != null
                && replay.toAbsolutePath().normalize().equals(record.toAbsolutePath().normalize())) {
            throw new IllegalArgumentException("replay and record are one file: " + replay);
        }
    }
}
