// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.daemon.Nanokernel;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.router.config.RouterConfig;
import org.nanorouter.router.daemon.Router;
import org.nanorouter.router.exporter.Exposition;
import org.nanorouter.router.exporter.ExpositionText;
import org.nanorouter.router.exporter.Scraper;
import org.nanorouter.shim.Shim;

/**
 * What is exported of a nanokernel and a router that run, and that the dashboard and the alert rules ask for nothing
 * else. Where promtool is installed it has its say, too.
 */
@Timeout(60)
class MetricsCommandTest {
    private static final long WAIT_MS = 15_000;
    /** Beats are not what is tested: a machine that pauses for half a second makes no OS hung. */
    private static final String MACHINE = """
            [machine]
            heartbeat = { period = "100 ms", deadline = "20 s" }
            [[os]]
            name = "host"
            kind = "external"
            [[os]]
            name = "guest"
            kind = "process"
            init = ["/bin/sleep", "1000"]
            restart = { delay = "1 ms" }
            """;
    private static final String ROUTER = """
            [[port]]
            name = "peers"
            kind = "channel"
            peer = "*"
            [[port]]
            name = "nic"
            kind = "nic"
            type = "dgram"
            local = "nic.router"
            remote = "nic.peer"
            [control]
            socket = "%s"
            """;
    private static final Pattern METRIC = Pattern.compile("\\bnanorouter_[a-z_]+\\b");
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    @TempDir
    private static Path directory;
    private static RunDirectory instance;
    private static Nanokernel nanokernel;
    private static CompletableFuture<Integer> running;
    private static Router router;
    private static String exposed;

    @BeforeAll
    static void startAll() throws Exception {
        instance = RunDirectory.of(directory.resolve("run"), "test");
        nanokernel = Nanokernel.create(new Nanokernel.Options(MachineConfig.parse(MACHINE, Path.of("m.toml")),
                Keeper.none(), instance, null, false, false));
        running = CompletableFuture.supplyAsync(() -> {
            try {
                return nanokernel.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }, THREADS);
        await().until(() -> running.isDone() || Files.exists(instance.tokenFile("host")) && restarts() == 0);
        Path file = Files.writeString(directory.resolve("router.toml"),
                ROUTER.formatted(instance.routerSocket("host")));
        Map<String, String> environment = Map.of("NK_ATTACH", instance.attachSocket("host").toString(), "NK_OS", "host",
                "NK_TOKEN_FILE", instance.tokenFile("host").toString());
        router = Router.start(RouterConfig.read(file, environment), file, environment);
        ask("os.kill");
        await().until(() -> restarts() == 1 && scrape().contains("port=\"peers:guest\""));
        exposed = scrape();
    }

    private static Object ask(String verb) throws Exception {
        try (ControlClient client = ControlClient.connect(instance.controlSocket())) {
            return client.call(verb, "os", "guest");
        }
    }

    private static int restarts() {
        try {
            return (Integer) ((Map<?, ?>) ask("os.show")).get("restarts");
        } catch (Exception e) {
            return -1;
        }
    }

    private static String scrape() {
        return scrape(InstanceDaemons.of(instance));
    }

    private static String scrape(InstanceDaemons daemons) {
        try (Scraper scraper = new Scraper(daemons, "test")) {
            return new String(Exposition.PROMETHEUS.bytes(scraper.collect()), StandardCharsets.UTF_8);
        }
    }

    @AfterAll
    static void stopAll() throws Exception {
        router.close();
        nanokernel.stop();
        assertThat(running.get(WAIT_MS, TimeUnit.MILLISECONDS)).isZero();
        THREADS.shutdownNow();
    }

    private static Path config(String name) {
        return Shim.directory().resolve("../../../config").resolve(name).normalize();
    }

    @Test
    void aNanokernelAndARouterThatRunAreExportedInTheFormatOfPrometheus() {
        assertThat(ExpositionText.parse(exposed).samples())
                .containsEntry("nanorouter_nanokernel_up{}", 1.0)
                .containsEntry("nanorouter_router_up{router=host}", 1.0)
                .containsEntry("nanorouter_router_nanokernel_attached{router=host}", 1.0)
                .containsEntry("nanorouter_os_state{os=host,state=running}", 1.0)
                .containsEntry("nanorouter_os_restarts_total{os=guest}", 1.0)
                .containsEntry("nanorouter_os_epoch{os=guest}", 2.0)
                .containsEntry("nanorouter_port_drops_total{port=nic,reason=ring_full,router=host}", 0.0)
                .containsKey("nanorouter_os_heartbeat_age_seconds{os=host}")
                .containsKey("nanorouter_port_ring_used_bytes{port=peers:guest,router=host}");
    }

    @Test
    void withinAnOsItsRouterAloneIsExported() {
        Path socket = instance.routerSocket("host");
        assertThat(ExpositionText.parse(scrape(InstanceDaemons.within(socket))).names())
                .contains("nanorouter_router_up", "nanorouter_port_up")
                .doesNotContain("nanorouter_nanokernel_up", "nanorouter_os_state");
    }

    @Test
    void anInstanceThatDoesNotRunIsDown() throws Exception {
        RunDirectory nothing = RunDirectory.of(directory.resolve("run"), "nothing");
        assertThat(ExpositionText.parse(scrape(InstanceDaemons.of(nothing))).samples())
                .containsEntry("nanorouter_nanokernel_up{}", 0.0).hasSize(2);
    }

    @Test
    void theDashboardAsksForNothingThatIsNotExported() throws IOException {
        List<String> queries = queries(JSON.std.anyFrom(Files.readString(config("grafana-dashboard.json"))));
        assertThat(queries).hasSizeGreaterThan(20);
        assertThat(metrics(String.join("\n", queries))).hasSizeGreaterThan(20)
                .isSubsetOf(ExpositionText.parse(exposed).names());
    }

    @Test
    void theAlertRulesAskForNothingThatIsNotExported() throws IOException {
        assertThat(metrics(Files.readString(config("alerts.yml")))).hasSizeGreaterThan(8)
                .isSubsetOf(ExpositionText.parse(exposed).names());
    }

    private static Set<String> metrics(String text) {
        Set<String> names = new TreeSet<>();
        METRIC.matcher(text).results().map(MatchResult::group).forEach(names::add);
        return names;
    }

    /** What a dashboard asks Prometheus, for its panels and for its variables. */
    private static List<String> queries(Object json) {
        List<String> queries = new ArrayList<>();
        if (json instanceof Map<?, ?> object) {
            object.forEach((key, value) -> {
                if (List.of("expr", "definition").contains(key)) {
                    queries.add((String) value);
                } else {
                    queries.addAll(queries(value));
                }
            });
        } else if (json instanceof Collection<?> list) {
            list.forEach(element -> queries.addAll(queries(element)));
        }
        return queries;
    }

    @Test
    void promtoolAgreesWhereItIsInstalled() throws Exception {
        if (!isInstalled("promtool")) {
            System.out.println("promtool is not installed; what is exported was only read by our own parser");
            return;
        }
        assertThat(promtool(exposed, "check", "metrics")).isEqualTo("0: ");
        assertThat(promtool("", "check", "rules", config("alerts.yml").toString())).startsWith("0: ")
                .contains("SUCCESS: 11 rules found");
        Files.copy(config("alerts.yml"), directory.resolve("alerts.yml"));
        try (InputStream test = Objects.requireNonNull(getClass().getResourceAsStream("/alerts-test.yml"))) {
            Files.copy(test, directory.resolve("alerts-test.yml"));
        }
        assertThat(promtool("", "test", "rules", directory.resolve("alerts-test.yml").toString())).startsWith("0: ");
        StringBuilder rules = new StringBuilder("groups: [{name: dashboard, rules: [");
        for (String query : queries(JSON.std.anyFrom(Files.readString(config("grafana-dashboard.json"))))) {
            if (!query.startsWith("label_values")) {
                rules.append("{record: query, expr: ").append(JSON.std.asString(query.replaceAll("\\$__\\w+", "5m")))
                        .append("},\n");
            }
        }
        Path file = Files.writeString(directory.resolve("dashboard.yml"), rules.append("]}]\n"));
        assertThat(promtool("", "check", "rules", "--lint=none", file.toString())).startsWith("0: ")
                .contains("SUCCESS");
    }

    private static boolean isInstalled(String program) {
        return List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static String promtool(String input, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(words));
        Path text = Files.writeString(directory.resolve("input"), input);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectInput(text.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + ": " + output;
    }
}
