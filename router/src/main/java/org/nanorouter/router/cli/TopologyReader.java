// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.router.topology.AgentOptions;
import org.nanorouter.router.topology.InterfaceAddresses;
import org.nanorouter.router.topology.Topology;

/** Makes a topology of what daemons said, or of a configuration. */
final class TopologyReader {
    private static final Path PROC = Path.of("/proc");

    private TopologyReader() {
    }

    /** Of a file that may run or not. */
    static Topology of(MachineConfig machine, Path file) {
        List<Topology.Node> nodes = new ArrayList<>();
        List<Topology.Edge> edges = new ArrayList<>();
        for (OsConfig os : machine.oses()) {
            List<String> commands = new ArrayList<>(os.init());
            os.services().forEach(commands::addAll);
            nodes.add(new Topology.Node(os.name(), os.kind().name().toLowerCase(Locale.ROOT), "", 0,
                    AgentOptions.endpoint(commands), AgentOptions.interfaces(commands)));
            for (OsConfig peer : machine.oses()) {
                if (peer.id() > os.id() && os.peers().contains(peer.name())) {
                    edges.add(new Topology.Edge(os.name(), peer.name(), "", machine.ringSize(), null, null));
                }
            }
        }
        return new Topology("configuration " + file, nodes, edges);
    }

    /**
     * Of a machine that runs.
     *
     * @param routers what the routers say of themselves, by OS
     * @param ports   what they say of their ports
     */
    static Topology of(MachineSnapshot machine, Map<String, Map<String, Object>> routers,
            Map<String, Map<String, Object>> ports) {
        List<Topology.Node> nodes = new ArrayList<>();
        for (Map<String, Object> os : machine.oses()) {
            String name = Reply.text(os, "name");
            nodes.add(node(os, routers.getOrDefault(name, Map.of()), ports.getOrDefault(name, Map.of())));
        }
        Map<?, ?> nanokernel = machine.nanokernel() == null ? Map.of() : machine.nanokernel();
        String title = "nanokernel " + Reply.text(nanokernel, "instance") + ", pid " + Reply.text(nanokernel, "pid")
                + (nanokernel.get("keeper_pid") == null ? "" : ", keeper " + Reply.text(nanokernel, "keeper_pid"))
                + ", up " + Period.text(nanokernel.get("uptime_s") instanceof Number up ? up.doubleValue() : 0);
        return new Topology(Output.printable(title), nodes, edges(machine));
    }

    private static Topology.Node node(Map<String, Object> os, Map<String, Object> router, Map<String, Object> ports) {
        boolean routed = RouterOption.isAnswer(router) && router.get("pid") != null;
        List<String> commands = new ArrayList<>();
        addWords(commands, os.get("init"));
        addWords(commands, os.get("services"));
        long pid = Reply.number(os, "pid") > 0 ? Reply.number(os, "pid") : Reply.number(os, "endpoint_pid");
        Map<String, List<String>> addresses = pid > 0 ? InterfaceAddresses.of(PROC, pid) : Map.of();
        List<Topology.Interface> interfaces = new ArrayList<>();
        for (Map<?, ?> port : Reply.objects(ports, "ports")) {
            String device = Reply.object(port, "details").get("device") instanceof String text ? text
                    : Reply.text(port, "name");
            if ("tap".equals(port.get("kind"))) {
                interfaces.add(new Topology.Interface(printable(device), addresses.getOrDefault(device, List.of())));
            } else if (!"channel".equals(port.get("kind"))) {
                interfaces.add(new Topology.Interface(printable(port.get("name") + " (" + port.get("kind") + ")"),
                        List.of()));
            }
        }
        if (!routed) {
            for (Topology.Interface each : AgentOptions.interfaces(commands)) {
                interfaces.add(addresses.containsKey(each.name())
                        ? new Topology.Interface(each.name(), addresses.get(each.name())) : each);
            }
            if (interfaces.isEmpty()) {
                addresses.forEach((name, own) -> {
                    if (!own.isEmpty()) {
                        interfaces.add(new Topology.Interface(printable(name), own));
                    }
                });
            }
        }
        return new Topology.Node(printable(os.get("name")), printable(os.get("kind")), printable(os.get("state")),
                Reply.number(os, "epoch"),
                routed ? routers(router) : endpoint(os, commands, pid), interfaces);
    }

    private static String routers(Map<String, Object> router) {
        int standbys = router.get("standbys") instanceof List<?> pids ? pids.size() : 0;
        return "router" + (standbys == 0 ? ", no standby" : standbys == 1 ? ", one standby" : ", " + standbys
                + " standbys");
    }

    private static String endpoint(Map<String, Object> os, List<String> commands, long pid) {
        if (!Boolean.TRUE.equals(os.get("attached"))) {
            return "";
        }
        if (isAgentIn(new OsProcesses(PROC, Map.of()).of(pid))) {
            return "nk-agent";
        }
        String configured = AgentOptions.endpoint(commands);
        return configured.isEmpty() ? "endpoint " + os.get("endpoint_pid") : configured;
    }

    private static boolean isAgentIn(List<Map<String, Object>> processes) {
        for (Map<String, Object> process : processes) {
            List<Map<String, Object>> children = new ArrayList<>();
            for (Map<?, ?> child : Reply.objects(process, "children")) {
                Map<String, Object> copy = new LinkedHashMap<>();
                child.forEach((key, value) -> copy.put(String.valueOf(key), value));
                children.add(copy);
            }
            if ("agent".equals(process.get("role")) || isAgentIn(children)) {
                return true;
            }
        }
        return false;
    }

    private static void addWords(List<String> words, @Nullable Object list) {
        if (list instanceof List<?> elements) {
            for (Object element : elements) {
                if (element instanceof String word) {
                    words.add(word);
                } else {
                    addWords(words, element);
                }
            }
        }
    }

    /** Two rings are one channel; a nanokernel that does not show rings knows which OSes are peers. */
    private static List<Topology.Edge> edges(MachineSnapshot machine) {
        Map<String, Map<?, ?>> rings = new LinkedHashMap<>();
        for (Map<?, ?> ring : machine.rings()) {
            rings.put(ring.get("from") + " " + ring.get("to"), ring);
        }
        List<Topology.Edge> edges = new ArrayList<>();
        for (Map<String, Object> os : machine.oses()) {
            String a = printable(os.get("name"));
            for (Object peer : os.get("peers") instanceof List<?> peers ? peers : List.of()) {
                String b = printable(peer);
                if (a.equals(b) || edges.stream().anyMatch(edge -> edge.a().equals(b) && edge.b().equals(a))) {
                    continue;
                }
                Map<?, ?> there = rings.getOrDefault(a + " " + b, Map.of());
                Map<?, ?> back = rings.getOrDefault(b + " " + a, Map.of());
                edges.add(new Topology.Edge(a, b, there.get("state") == null ? "" : printable(there.get("state")),
                        Reply.number(there, "capacity"), used(there), used(back)));
            }
        }
        return edges;
    }

    private static @Nullable Long used(Map<?, ?> ring) {
        return ring.get("used") instanceof Number bytes ? bytes.longValue() : null;
    }

    private static String printable(@Nullable Object value) {
        return Output.printable(String.valueOf(value));
    }
}
