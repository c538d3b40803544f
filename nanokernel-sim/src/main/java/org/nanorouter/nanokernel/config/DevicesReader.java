// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns the keys {@code interfaces}, {@code taps}, {@code pci} and {@code devices} of the OSes of one file into their
 * {@link Devices}, and refuses a device that was named before. Whether a device is there is not looked at: that is the
 * matter of the machine on which the OS is started.
 */
final class DevicesReader {
    /** As many as nk-cell takes. */
    private static final int MAX_DEVICES = 32;
    private static final int MAX_NAME_BYTES = 15;
    private static final Pattern NAME = Pattern.compile("[^/:%\\s\\p{Cntrl}]+");
    private static final Pattern PCI =
            Pattern.compile("(?:([0-9a-fA-F]{4,8}):)?([0-9a-fA-F]{2}):([01][0-9a-fA-F])\\.([0-7])");
    private static final Path DEV = Path.of("/dev");
    /** What every cell has; the first name below /dev. */
    private static final Set<String> EVERYBODYS = Set.of("null", "zero", "full", "random", "urandom", "tty", "ptmx",
            "pts", "shm", "fd", "stdin", "stdout", "stderr", "net");

    /** Where a device was named first. */
    private record Owner(String os, String line) {
    }

    private final Map<String, Owner> owners = new HashMap<>();

    Devices read(ConfigReader os, String name) {
        return new Devices(
                names(os, name, "interfaces", "interface ", DevicesReader::interfaceName, "the name of a network "
                        + "interface such as \"eth1\", 1 to 15 bytes without '/', ':', '%' and spaces, not \"lo\""),
                // A TAP is a network interface.
                names(os, name, "taps", "interface ", DevicesReader::interfaceName, "the name of a TAP such as "
                        + "\"tap0\", 1 to 15 bytes without '/', ':', '%' and spaces"),
                names(os, name, "pci", "PCI device ", DevicesReader::pciAddress,
                        "a PCI address such as \"0000:03:00.0\" or \"03:00.0\""),
                names(os, name, "devices", "", DevicesReader::node,
                        "a path below /dev such as \"/dev/kvm\", of a device that not every OS has")
                        .stream().map(Path::of).toList());
    }

    private List<String> names(ConfigReader table, String os, String key, String kind,
            Function<String, @Nullable String> normal, String expected) {
        List<String> texts = table.strings(key, List.of());
        List<String> names = new ArrayList<>();
        if (texts.size() > MAX_DEVICES) {
            table.mistake(key, MAX_DEVICES, "'os." + key + "' has " + texts.size() + " entries",
                    "at most " + MAX_DEVICES);
        }
        for (int i = 0; i < texts.size(); i++) {
            String name = normal.apply(texts.get(i));
            if (name == null) {
                table.mistake(key, i, "'os." + key + "' names \"" + texts.get(i) + "\"", expected);
                continue;
            }
            Owner first = owners.putIfAbsent(kind + name, new Owner(os, table.lineOf(key, i)));
            if (first == null) {
                names.add(name);
            } else {
                table.mistake(key, i, "'os." + key + "' names \"" + texts.get(i) + "\", which belongs to \""
                        + first.os() + "\" by " + first.line(), "a device that nobody else has, once");
            }
        }
        return List.copyOf(names);
    }

    private static @Nullable String interfaceName(String text) {
        return NAME.matcher(text).matches() && text.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES
                && !Set.of(".", "..", "lo").contains(text) ? text : null;
    }

    private static @Nullable String pciAddress(String text) {
        Matcher address = PCI.matcher(text);
        if (!address.matches()) {
            return null;
        }
        String domain = address.group(1) == null ? "0" : address.group(1);
        return String.format("%04x:%s:%s.%s", Long.parseLong(domain, 16), address.group(2), address.group(3),
                address.group(4)).toLowerCase(Locale.ROOT);
    }

    private static @Nullable String node(String text) {
        if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
            return null;
        }
        Path path = Path.of(text).normalize();
        boolean below = path.startsWith(DEV) && path.getNameCount() > 1;
        return below && !EVERYBODYS.contains(path.getName(1).toString()) ? path.toString() : null;
    }
}
