// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.router.pcapng.PcapngWriter;
import org.nanorouter.router.pcapng.PcapngWriter.Way;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.UnixSocket;

/** What Wireshark gets of a running router: interfaces, frames, and fields. */
@Tag("once")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExtcapIT {
    private static final Path EXTCAP = Path.of("wireshark", "nanorouter-extcap");
    private static final String SOCKET = "router.sock.capture";
    private static final long MAX_UINT64 = -1;

    @TempDir
    private static Path directory;
    private Path home;
    private RunningKernel kernel;

    @BeforeAll
    void start() throws Exception {
        Privilege.requireRoot();
        Privilege.requireTun();
        Privilege.requireProgram("tshark");
        Privilege.requireProgram("ping");
        Path program = Privilege.requireDist();
        home = program.getParent().getParent();
        Path configuration = Files.createDirectory(directory.resolve("host"));
        Path file = Files.writeString(configuration.resolve("router.toml"), """
                [[port]]
                name = "nk0"
                kind = "tap"
                addresses = ["10.77.0.1/24"]
                [[port]]
                name = "peers"
                kind = "channel"
                """);
        Files.setPosixFilePermissions(configuration, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        kernel = RunningKernel.start(directory, """
                [machine]
                heartbeat = { period = "100 ms", deadline = "60 s" }
                [[os]]
                name = "host"
                init = ["%s", "run", "-c", "/run/host/router.toml"]
                mounts = [{ source = "%s", target = "/run/host" }]
                env = { NANOROUTER_JAVA_HOME = "%s" }
                """.formatted(program, configuration, System.getProperty("java.home"))
                + RunningKernel.agent("guest", 2));
        kernel.awaitState("host", "running");
        kernel.awaitState("guest", "running");
        Path socket = kernel.base.resolve("default/os/host/" + SOCKET);
        await().atMost(60, TimeUnit.SECONDS).until(() -> Files.exists(socket));
    }

    @AfterAll
    void end() {
        if (kernel != null) {
            kernel.close();
            kernel.awaitNothingLeft();
        }
    }

    private static Command extcap(Path home, Path base, String... words) {
        List<String> command = new ArrayList<>(List.of(home.resolve(EXTCAP).toString()));
        command.addAll(List.of(words));
        return Command.run(Map.of("NANOROUTER_RUN", base.toString()), command);
    }

    /** The program without Java: its script, and what is native. */
    private Path homeWithoutJava() throws IOException {
        Path bare = Files.createDirectory(directory.resolve("bare"));
        Files.createSymbolicLink(bare.resolve("native"), home.resolve("native"));
        Files.createDirectory(bare.resolve("wireshark"));
        Files.copy(home.resolve(EXTCAP), bare.resolve(EXTCAP));
        return bare;
    }

    @Test
    void interfacesAndOptionsAreAnsweredWithoutJava() throws IOException {
        Path bare = homeWithoutJava();
        // On a busy machine a router may be late, and then its ports are not listed.
        await().atMost(60, TimeUnit.SECONDS)
                .until(() -> extcap(bare, kernel.base, "--extcap-interfaces").out().contains("interface"));
        assertThat(extcap(bare, kernel.base, "--extcap-interfaces", "--extcap-version=4.0").out().lines())
                .containsExactly("extcap {version=1.0}{display=Nanorouter}",
                        "interface {value=nanorouter}{display=Nanorouter: all ports of host}",
                        "interface {value=nanorouter.default.host.nk0}"
                                + "{display=Nanorouter: nk0 of host in default (tap)}",
                        "interface {value=nanorouter.default.host.peers+guest}"
                                + "{display=Nanorouter: peers:guest of host in default (channel)}");
        assertThat(extcap(bare, kernel.base, "--extcap-dlts", "--extcap-interface", "nanorouter").out())
                .isEqualTo("dlt {number=1}{name=EN10MB}{display=Ethernet}\n");
        assertThat(extcap(bare, kernel.base, "--extcap-config", "--extcap-interface", "nanorouter").out())
                .contains("{call=--direction}", "{call=--snaplen}", "{call=--fixup}", "{call=--buffer}",
                        "value {arg=0}{value=drop}");
    }

    @Test
    void whatAKilledRouterLeftAndWhatIsNoSocketOfTheOsSaysNothing() throws IOException {
        Path base = directory.resolve("left");
        Path oses = base.resolve("machine/os");
        for (String os : List.of("killed", "fifo", "link", "empty")) {
            Files.createDirectories(oses.resolve(os));
        }
        Fd.close(Errno.check(UnixSocket.listenSeqPacket(oses.resolve("killed/" + SOCKET).toString(), 0600), "listen"));
        assertThat(Command.run("mkfifo", oses.resolve("fifo/" + SOCKET).toString()).status()).isZero();
        Files.createSymbolicLink(oses.resolve("link/" + SOCKET), kernel.base.resolve("default/os/host/" + SOCKET));
        assertThat(extcap(home, base, "--extcap-interfaces").out())
                .isEqualTo("extcap {version=1.0}{display=Nanorouter}\n");
    }

    @Test
    void aMistakeInAFilterIsSaidOnOneLine() {
        assertThat(extcap(home, kernel.base, "--extcap-capture-filter", "tcp prot 21", "--extcap-interface",
                "nanorouter")).returns(0, Command::status).extracting(Command::out).asString()
                .startsWith("filter: ").hasLineCount(1);
        assertThat(extcap(home, kernel.base, "--extcap-capture-filter", "tcp port 21", "--extcap-interface",
                "nanorouter")).isEqualTo(new Command(0, "", ""));
    }

    @Test
    void tsharkListsThePortsAndShowsTheFramesOfOneWithTheFieldsOfTheDissector() throws Exception {
        Process ping = new ProcessBuilder(kernel.entering("host", "ping", "-q", "-i", "0.05", "10.77.0.2"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try {
            Command shown = tshark(true, "-i", "nanorouter.default.host.peers+guest", "-f", "icmp", "-c", "4",
                    "-T", "fields", "-e", "nanorouter.port", "-e", "nanorouter.direction", "-e", "icmp.type",
                    "-e", "nanorouter.ring_ns");
            assertThat(shown.status()).as(shown.err()).isZero();
            assertThat(shown.out().lines()).hasSize(4)
                    .anyMatch(line -> line.matches("peers:guest\tout\t8\t"))
                    .anyMatch(line -> line.matches("peers:guest\tin\t0\t\\d+"));
            // tshark has gone, and with it the reader of the capture.
            await().atMost(20, TimeUnit.SECONDS).until(() -> captures() == 0);
        } finally {
            ping.destroyForcibly().waitFor();
        }
    }

    private static Path extcapFolder() throws IOException {
        try (Stream<Path> libraries = Files.list(Path.of("/usr/lib"))) {
            return libraries.map(library -> library.resolve("wireshark/extcap")).filter(Files::isDirectory)
                    .findAny().orElseThrow();
        }
    }

    /** Runs tshark with the dissector, and with this extcap, which it alone sees in its folder, if it needs that. */
    private Command tshark(boolean live, String... words) throws IOException {
        List<String> command = new ArrayList<>();
        if (live) {
            Path folder = Files.createTempDirectory(directory, "extcap");
            Files.createSymbolicLink(folder.resolve(EXTCAP.getFileName()), home.resolve(EXTCAP));
            command.addAll(List.of("unshare", "-m", "sh", "-c", "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"",
                    "sh", folder.toString(), extcapFolder().toString()));
        }
        command.addAll(List.of("tshark", "-X", "lua_script:" + home.resolve("wireshark/nanorouter.lua")));
        command.addAll(List.of(words));
        return Command.run(Map.of("NANOROUTER_RUN", kernel.base.toString(), "HOME", directory.toString()), command);
    }

    private long captures() {
        return ProcessHandle.allProcesses().map(process -> process.info().commandLine().orElse(""))
                .filter(line -> line.contains(" capture ") && line.contains(kernel.base.toString())).count();
    }

    @Test
    void theDissectorHasANumberOrATextForEachWordOfAComment() throws IOException {
        Path file = directory.resolve("words.pcapng");
        try (OutputStream out = Files.newOutputStream(file)) {
            PcapngWriter writer = new PcapngWriter(out);
            writer.section("test", List.of());
            int in = writer.addInterface(PcapngWriter.ETHERNET, "peers:guest in", "");
            int sent = writer.addInterface(PcapngWriter.ETHERNET, "nk0 out", "");
            int foreign = writer.addInterface(PcapngWriter.ETHERNET, "eth0", "");
            packet(writer, in, Way.IN, 7, "ring_ns=5837500 sequence=47030 epoch=1 slot=83200");
            packet(writer, sent, Way.OUT, 7, "router_ns=" + Long.toUnsignedString(MAX_UINT64));
            packet(writer, in, Way.IN, 8, "ring_ns=90 drop=bridge_spoofed_source gso=tcpv4/1448 csum=partial parts=3");
            packet(writer, in, Way.IN, 9, "ring_ns=99999");
            packet(writer, foreign, Way.IN, 10, "ring_ns=5837500");
        }
        List<String> words = new ArrayList<>(List.of("-r", file.toString(), "-Y",
                "nanorouter.ring_ns > 100000 || nanorouter.drop || nanorouter.direction == \"out\"", "-T", "fields",
                "-E", "separator= "));
        for (String field : List.of("port", "direction", "id", "ring_ns", "sequence", "epoch", "slot", "router_ns",
                "drop", "gso", "csum", "parts")) {
            words.addAll(List.of("-e", "nanorouter." + field));
        }
        Command shown = tshark(false, words.toArray(String[]::new));
        assertThat(shown.out().lines()).as(shown.err()).containsExactly(
                "peers:guest in 7 5837500 47030 1 83200     ",
                "nk0 out 7     18446744073709551615    ",
                "peers:guest in 8 90     bridge_spoofed_source tcpv4/1448 partial 3");
    }

    private static void packet(PcapngWriter writer, int number, Way way, long id, String comment) throws IOException {
        int length = 60;
        writer.packet(number, 0, ByteBuffer.allocate(length), 0, length, length, way, id, comment);
    }
}
