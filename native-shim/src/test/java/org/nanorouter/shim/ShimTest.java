// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the library is found, that Java and C say the same, and that the sanitizers find nothing. */
class ShimTest {
    private static final Path HEADER = Path.of("src/main/c/shim/nk_shim.h");
    private static final Map<String, List<Class<?>>> TWINS = Map.ofEntries(
        Map.entry("nks_tap_", List.of(Tap.class)),
        Map.entry("nks_netif_", List.of(NetIf.class)),
        Map.entry("nks_memory_", List.of(MemoryObject.class, MappedMemory.class, NativeBuffer.class)),
        Map.entry("nks_event_fd_", List.of(EventFd.class)),
        Map.entry("nks_doorbell_", List.of(Doorbell.class)),
        Map.entry("nks_fd_", List.of(Fd.class)),
        Map.entry("nks_unix_socket_", List.of(UnixSocket.class)),
        Map.entry("nks_poll_", List.of(Poll.class)),
        Map.entry("nks_process_", List.of(Process.class)),
        Map.entry("nks_sessions_", List.of(TcpSessions.class)),
        Map.entry("nks_futex_", List.of(Futex.class)),
        Map.entry("nks_filter_", List.of(Filter.class)),
        Map.entry("nks_claim_", List.of(Claim.class)),
        Map.entry("nks_wait_set_", List.of(WaitSet.class)));

    @TempDir
    Path directory;

    @Test
    void everyFunctionHasOneJavaTwinWithTheSameArguments() throws IOException {
        TreeSet<String> c = new TreeSet<>();
        Matcher functions = Pattern.compile("NKS_EXPORT (int|int64_t) (\\w+)\\(([^)]*)\\);")
            .matcher(Files.readString(HEADER));
        while (functions.find()) {
            List<String> types = new ArrayList<>();
            for (String argument : functions.group(3).split(",")) {
                if (!argument.strip().equals("void")) {
                    types.add(argument.contains("*") || argument.contains("int64_t") ? "long" : "int");
                }
            }
            c.add((functions.group(1).equals("int") ? "int" : "long") + " " + functions.group(2) + types);
        }

        TreeSet<String> java = new TreeSet<>();
        TWINS.forEach((prefix, classes) -> classes.forEach(type -> {
            for (Method method : type.getDeclaredMethods()) {
                if (Modifier.isNative(method.getModifiers())) {
                    List<String> types = new ArrayList<>();
                    for (Class<?> parameter : method.getParameterTypes()) {
                        types.add(parameter.getName());
                    }
                    String name = method.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
                    java.add(method.getReturnType() + " " + prefix + name + types);
                }
            }
        }));

        assertThat(java).isNotEmpty().isEqualTo(c);
    }

    @Test
    void numbersAgreeWithTheHeader() throws IOException {
        String header = Files.readString(HEADER);
        assertThat(header)
            .contains("#define NKS_MAX_BATCH " + SlotDescriptor.MAX_BATCH + "\n")
            .contains("#define NKS_MAX_FDS " + UnixSocket.MAX_FDS + "\n")
            .contains("offsetof(struct nks_slot, length) == " + SlotDescriptor.LENGTH_OFFSET + ",")
            .contains("offsetof(struct nks_slot, result) == " + SlotDescriptor.RESULT_OFFSET + ",")
            .contains("sizeof(struct nks_slot) == " + SlotDescriptor.SLOT_LENGTH + ",")
            .contains("offsetof(struct nks_read, frames) == " + ReadDescriptor.FRAMES_OFFSET + ",")
            .contains("offsetof(struct nks_read, bytes) == " + ReadDescriptor.BYTES_OFFSET + ",")
            .contains("sizeof(struct nks_read) == " + ReadDescriptor.READ_LENGTH + ",");
    }

    @Test
    void jnaUnpacksWhereItIsTold() throws Exception {
        // JNA must not fall back on the usual temporary directory.
        String output = run(java("-Djava.io.tmpdir=" + directory.resolve("nowhere"), "-Djna.tmpdir=" + directory,
            "-D" + Shim.DIRECTORY_PROPERTY + "=" + Shim.directory()));
        assertThat(output).contains("page size ").contains(directory.toString())
            .doesNotContain("restricted", "native access");
    }

    @Test
    void missingLibraryIsNamed() throws Exception {
        assertThat(run(java())).contains("system property nanorouter.native is not set");
        assertThat(run(java("-D" + Shim.DIRECTORY_PROPERTY + "=" + directory)))
            .contains(directory.resolve("libnkshim.so") + " does not exist");
    }

    @Test
    void systemdIsTold() throws Exception {
        Path path = directory.resolve("notify");
        int socket = Errno.check(UnixSocket.datagramBind(path.toString(), 0600), "bind");
        ProcessBuilder builder = java("-D" + Shim.DIRECTORY_PROPERTY + "=" + Shim.directory());
        builder.command().add("READY=1\nSTATUS=up");
        builder.environment().put("NOTIFY_SOCKET", path.toString());
        String output = run(builder);
        assumeTrue(!output.contains("notify -" + Errno.ENOSYS), "libsystemd is not installed");
        assertThat(output).contains("notify 1");
        try (NativeBuffer memory = NativeBuffer.allocate(4096)) {
            memory.buffer().putLong(SlotDescriptor.ADDRESS_OFFSET, memory.address() + 1024)
                .putInt(SlotDescriptor.LENGTH_OFFSET, 1024);
            assertThat(UnixSocket.receiveBatch(socket, memory.address(), 1)).isEqualTo(1);
            byte[] text = new byte[memory.buffer().getInt(SlotDescriptor.RESULT_OFFSET)];
            memory.buffer().get(1024, text);
            assertThat(new String(text, StandardCharsets.UTF_8)).isEqualTo("READY=1\nSTATUS=up");
        }
        Fd.close(socket);
        assertThat(Systemd.notify("READY=1")).as("without systemd").isZero();
    }

    /** A JVM like this one that runs the probe. */
    private static ProcessBuilder java(String... options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--illegal-native-access=deny", "--enable-native-access=ALL-UNNAMED"));
        }
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ShimProbe.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("NOTIFY_SOCKET");
        return builder;
    }

    /** Runs it to its end, which must be status 0, and returns what it said. */
    private static String run(ProcessBuilder builder) throws IOException, InterruptedException {
        Path log = Files.createTempFile("shim", ".log");
        try {
            java.lang.Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).as("ends: %s", builder.command()).isTrue();
            String output = Files.readString(log);
            assertThat(process.exitValue()).as("%s: %s", builder.command(), output).isZero();
            return output;
        } finally {
            Files.delete(log);
        }
    }
}
