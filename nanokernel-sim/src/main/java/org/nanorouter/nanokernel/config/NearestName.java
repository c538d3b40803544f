// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds which known name was probably meant by one that is not known. */
public final class NearestName {
    private NearestName() {
    }

    /** The nearest of the names, or null if none is near: more than a third of its letters would have to change. */
    public static @Nullable String of(String name, Collection<String> names) {
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        for (String candidate : names) {
            int distance = distance(name, candidate);
            if (distance < bestDistance && distance <= Math.max(1, Math.max(name.length(), candidate.length()) / 3)) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** Letters to insert, delete, replace or swap with their neighbour to get from one name to the other. */
    private static int distance(String a, String b) {
        int[][] table = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    table[i][j] = i + j;
                    continue;
                }
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                int least = Math.min(table[i - 1][j - 1] + (same ? 0 : 1),
                        1 + Math.min(table[i - 1][j], table[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    least = Math.min(least, 1 + table[i - 2][j - 2]);
                }
                table[i][j] = least;
            }
        }
        return table[a.length()][b.length()];
    }
}
