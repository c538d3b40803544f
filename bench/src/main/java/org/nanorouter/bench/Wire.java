// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Two network stacks with a wire between them, up and answering.
 *
 * @param enterA   the command prefix that runs a program on side A
 * @param enterB   the same for side B
 * @param addressA IPv4 address of side A
 * @param addressB IPv4 address of side B
 */
record Wire(List<String> enterA, List<String> enterB, String addressA, String addressB) {

    List<String> onA(String... command) {
        return join(enterA, command);
    }

    List<String> onB(String... command) {
        return join(enterB, command);
    }

    private static List<String> join(List<String> prefix, String... command) {
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(List.of(command));
        return whole;
    }
}
