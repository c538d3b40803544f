// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

/** What is measured of each contender: JSON key, column title, and whether more is better. */
enum Figure {
    /** TCP bulk from A to B, Gbit/s at the receiver. */
    TCP("tcp_gbps", "TCP Gbit/s", true),
    /** TCP bulk from B to A, Gbit/s at the receiver. */
    TCP_REVERSE("tcp_reverse_gbps", "reverse Gbit/s", true),
    /** UDP datagrams of 18 bytes (frames of 64 with FCS) received per second while the sender sends all it can. */
    UDP("udp64_pps", "64-byte packets/s", true),
    /** Median round trip of ping, microseconds. */
    PING_MEDIAN("ping_p50_us", "ping p50 us", false),
    /** 99th percentile of the round trip of ping, microseconds. */
    PING_P99("ping_p99_us", "ping p99 us", false),
    /** CPU seconds that the whole machine spent, the measuring programs among them, for each 10^9 bytes of TCP. */
    CPU("cpu_s_per_gb", "CPU s/GB", false);

    private final String key;
    private final String title;
    private final boolean moreIsBetter;

    Figure(String key, String title, boolean moreIsBetter) {
        this.key = key;
        this.title = title;
        this.moreIsBetter = moreIsBetter;
    }

    String key() {
        return key;
    }

    String title() {
        return title;
    }

    boolean moreIsBetter() {
        return moreIsBetter;
    }
}
