// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nanorouter.nanokernel.program.SharedMemory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter mem}: the memory that OSes share. */
@Command(
        name = "mem",
        synopsisSubcommandLabel = "VERB",
        description = {
            "Shows memory that OSes share. It runs in an OS; 'list' and 'map' also where the nanokernel does."
        },
        commandListHeading = "%nVerbs:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter mem map                                       what each OS has, and how full it is",
            "  nanorouter exec guest -- nanorouter mem dump host table  the bytes that a program of host shares",
            "",
            "'dump -j' shows one object: os, name, epoch, length of the memory, offset,",
            "base64 of the bytes from there."
        })
final class MemCommand implements Runnable {
    private static final int WIDTH = 40;
    private static final int LINE = 16;
    private static final int PIECE = 64 << 10;
    private static final long MIB = 1 << 20;
    /** Of the bytes in one JSON value, which is made in the heap. */
    private static final long MAX_IN_JSON = MIB;

    private final ThisProgram here;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    MemCommand(ThisProgram here) {
        this.here = here;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A verb is missing; 'nanorouter mem --help' names them");
    }

    @Command(name = "list", description = "Shows the memory that programs of all OSes share.")
    int list(@Mixin InstanceOption instance, @Mixin OutputOption output) throws IOException {
        Object memories = here.listing(instance).get("memory");
        Output out = output.output();
        if (out.isJson()) {
            out.json(memories);
            return ExitStatus.OK;
        }
        Output.Table table = out.table("OS", "NAME", ">BYTES", "WRITTEN BY", ">PROGRAM", ">EPOCH", ">MAPPED BY");
        for (Object entry : (List<?>) memories) {
            Map<?, ?> memory = (Map<?, ?>) entry;
            table.row(memory.get("os"), memory.get("name"), memory.get("length"), memory.get("writers"),
                    memory.get("program"), memory.get("epoch"), memory.get("programs"));
        }
        table.print();
        return ExitStatus.OK;
    }

    @Command(name = "map", description = "Draws who has what: the region of each OS, and what its programs share.")
    int map(@Mixin InstanceOption instance, @Mixin OutputOption output) throws IOException {
        Map<String, Object> answer = here.listing(instance);
        Output out = output.output();
        if (out.isJson()) {
            out.json(Map.of("memory", answer.get("memory"), "oses", answer.get("oses")));
            return ExitStatus.OK;
        }
        for (Object entry : (List<?>) answer.get("oses")) {
            Map<?, ?> os = (Map<?, ?>) entry;
            long shared = number(os.get("shared"));
            long limit = number(os.get("shared_limit"));
            System.out.printf("%s%n  region   %s%n  shared   [%s] %s of %s%n", os.get("os"), size(number(
                    os.get("region"))), bar(shared, limit), size(shared), size(limit));
            for (Object each : (List<?>) answer.get("memory")) {
                Map<?, ?> memory = (Map<?, ?>) each;
                if (os.get("os").equals(memory.get("os"))) {
                    System.out.printf("    %-31s %s, written by %s, mapped by %s%n", memory.get("name"),
                            size(number(memory.get("length"))), memory.get("writers"), memory.get("programs"));
                }
            }
        }
        return ExitStatus.OK;
    }

    private static long number(Object value) {
        return ((Number) value).longValue();
    }

    private static String bar(long used, long limit) {
        int full = limit == 0 ? 0 : (int) Math.min(WIDTH, (used * WIDTH + limit - 1) / limit);
        return "#".repeat(full) + ".".repeat(WIDTH - full);
    }

    private static String size(long bytes) {
        return bytes % MIB == 0 && bytes > 0 ? bytes / MIB + " MiB" : (bytes + 1023) / 1024 + " KiB";
    }

    @Command(name = "dump", description = "Shows the bytes of memory that a program of an OS shares.")
    int dump(
            @Parameters(paramLabel = "OS", converter = ObjectName.class,
                    description = "Name of the OS whose program made it.") String os,
            @Parameters(paramLabel = "NAME", converter = ObjectName.class,
                    description = "Name of the memory.") String name,
            @Option(names = {"-s", "--skip"}, paramLabel = "BYTES", defaultValue = "0",
                    description = "Begin there. Default: ${DEFAULT-VALUE}.") long skip,
            @Option(names = {"-n", "--length"}, paramLabel = "BYTES", defaultValue = "256",
                    description = "How many at most. Default: ${DEFAULT-VALUE}.") long length,
            @Option(names = "--raw", description = "As they are, for a pipe.") boolean raw,
            @Mixin OutputOption output) throws IOException {
        Output out = output.output();
        if (raw && out.isJson()) {
            throw new ParameterException(spec.commandLine(), "--raw and -j exclude each other");
        }
        if (skip < 0 || length < 0) {
            throw new ParameterException(spec.commandLine(), "--skip and --length are 0 or more");
        }
        return here.run(program -> {
            try (SharedMemory memory = program.openMemory(os, name, false)) {
                if (skip > memory.length()) {
                    throw new CommandFailure(ExitStatus.USAGE, "memory " + name + " has " + memory.length()
                            + " bytes", null);
                }
                long end = skip + Math.min(length, memory.length() - skip);
                if (!out.isJson()) {
                    show(memory, skip, end, raw);
                } else if (end - skip <= MAX_IN_JSON) {
                    out.json(piece(memory, os, name, skip, (int) (end - skip)));
                } else {
                    throw new CommandFailure(ExitStatus.USAGE, "-j shows " + MAX_IN_JSON
                            + " bytes at most, and --raw any number", null);
                }
            }
            return ExitStatus.OK;
        });
    }

    private static void show(SharedMemory memory, long from, long end, boolean raw) {
        ByteBuffer buffer = memory.buffer();
        PrintStream out = System.out;
        for (long at = from; at < end; at += PIECE) {
            byte[] bytes = new byte[(int) Math.min(PIECE, end - at)];
            buffer.get((int) at, bytes);
            if (raw) {
                out.write(bytes, 0, bytes.length);
            } else {
                show(bytes, at, out);
            }
        }
        out.flush();
    }

    private static Map<String, Object> piece(SharedMemory memory, String os, String name, long offset, int length) {
        byte[] bytes = new byte[length];
        memory.buffer().get((int) offset, bytes);
        Map<String, Object> piece = new LinkedHashMap<>();
        piece.put("os", os);
        piece.put("name", name);
        piece.put("epoch", memory.ownerEpoch());
        piece.put("length", memory.length());
        piece.put("offset", offset);
        piece.put("base64", Base64.getEncoder().encodeToString(bytes));
        return piece;
    }

    /** As hexdump -C does, which people know. */
    private static void show(byte[] bytes, long from, PrintStream out) {
        for (int i = 0; i < bytes.length; i += LINE) {
            StringBuilder hex = new StringBuilder();
            StringBuilder text = new StringBuilder();
            for (int j = i; j < i + LINE; j++) {
                hex.append(j == i + LINE / 2 ? "  " : " ")
                        .append(j < bytes.length ? String.format("%02x", bytes[j]) : "  ");
                if (j < bytes.length) {
                    text.append(bytes[j] >= ' ' && bytes[j] <= '~' ? (char) bytes[j] : '.');
                }
            }
            out.printf("%08x %s  |%s|%n", from + i, hex, text);
        }
    }
}
