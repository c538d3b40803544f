// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.capture.CaptureRequest;
import org.nanorouter.router.capture.CaptureServer;
import org.nanorouter.router.capture.Direction;
import org.nanorouter.router.dump.Dump;
import org.nanorouter.router.dump.Files;
import org.nanorouter.router.dump.Flow;
import org.nanorouter.router.dump.Lines;
import org.nanorouter.router.dump.ReaderGoneException;
import org.nanorouter.router.dump.Rotation;
import org.nanorouter.router.dump.Sink;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.process.Signals;
import org.nanorouter.shim.Filter;
import org.nanorouter.shim.ShimException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter capture}: the frames that a router moves, as tcpdump shows those of a network card. */
@Command(
        name = "capture",
        description = {
            "Shows the frames that a router moves, or writes them to a file for Wireshark.",
            "With the time that each lay in the ring from another OS, where it went, and why if",
            "it was dropped. No frame waits for a capture: what it has no room for is counted."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter capture                          every frame, a line each",
            "  nanorouter capture -i nk0 -c 10 icmp        ten of one port, with a filter of libpcap",
            "  nanorouter capture -w f.pcapng tcp port 21  for Wireshark: where they came in and went out",
            "  nanorouter capture -w - | tshark -r -",
            "  nanorouter capture -Q drop                  what is dropped, and why",
            "  nanorouter capture --flow                   how long each hop of a frame takes"
        })
final class CaptureCommand implements Callable<Integer> {
    private static final String ANY = "any";
    private static final int KIB = 1024;
    private static final int MIN_BUFFER = 256;
    private static final int MAX_BUFFER = 64 * KIB;
    private static final long BYTES_PER_MB = 1_000_000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RouterOption router = new RouterOption();

    @Option(names = {"-i", "--port"}, paramLabel = "PORT",
            description = "A port, more than once for several; 'any': all of them, as without this option.")
    private List<String> ports = List.of();

    @Option(names = {"-w", "--write"}, paramLabel = "FILE", description = "The file to make, with mode 0600; '-' is"
            + " standard output. None is replaced; a named pipe that is there is written to.")
    private @Nullable String file;

    @Option(names = "--pcap", description = "Write the older format pcap instead of pcapng.")
    private boolean classic;

    @Option(names = "-U", description = "Write each frame at once.")
    private boolean unbuffered;

    @Option(names = "-n", description = "As always: no address is looked up.")
    private boolean numeric;

    @Option(names = "-e", description = "Show Ethernet addresses.")
    private boolean linkLevel;

    @Option(names = "-v", description = "Show everything that is in a frame.")
    private boolean verbose;

    @Option(names = "--flow", description = "Show how long each frame took through each hop, and a summary at the end.")
    private boolean flow;

    @Option(names = "--fixup",
            description = "Write large frames as a network card would send them: cut, with checksums.")
    private boolean fixup;

    @Option(names = {"-s", "--snaplen"}, paramLabel = "N", defaultValue = "65600",
            description = "Bytes of each frame at most; 0: all. Default: ${DEFAULT-VALUE}.")
    private int snapLength;

    @Option(names = "-c", paramLabel = "N", description = "End after so many.")
    private long count;

    @Option(names = "-C", paramLabel = "MB", description = "Begin another file after so many millions of bytes:"
            + " FILE, FILE1, FILE2 ...")
    private long fileMegabytes;

    @Option(names = "-G", paramLabel = "SECONDS", description = "Begin another file after so long; %%Y %%m %%d %%H %%M"
            + " %%S in its name stand for the time.")
    private long fileSeconds;

    @Option(names = "-W", paramLabel = "N", description = "With -C: keep so many files, the oldest is replaced. With -G"
            + " alone: end after so many.")
    private int fileCount;

    @Option(names = "-Q", paramLabel = "WAY", defaultValue = "inout",
            description = "in, out, inout, or drop. Default: ${DEFAULT-VALUE}.")
    private String way = "";

    @Option(names = "-B", paramLabel = "KIB", defaultValue = "8192", description = "Room for what is not yet read, a"
            + " power of two from 256 to 65536. Default: ${DEFAULT-VALUE}.")
    private int buffer;

    @Option(names = {"-q", "--quiet"}, description = "Say nothing but what went wrong.")
    private boolean quiet;

    @Option(names = "--check-filter", description = "Capture nothing: only say whether FILTER is one.")
    private boolean checkFilter;

    @Parameters(paramLabel = "FILTER", arity = "0..*", description = "Which frames, as pcap-filter(7) says.")
    private List<String> words = List.of();

    @Override
    public Integer call() throws IOException {
        CaptureRequest request = request();
        requireSense();
        if (checkFilter) {
            return ExitStatus.OK;
        }
        CaptureSession session = new CaptureSession(router, CaptureServer.beside(router.one()), request,
            quiet);
        Dump dump = dump(request);
        Signals.on("INT", session::stop);
        Signals.on("TERM", session::stop);
        try (dump) {
            session.run(dump);
        } catch (ReaderGoneException e) {
            // As when the reader of a pipe has seen enough.
            return ExitStatus.OK;
        } catch (IOException e) {
            if (isBrokenPipe(e)) {
                return ExitStatus.OK;
            }
            System.err.println(dump.sightings() + " captured, " + dump.lost() + " dropped by capture");
            throw new CommandFailure(ExitStatus.IO, (file == null ? "" : file + ": ") + e.getMessage()
                + "; what is there is whole", e);
        }
        if (!quiet) {
            System.err.println(dump.sightings() + " captured, " + dump.lost() + " dropped by capture");
        }
        return ExitStatus.OK;
    }

    private static boolean isBrokenPipe(IOException e) {
        return "Broken pipe".equals(e.getMessage());
    }

    private Dump dump(CaptureRequest request) {
        String path = file;
        long offset = CaptureSession.wallOffset();
        if (path == null) {
            PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false,
                Charset.defaultCharset());
            return new Dump(request, true, count, Output::printable, offset, System::nanoTime,
                ports -> flow ? new Flow(out, ports) : new Lines(out, linkLevel, verbose, ports));
        }
        Files.Format format = new Files.Format(classic, fixup, unbuffered, request.snapLength(), filter());
        Rotation rotation = new Rotation(fileMegabytes * BYTES_PER_MB, fileSeconds, fileCount);
        try {
            Sink files = new Files(path, format, rotation, System.nanoTime() + offset);
            return new Dump(request, false, count, Output::printable, offset, System::nanoTime, ports -> files);
        } catch (FileAlreadyExistsException e) {
            throw new CommandFailure(ExitStatus.CANNOT_CREATE, e.getFile() + " is there already, and is not"
                + " replaced", e);
        } catch (AccessDeniedException e) {
            throw new CommandFailure(ExitStatus.NO_PERMISSION, path + ": permission denied", e);
        } catch (NoSuchFileException e) {
            throw new CommandFailure(ExitStatus.CANNOT_CREATE, path + ": its folder does not exist", e);
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.CANNOT_CREATE, path + " was not made: " + e.getMessage(), e);
        }
    }

    private String filter() {
        return String.join(" ", words);
    }

    private CaptureRequest request() {
        Direction direction;
        try {
            direction = Direction.valueOf(way.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw usage("-Q " + way + ": expected in, out, inout or drop");
        }
        List<String> wanted = ports.contains(ANY) ? List.of() : ports;
        if (snapLength < 0 || snapLength > FrameBatch.MAX_FRAME) {
            throw usage("-s " + snapLength + ": expected 0 to " + FrameBatch.MAX_FRAME);
        }
        if (Integer.bitCount(buffer) != 1 || buffer < MIN_BUFFER || buffer > MAX_BUFFER) {
            throw usage("-B " + buffer + ": expected a power of two from " + MIN_BUFFER + " to " + MAX_BUFFER);
        }
        return new CaptureRequest(wanted, direction, program(), snapLength == 0 ? FrameBatch.MAX_FRAME : snapLength,
            buffer * KIB, flow, 1);
    }

    private void requireSense() {
        if (count < 0 || fileMegabytes < 0 || fileSeconds < 0 || fileCount < 0) {
            throw usage("-c, -C, -G and -W want numbers above 0");
        }
        boolean rotates = fileMegabytes > 0 || fileSeconds > 0;
        if (fileCount > 0 && !rotates) {
            throw usage("-W " + fileCount + " is of use with -C or -G alone");
        }
        if ((rotates || classic || fixup) && file == null) {
            throw usage("-C, -G, --pcap and --fixup are of use with -w alone");
        }
        if (rotates && Files.STANDARD_OUTPUT.equals(file)) {
            throw usage("-C and -G want a file, not standard output");
        }
        if (flow && file != null) {
            throw usage("--flow shows lines, and does not go with -w");
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private byte[] program() {
        try {
            return words.isEmpty() ? new byte[0] : Filter.compile(filter());
        } catch (IllegalArgumentException e) {
            throw usage("filter: " + e.getMessage() + "\n  " + filter() + "\n  " + " ".repeat(understood()) + "^");
        } catch (ShimException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }

    /** How much of the filter is one by itself: behind it is what is not understood. */
    private int understood() {
        List<String> each = List.of(filter().split(" "));
        for (int end = each.size() - 1; end > 0; end--) {
            String begin = String.join(" ", each.subList(0, end));
            try {
                Filter.compile(begin);
                return begin.length() + 1;
            } catch (IllegalArgumentException | ShimException e) {
                // Still too much.
                continue;
            }
        }
        return 0;
    }
}
