// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

import java.util.List;

/**
 * What chaos is asked to do.
 *
 * @param seconds  for how long failures are begun; 0: until {@code count} is reached
 * @param count    failures at most; 0: any number
 * @param seed     the same seed draws the same OSes and kinds, in the same order
 * @param troubles kinds to draw from
 * @param oses     names of OSes to draw from; empty: all that can be entered
 * @param pauseMs  between the end of one failure and the next, on the average
 */
public record ChaosSettings(int seconds, int count, long seed, List<Trouble> troubles, List<String> oses,
        int pauseMs) {
}
