// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.router.exporter.Daemons.Daemon;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks all daemons at once and makes metrics of what they say. For several threads. */
public final class Scraper implements MultiCollector, AutoCloseable {
    /** A daemon that takes longer is down. */
    public static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(Scraper.class);

    private final Daemons daemons;
    private final Samples samples;
    /** A thread for each daemon that is being asked; each is free again after {@link #PATIENCE}. */
    private final ExecutorService threads = Executors.newCachedThreadPool(Scraper::thread);
    private @Nullable CompletableFuture<MetricSnapshots> current;

    /**
     * Makes it.
     *
     * @param version of this program
     */
    public Scraper(Daemons daemons, String version) {
        this.daemons = daemons;
        this.samples = new Samples(version);
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "scrape");
        thread.setDaemon(true);
        return thread;
    }

    /** The result of the scrape that is under way, or of a new one. It never fails. */
    public synchronized CompletableFuture<MetricSnapshots> scrape() {
        if (current == null || current.isDone()) {
            current = begin();
        }
        return current;
    }

    /** Scrapes, and waits for the result. */
    @Override
    public MetricSnapshots collect() {
        return scrape().join();
    }

    private CompletableFuture<MetricSnapshots> begin() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Daemon kernel = daemons.nanokernel();
        CompletableFuture<List<Map<String, Object>>> kernelAsked =
                kernel == null ? CompletableFuture.completedFuture(List.of()) : ask(kernel, deadline, "status");
        Map<String, CompletableFuture<List<Map<String, Object>>>> asked = new LinkedHashMap<>();
        routers().forEach((os, router) -> asked.put(os, ask(router, deadline, "status", "port")));
        CompletableFuture<?>[] all = asked.values().toArray(new CompletableFuture<?>[asked.size() + 1]);
        all[asked.size()] = kernelAsked;
        return CompletableFuture.allOf(all).thenApply(nothing -> {
            Map<String, Answers.OfRouter> routers = new LinkedHashMap<>();
            asked.forEach((os, replies) -> routers.put(os, ofRouter(replies.join())));
            List<Map<String, Object>> ofKernel = kernelAsked.join();
            return samples.of(new Answers(kernel != null, ofKernel.isEmpty() ? null : ofKernel.get(0), routers));
        });
    }

    private static Answers.OfRouter ofRouter(List<Map<String, Object>> replies) {
        return replies.isEmpty() ? Answers.OfRouter.NONE : new Answers.OfRouter(replies.get(0), replies.get(1));
    }

    private Map<String, Daemon> routers() {
        try {
            return daemons.routers();
        } catch (IOException e) {
            LOG.warn("the routers cannot be found: {}", e.toString());
            return Map.of();
        }
    }

    /** The replies; an empty list if the daemon does not give all of them. */
    private CompletableFuture<List<Map<String, Object>>> ask(Daemon daemon, long deadline, String... verbs) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return daemon.ask(deadline, verbs);
            } catch (IOException | ControlException | RuntimeException e) {
                // It may say anything, also what no parser expects.
                LOG.debug("a daemon gives no answer", e);
                return List.of();
            }
        }, threads);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
