// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import java.util.Random;

/** The seed of a random test: new in every run, printed, and set again with {@code -Dnanorouter.seed=N}. */
final class Seed {

    private Seed() {
    }

    static Random random(String test) {
        long seed = Long.getLong("nanorouter.seed", System.nanoTime());
        System.out.println(test + ": nanorouter.seed=" + seed);
        return new Random(seed);
    }
}
