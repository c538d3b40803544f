// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.daemon.InstanceException;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.router.exporter.ExporterServer;
import org.nanorouter.router.exporter.Exposition;
import org.nanorouter.router.exporter.ListenAddress;
import org.nanorouter.router.exporter.Scraper;
import org.nanorouter.router.process.Signals;
import org.nanorouter.shim.Systemd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code nanorouter metrics}: the state of an instance for Prometheus. */
@Command(
        name = "metrics",
        description = {
            "Shows the state of the instance as Prometheus has it, once or to whoever asks by HTTP.",
            "The nanokernel and the routers are asked anew each time. One that does not answer within a second",
            "is down, as is an instance that does not run: nanorouter_nanokernel_up is 0 then."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter metrics                             once, to standard output",
            "  nanorouter metrics | promtool check metrics",
            "  nanorouter metrics > nanorouter.prom.new && mv nanorouter.prom.new nanorouter.prom",
            "                                                 for node_exporter's textfile collector",
            "  nanorouter metrics --listen 127.0.0.1:9477     serves http://127.0.0.1:9477/metrics until it is ended",
            "  nanorouter metrics --listen unix:/run/nanorouter/metrics.sock",
            "                                                 then: curl --unix-socket PATH http://localhost/metrics",
            "Beside the program, config/alerts.yml has alert rules, config/grafana-dashboard.json a dashboard."
        })
final class MetricsCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsCommand.class);

    /** Takes an address of loopback or a path. */
    static final class AddressReader implements ITypeConverter<ListenAddress> {
        @Override
        public ListenAddress convert(String text) {
            try {
                return ListenAddress.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    @Mixin
    private InstanceOption instance = new InstanceOption();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-l", "--listen"},
            paramLabel = "ADDRESS",
            converter = AddressReader.class,
            description = {
                "Serve GET /metrics at 127.0.0.1:PORT, [::1]:PORT, or unix:PATH, which its owner alone can open.",
                "Other addresses are refused."
            })
    private @Nullable ListenAddress listen;

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (Scraper scraper = new Scraper(daemons(), Nanorouter.Version.number())) {
            if (listen == null) {
                PrintWriter out = spec.commandLine().getOut();
                out.print(new String(Exposition.PROMETHEUS.bytes(scraper.collect()), StandardCharsets.UTF_8));
                out.flush();
            } else {
                serve(scraper, listen);
            }
        }
        return ExitStatus.OK;
    }

    private static void serve(Scraper scraper, ListenAddress at) throws InterruptedException {
        CountDownLatch end = new CountDownLatch(1);
        Signals.on("TERM", end::countDown);
        Signals.on("INT", end::countDown);
        try (ExporterServer server = ExporterServer.start(at, scraper, ExporterServer.CLIENT_TIME)) {
            LOG.info("serves {}", server.address());
            Systemd.notify("READY=1\nSTATUS=serves " + server.address());
            end.await();
            Systemd.notify("STOPPING=1");
        } catch (IOException e) {
            throw new CommandFailure(exitStatus(e), at + ": " + e.getMessage(), e);
        }
    }

    private static int exitStatus(IOException e) {
        if (e instanceof AccessDeniedException || String.valueOf(e.getMessage()).contains("Permission denied")) {
            return ExitStatus.NO_PERMISSION;
        }
        return e instanceof BindException ? ExitStatus.UNAVAILABLE : ExitStatus.CANNOT_CREATE;
    }

    /**
     * Those of the instance that is meant now. It need not run, and may be restarted: an exporter's instance does not
     * change.
     */
    private InstanceDaemons daemons() throws IOException {
        String inside = System.getenv(RouterSocket.RUN_VARIABLE);
        if (inside != null && instance.name() == null) {
            return InstanceDaemons.within(RouterSocket.within(inside));
        }
        Path base = RunDirectory.base();
        try {
            String name = instance.name();
            if (name != null) {
                return InstanceDaemons.of(RunDirectory.of(base, name));
            }
            List<RunDirectory> living = RunDirectory.living(base);
            return InstanceDaemons.of(living.size() > 1 ? RunDirectory.find(base, null)
                : living.isEmpty() ? RunDirectory.of(base, RunDirectory.DEFAULT_NAME) : living.get(0));
        } catch (InstanceException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }
}
