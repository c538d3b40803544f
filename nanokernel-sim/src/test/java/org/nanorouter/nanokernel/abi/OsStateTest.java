// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nanorouter.nanokernel.memory.ManagementWriter;

/** Each of the 81 changes of state, tried on the OS table itself. */
class OsStateTest {
    private static final Map<OsState, Set<OsState>> ALLOWED = Map.of(
        OsState.DEFINED, EnumSet.of(OsState.BOOTING),
        OsState.BOOTING, EnumSet.of(OsState.RUNNING, OsState.PANICKED, OsState.HUNG, OsState.STOPPED),
        OsState.RUNNING, EnumSet.of(OsState.SUSPECT, OsState.PANICKED, OsState.HUNG, OsState.STOPPED,
            OsState.RESTARTING),
        OsState.SUSPECT, EnumSet.of(OsState.RUNNING, OsState.PANICKED, OsState.HUNG, OsState.STOPPED,
            OsState.RESTARTING),
        OsState.PANICKED, EnumSet.of(OsState.RESTARTING, OsState.FAILED, OsState.STOPPED),
        OsState.HUNG, EnumSet.of(OsState.RUNNING, OsState.PANICKED, OsState.RESTARTING, OsState.FAILED,
            OsState.STOPPED),
        OsState.RESTARTING, EnumSet.of(OsState.BOOTING, OsState.FAILED, OsState.STOPPED),
        OsState.STOPPED, EnumSet.of(OsState.BOOTING),
        OsState.FAILED, EnumSet.of(OsState.BOOTING, OsState.STOPPED));
    /** From the first state to each, by allowed changes. */
    private static final Map<OsState, List<OsState>> WAYS = Map.of(
        OsState.DEFINED, List.of(),
        OsState.BOOTING, List.of(OsState.BOOTING),
        OsState.RUNNING, List.of(OsState.BOOTING, OsState.RUNNING),
        OsState.SUSPECT, List.of(OsState.BOOTING, OsState.RUNNING, OsState.SUSPECT),
        OsState.PANICKED, List.of(OsState.BOOTING, OsState.PANICKED),
        OsState.HUNG, List.of(OsState.BOOTING, OsState.HUNG),
        OsState.RESTARTING, List.of(OsState.BOOTING, OsState.PANICKED, OsState.RESTARTING),
        OsState.STOPPED, List.of(OsState.BOOTING, OsState.STOPPED),
        OsState.FAILED, List.of(OsState.BOOTING, OsState.PANICKED, OsState.FAILED));

    private static Stream<Arguments> changes(boolean allowed) {
        List<Arguments> changes = new ArrayList<>();
        for (OsState from : OsState.values()) {
            for (OsState to : OsState.values()) {
                if (ALLOWED.get(from).contains(to) == allowed) {
                    changes.add(Arguments.of(from, to));
                }
            }
        }
        return changes.stream();
    }

    static Stream<Arguments> allowed() {
        return changes(true);
    }

    static Stream<Arguments> forbidden() {
        return changes(false);
    }

    private static ManagementWriter tableIn(OsState state) throws Exception {
        ManagementWriter table = ManagementWriter.create(new byte[ManagementDescriptor.BOOT_ID_LENGTH]);
        table.defineOs(0, "guest", OsKind.NAMESPACE, new byte[] {2, 0, 0, 0, 0, 1}, 100, 500);
        WAYS.get(state).forEach(step -> table.state(0, step));
        assertThat(table.region().state(0)).isEqualTo(state);
        return table;
    }

    @ParameterizedTest
    @MethodSource("allowed")
    void anAllowedChangeIsMade(OsState from, OsState to) throws Exception {
        try (ManagementWriter table = tableIn(from)) {
            table.state(0, to);
            assertThat(table.region().state(0)).isEqualTo(to);
        }
    }

    @ParameterizedTest
    @MethodSource("forbidden")
    void aForbiddenChangeIsRefusedAndChangesNothing(OsState from, OsState to) throws Exception {
        try (ManagementWriter table = tableIn(from)) {
            assertThatThrownBy(() -> table.state(0, to)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("may not become " + to);
            assertThat(table.region().state(0)).isEqualTo(from);
        }
    }
}
