// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.program.Connection;
import org.nanorouter.nanokernel.program.Message;
import org.nanorouter.nanokernel.program.MessagePort;
import org.nanorouter.nanokernel.program.Program;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter msg}: messages between programs of different OSes, from a shell. */
@Command(
        name = "msg",
        synopsisSubcommandLabel = "VERB",
        description = {
            "Sends and receives messages between OSes. 'recv', 'send' and 'ask' run in an OS;",
            "'nk msg' does the same in one without Java. 'ports' also runs where the nanokernel",
            "does."
        },
        commandListHeading = "%nVerbs:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter exec guest -- nanorouter msg recv p1               a line for each message",
            "  nanorouter exec host -- nanorouter msg send guest p1 hello    sends one",
            "  nanorouter msg ports                                          all ports of the machine",
            "  nanorouter exec guest -- nanorouter msg recv p1 -j            an object a line",
            "",
            "Of 'recv' and 'ask', -j shows an object a message: os, program, epoch,",
            "sequence, request, text (null if it is no UTF-8), base64."
        })
final class MsgCommand implements Runnable {
    private static final long ANSWER_MS = 10_000;
    private static final int LINE_END = '\n';

    private final ThisProgram here;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    MsgCommand(ThisProgram here) {
        this.here = here;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A verb is missing; 'nanorouter msg --help' names them");
    }

    @Command(name = "recv", description = "Opens a port, and shows what comes: a line for each message. Requests are "
            + "answered with what they ask.")
    int receive(
            @Parameters(paramLabel = "PORT", converter = ObjectName.class,
                    description = ObjectName.CHARACTERS) String name,
            @Option(names = {"-n", "--count"}, paramLabel = "COUNT",
                    description = "End after so many messages. Default: never.") long count,
            @Option(names = "--capacity", paramLabel = "BYTES", defaultValue = "262144",
                    description = "Of the ring of each connection, a power of two. Default: ${DEFAULT-VALUE}.")
                    int capacity,
            @Mixin OutputOption output) throws IOException {
        return here.run(program -> receive(program, name, capacity, count, output.output()));
    }

    private static int receive(Program program, String name, int capacity, long count, Output out)
            throws IOException {
        try (MessagePort port = program.open(name, capacity)) {
            for (long left = count; count == 0 || left > 0; left--) {
                Message message = port.receive(-1);
                if (message != null) {
                    show(out, message);
                    answer(message);
                }
            }
        }
        return ExitStatus.OK;
    }

    private static void answer(Message message) throws IOException {
        Connection from = message.from();
        try {
            if (message.isRequest()) {
                from.reply(message, message.data(), ANSWER_MS);
            }
        } catch (IOException e) {
            // Who asked and did not wait for the answer is no reason to end.
            if (from.isOpen()) {
                throw e;
            }
        }
    }

    @Command(name = "send", description = "Sends each text as a message, or without one each line of standard input.")
    int send(
            @Parameters(paramLabel = "OS", converter = ObjectName.class,
                    description = "Name of the OS.") String os,
            @Parameters(paramLabel = "PORT", converter = ObjectName.class,
                    description = "Name of the port there.") String port,
            @Parameters(paramLabel = "TEXT", arity = "0..*", description = "What to send.") List<String> texts)
            throws IOException {
        Iterator<String> each = texts == null ? new BufferedReader(
                new InputStreamReader(System.in, StandardCharsets.UTF_8)).lines().iterator() : texts.iterator();
        return talk(os, port, each, (connection, text) -> {
            if (!text.isEmpty()) {
                connection.send(bytes(text), -1);
            }
        });
    }

    @Command(name = "ask", description = "Sends each text as a request, and shows the reply.")
    int ask(
            @Parameters(paramLabel = "OS", converter = ObjectName.class,
                    description = "Name of the OS.") String os,
            @Parameters(paramLabel = "PORT", converter = ObjectName.class,
                    description = "Name of the port there.") String port,
            @Parameters(paramLabel = "TEXT", arity = "1..*", description = "What to ask.") List<String> texts,
            @Mixin OutputOption output) throws IOException {
        Output out = output.output();
        return talk(os, port, texts.iterator(), (connection, text) -> {
            Message reply = connection.request(bytes(text), ANSWER_MS);
            if (reply == null) {
                throw new CommandFailure(ExitStatus.UNAVAILABLE, "no reply within " + ANSWER_MS + " ms", null);
            }
            show(out, reply);
        });
    }

    /** What becomes of each text. */
    @FunctionalInterface
    private interface Saying {
        void say(Connection connection, String text) throws IOException;
    }

    private int talk(String os, String port, Iterator<String> texts, Saying saying) throws IOException {
        return here.run(program -> {
            try (Connection connection = program.connect(os, port)) {
                while (texts.hasNext()) {
                    saying.say(connection, texts.next());
                }
            }
            return ExitStatus.OK;
        });
    }

    @Command(name = "ports", description = "Shows the ports of all OSes.")
    int ports(@Mixin InstanceOption instance, @Mixin OutputOption output) throws IOException {
        Object ports = here.listing(instance).get("ports");
        Output out = output.output();
        if (out.isJson()) {
            out.json(ports);
            return ExitStatus.OK;
        }
        Output.Table table = out.table("OS", "PORT", ">PROGRAM", ">CAPACITY", ">CONNECTIONS");
        for (Object entry : (List<?>) ports) {
            Map<?, ?> port = (Map<?, ?>) entry;
            table.row(port.get("os"), port.get("name"), port.get("program"), port.get("capacity"),
                    port.get("connections"));
        }
        table.print();
        return ExitStatus.OK;
    }

    private static ByteBuffer bytes(String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        if (!bytes.hasRemaining() || bytes.remaining() > AbiDescriptor.MAX_MESSAGE) {
            throw new CommandFailure(ExitStatus.DATA, "a message of " + bytes.remaining() + " bytes, expected 1 to "
                    + AbiDescriptor.MAX_MESSAGE, null);
        }
        return bytes;
    }

    /** Copied first: the sender can change it meanwhile. */
    private static void show(Output out, Message message) {
        byte[] data = new byte[message.length()];
        message.data().get(data);
        if (out.isJson()) {
            Connection from = message.from();
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("os", from.peerOs());
            entry.put("program", from.peerProgram());
            entry.put("epoch", from.peerEpoch());
            entry.put("sequence", message.sequence());
            entry.put("request", message.isRequest());
            entry.put("text", text(data));
            entry.put("base64", Base64.getEncoder().encodeToString(data));
            out.jsonLine(entry);
        } else {
            show(data, System.out);
        }
    }

    /** As it is: what somebody pipes into a file may be no text. */
    private static void show(byte[] data, PrintStream out) {
        out.write(data, 0, data.length);
        out.write(LINE_END);
        out.flush();
    }

    /** Null: it is no UTF-8. */
    private static @Nullable String text(byte[] data) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
