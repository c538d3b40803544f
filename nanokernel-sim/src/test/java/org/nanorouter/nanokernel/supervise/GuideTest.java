// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
            import org.nanorouter.nanokernel.program.Connection;
            import org.nanorouter.nanokernel.program.Message;
            import org.nanorouter.nanokernel.program.Program;

            public class Guide {
                public static void main(String[] arguments) throws Exception {
                    %s
                }
            }
            """;
    private static final String C_FRAME = """
            #include <stdio.h>
            #include <string.h>
            #include "nk_memory.h"
            #include "nk_sync.h"

            void put_table_right(void);
            void change_table(void);
            void piece(struct nk_program *program);

            void piece(struct nk_program *program)
            {
            %s
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

    private List<String> blocks(String language) {
        List<String> blocks = Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(guide).results()
                .map(block -> block.group(1)).toList();
        assertThat(blocks).as("programs in %s", language).isNotEmpty();
        return blocks;
    }

    private static Process compile(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("cc", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-I",
                ROOT.resolve("native-shim/src/main/c/include").toString()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    @Test
    void everyPieceOfCodeInCCompiles() throws Exception {
        List<String> pieces = blocks("c");
        for (String piece : pieces.subList(1, pieces.size())) {
            Path source = Files.writeString(directory.resolve("piece.c"), C_FRAME.formatted(piece));
            output(compile("-fsyntax-only", source.toString()));
        }
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
        Path source = Files.writeString(directory.resolve("receiver.c"), blocks("c").get(0));
        output(compile("-o", receiver.toString(), source.toString(),
                Shim.directory().resolve("libnk.a").toString()));
        Files.writeString(directory.resolve("Guide.java"), JAVA_FRAME.formatted(blocks("java").get(0)));

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
