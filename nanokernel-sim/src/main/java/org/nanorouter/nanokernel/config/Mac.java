// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** The Ethernet address of one station. */
public final class Mac {
    /** Bytes of an Ethernet address. */
    public static final int LENGTH = 6;

    private static final byte LOCALLY_ADMINISTERED = 2;

    private final byte[] bytes;

    /** Copies the six bytes. */
    public Mac(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("length=" + bytes.length);
        }
        this.bytes = bytes.clone();
    }

    /** The address that an OS of this name has unless it is given one: the same on every start and every machine. */
    public static Mac derivedFrom(String name) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            byte[] bytes = Arrays.copyOf(digest, LENGTH);
            bytes[0] = LOCALLY_ADMINISTERED;
            return new Mac(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Mac mac && Arrays.equals(bytes, mac.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return HexFormat.ofDelimiter(":").formatHex(bytes);
    }
}
