// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.nanorouter.router.demo.Demo;
import org.nanorouter.router.demo.DemoException;
import org.nanorouter.router.demo.DemoSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code nanorouter demo}. */
@Command(
        name = "demo",
        description = {
            "Boots an emulated host OS and a guest, and lets real telnet and ftp programs cross between them.",
            "No rights are needed. Nothing is left behind, however it ends."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter demo                  shows each step, then ends",
            "  nanorouter demo --stay           leaves the two OSes up for other commands",
            "  nanorouter demo --chaos          OSes fail, one after the other, and come back",
            "  nanorouter demo --check          for scripts: the last line is the sum",
            "  sudo nanorouter demo --stay --host external",
            "                                   then, from your own shell: telnet 10.77.0.2"
        })
final class DemoCommand implements Callable<Integer> {
    private static final int MEBIBYTE = 1 << 20;
    private static final int MAX_CHAOS = 86_400;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--check", description = "No colours and no progress; end with the line 'N passed, N failed'.")
    private boolean check;

    @Option(names = "--stay", description = "Leave everything up until it is interrupted.")
    private boolean stay;

    @Option(names = "--chaos", paramLabel = "SECONDS", arity = "0..1", defaultValue = "0", fallbackValue = "60",
            description = "Instead of telnet and ftp: a second guest, and for so long (60 s) OSes and routers fail "
                    + "at random.")
    private int chaos;

    @Option(names = "--host", paramLabel = "KIND", defaultValue = "namespace", converter = HostKindReader.class,
            description = "namespace: the host OS is a cell. external: it is this machine's own Linux. "
                    + "Default: namespace.")
    private HostKind host = HostKind.NAMESPACE;

    @Option(names = "--embedded", hidden = true, description = "Use the embedded servers.")
    private boolean embedded;

    @Option(names = "--size", paramLabel = "MIB", hidden = true, defaultValue = "256",
            description = "Size of the file that ftp carries.")
    private int mebibytes;

    /** What the host OS is; in small letters on the command line. */
    enum HostKind {
        NAMESPACE, EXTERNAL
    }

    /** Reads the small letters. */
    static final class HostKindReader implements ITypeConverter<HostKind> {
        @Override
        public HostKind convert(String text) {
            return switch (text) {
                case "namespace" -> HostKind.NAMESPACE;
                case "external" -> HostKind.EXTERNAL;
                default -> throw new TypeConversionException("'" + text + "' is neither namespace nor external");
            };
        }
    }

    @Override
    public Integer call() throws Exception {
        String home = System.getProperty("nanorouter.home");
        if (home == null) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, "nanorouter.home is not set: start the program with its "
                    + "launcher, bin/nanorouter");
        }
        if (chaos < 0 || chaos > MAX_CHAOS) {
            throw new CommandFailure(ExitStatus.USAGE, "--chaos=" + chaos + ": expected 1 to " + MAX_CHAOS);
        }
        DemoSettings settings = new DemoSettings(Path.of(home), host == HostKind.EXTERNAL, check, stay, chaos,
                embedded,
                (long) mebibytes * MEBIBYTE);
        boolean live = Terminal.outputIsTerminal() && !check;
        try {
            boolean passed = Demo.run(settings, spec.commandLine().getOut(), live,
                    live && Terminal.outputHasColours());
            return passed ? ExitStatus.OK : ExitStatus.FAILED;
        } catch (DemoException e) {
            throw new CommandFailure(exitStatus(e.kind()), String.valueOf(e.getMessage()), e);
        }
    }

    private static int exitStatus(DemoException.Kind kind) {
        return switch (kind) {
            case UNAVAILABLE -> ExitStatus.UNAVAILABLE;
            case NO_PERMISSION -> ExitStatus.NO_PERMISSION;
            case CANNOT_CREATE -> ExitStatus.CANNOT_CREATE;
        };
    }
}
