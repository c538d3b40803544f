// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.forward.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FdbTest {

    private static final long MAC = 0x0200_0000_0001L;
    private static final long AGEING = 300_000;

    private record Place(int port, long seenAt) {
    }

    @Test
    void aPinWithoutVlanHoldsForTheSourceInEveryVlan() {
        Fdb fdb = new Fdb(16, 16, AGEING, 4, 7);
        assertThat(fdb.pin(MAC, Fdb.NO_VLAN, 1, 0)).isTrue();
        assertThat(fdb.learn(MAC, 5, 2, 0)).isEqualTo(Learned.PINNED_ELSEWHERE);
        assertThat(fdb.find(MAC, 5, 0)).isEqualTo(Fdb.NONE);
        assertThat(fdb.learn(MAC, 5, 1, 0)).isEqualTo(Learned.NEW);
        assertThat(fdb.find(MAC, 5, 0)).isEqualTo(1);
    }

    @Test
    void whatWasLearnedIsFoundInItsVlanAlone() {
        Fdb fdb = new Fdb(16, 16, AGEING, 4, 7);
        assertThat(fdb.learn(MAC, 10, 2, 0)).isEqualTo(Learned.NEW);
        assertThat(fdb.find(MAC, 10, 1)).isEqualTo(2);
        assertThat(fdb.find(MAC, 0, 1)).isEqualTo(Fdb.NONE);
        assertThat(fdb.learn(MAC, 10, 2, 1)).isEqualTo(Learned.KNOWN);
    }

    @Test
    void anEntryAgesFromTheLastFrameSeen() {
        Fdb fdb = new Fdb(16, 16, AGEING, 4, 7);
        fdb.learn(MAC, 0, 1, 0);
        fdb.learn(MAC, 0, 1, 1000);
        assertThat(fdb.find(MAC, 0, AGEING + 999)).isEqualTo(1);
        assertThat(fdb.find(MAC, 0, AGEING + 1000)).isEqualTo(Fdb.NONE);
        assertThat(fdb.snapshot(AGEING + 1000)).isEmpty();
        assertThat(fdb.size()).isEqualTo(1);
        assertThat(fdb.age(AGEING + 1000)).isEqualTo(1);
        assertThat(fdb.size()).isZero();
        assertThat(fdb.size(1)).isZero();
    }

    @Test
    void anAddressThatMovesIsFollowed() {
        Fdb fdb = new Fdb(16, 16, AGEING, 4, 7);
        fdb.learn(MAC, 0, 1, 0);
        assertThat(fdb.learn(MAC, 0, 3, 5)).isEqualTo(Learned.MOVED);
        assertThat(fdb.find(MAC, 0, 5)).isEqualTo(3);
        assertThat(fdb.size(1)).isZero();
        assertThat(fdb.size(3)).isEqualTo(1);
    }

    @Test
    void aPinnedAddressNeitherMovesNorAges() {
        Fdb fdb = new Fdb(16, 16, AGEING, 4, 7);
        assertThat(fdb.pin(MAC, 0, 1, 0)).isTrue();
        assertThat(fdb.learn(MAC, 0, 2, 5)).isEqualTo(Learned.PINNED_ELSEWHERE);
        assertThat(fdb.learn(MAC, 0, 1, 5)).isEqualTo(Learned.PINNED);
        assertThat(fdb.age(AGEING * 100)).isZero();
        assertThat(fdb.find(MAC, 0, AGEING * 100)).isEqualTo(1);
        assertThat(fdb.snapshot(9)).containsExactly(new FdbEntry(MAC, 0, 1, 0, true));
        fdb.learn(MAC + 1, 0, 1, 0);
        fdb.clear();
        assertThat(fdb.snapshot(9)).containsExactly(new FdbEntry(MAC, 0, 1, 0, true));
        assertThat(fdb.remove(MAC, 0)).isTrue();
        assertThat(fdb.remove(MAC, 0)).isFalse();
    }

    @Test
    void aFloodOfSourcesFillsThePortsShareAndNothingElse() {
        Fdb fdb = new Fdb(4096, 1024, AGEING, 4, 7);
        for (int i = 0; i < 100; i++) {
            fdb.learn(MAC + i, 0, 0, 0);
        }
        for (int i = 0; i < 1_000_000; i++) {
            fdb.learn(0x0600_0000_0000L + i, 0, 1, i / 1000);
        }
        assertThat(fdb.size(1)).isEqualTo(1024);
        assertThat(fdb.size(0)).isEqualTo(100);
        for (int i = 0; i < 100; i++) {
            assertThat(fdb.find(MAC + i, 0, 1000)).isZero();
        }
        assertThat(fdb.learn(0x0A00_0000_0000L, 0, 1, 1000)).isEqualTo(Learned.PORT_FULL);
        assertThat(fdb.learn(0x0A00_0000_0000L, 0, 2, 1000)).isEqualTo(Learned.NEW);
        assertThat(fdb.learn(MAC, 0, 1, 1000)).isEqualTo(Learned.PORT_FULL);
        assertThat(fdb.find(MAC, 0, 1000)).isZero();
    }

    @Test
    void aFullTableTakesNoMoreUntilSomethingAges() {
        Fdb fdb = new Fdb(8, 8, AGEING, 4, 7);
        for (int i = 0; i < 8; i++) {
            fdb.learn(MAC + i, 0, i % 2, i);
        }
        assertThat(fdb.learn(MAC + 99, 0, 3, 100)).isEqualTo(Learned.TABLE_FULL);
        assertThat(fdb.pin(MAC + 99, 0, 3, 100)).isFalse();
        assertThat(fdb.learn(MAC + 99, 0, 3, AGEING + 2)).isEqualTo(Learned.NEW);
        assertThat(fdb.size()).isEqualTo(6);
    }

    @Test
    void removingAPortForgetsAllOfItAndNothingElse() {
        Random random = new Random(3);
        for (int round = 0; round < 200; round++) {
            Fdb fdb = new Fdb(64, 64, AGEING, 4, random.nextLong());
            for (int i = 0; i < 64; i++) {
                fdb.learn(random.nextLong() & 0xFEFF_FFFF_FFFFL, 0, i % 4, 0);
            }
            int others = fdb.size() - fdb.size(2);
            fdb.removePort(2);
            assertThat(fdb.size(2)).isZero();
            assertThat(fdb.snapshot(0)).hasSize(others).noneMatch(entry -> entry.port() == 2);
        }
    }

    @Test
    void behavesAsAMapDoesThroughRandomLearningRemovalAndAgeing() {
        long seed = Long.getLong("nanorouter.seed", System.nanoTime());
        System.out.println("fdb: nanorouter.seed=" + seed);
        Random random = new Random(seed);
        Fdb fdb = new Fdb(64, 64, 1000, 4, seed);
        Map<Long, Place> model = new HashMap<>();
        long now = 0;
        for (int step = 0; step < 300_000; step++) {
            now += random.nextInt(20);
            long mac = random.nextInt(60);
            switch (random.nextInt(8)) {
                case 0 -> assertThat(fdb.remove(mac, 0)).isEqualTo(model.remove(mac) != null);
                case 1 -> {
                    long at = now;
                    model.values().removeIf(place -> at - place.seenAt >= 1000);
                    fdb.age(now);
                    assertThat(fdb.size()).isEqualTo(model.size());
                }
                case 2, 3, 4 -> {
                    int port = random.nextInt(4);
                    fdb.learn(mac, 0, port, now);
                    model.put(mac, new Place(port, now));
                }
                default -> {
                    Place place = model.get(mac);
                    assertThat(fdb.find(mac, 0, now))
                            .isEqualTo(place == null || now - place.seenAt >= 1000 ? Fdb.NONE : place.port);
                }
            }
        }
    }
}
