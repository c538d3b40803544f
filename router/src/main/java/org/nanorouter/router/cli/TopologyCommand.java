// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.router.topology.SvgDrawing;
import org.nanorouter.router.topology.TextDrawing;
import org.nanorouter.router.topology.Topology;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code nanorouter topology}: the machine as a drawing. */
@Command(
        name = "topology",
        description = "Draws the machine: its OSes with state, endpoint and addresses, and the channels between them "
                + "with the size of their rings and how full they are.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter topology                    with characters",
            "  nanorouter topology --svg machine.svg  as an image",
            "  nanorouter topology -c machine.toml    one that does not run",
            "  nanorouter topology -j                 one object: nodes[] and edges[]"
        })
final class TopologyCommand implements Callable<Integer> {
    private static final String STANDARD_OUTPUT = "-";
    private static final int USUAL_COLUMNS = 80;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private InstanceOption instance = new InstanceOption();

    @Mixin
    private OutputOption output = new OutputOption();

    @Option(names = "--svg", paramLabel = "FILE",
            description = "Write an SVG image to this file, '-' is standard output. A file is replaced; a link, or "
                    + "anything else, is not.")
    private @Nullable String svg;

    @Option(names = {"-c", "--config"}, paramLabel = "FILE",
            description = "Draw what this machine.toml describes, whether it runs or not.")
    private @Nullable Path config;

    @Override
    public Integer call() throws IOException {
        if (svg != null && output.json()) {
            throw new ParameterException(spec.commandLine(), "'--svg' and '-j' are two ways to show it");
        } else if (config != null && instance.name() != null) {
            throw new ParameterException(spec.commandLine(), "'-c' is for what does not run, '-i' for what does");
        }
        Topology topology = config == null ? ofInstance() : ofFile(config);
        Output out = output.output();
        if (svg != null) {
            image(svg, SvgDrawing.draw(topology));
        } else if (out.isJson()) {
            out.json(report(topology));
        } else {
            Style style = Style.ofOutput();
            int columns = style.columns() == 0 ? USUAL_COLUMNS : style.columns();
            TextDrawing.draw(topology, columns, style.unicode()).forEach(out::line);
        }
        return ExitStatus.OK;
    }

    private Topology ofInstance() throws IOException {
        RunDirectory directory = KernelCalls.instance(instance);
        MachineSnapshot machine = MachineSnapshot.take(directory.controlSocket(), null, 0);
        if (machine.nanokernel() == null) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, "instance " + directory.name() + " does not answer: "
                    + machine.why());
        }
        return TopologyReader.of(machine, new RouterOption().survey(Map.of("verb", "status"), directory, null),
                new RouterOption().survey(Map.of("verb", "port"), directory, null));
    }

    private static Topology ofFile(Path file) {
        try {
            return TopologyReader.of(MachineConfig.read(file), file);
        } catch (ConfigException e) {
            throw new CommandFailure(ExitStatus.CONFIGURATION, String.valueOf(e.getMessage()), e);
        }
    }

    private void image(String file, String text) throws IOException {
        if (STANDARD_OUTPUT.equals(file)) {
            PrintWriter out = spec.commandLine().getOut();
            out.print(text);
            out.flush();
            return;
        }
        replace(Path.of(file), text);
        output.output().line("written to " + file);
    }

    /** The file appears whole or not at all, and nothing is written through a link. */
    static void replace(Path file, String text) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(file + " is no file, and is not replaced");
        }
        Path hidden = file.resolveSibling("." + file.getFileName() + "."
                + Integer.toHexString(ThreadLocalRandom.current().nextInt()));
        try {
            Files.writeString(hidden, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            // A link that came to have the name meanwhile is replaced, and what it names is not.
            Files.move(hidden, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(hidden);
        }
    }

    private static Map<String, Object> report(Topology topology) {
        List<Map<String, @Nullable Object>> nodes = new ArrayList<>();
        for (Topology.Node node : topology.nodes()) {
            Map<String, @Nullable Object> each = new LinkedHashMap<>();
            each.put("name", node.name());
            each.put("kind", node.kind());
            each.put("state", node.state().isEmpty() ? null : node.state());
            each.put("epoch", node.epoch() == 0 ? null : node.epoch());
            each.put("endpoint", node.endpoint().isEmpty() ? null : node.endpoint());
            List<Map<String, Object>> interfaces = new ArrayList<>();
            for (Topology.Interface one : node.interfaces()) {
                interfaces.add(Map.of("name", one.name(), "addresses", one.addresses()));
            }
            each.put("interfaces", interfaces);
            nodes.add(each);
        }
        List<Map<String, @Nullable Object>> edges = new ArrayList<>();
        for (Topology.Edge edge : topology.edges()) {
            Map<String, @Nullable Object> each = new LinkedHashMap<>();
            each.put("a", edge.a());
            each.put("b", edge.b());
            each.put("state", edge.state().isEmpty() ? null : edge.state());
            each.put("ring_size", edge.capacity() == 0 ? null : edge.capacity());
            each.put("used_a_to_b", edge.fromA());
            each.put("used_b_to_a", edge.fromB());
            edges.add(each);
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("title", topology.title());
        report.put("nodes", nodes);
        report.put("edges", edges);
        return report;
    }
}
