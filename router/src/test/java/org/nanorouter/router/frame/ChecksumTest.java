// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTest {

    @Test
    void sumEqualsThePlainOneAtEveryAlignmentLengthAndByteOrder() {
        Random random = Seed.random("checksum");
        byte[] bytes = new byte[70_000];
        for (int round = 0; round < 2_000; round++) {
            random.nextBytes(bytes);
            int offset = random.nextInt(64);
            int length = round < 200 ? round : random.nextInt(bytes.length - offset);
            ByteBuffer buffer = (round % 2 == 0 ? ByteBuffer.allocate(bytes.length)
                    : ByteBuffer.allocateDirect(bytes.length))
                    .order(round % 3 == 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
            buffer.put(0, bytes);
            assertThat(Checksum.sum(buffer, offset, length))
                    .isEqualTo(LargeSegment.referenceSum(bytes, offset, length, 0));
        }
    }

    @Test
    void sumOfAllOnesKeepsEveryCarry() {
        byte[] bytes = new byte[65_600];
        java.util.Arrays.fill(bytes, (byte) 0xFF);
        assertThat(Checksum.sum(ByteBuffer.wrap(bytes), 0, bytes.length)).isEqualTo(0xFFFF);
        assertThat(Checksum.fold(-1L)).isEqualTo(0xFFFF);
        assertThat(Checksum.fold(0x0001_0000_FFFFL)).isEqualTo(1);
    }

    @Test
    void updateGivesWhatAFullSumGives() {
        Random random = Seed.random("checksum update");
        byte[] bytes = new byte[40];
        for (int round = 0; round < 100_000; round++) {
            random.nextBytes(bytes);
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            int before = Checksum.complement(Checksum.sum(buffer, 0, bytes.length));
            int index = random.nextInt(20) * 2;
            int oldWord = NetworkOrder.u16(buffer, index);
            int newWord = random.nextInt(65536);
            NetworkOrder.put16(buffer, index, newWord);
            assertThat(Checksum.update(before, oldWord, newWord))
                    .isEqualTo(Checksum.complement(Checksum.sum(buffer, 0, bytes.length)));
        }
    }

    @Test
    void aComputedUdpChecksumIsNeverZero() {
        assertThat(Checksum.complementNotZero(0xFFFF)).isEqualTo(0xFFFF);
        assertThat(Checksum.complementNotZero(0)).isEqualTo(0xFFFF);
        assertThat(Checksum.complementNotZero(1)).isEqualTo(0xFFFE);
    }
}
