// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.RecordDescriptor;

class RingAllocationTest {

    private static final int RECORDS = 200_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void recordsPassWithoutAllocation() {
        try (TwoRegions regions = new TwoRegions().joined()) {
            final RingProducer producer = regions.producer(new Quarantine());
            final RingConsumer consumer = regions.consumer(new Quarantine());
            // Until both compilers are done with it.
            for (int i = 0; i < 10; i++) {
                pass(producer, consumer);
            }
            long consumed = 0;
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 5; i++) {
                final long before = threads.getCurrentThreadAllocatedBytes();
                consumed += pass(producer, consumer);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(least).as("bytes allocated for %d records", RECORDS).isZero();
            assertThat(consumed).isPositive();
            assertThat(consumer.records()).isEqualTo(producer.records()).isEqualTo(15L * RECORDS);
        }
    }

    private static long pass(RingProducer producer, RingConsumer consumer) {
        long sum = 0;
        for (int sent = 0; sent < RECORDS;) {
            for (int batch = 0; batch < 64 && sent < RECORDS; batch++) {
                if (producer.claim(1514) == RingProducer.FULL) {
                    producer.askForSpace();
                    break;
                }
                producer.publish(RecordDescriptor.TYPE_ETHERNET, 64 + (sent & 1023), sent);
                sent++;
            }
            sum += producer.needsDoorbell() ? 1 : 0;
            while (consumer.poll() >= 0) {
                sum += consumer.length() + consumer.sequence() + consumer.enqueuedAt() + consumer.type();
                consumer.advance();
            }
            consumer.release();
            sum += consumer.needsSpaceDoorbell() ? 1 : 0;
            sum += consumer.askForWake() ? 1 : 0;
        }
        return sum;
    }
}
