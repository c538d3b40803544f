// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/**
 * The program: finds the subcommand, runs it, and turns what went wrong into one line and an exit code. Its options are
 * said without annotations, which take long to read at every start.
 */
public final class Nanorouter implements Runnable {
    private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this).name("nanorouter")
            .versionProvider(new Version())
            .addOption(OptionSpec.builder("-h", "--help").usageHelp(true).scopeType(ScopeType.INHERIT)
                    .description("Shows this help and ends.").build())
            .addOption(OptionSpec.builder("-V", "--version").versionHelp(true)
                    .description("Shows the version and ends.").build());

    private Nanorouter() {
        spec.usageMessage()
                .synopsisSubcommandLabel("COMMAND")
                .description("Lets the operating systems that share one machine talk to each other through shared "
                        + "memory.")
                .descriptionHeading("%n")
                .optionListHeading("%nOptions:%n")
                .commandListHeading("%nCommands:%n")
                .footerHeading("%nExamples:%n")
                .footer(
                        "  nanorouter demo                      two OSes, telnet and ftp between them",
                        "  nanorouter demo --stay               the same, left up for the commands below",
                        "  nanorouter status                    what runs, and what crosses",
                        "  nanorouter exec guest -- ip address  a command inside an emulated OS",
                        "  nanorouter COMMAND --help            everything about one command");
    }

    /** Runs one command line and ends the JVM with its exit code. */
    public static void main(String[] args) {
        LogSetup.offer();
        System.exit(run(args));
    }

    /** Runs one command line in this JVM; returns its exit code. */
    public static int run(String... args) {
        PrintWriter out = new PrintWriter(System.out, false);
        PrintWriter err = new PrintWriter(System.err, true);
        int status = commandLine(args).setOut(out).setErr(err).execute(withVerb(args));
        out.flush();
        return status;
    }

    /** An object without a verb lists, as with ip(8): {@code nanorouter port -j} is {@code nanorouter port list -j}. */
    static String[] withVerb(String... args) {
        boolean bare = args.length == 1
                || args.length > 1 && args[1].startsWith("-") && !List.of("-h", "--help").contains(args[1]);
        if (!bare || !Commands.OBJECTS.contains(args[0])) {
            return args;
        }
        List<String> whole = new ArrayList<>(List.of(args));
        whole.add(1, "list");
        return whole.toArray(String[]::new);
    }

    static CommandLine commandLine(String... args) {
        CommandLine root = new CommandLine(new Nanorouter().spec);
        addCommands(root, args);
        root.setColorScheme(CommandLine.Help.defaultColorScheme(Terminal.outputHasColours() ? Ansi.ON : Ansi.OFF));
        root.setUsageHelpAutoWidth(Terminal.outputIsTerminal());
        Failures failures = new Failures();
        root.setParameterExceptionHandler(failures);
        root.setExecutionExceptionHandler(failures);
        return root;
    }

    /** Adds the command that the first word names, or all of them if none is named: for help and for suggestions. */
    private static void addCommands(CommandLine root, String... args) {
        Object named = args.length == 0 ? null : Commands.named(args[0]);
        if (named != null) {
            root.addSubcommand(named);
            return;
        }
        for (String name : Commands.NAMES) {
            root.addSubcommand(Commands.named(name));
        }
        for (Subcommand command : ServiceLoader.load(Subcommand.class)) {
            root.addSubcommand(command);
        }
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A command is missing");
    }

    static int exitStatus(Exception failure) {
        if (failure instanceof CommandFailure known) {
            return known.exitStatus();
        } else if (failure instanceof AccessDeniedException) {
            return ExitStatus.NO_PERMISSION;
        } else if (failure instanceof NoSuchFileException) {
            return ExitStatus.NO_INPUT;
        } else if (failure instanceof FileAlreadyExistsException) {
            return ExitStatus.CANNOT_CREATE;
        } else if (failure instanceof IOException) {
            return ExitStatus.IO;
        }
        return ExitStatus.INTERNAL;
    }

    /** Says what went wrong. A class, since a class data archive holds no lambdas of picocli's interfaces. */
    private static final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
        @Override
        public int handleParseException(ParameterException mistake, String[] args) {
            CommandLine command = mistake.getCommandLine();
            PrintWriter err = command.getErr();
            err.println("nanorouter: " + mistake.getMessage());
            CommandLine.UnmatchedArgumentException.printSuggestions(mistake, err);
            err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
            return ExitStatus.USAGE;
        }

        @Override
        public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
            PrintWriter err = command.getErr();
            int status = exitStatus(failure);
            String message = failure.getMessage();
            boolean internal = status == ExitStatus.INTERNAL;
            // It may quote what a guest sent.
            String text = internal || message == null ? failure.toString() : message;
            String prefix = "nanorouter: ";
            for (String line : text.split("\n", -1)) {
                err.println(prefix + Output.printable(line));
                prefix = "";
            }
            if (internal || System.getenv("NANOROUTER_DEBUG") != null) {
                failure.printStackTrace(err);
            }
            return status;
        }
    }

    /** Reads the version from the jar's manifest. */
    static final class Version implements IVersionProvider {
        /** The version alone. */
        static String number() {
            String version = Nanorouter.class.getPackage().getImplementationVersion();
            return version == null ? "development" : version;
        }

        @Override
        public String[] getVersion() {
            return new String[] {
                "nanorouter " + number(),
                "Java " + System.getProperty("java.version") + ", " + System.getProperty("java.home")
            };
        }
    }
}
