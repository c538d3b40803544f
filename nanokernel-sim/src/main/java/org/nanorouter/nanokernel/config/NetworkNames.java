// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The written forms of network addresses. No name is ever looked up. */
final class NetworkNames {
    static final String PREFIX_EXPECTED = "an address and prefix length such as \"10.77.0.1/24\" or \"fd77::1/64\"";

    private static final Pattern MAC = Pattern.compile("(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}");
    private static final Pattern DECIMAL_BYTE = Pattern.compile("0|[1-9][0-9]{0,2}");
    private static final Pattern PREFIX = Pattern.compile("([0-9a-fA-F:.]+)/(0|[1-9][0-9]{0,2})");
    private static final int GROUP_BIT = 1;

    private NetworkNames() {
    }

    static byte @Nullable [] mac(String text) {
        if (!MAC.matcher(text).matches()) {
            return null;
        }
        byte[] mac = new byte[6];
        int sum = 0;
        for (int i = 0; i < mac.length; i++) {
            mac[i] = (byte) Integer.parseInt(text.substring(3 * i, 3 * i + 2), 16);
            sum |= mac[i];
        }
        return sum == 0 || (mac[0] & GROUP_BIT) != 0 ? null : mac;
    }

    static @Nullable Prefix prefix(String text) {
        Matcher matcher = PREFIX.matcher(text);
        InetAddress address = matcher.matches() ? address(matcher.group(1)) : null;
        if (address == null) {
            return null;
        }
        int length = Integer.parseInt(matcher.group(2));
        return length <= 8 * address.getAddress().length ? new Prefix(address, length) : null;
    }

    private static @Nullable InetAddress address(String text) {
        try {
            if (text.indexOf(':') >= 0) {
                // A text with a colon is only ever taken as a literal.
                return InetAddress.getByName(text);
            }
            String[] parts = text.split("\\.", -1);
            byte[] bytes = new byte[4];
            if (parts.length != bytes.length) {
                return null;
            }
            for (int i = 0; i < bytes.length; i++) {
                if (!DECIMAL_BYTE.matcher(parts[i]).matches() || Integer.parseInt(parts[i]) > 255) {
                    return null;
                }
                bytes[i] = (byte) Integer.parseInt(parts[i]);
            }
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
