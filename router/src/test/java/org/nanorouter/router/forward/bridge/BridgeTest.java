// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.forward.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.router.frame.EthernetFrame;

class BridgeTest {

    private static final int TAP = 0;
    private static final int CHANNEL_A = 1;
    private static final int CHANNEL_B = 2;
    private static final int NIC = 3;
    private static final long HOST = 0x0200_0000_0001L;
    private static final long GUEST_A = 0x0200_0000_0002L;
    private static final long GUEST_B = 0x0200_0000_0003L;

    private Bridge bridge;

    @BeforeEach
    void threeKindsOfPorts() {
        bridge = new Bridge(new Fdb(64, 16, Fdb.DEFAULT_AGEING_MS, 8, 1), 8);
        bridge.addPort(TAP, Bridge.NO_HORIZON);
        bridge.addPort(CHANNEL_A, 1);
        bridge.addPort(CHANNEL_B, 1);
        bridge.addPort(NIC, Bridge.NO_HORIZON);
    }

    private void assertDrop(int answer, BridgeDrop reason) {
        assertThat(Bridge.isDrop(answer)).isTrue();
        assertThat(Bridge.dropReason(answer)).isEqualTo(reason);
    }

    @Test
    void unknownUnicastBroadcastAndMulticastAreFlooded() {
        assertThat(bridge.forward(TAP, GUEST_A, HOST, 0, 0)).isEqualTo(Bridge.FLOOD);
        assertThat(bridge.forward(TAP, EthernetFrame.BROADCAST, HOST, 0, 0)).isEqualTo(Bridge.FLOOD);
        assertThat(bridge.forward(TAP, 0x3333_0000_0001L, HOST, 0, 0)).isEqualTo(Bridge.FLOOD);
        assertThat(Bridge.isDrop(Bridge.FLOOD)).isFalse();
    }

    @Test
    void aKnownDestinationGetsTheFrameAlone() {
        bridge.forward(CHANNEL_A, EthernetFrame.BROADCAST, GUEST_A, 0, 0);
        assertThat(bridge.forward(TAP, GUEST_A, HOST, 0, 1)).isEqualTo(CHANNEL_A);
        assertThat(bridge.forward(CHANNEL_A, HOST, GUEST_A, 0, 2)).isEqualTo(TAP);
        assertThat(bridge.learned(Learned.NEW)).isEqualTo(2);
        assertThat(bridge.learned(Learned.KNOWN)).isEqualTo(1);
    }

    @Test
    void aFrameNeverGoesBackToItsIngress() {
        bridge.forward(NIC, EthernetFrame.BROADCAST, HOST, 0, 0);
        assertDrop(bridge.forward(NIC, HOST, GUEST_A, 0, 1), BridgeDrop.INGRESS);
        assertThat(bridge.floodsTo(NIC, NIC)).isFalse();
    }

    @Test
    void channelsOfOneMeshNeverExchangeFrames() {
        bridge.forward(CHANNEL_A, EthernetFrame.BROADCAST, GUEST_A, 0, 0);
        assertDrop(bridge.forward(CHANNEL_B, GUEST_A, GUEST_B, 0, 1), BridgeDrop.SPLIT_HORIZON);
        assertThat(bridge.floodsTo(CHANNEL_A, CHANNEL_B)).isFalse();
        assertThat(bridge.floodsTo(CHANNEL_A, TAP)).isTrue();
        assertThat(bridge.floodsTo(TAP, CHANNEL_A)).isTrue();
        assertThat(bridge.floodsTo(TAP, NIC)).isTrue();
        assertThat(bridge.floodsTo(TAP, 7)).isFalse();
    }

    @Test
    void badSourcesAreDroppedAndNotLearned() {
        assertDrop(bridge.forward(TAP, HOST, EthernetFrame.BROADCAST, 0, 0), BridgeDrop.GROUP_SOURCE);
        assertDrop(bridge.forward(TAP, HOST, 0, 0, 0), BridgeDrop.ZERO_SOURCE);
        assertDrop(bridge.forward(7, HOST, GUEST_A, 0, 0), BridgeDrop.UNKNOWN_PORT);
        assertDrop(bridge.forward(99, HOST, GUEST_A, 0, 0), BridgeDrop.UNKNOWN_PORT);
        assertThat(bridge.snapshot(0)).isEmpty();
    }

    @Test
    void aPinnedAddressCannotBeClaimedElsewhere() {
        bridge.fdb().pin(GUEST_A, 0, CHANNEL_A, 0);
        assertDrop(bridge.forward(CHANNEL_B, HOST, GUEST_A, 0, 0), BridgeDrop.SPOOFED_SOURCE);
        assertThat(bridge.learned(Learned.PINNED_ELSEWHERE)).isEqualTo(1);
        assertThat(bridge.forward(TAP, GUEST_A, HOST, 0, 0)).isEqualTo(CHANNEL_A);
    }

    @Test
    void addressesThatEndAtABridgeAreNotForwarded() {
        assertDrop(bridge.forward(TAP, 0x0180_C200_0000L, HOST, 0, 0), BridgeDrop.LINK_LOCAL);
        assertDrop(bridge.forward(TAP, 0x0180_C200_000EL, HOST, 0, 0), BridgeDrop.LINK_LOCAL);
        assertThat(bridge.forward(TAP, 0x0180_C200_0010L, HOST, 0, 0)).isEqualTo(Bridge.FLOOD);
    }

    @Test
    void aRemovedPortTakesItsAddressesAlong() {
        bridge.forward(NIC, EthernetFrame.BROADCAST, GUEST_B, 0, 0);
        bridge.removePort(NIC);
        assertThat(bridge.forward(TAP, GUEST_B, HOST, 0, 1)).isEqualTo(Bridge.FLOOD);
        assertThat(bridge.floodsTo(TAP, NIC)).isFalse();
        bridge.addPort(NIC, Bridge.NO_HORIZON);
        assertThatThrownBy(() -> bridge.addPort(NIC, 0)).hasMessageContaining("port=3");
    }

    @Test
    void everyAnswerIsAPortThatMayHaveTheFrameOrAFloodOrANamedDrop() {
        long seed = Long.getLong("nanorouter.seed", System.nanoTime());
        System.out.println("bridge: nanorouter.seed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 1_000_000; i++) {
            int ingress = random.nextInt(10) - 1;
            int answer = bridge.forward(ingress, address(random), address(random), random.nextInt(3), i);
            if (Bridge.isDrop(answer)) {
                assertThat(Bridge.dropReason(answer)).isNotNull();
            } else if (answer != Bridge.FLOOD) {
                assertThat(bridge.floodsTo(ingress, answer)).isTrue();
            }
        }
    }

    private static long address(Random random) {
        return random.nextInt(4) == 0 ? random.nextLong() & EthernetFrame.BROADCAST : HOST + random.nextInt(40);
    }
}
