// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher and the built program's start. */
@Tag("once")
class LauncherIT {
    private static final Path SOURCE = Path.of(System.getProperty("nanorouter.source"));
    private static final String LAUNCHER = SOURCE.resolve("nanorouter").toString();

    @TempDir
    private Path folder;

    @Test
    void scriptsAreCleanUnderShellcheck() {
        Privilege.requireProgram("shellcheck");
        Command check = Command.run("sh", "-c", "cd '" + SOURCE
                + "' && shellcheck -x nanorouter launcher/nanorouter launcher/archive"
                + " launcher/wireshark/nanorouter-extcap .ci/run");
        assertThat(check.out() + check.err()).isEmpty();
    }

    @Test
    void aSecondCallBuildsNothingAndAddsLessThanASecond() {
        String program = Privilege.requireDist().toString();
        Command.run(LAUNCHER, "--version");
        assertThat(Command.run(LAUNCHER, "--version").err()).isEmpty();
        assertThat(secondsToStart(LAUNCHER)).isLessThan(secondsToStart(program) + 1);
    }

    @Test
    void theBuiltProgramTakesItsClassesFromItsArchive() {
        Command version = Command.run(Map.of("NANOROUTER_JAVA_OPTIONS", "-Xlog:class+load"),
                List.of(Privilege.requireDist().toString(), "--version"));
        assertThat(version.out().lines().filter(line -> line.contains(" org.nanorouter.router.cli.Commands ")))
                .singleElement().asString().contains("source: shared objects file");
    }

    @Test
    void theBuiltProgramIsFoundThroughALinkAndFromAnyFolder() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("a link"), Privilege.requireDist());
        Command version = Command.run("sh", "-c", "cd / && exec '" + link + "' --version");
        assertThat(version.status()).isZero();
        assertThat(version.out()).startsWith("nanorouter ");
        assertThat(version.err()).isEmpty();
    }

    @Test
    void withoutATerminalNothingIsColoured() {
        Command help = Command.run(Privilege.requireDist().toString(), "--help");
        assertThat(help.status()).isZero();
        assertThat(help.out()).contains("status", "Examples:").doesNotContain("\u001b");
    }

    @Test
    void onATerminalHelpIsColouredUnlessNoColorIsSet() {
        Privilege.requireProgram("script");
        String help = Privilege.requireDist() + " --help";
        assertThat(onTerminal(help, Map.of("TERM", "xterm", "NO_COLOR", ""))).contains("\u001b[");
        assertThat(onTerminal(help, Map.of("TERM", "xterm", "NO_COLOR", "1"))).doesNotContain("\u001b[");
    }

    @Test
    void whereNothingRunsStatusSaysSoOnOneLineAndPrintsNoJson() {
        Command status = Command.run(Map.of("NANOROUTER_RUN", folder.toString()),
                List.of(Privilege.requireDist().toString(), "status", "-j"));
        assertThat(status.status()).isEqualTo(69);
        assertThat(status.out()).isEmpty();
        assertThat(status.err().lines()).hasSize(1);
    }

    @Test
    void withoutTheRightToInstallTheOneLineToRunIsShown() {
        String path = "no=$(mktemp -d); for program in readlink find uname mkdir flock; do"
                + " ln -s \"$(type -P $program)\" $no/$program; done; bash=$(type -P bash);";
        Command build = Command.run(Map.of("NANOROUTER_NO_INSTALL", "1"), List.of("bash", "-c", path
                + "cp -r '" + SOURCE + "/nanorouter' '" + SOURCE + "/launcher' '" + folder + "';"
                + " PATH=$no $bash '" + folder + "/nanorouter' status; status=$?; rm -r $no; exit $status"));
        assertThat(build.status()).isEqualTo(69);
        assertThat(build.err()).contains("missing: ").contains("sudo apt-get install -y ").contains("make");
    }

    @Test
    void everyProgramThatATestRequiresIsOneThatTheLauncherInstalls() throws IOException {
        // Of util-linux, without which Debian has no machine, and of tshark's package.
        Set<String> installed = new TreeSet<>(Set.of("setpriv", "script", "capinfos"));
        installed.addAll(found("need_program (\\S+)", SOURCE.resolve("launcher/setup.sh")));
        Set<String> required = new TreeSet<>();
        try (Stream<Path> tests = Files.list(SOURCE.resolve("it/src/test/java/org/nanorouter/it"))) {
            for (Path test : tests.toList()) {
                required.addAll(found("requireProgram\\(\"([^\"]+)\"", test));
            }
        }
        assertThat(required).contains("ping", "tshark");
        assertThat(installed).containsAll(required);
    }

    private static Set<String> found(String pattern, Path file) throws IOException {
        return Pattern.compile(pattern).matcher(Files.readString(file)).results()
                .map(result -> result.group(1))
                .collect(Collectors.toSet());
    }

    private static String onTerminal(String command, Map<String, String> environment) {
        return Command.run(environment, List.of("script", "-qec", command, "/dev/null")).out();
    }

    /** Processor time, the best of five: on an idle machine, starting takes no longer; on a busy one it still tells. */
    private static double secondsToStart(String program) {
        return IntStream.range(0, 5)
                .mapToObj(i -> Command.run("bash", "-c", "TIMEFORMAT='%U %S'; time '" + program + "' --version"))
                .mapToDouble(start -> Stream.of(start.err().strip().split(" ")).mapToDouble(Double::parseDouble).sum())
                .min()
                .orElseThrow();
    }
}
