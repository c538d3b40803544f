// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.shim.Shim;

/** The programs of {@code docs/nanokernel.md} are compiled as they stand there, and talk to each other. */
@Timeout(120)
class GuideTest {
    private static final Path ROOT = Path.of("..");
    private static final String CONFIG = """
            [[os]]
            name = "host"
            kind = "external"
            [[os]]
            name = "guest"
            kind = "external"
            """;
    private static final String JAVA_FRAME = """
            import java.nio.charset.StandardCharsets;
            import org.nanorouter.nanokernel.message.Connection;
            import org.nanorouter.nanokernel.message.Message;
            import org.nanorouter.nanokernel.message.Messenger;

            public class Guide {
                public static void main(String[] arguments) throws Exception {
                    %s
                }
            }
            """;
    private static final long WAIT_S = 30;

    @TempDir
    private Path directory;
    private MachineFixture machine;
    private String guide = "";

    @BeforeEach
    void startMachine() throws Exception {
        machine = new MachineFixture(directory, CONFIG);
        machine.start("host");
        machine.start("guest");
        guide = Files.readString(ROOT.resolve("docs/nanokernel.md"));
    }

    @AfterEach
    void stopMachine() throws Exception {
        machine.close();
    }

    private String program(String language) {
        Matcher block = Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(guide);
        assertThat(block.find()).as("a program in %s", language).isTrue();
        return block.group(1);
    }

    private ProcessBuilder in(String os, String... command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(Map.of("NK_ATTACH", machine.attachSocket(os).toString(), "NK_OS", os,
                "NK_TOKEN_FILE", machine.osDirectory(os).resolve("token").toString()));
        return builder.redirectErrorStream(true);
    }

    private static String output(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(WAIT_S, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    @Test
    void theReceiverInCAnswersTheSenderInJava() throws Exception {
        Path receiver = directory.resolve("receiver");
        Path source = Files.writeString(directory.resolve("receiver.c"), program("c"));
        output(new ProcessBuilder("cc", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-I",
                ROOT.resolve("native-shim/src/main/c/include").toString(), "-o", receiver.toString(),
                source.toString(), Shim.directory().resolve("libnk.a").toString()).redirectErrorStream(true).start());
        Files.writeString(directory.resolve("Guide.java"), JAVA_FRAME.formatted(program("java")));

        Process guest = in("guest", receiver.toString()).start();
        try {
            awaitPort("guest", "p1");
            String said = output(in("host", Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-D" + Shim.DIRECTORY_PROPERTY + "=" + Shim.directory(), "-cp",
                    System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                    directory.resolve("Guide.java").toString()).start());
            assertThat(said.strip()).endsWith("yes");
        } finally {
            guest.destroy();
        }
    }

    private void awaitPort(String os, String port) throws Exception {
        List<String> ports = List.of();
        while (!ports.contains(port)) {
            ports = machine.ports(os);
        }
    }
}
