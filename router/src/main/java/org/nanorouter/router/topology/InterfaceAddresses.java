// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.topology;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The IP addresses of interfaces, as the network namespace of a process has them; those that a machine gives itself,
 * loopback and link-local ones, are left out. What cannot be read is as if there were none.
 */
public final class InterfaceAddresses {
    private static final int HEXADECIMAL = 16;
    private static final int BITS = 32;
    private static final int IPV6_DIGITS = 32;
    private static final String LOOPBACK = "lo";
    private static final String GLOBAL_SCOPE = "00";
    private static final int GROUPS = 8;

    private InterfaceAddresses() {
    }

    /** Of each interface that has some: addresses with their prefix lengths, IPv4 first. */
    public static Map<String, List<String>> of(Path proc, long pid) {
        Map<String, List<String>> addresses = new LinkedHashMap<>();
        Path net = proc.resolve(pid + "/net");
        Set<Long> own = localAddresses(lines(net.resolve("fib_trie")));
        for (String line : lines(net.resolve("route"))) {
            // Interface, destination, gateway, flags, three of no interest, mask; numbers as they lie in memory.
            String[] words = line.strip().split("\\s+");
            if (words.length > 7 && words[1].length() == 8 && words[7].length() == 8 && "00000000".equals(words[2])) {
                long network = ofMemory(words[1]);
                long mask = ofMemory(words[7]);
                for (long address : own) {
                    if (mask != 0 && (address & mask) == network) {
                        add(addresses, words[0], (address >> 24) + "." + (address >> 16 & 255) + "."
                                + (address >> 8 & 255) + "." + (address & 255) + "/" + Long.bitCount(mask));
                    }
                }
            }
        }
        for (String line : lines(net.resolve("if_inet6"))) {
            String[] words = line.strip().split("\\s+");
            if (words.length == 6 && words[0].length() == IPV6_DIGITS && GLOBAL_SCOPE.equals(words[3])) {
                add(addresses, words[5], ipv6(words[0]) + "/" + Integer.parseInt(words[2], HEXADECIMAL));
            }
        }
        return addresses;
    }

    private static void add(Map<String, List<String>> addresses, String name, String address) {
        List<String> own = addresses.computeIfAbsent(name, none -> new ArrayList<>());
        if (!LOOPBACK.equals(name) && !own.contains(address)) {
            own.add(address);
        }
    }

    /** Each is a line with the address, and then one that says that it is local. */
    private static Set<Long> localAddresses(List<String> lines) {
        Set<Long> addresses = new LinkedHashSet<>();
        for (int i = 1; i < lines.size(); i++) {
            String before = lines.get(i - 1);
            int at = before.indexOf("|-- ");
            if (at >= 0 && lines.get(i).strip().equals("/32 host LOCAL")) {
                long address = 0;
                for (String part : before.substring(at + 4).strip().split("\\.")) {
                    address = address << 8 | Integer.parseInt(part);
                }
                addresses.add(address);
            }
        }
        return addresses;
    }

    private static long ofMemory(String digits) {
        return Integer.reverseBytes((int) Long.parseLong(digits, HEXADECIMAL)) & (1L << BITS) - 1;
    }

    /** The longest run of zero groups, if it is more than one, becomes two colons. */
    static String ipv6(String digits) {
        int longest = 0;
        int longestAt = -1;
        int run = 0;
        int[] groups = new int[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            groups[i] = Integer.parseInt(digits.substring(4 * i, 4 * i + 4), HEXADECIMAL);
            run = groups[i] == 0 ? run + 1 : 0;
            if (run > longest && run > 1) {
                longest = run;
                longestAt = i - run + 1;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            if (i == longestAt) {
                text.append("::");
                i += longest - 1;
            } else {
                text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":")
                        .append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return List.of();
        }
    }
}
