// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.postmortem.Postmortem;
import org.nanorouter.nanokernel.postmortem.PostmortemTransfer;
import org.nanorouter.router.pcapng.NewFile;
import org.nanorouter.router.postmortem.PostmortemFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter os postmortem}: the last frames and events of an OS that failed. */
@Command(
        name = "postmortem",
        description = {
            "Writes the last frames and events of an OS that failed to a pcapng file.",
            "They are those of its last failure, be it running again or not: each frame",
            "that still lay in a ring from it or to it, and what happened to the OS.",
            "Wireshark and tshark show events as lines of systemd's journal, and in each",
            "frame's comment whether it was delivered."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter os postmortem guest              what is kept",
            "  nanorouter os postmortem guest -w f.pcapng  frames and events, for Wireshark",
            "  nanorouter os postmortem guest -w - | tshark -r -",
            "  nanorouter os postmortem host --now -w f.pcapng    its router died, not the OS",
            "  tshark -r f.pcapng -T fields -e frame.interface_name -e frame.comment"
        })
final class PostmortemCommand implements Callable<Integer> {
    private static final String STANDARD_OUTPUT = "-";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private InstanceOption instance = new InstanceOption();

    @Mixin
    private OutputOption output = new OutputOption();

    @Option(names = {"-w", "--write"}, paramLabel = "FILE",
            description = "The file to make, with mode 0600; '-' is standard output. None is replaced.")
    private @Nullable String file;

    @Option(names = "--now",
            description = "What the rings of a living OS hold now, as after its router died.")
    private boolean now;

    @Parameters(paramLabel = "OS", description = "Name of the OS.")
    private String os = "";

    @Override
    public Integer call() {
        boolean toOutput = STANDARD_OUTPUT.equals(file);
        if (toOutput && output.json()) {
            throw new ParameterException(spec.commandLine(), "'-w -' and '-j' both want standard output");
        } else if (toOutput && Terminal.outputIsTerminal()) {
            throw new ParameterException(spec.commandLine(), "'-w -' writes no text: standard output is a terminal");
        }
        Postmortem postmortem = KernelCalls.converse(instance, client -> PostmortemTransfer.fetch(client, os, now));
        PostmortemFile capture = new PostmortemFile(postmortem);
        if (toOutput) {
            writeToOutput(capture);
            return ExitStatus.OK;
        } else if (file != null) {
            write(capture, Path.of(file));
        }
        report(postmortem, capture);
        return ExitStatus.OK;
    }

    private static void writeToOutput(PostmortemFile capture) {
        // Not System.out, which swallows what goes wrong.
        try (OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out))) {
            capture.write(out);
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.IO, "standard output: " + e.getMessage(), e);
        }
    }

    private static void write(PostmortemFile capture, Path path) {
        try (NewFile created = NewFile.create(path)) {
            capture.write(created.stream());
            created.commit();
        } catch (FileAlreadyExistsException e) {
            throw new CommandFailure(ExitStatus.CANNOT_CREATE, path + " is there already, and is not replaced", e);
        } catch (AccessDeniedException e) {
            throw new CommandFailure(ExitStatus.NO_PERMISSION, path + ": permission denied", e);
        } catch (NoSuchFileException e) {
            throw new CommandFailure(ExitStatus.CANNOT_CREATE, path + ": its folder does not exist", e);
        } catch (FileSystemException e) {
            throw new CommandFailure(ExitStatus.CANNOT_CREATE, path + " was not made: " + e.getReason(), e);
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.IO, path + " was not made: " + e.getMessage(), e);
        }
    }

    private void report(Postmortem postmortem, PostmortemFile capture) {
        Output out = output.output();
        if (out.isJson()) {
            out.json(json(postmortem, capture));
            return;
        }
        out.line(os + ": epoch " + postmortem.epoch() + ", " + capture.verdict());
        Output.Table table = out.table("FROM", "TO", ">RECORDS", ">WAITING");
        capture.directions().forEach(direction -> table.row(direction.ring().producer(),
                direction.ring().consumer(), direction.records().size(), direction.waiting()));
        table.print();
        if (file != null) {
            out.line("written to " + file);
        }
    }

    private Map<String, @Nullable Object> json(Postmortem postmortem, PostmortemFile capture) {
        Map<String, @Nullable Object> report = new LinkedHashMap<>();
        report.put("os", postmortem.os());
        report.put("epoch", postmortem.epoch());
        report.put("failure", postmortem.failure());
        report.put("text", postmortem.text());
        report.put("failed_at", capture.failedAt().toString());
        Postmortem.Panic panic = postmortem.panic();
        report.put("panic_code", panic == null ? null : panic.code());
        report.put("panic_text", panic == null ? null : panic.text());
        report.put("events", postmortem.events().size());
        List<Map<String, Object>> rings = new ArrayList<>();
        for (PostmortemFile.Direction direction : capture.directions()) {
            Map<String, Object> ring = new LinkedHashMap<>();
            ring.put("from", direction.ring().producer());
            ring.put("to", direction.ring().consumer());
            ring.put("records", direction.records().size());
            ring.put("waiting", direction.waiting());
            rings.add(ring);
        }
        report.put("rings", rings);
        report.put("file", file);
        return report;
    }
}
