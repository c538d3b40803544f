// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.config.Devices;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.shim.Fd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The devices of one OS: claimed when it is started, given back when it has ended, and where they are.
 *
 * <p>On the nanokernel's thread; small files of the kernel are read, nothing waits.
 */
public final class OsDevices {
    private static final Logger LOG = LoggerFactory.getLogger(OsDevices.class);
    private static final Path PROC = Path.of("/proc");
    private static final Path PCI_DEVICES = Path.of("/sys/bus/pci/devices");
    private static final String INTERFACE = "interface ";
    private static final int TYPE = 0xF000;
    private static final int CHARACTER = 0x2000;
    private static final int BLOCK = 0x6000;
    private static final int MAY_READ = 4;
    private static final int MAY_WRITE = 2;
    private static final int OWNERS_BITS = 6;
    private static final String IN_THE_OS = "in the OS";
    private static final String ON_THE_MACHINE = "on the machine";
    private static final String MISSING = "missing";

    private final DeviceRegistry registry;
    private final OsConfig os;
    private final Devices devices;
    /** The user outside that is root in the OS. */
    private final long root;
    /** What people call the device of each lock file, from {@link #claim} to {@link #release}. */
    private final Map<String, String> claims = new LinkedHashMap<>();
    /** The locks that are this process's. */
    private final Map<String, Integer> held = new LinkedHashMap<>();

    OsDevices(DeviceRegistry registry, OsConfig os, long root) {
        this.registry = registry;
        this.os = os;
        this.devices = os.devices();
        this.root = root;
    }

    /**
     * Makes sure that the devices are there, and claims them, unless that is left to {@code nk-cell}. What is claimed
     * already stays so.
     *
     * @throws DeviceException if one is not there, or has another owner; then none is claimed
     */
    public void claim() throws IOException {
        if (!devices.any() || !held.isEmpty()) {
            return;
        }
        claims.clear();
        look();
        registry.make();
        if (os.kind() == OsKind.NAMESPACE) {
            return;
        }
        try {
            for (Map.Entry<String, String> claim : claims.entrySet()) {
                held.put(claim.getKey(), registry.take(claim.getKey(), claim.getValue(), os.name()));
            }
        } catch (DeviceException e) {
            release();
            throw e;
        }
    }

    /** Finds the lock file of each device. Two names of one device are one claim. */
    private void look() throws IOException {
        Object namespace = Files.getAttribute(PROC.resolve("self/ns/net"), "unix:ino");
        Set<String> present = interfacesOf("self");
        for (String name : devices.interfaces()) {
            // One that is about to come back from an earlier epoch is awaited by nk-cell.
            if (os.kind() != OsKind.NAMESPACE && !present.contains(name)) {
                throw new DeviceException(INTERFACE + name + " is not there");
            }
            claims.put("net-" + namespace + "-" + name, INTERFACE + name);
        }
        for (String name : devices.taps()) {
            claims.put("net-" + namespace + "-" + name, INTERFACE + name);
        }
        for (String address : devices.pci()) {
            if (!Files.exists(PCI_DEVICES.resolve(address))) {
                throw new DeviceException("PCI device " + address + " is not there");
            }
            claims.put("pci-" + address.replace(':', '-'), "PCI device " + address);
        }
        for (Path node : devices.nodes()) {
            Map<String, Object> attributes = attributes(node);
            int type = attributes == null ? 0 : (Integer) attributes.get("mode") & TYPE;
            if (attributes == null) {
                throw new DeviceException("device " + node + " is not there");
            } else if (type != CHARACTER && type != BLOCK) {
                throw new DeviceException(node + " is not a device node");
            }
            // Whatever its path, the number is the device.
            claims.put((type == BLOCK ? "block-" : "char-") + Long.toHexString((Long) attributes.get("rdev")),
                    "device " + node);
        }
    }

    /** The words with which nk-cell claims them, and gives them to its cell. */
    List<String> options() {
        List<String> options = new ArrayList<>();
        if (!claims.isEmpty()) {
            options.addAll(List.of("--registry", registry.directory().toString(), "--owner",
                    registry.owner(os.name())));
        }
        claims.forEach((file, what) -> options.addAll(List.of("--claim", file + ":" + what)));
        devices.interfaces().forEach(name -> options.addAll(List.of("--interface", name)));
        devices.nodes().forEach(node -> options.addAll(List.of("--device", node.toString())));
        return options;
    }

    /** The OS, which has run, has ended: says which of its interfaces have not come back under their names. */
    public void missReturned() {
        if (os.kind() == OsKind.NAMESPACE && !devices.interfaces().isEmpty()) {
            Set<String> present = interfacesOf("self");
            devices.interfaces().stream().filter(name -> !present.contains(name)).forEach(name ->
                    LOG.warn("{}: interface {} is not on the machine under its name; the OS's console log may say why",
                            os.name(), name));
        }
    }

    /** Gives back what this process has claimed, once the OS has ended; to be called again is no mistake. */
    public void release() {
        held.forEach((file, fd) -> {
            try {
                // While it is locked, so that nobody else's goes.
                Files.deleteIfExists(registry.directory().resolve(file));
            } catch (IOException e) {
                LOG.debug("{} stays, which does no harm: {}", file, e.toString());
            }
            Fd.close(fd);
        });
        held.clear();
        claims.clear();
    }

    /**
     * Says where each device is: for each key of machine.toml that has devices a table from name to place.
     *
     * @param pid the OS's first process; 0: there is none
     */
    public Map<String, Object> report(long pid) {
        Map<String, Object> report = new LinkedHashMap<>();
        boolean inside = os.kind() == OsKind.NAMESPACE && pid != 0;
        Set<String> machines = interfacesOf("self");
        Set<String> own = inside ? interfacesOf(Long.toString(pid)) : Set.of();
        Map<String, String> interfaces = new LinkedHashMap<>();
        devices.interfaces().forEach(name -> interfaces.put(name, own.contains(name) ? IN_THE_OS
                : machines.contains(name) ? ON_THE_MACHINE
                : inside ? "in the OS under another name, or removed there" : MISSING));
        put(report, "interfaces", interfaces);
        Map<String, String> taps = new LinkedHashMap<>();
        devices.taps().forEach(name -> taps.put(name, own.contains(name) ? IN_THE_OS
                : machines.contains(name) ? ON_THE_MACHINE : MISSING));
        put(report, "taps", taps);
        Map<String, String> pci = new LinkedHashMap<>();
        devices.pci().forEach(address -> pci.put(address,
                Files.exists(PCI_DEVICES.resolve(address)) ? ON_THE_MACHINE : MISSING));
        put(report, "pci", pci);
        Map<String, String> nodes = new LinkedHashMap<>();
        devices.nodes().forEach(node -> nodes.put(node.toString(), placeOf(node, inside ? pid : 0)));
        put(report, "devices", nodes);
        return report;
    }

    private static void put(Map<String, Object> report, String key, Map<String, String> places) {
        if (!places.isEmpty()) {
            report.put(key, places);
        }
    }

    private String placeOf(Path node, long pid) {
        if (pid != 0) {
            Path inside = PROC.resolve(pid + "/root" + node);
            Map<String, Object> attributes = attributes(inside, LinkOption.NOFOLLOW_LINKS);
            if (attributes != null) {
                return IN_THE_OS + usable(inside, attributes);
            }
        }
        return attributes(node) == null ? MISSING : ON_THE_MACHINE;
    }

    /** What the OS's root cannot do with a node; empty if there is no such thing. */
    private String usable(Path node, Map<String, Object> attributes) {
        int mode = (Integer) attributes.get("mode");
        boolean read;
        boolean write;
        if ((Integer) attributes.get("uid") == (int) root) {
            read = (mode >> OWNERS_BITS & MAY_READ) != 0;
            write = (mode >> OWNERS_BITS & MAY_WRITE) != 0;
        } else if (root != 0 && root == registry.uid()) {
            // The user of this process, with the same groups.
            read = Files.isReadable(node);
            write = Files.isWritable(node);
        } else {
            // The cell knows no such user, so its root has no more rights than anybody.
            read = (mode & MAY_READ) != 0;
            write = (mode & MAY_WRITE) != 0;
        }
        return read && write ? "" : read ? ", its root may only read it" : write ? ", its root may only write it"
                : ", its root may not open it";
    }

    private static @Nullable Map<String, Object> attributes(Path node, LinkOption... options) {
        try {
            return Files.readAttributes(node, "unix:mode,uid,rdev", options);
        } catch (IOException e) {
            return null;
        }
    }

    /** Names of the interfaces that a process sees; those that it has beside their names are not among them. */
    private static Set<String> interfacesOf(String pid) {
        Set<String> names = new HashSet<>();
        try {
            // proc(5): two lines of headings; a name ends with a colon, which it has not itself.
            Files.readAllLines(PROC.resolve(pid + "/net/dev")).stream().skip(2)
                    .forEach(line -> names.add(line.substring(0, Math.max(0, line.indexOf(':'))).strip()));
        } catch (IOException e) {
            LOG.debug("the interfaces of process {} are not known: {}", pid, e.toString());
        }
        return names;
    }
}
