// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** A way to connect two network stacks. Each knows the programs it needs and how to lay its wire in a {@link Site}. */
enum Contender {
    /** Our whole path: TAP, router, ring, agent, TAP, between two cells. */
    NANOROUTER("unshare", "nsenter") {
        @Override
        Wire lay(Site site) throws IOException, InterruptedException {
            return NanorouterWire.lay(site);
        }
    },
    /** The same, while everything that the router moves is written to files. */
    CAPTURED("unshare", "nsenter") {
        @Override
        Wire lay(Site site) throws IOException, InterruptedException {
            Wire wire = NanorouterWire.lay(site);
            NanorouterWire.capture(site);
            return wire;
        }
    },
    /** The kernel's own wire: the limit. */
    VETH {
        @Override
        Wire lay(Site site) throws IOException, InterruptedException {
            site.runInWire("ip", "link", "add", site.deviceA(), "type", "veth", "peer", "name", site.deviceB());
            site.moveDevices();
            return site.wire();
        }
    },
    /** One socat process that copies between two TAPs. */
    SOCAT("socat") {
        @Override
        Wire lay(Site site) throws IOException, InterruptedException {
            site.startInWire("socat", tap(site.deviceA()), tap(site.deviceB()));
            site.moveDevices();
            return site.wire();
        }

        private String tap(String device) {
            return "TUN,tun-type=tap,iff-no-pi,tun-name=" + device;
        }
    },
    /** Virtual Distributed Ethernet: a switch process and a plug process for each TAP. */
    VDE("vde_switch", "vde_plug2tap") {
        @Override
        Wire lay(Site site) throws IOException, InterruptedException {
            String socket = site.folder().resolve("vde").toString();
            site.startInWire("vde_switch", "-s", socket);
            Site.await("vde_switch", () -> Files.exists(Path.of(socket, "ctl")));
            site.startInA("vde_plug2tap", "-s", socket, site.deviceA());
            site.startInB("vde_plug2tap", "-s", socket, site.deviceB());
            site.configureDevices();
            return site.wire();
        }
    },
    /** Open vSwitch with its userspace datapath between two TAPs. */
    OVS("ovs-vswitchd", "ovsdb-server", "ovs-vsctl", "ovsdb-tool") {
        @Override
        Wire lay(Site site) throws IOException, InterruptedException {
            String folder = site.folder().toString();
            String socket = "unix:" + folder + "/db.sock";
            Programs.run("ovsdb-tool", "create", folder + "/conf.db", "/usr/share/openvswitch/vswitch.ovsschema");
            site.startInWire("env", "OVS_RUNDIR=" + folder, "ovsdb-server", folder + "/conf.db",
                    "--remote=p" + socket, "--unixctl=" + folder + "/db.ctl");
            Site.await("ovsdb-server", () -> Files.exists(site.folder().resolve("db.sock")));
            Programs.run("ovs-vsctl", "--db=" + socket, "--no-wait", "init");
            site.startInWire("env", "OVS_RUNDIR=" + folder, "ovs-vswitchd", socket, "--unixctl=" + folder + "/vs.ctl");
            Programs.run("ovs-vsctl", "--timeout=20", "--db=" + socket,
                    "add-br", "nkbr", "--", "set", "bridge", "nkbr", "datapath_type=netdev",
                    "--", "add-port", "nkbr", site.deviceA(),
                    "--", "set", "interface", site.deviceA(), "type=internal",
                    "--", "add-port", "nkbr", site.deviceB(),
                    "--", "set", "interface", site.deviceB(), "type=internal");
            site.moveDevices();
            return site.wire();
        }
    },
    /** DPDK's testpmd that forwards between two TAPs. */
    DPDK("dpdk-testpmd") {
        @Override
        Wire lay(Site site) throws IOException, InterruptedException {
            site.startInWire("stdbuf", "-oL", "dpdk-testpmd", "--no-huge", "--no-pci", "-m", "512",
                    "--file-prefix=" + site.deviceA(),
                    "--vdev=net_tap0,iface=" + site.deviceA(), "--vdev=net_tap1,iface=" + site.deviceB(),
                    "--", "--forward-mode=io", "--total-num-mbufs=8192");
            Site.await("dpdk-testpmd to forward", () -> site.logTail().contains("Press enter to exit"));
            site.moveDevices();
            return site.wire();
        }
    };

    private final List<String> programs;

    Contender(String... programs) {
        this.programs = List.of(programs);
    }

    /** The name in tables and the key in JSON. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The programs it needs that are not installed. */
    List<String> missing() {
        return programs.stream().filter(program -> !Programs.installed(program)).toList();
    }

    /** Lays the wire; returns when both devices are up. What it started ends when the site is closed. */
    abstract Wire lay(Site site) throws IOException, InterruptedException;
}
