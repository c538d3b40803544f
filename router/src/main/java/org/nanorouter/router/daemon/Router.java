// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.attach.Attachment;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.Mac;
import org.nanorouter.nanokernel.control.ControlServer;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.router.capture.CaptureServer;
import org.nanorouter.router.config.PortConfig.TapConfig;
import org.nanorouter.router.config.RouterConfig;
import org.nanorouter.router.control.RouterControl;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.loop.DataLoop;
import org.nanorouter.router.loop.EngineLoop;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.standby.LeaderLine;
import org.nanorouter.router.standby.Reclaim;
import org.nanorouter.router.standby.StandbyDoor;
import org.nanorouter.shim.NativeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running router. */
public final class Router implements AutoCloseable, RouterControl.Subject {
    private static final Logger LOG = LoggerFactory.getLogger(Router.class);
    private static final long CALL_TIMEOUT_MS = 20_000;
    private static final long AGEING_PERIOD_MS = 5_000;
    private static final long SAVING_PERIOD_MS = 1_000;
    private static final long NANOS_PER_MS = 1_000_000;

    private final Path file;
    private final Map<String, String> environment;
    private final DataLoop loop;
    private final NativeBuffer scratch = NativeBuffer.allocate(Engine.SCRATCH_LENGTH);
    private final Engine engine;
    private final PeerSessions sessions = new PeerSessions();
    private final PortTable ports;
    private final long startedAt = System.nanoTime();
    private volatile RouterConfig config;
    private @Nullable NanokernelLink link;
    private @Nullable ControlServer control;
    private @Nullable CaptureServer captures;
    private @Nullable StandbyDoor door;
    private @Nullable FdbKeeper keeper;
    private LeaderLine inherited = LeaderLine.none();
    private Runnable onReady = () -> { };
    private long ledAt = startedAt;
    /** Configured ports and control socket are there. */
    private boolean complete;
    private boolean ready;

    private Router(RouterConfig config, Path file, Map<String, String> environment) {
        this.config = config;
        this.file = file;
        this.environment = environment;
        this.loop = DataLoop.start("data");
        Fdb fdb = new Fdb(config.bridge().capacity(), config.bridge().portLimit(),
            config.bridge().ageing().toMillis(), Engine.MAX_PORTS, ThreadLocalRandom.current().nextLong());
        this.engine = new Engine(new Bridge(fdb, Engine.MAX_PORTS), scratch.buffer(), scratch.address(),
            System::nanoTime);
        this.ports = new PortTable(new EngineLoop(loop, engine, System::nanoTime), sessions, new Heir());
    }

    /**
     * Makes a router that touches nothing outside its process yet.
     *
     * @param config as read from {@code file}
     * @param file read again by {@link #reload}
     * @param environment as in {@link RouterConfig#read}
     */
    public static Router prepare(RouterConfig config, Path file, Map<String, String> environment) {
        return new Router(config, file, environment);
    }

    /** Prepares a router and brings it up; {@link #prepare} and {@link #lead} say how. */
    public static Router start(RouterConfig config, Path file, Map<String, String> environment) throws StartException {
        Router router = prepare(config, file, environment);
        try {
            router.lead(LeaderLine.none(), () -> { });
            return router;
        } catch (StartException | RuntimeException e) {
            router.close();
            throw e;
        }
    }

    /**
     * Brings the router up, once.
     *
     * @param line TAPs of the leader before, which this router takes or closes
     * @param onReady called once, on the data loop, when frames can flow and requests are answered
     * @throws StartException if it cannot be brought up; after {@link #close} nothing is left behind then
     */
    public void lead(LeaderLine line, Runnable onReady) throws StartException {
        ledAt = System.nanoTime();
        inherited = line;
        this.onReady = onReady;
        try {
            FutureTask<Boolean> ways = new FutureTask<>(() -> {
                bringUp();
                return true;
            });
            loop.execute(ways);
            // Meanwhile, since frames wait for the ports alone.
            openControl();
            ways.get(CALL_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            onLoop(() -> {
                complete = true;
                announce();
                return true;
            });
            openCaptures();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StartException cause) {
                throw cause;
            }
            throw new IllegalStateException("the router cannot start", e.getCause());
        } catch (TimeoutException | InterruptedException e) {
            throw new StartException(StartException.Kind.UNAVAILABLE, "the router did not come up in time", e);
        } finally {
            line.close();
        }
    }

    private void openControl() throws StartException {
        try {
            // Served as long as the router before this one is ending.
            control = Reclaim.ask(() -> ControlServer.start(config.control(), new RouterControl(this)),
                BindException.class::isInstance);
        } catch (BindException e) {
            throw new StartException(StartException.Kind.UNAVAILABLE,
                "control socket: " + e.getMessage() + "; is another router running?", e);
        } catch (IOException e) {
            throw new StartException(StartException.Kind.CANNOT_CREATE,
                "control socket " + config.control() + " cannot be made: " + e, e);
        }
    }

    /** Frames flow without it. */
    private void openCaptures() {
        try {
            captures = CaptureServer.start(CaptureServer.beside(config.control()), engine, this::snapshot);
        } catch (IOException e) {
            LOG.warn("nobody can capture: {}", e.getMessage());
        }
    }

    private void bringUp() throws StartException {
        door = new StandbyDoor(loop, config.control());
        keeper = new FdbKeeper(FdbFile.beside(config.control()), engine, nowMs());
        RouterConfig.Attach attach = config.attach();
        if (attach != null) {
            link = NanokernelLink.connect(loop, attach, ports, this::announce);
            ports.setMac(link.attachment().mac());
        }
        ports.apply(config.ports());
        loop.every(AGEING_PERIOD_MS, () -> engine.bridge().age(nowMs()));
        loop.every(SAVING_PERIOD_MS, () -> keeper.save(nowMs()));
        if (link != null) {
            link.begin();
        }
        door.listen();
    }

    private static long nowMs() {
        return System.nanoTime() / NANOS_PER_MS;
    }

    /** What this router takes over, and what it leaves to the next one. */
    private final class Heir implements Succession {
        @Override
        public int inherit(TapConfig tap) {
            return inherited.take(tap.name(), tap.device());
        }

        @Override
        public void opened(TapConfig tap, int descriptor) {
            if (door != null) {
                door.opened(tap.name(), descriptor);
            }
        }

        @Override
        public void closing(TapConfig tap) {
            if (door != null) {
                door.closing(tap.name());
            }
        }

        @Override
        public void inService(Port port) {
            if (keeper != null) {
                keeper.adopt(port, nowMs());
            }
        }
    }

    /** Once frames can flow and requests are answered. */
    private void announce() {
        if (!complete || link != null && !link.isSynced()) {
            return;
        }
        if (link != null) {
            link.ready();
        }
        if (!ready) {
            ready = true;
            ports.announce();
            onReady.run();
            LOG.info("router {} is ready {} ms after it began to lead", name(),
                (System.nanoTime() - ledAt) / NANOS_PER_MS);
        }
    }

    private String name() {
        String own = config.name();
        if (own != null) {
            return own;
        }
        RouterConfig.Attach attach = config.attach();
        return attach == null ? "router" : attach.os();
    }

    private <T> T onLoop(Callable<T> task) throws ExecutionException, TimeoutException, InterruptedException {
        return loop.call(task, CALL_TIMEOUT_MS);
    }

    @Override
    public <T> T snapshot(Callable<T> task) throws ExecutionException, TimeoutException, InterruptedException {
        return onLoop(task);
    }

    @Override
    public Engine engine() {
        return engine;
    }

    @Override
    public Map<String, Object> describe() {
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("name", name());
        status.put("pid", ProcessHandle.current().pid());
        status.put("version", Router.class.getPackage().getImplementationVersion());
        status.put("role", "leader");
        status.put("standbys", door == null ? List.of() : door.standbys());
        status.put("state", ready ? "ready" : "starting");
        status.put("uptime_s", (System.nanoTime() - startedAt) / 1e9);
        NanokernelLink current = link;
        if (current == null) {
            status.put("nanokernel", "none");
            return status;
        }
        Attachment attachment = current.attachment();
        status.put("nanokernel", current.isAttached() ? "attached" : "lost");
        status.put("nanokernel_losses", current.losses());
        status.put("nanokernel_silences", current.silences());
        status.put("os", attachment.osName());
        status.put("os_id", attachment.osId());
        status.put("epoch", attachment.epoch());
        status.put("mac", new Mac(attachment.mac()).toString());
        Map<String, Object> quarantines = new LinkedHashMap<>();
        for (QuarantineReason reason : QuarantineReason.values()) {
            if (attachment.quarantines(reason) > 0) {
                quarantines.put(reason.label().replace('-', '_'), attachment.quarantines(reason));
            }
        }
        status.put("quarantines", quarantines);
        status.put("sessions_ended", sessions.ended());
        status.put("session_failures", sessions.failures());
        return status;
    }

    /** Reads the file again; see the package. For any thread. */
    @Override
    public Map<String, Object> reload() {
        Map<String, Object> result = new LinkedHashMap<>();
        try {
            RouterConfig wanted = RouterConfig.read(file, environment);
            List<String> done = onLoop(() -> apply(wanted));
            result.put("applied", done);
            List<String> restart = needsRestart(wanted);
            result.put("restart_needed", restart);
            LOG.info("{} was read again; done: {}; takes a restart: {}", file, done, restart);
        } catch (ConfigException e) {
            result.put("mistakes", e.mistakes());
            LOG.error("{} has mistakes, nothing was changed:\n{}", file, e.getMessage());
        } catch (ExecutionException e) {
            String failure = String.valueOf(e.getCause().getMessage());
            result.put("failure", failure);
            LOG.error("{} was applied in part: {}", file, failure);
        } catch (TimeoutException | InterruptedException e) {
            result.put("failure", "the data loop did not answer");
        }
        return result;
    }

    private List<String> apply(RouterConfig wanted) throws StartException {
        List<String> done = ports.apply(wanted.ports());
        config = new RouterConfig(config.name(), config.bridge(), config.attach(), config.control(), wanted.ports());
        return done;
    }

    private List<String> needsRestart(RouterConfig wanted) {
        List<String> restart = new ArrayList<>();
        addIfDifferent(restart, "router.name", config.name(), wanted.name());
        addIfDifferent(restart, "bridge", config.bridge(), wanted.bridge());
        addIfDifferent(restart, "attach", config.attach(), wanted.attach());
        addIfDifferent(restart, "control.socket", config.control(), wanted.control());
        return restart;
    }

    private static void addIfDifferent(List<String> restart, String key, @Nullable Object now, @Nullable Object then) {
        if (!Objects.equals(now, then)) {
            restart.add(key);
        }
    }

    /** Takes everything down, in the reverse order. */
    @Override
    public void close() {
        if (captures != null) {
            captures.close();
        }
        if (control != null) {
            control.close();
        }
        try {
            onLoop(() -> {
                // Before the ports are gone, and with them what was learned behind them.
                if (keeper != null) {
                    keeper.save(nowMs());
                    keeper.close();
                }
                if (door != null) {
                    door.close();
                }
                ports.close();
                if (link != null) {
                    link.close();
                }
                return true;
            });
        } catch (ExecutionException | TimeoutException e) {
            LOG.error("the router did not end in order", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loop.close();
        sessions.close();
        scratch.close();
        LOG.debug("router ended after {}", Duration.ofNanos(System.nanoTime() - startedAt));
    }
}
