// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What status shows of replies that daemons could have given. */
class StatusCommandTest {
    private static final Style ASCII = new Style(false, false, 0);
    private final StringWriter written = new StringWriter();

    private static Map<String, Object> os(String name, String state) {
        Map<String, Object> os = new LinkedHashMap<>();
        os.put("name", name);
        os.put("kind", "namespace");
        os.put("state", state);
        os.put("epoch", 3);
        os.put("pid", 40);
        os.put("attached", true);
        os.put("ready", true);
        os.put("restarts", 2);
        os.put("uptime_s", 75.5);
        os.put("heartbeat_silence_ms", 35);
        os.put("restart", Map.of("policy", "on-failure"));
        return os;
    }

    private static Map<String, Object> process(long pid, String role, List<Map<String, Object>> children) {
        return Map.of("pid", pid, "role", role, "command", "/bin/" + role + " -x", "children", children);
    }

    private static MachineSnapshot machine(List<Map<String, Object>> oses) {
        Map<String, Object> nanokernel = new LinkedHashMap<>(Map.of("instance", "demo", "pid", 12, "keeper_pid", 11,
                "boot_id", "0123456789abcdef", "uptime_s", 200, "run_directory", "/run/nanorouter/demo"));
        return new MachineSnapshot(nanokernel, "", oses, List.of(), List.of(Map.of("time",
                "2026-01-02T03:04:05.678Z", "os", "guest", "from", "running", "to", "hung", "reason", "no heartbeat")));
    }

    private static Map<String, Object> router() {
        Map<String, Object> port = Map.of("name", "nk0", "kind", "tap", "state", "up", "received_frames", 10,
                "received_bytes", 1_234_567, "sent_frames", 9, "sent_bytes", 900, "dropped_frames", 1, "drops",
                Map.of("ring_full", 1));
        return Map.of("name", "host", "os", "host", "state", "ready", "uptime_s", 7, "pid", 2, "standbys", List.of(3),
                "nanokernel", "attached", "fdb_entries", 2, "ports", List.of(port), "totals",
                Map.of("received_frames", 10, "forwarded_frames", 9, "dropped_frames", 1));
    }

    private String show(Style style, MachineSnapshot machine, Map<String, Map<String, Object>> routers,
            List<Hint> hints) {
        written.getBuffer().setLength(0);
        StatusCommand.show(new Output(new PrintWriter(written), false, style.colours()), style, machine, routers, hints,
                true);
        return written.toString();
    }

    private static MachineSnapshot demo() {
        Map<String, Object> host = os("host", "running");
        host.put("processes", List.of(process(40, "init", List.of(process(41, "leader", List.of()),
                process(42, "standby", List.of())))));
        Map<String, Object> guest = os("guest", "failed");
        guest.put("last_failure", Map.of("kind", "panic", "text", "agent: \u001b[2Jbad", "ago_s", 12.0));
        return machine(List.of(host, guest));
    }

    @Test
    void treeHasTheNanokernelItsOsesAndTheirProcesses() {
        assertThat(show(ASCII, demo(), Map.of("host", router()), List.of())).startsWith("""
                * instance demo: nanokernel runs
                | up 3 min 20 s, pid 12, keeper 11, boot 01234567, /run/nanorouter/demo
                |-* host: running
                | | namespace, epoch 3, up 1 min 15 s, pid 40, beat 35 ms ago, 2 restarts
                | |-41 router, leads
                | `-42 router, stands by
                `-x guest: failed
                    namespace, epoch 3, up 1 min 15 s, pid 40, beat 35 ms ago, 2 restarts
                    last failure 12 s ago, panic: agent: \ufffd[2Jbad

                router host
                  ready for 7 s, pid 2 leads, standby 3""")
                .contains("03:04:05.678Z guest: running -> hung, no heartbeat");
    }

    @Test
    void fortyColumnsAreEnoughForEverythingButCommands() {
        List<Hint> hints = List.of(new Hint("guest", "failed: it was restarted too often and so on and on", List.of()));
        String text = show(new Style(false, true, 40), demo(), Map.of("host", router()), hints);
        assertThat(text.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(40));
        assertThat(text).contains("nk0\n  kind tap\n").contains("├─").contains("└─");
    }

    @Test
    void withoutColoursThereIsNoEscapeSequenceAndWithThemStatesHaveTheirs() {
        assertThat(show(ASCII, demo(), Map.of("host", router()), List.of())).doesNotContain("\u001b");
        assertThat(show(new Style(true, true, 80), demo(), Map.of(), List.of()))
                .contains("\u001b[1;32m●\u001b[0m \u001b[1mhost\u001b[0m: \u001b[1;32mrunning")
                .contains("\u001b[1;31m×\u001b[0m \u001b[1mguest\u001b[0m: \u001b[1;31mfailed")
                .doesNotContain("[2J\u001b").doesNotContain("\u001b[2J");
    }

    @Test
    void whereOnlyARouterAnswersTheTreeSaysSo() {
        assertThat(show(ASCII, MachineSnapshot.none("/run/kernel.sock: Connection refused"), Map.of("host", router()),
                List.of())).startsWith("o nanokernel: does not answer\n  /run/kernel.sock: Connection refused\n\n"
                + "router host\n");
    }

    @Test
    void localeDecidesAboutBoxCharacters() {
        assertThat(Style.of(Map.of("LANG", "C"), false).unicode()).isFalse();
        assertThat(Style.of(Map.of(), false).unicode()).isFalse();
        assertThat(Style.of(Map.of("LANG", "de_DE.utf8"), false).unicode()).isTrue();
        assertThat(Style.of(Map.of("LC_ALL", "C", "LANG", "C.UTF-8"), false).unicode()).isFalse();
        assertThat(Style.of(Map.of("LC_CTYPE", "C.UTF-8", "LANG", "C"), false).unicode()).isTrue();
        assertThat(Style.of(Map.of("COLUMNS", "72"), false).columns()).isEqualTo(72);
        assertThat(Style.of(Map.of("COLUMNS", "x"), false).columns()).isZero();
        assertThat(Style.of(Map.of("COLUMNS", "3"), false).columns()).isEqualTo(20);
    }

    private static List<Hint> hintsOf(Map<String, Object> os, boolean routed, boolean dead) {
        Hints hints = new Hints(" -I demo");
        hints.os(os, routed, dead);
        return hints.all();
    }

    private static List<String> commands(List<Hint> hints) {
        List<String> commands = new ArrayList<>();
        hints.forEach(hint -> commands.addAll(hint.commands()));
        return commands;
    }

    @Test
    void whereAllIsWellThereIsNothingToDo() {
        Hints hints = new Hints("");
        hints.nanokernel(demo(), null);
        hints.os(os("host", "running"), true, false);
        hints.os(os("guest", "stopped"), false, false);
        hints.router("host", router(), Map.of());
        assertThat(hints.all()).isEmpty();
    }

    @Test
    void osThatFailedIsStartedAndLookedInto() {
        assertThat(commands(hintsOf(os("guest", "failed"), false, false))).containsExactly(
                "nanorouter os start guest -I demo", "nanorouter os postmortem guest -w guest.pcapng -I demo",
                "nanorouter os events guest -I demo");
        assertThat(commands(hintsOf(os("guest", "hung"), false, false))).first()
                .isEqualTo("nanorouter os restart guest -I demo");
        Map<String, Object> never = os("guest", "panicked");
        assertThat(hintsOf(never, false, false)).isEmpty();
        never.put("restart", Map.of("policy", "never"));
        assertThat(commands(hintsOf(never, false, false))).first().isEqualTo("nanorouter os start guest -I demo");
    }

    @Test
    void osThatFailedAndRunsAgainHasItsLastFramesForAWhile() {
        Map<String, Object> os = os("guest", "running");
        os.put("last_failure", Map.of("kind", "panic", "text", "x", "ago_s", 75.0));
        assertThat(hintsOf(os, true, false)).singleElement().satisfies(hint -> {
            assertThat(hint.text()).contains("panic 1 min 15 s ago");
            assertThat(hint.commands()).containsExactly("nanorouter os postmortem guest -w guest.pcapng -I demo");
        });
        os.put("last_failure", Map.of("kind", "panic", "text", "x", "ago_s", 7500.0));
        assertThat(hintsOf(os, true, false)).isEmpty();
    }

    @Test
    void osThatBootsTooLongOrWaitsForItsRouterIsNamed() {
        Map<String, Object> os = os("guest", "booting");
        os.put("ready", false);
        os.put("console_log", "/run/x/console.log");
        assertThat(commands(hintsOf(os, false, false))).containsExactly("tail /run/x/console.log");
        os.put("uptime_s", 2.0);
        assertThat(hintsOf(os, false, false)).isEmpty();
        os.put("kind", "external");
        os.put("attached", false);
        assertThat(commands(hintsOf(os, false, false))).containsExactly("nanorouter run -c router.toml");
    }

    @Test
    void limitsThatAreNotEnforcedAreNamedWithTheReason() {
        Map<String, Object> os = os("guest", "running");
        os.put("limits", Map.of("memory_limit", "enforced", "cpus", "not enforced: permission denied"));
        assertThat(hintsOf(os, true, false)).singleElement().satisfies(hint -> {
            assertThat(hint.text()).isEqualTo("cpus is not enforced: permission denied");
            assertThat(hint.commands()).singleElement().asString().startsWith("systemd-run --scope -p Delegate=yes");
        });
    }

    @Test
    void routersThatAreGoneSilentOrLostTheNanokernelAreNamed() {
        Map<String, Object> os = os("host", "suspect");
        os.put("attached", false);
        assertThat(commands(hintsOf(os, false, true))).containsExactly("nanorouter run --standby -c router.toml");
        Hints hints = new Hints("");
        hints.router("host", Map.of("state", "no answer", "why", "no reply within 1000 ms"), Map.of());
        assertThat(commands(hints.all())).contains("nanorouter router kill host");
        Map<String, Object> lost = new LinkedHashMap<>(router());
        lost.put("nanokernel", "lost");
        Hints more = new Hints("");
        more.router("host", lost, Map.of());
        more.nanokernel(MachineSnapshot.none("gone"), "1.0");
        assertThat(commands(more.all())).containsExactly("nanorouter os list", "nanorouter kernel -c machine.toml");
    }

    @Test
    void quarantinedPortsAndRisingDropsAreNamedAndOldDropsAreNot() {
        Map<String, Object> reply = new LinkedHashMap<>(router());
        reply.put("ports", List.of(Map.of("name", "peers:guest", "state", "quarantined"),
                Map.of("name", "nk0", "state", "up", "dropped_frames", 5)));
        Hints hints = new Hints("");
        hints.router("host", reply, Map.of("nk0", 3L));
        assertThat(commands(hints.all())).containsExactly("nanorouter port show peers:guest -o host",
                "nanorouter os restart guest", "nanorouter port show nk0 -o host");
        assertThat(hints.all().get(1).text()).contains("3 frames");
    }

    @Test
    void nanokernelOfAnotherVersionIsNamed() {
        MachineSnapshot machine = demo();
        machine.nanokernel().put("version", "0.9");
        Hints hints = new Hints("");
        hints.nanokernel(machine, "1.0");
        assertThat(hints.all()).singleElement().satisfies(hint -> assertThat(hint.text()).contains("0.9", "1.0"));
    }

    @Test
    void periodsHaveTheirTwoLargestUnits() {
        assertThat(List.of(Period.text(59.9), Period.text(61), Period.text(3_700), Period.text(90_000)))
                .containsExactly("59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h");
    }
}
