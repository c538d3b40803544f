// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.router.chaos.Kernel.Event;
import org.nanorouter.router.chaos.Kernel.Os;

/** Runs chaos in a machine that is up. */
public final class Chaos implements AutoCloseable {
    private static final int PORT = 7077;
    private static final long START_LIMIT_MS = 20_000;
    private static final long DETECT_LIMIT_MS = 10_000;
    private static final long RECOVER_LIMIT_MS = 30_000;
    private static final int MIN_SLOW_MS = 20;
    private static final int GARBAGE_ATTEMPTS = 20;
    private static final long GARBAGE_LIMIT_MS = 300;
    private static final Set<String> FAILURES = Set.of("panicked", "hung", "failed");

    private final ChaosSettings settings;
    private final Kernel kernel;
    private final Consumer<String> progress;
    private final Random random;
    private final List<String> oses = new ArrayList<>();
    private final List<String> targets = new ArrayList<>();
    private final Set<String> withServices = new HashSet<>();
    private final List<CellProgram> servers = new ArrayList<>();
    private final List<Session> sessions = new ArrayList<>();
    private final List<Outcome> outcomes = new ArrayList<>();
    private final EventWatch events;
    private final int slowLimitMs;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private long falsePositives;
    private long survivorsHit;

    /**
     * Starts the traffic.
     *
     * @param kernelSocket control socket of the machine's nanokernel
     * @param progress     told a line for each failure
     * @throws IOException if the machine has not two OSes that can be entered, or no traffic comes up between them
     */
    public Chaos(ChaosSettings settings, Path kernelSocket, Consumer<String> progress)
        throws IOException, ControlException, InterruptedException {
        this.settings = settings;
        this.kernel = new Kernel(kernelSocket);
        this.progress = progress;
        this.random = new Random(settings.seed());
        for (Os os : kernel.list()) {
            if (os.ready() && os.pid() != 0) {
                oses.add(os.name());
                if (kernel.show(os.name()).get("services") instanceof List<?> services && !services.isEmpty()) {
                    withServices.add(os.name());
                }
            }
        }
        targets.addAll(settings.oses().isEmpty() ? oses : settings.oses());
        if (oses.size() < 2 || !oses.containsAll(targets)) {
            throw new IOException("chaos needs two OSes that run and can be entered, and " + targets
                + " among them; there are: " + oses);
        }
        this.slowLimitMs = slowLimitMs();
        this.events = new EventWatch(kernel, kernel.lastEvent());
        try {
            startTraffic();
        } catch (IOException | ControlException | InterruptedException e) {
            close();
            throw e;
        }
    }

    /** A pause has to end well before the nanokernel takes it for a hang. */
    private int slowLimitMs() throws IOException, ControlException {
        Object deadline = kernel.show(oses.get(0)).get("heartbeat_deadline_ms");
        return deadline instanceof Number ms ? Math.max(MIN_SLOW_MS + 1, ms.intValue() / 2) : MIN_SLOW_MS + 1;
    }

    private void startTraffic() throws IOException, ControlException, InterruptedException {
        Map<String, String> addresses = new HashMap<>();
        for (String os : oses) {
            addresses.put(os, Session.address(kernel, os));
            servers.add(new CellProgram(kernel, os, List.of("serve", String.valueOf(PORT)), line -> { }));
        }
        for (int i = 0; i < oses.size(); i++) {
            for (int j = i + 1; j < oses.size(); j++) {
                sessions.add(new Session(kernel, oses.get(i), oses.get(j), addresses.get(oses.get(j)), PORT));
            }
        }
        for (Session session : sessions) {
            if (!session.awaitProgressAfter(0, START_LIMIT_MS)) {
                throw new IOException("no traffic comes up between " + session);
            }
            session.oblige();
        }
    }

    /** Ends {@link #run} after the failure that is under way; for any thread. */
    public void stop() {
        stopped.countDown();
    }

    /** Brings failures about until the time is over. */
    public ChaosResult run() throws IOException, ControlException, InterruptedException {
        long end = System.nanoTime() + settings.seconds() * 1_000_000_000L;
        boolean goesOn = true;
        while (goesOn && (settings.seconds() == 0 || System.nanoTime() < end)
            && (settings.count() == 0 || outcomes.size() < settings.count())) {
            String os = targets.get(random.nextInt(targets.size()));
            Trouble trouble = settings.troubles().get(random.nextInt(settings.troubles().size()));
            int slowMs = MIN_SLOW_MS + random.nextInt(slowLimitMs - MIN_SLOW_MS);
            Outcome outcome = bringAbout(trouble, os, slowMs);
            outcomes.add(outcome);
            progress.accept(describe(outcome));
            goesOn = !stopped.await(random.nextInt(2 * settings.pauseMs() + 1), TimeUnit.MILLISECONDS);
        }
        long checked = sessions.stream().mapToLong(Session::checkedBytes).sum();
        long corrupted = sessions.stream().mapToLong(Session::corrupted).sum();
        long broken = sessions.stream().mapToLong(Session::broken).sum();
        return new ChaosResult(settings.seed(), outcomes,
            new ChaosResult.Totals(checked, corrupted, broken, falsePositives, survivorsHit));
    }

    private Outcome bringAbout(Trouble trouble, String os, int slowMs)
        throws IOException, ControlException, InterruptedException {
        List<Session> touched = sessions.stream().filter(session -> session.isOf(os)).toList();
        boolean endsOs = trouble.endsOs(withServices.contains(os));
        if (endsOs) {
            touched.forEach(Session::excuse);
        }
        sessions.forEach(Session::takeLongestGap);
        Map<String, Long> survivors = pidsWithout(endsOs ? os : null);
        int place = events.size();
        long begin = System.nanoTime();
        kernel.inject(trouble.verb(), os, slowMs);
        Event noticed = null;
        long recovered = -1;
        if (trouble == Trouble.PAUSE || trouble == Trouble.DEAF) {
            stopped.await(slowMs, TimeUnit.MILLISECONDS);
            if (trouble == Trouble.PAUSE) {
                kernel.inject("os.resume", os, 0);
            }
            recovered = System.nanoTime();
        } else {
            noticed = awaitNotice(trouble, os, place, endsOs);
            Event back = noticed == null ? null : events.await(place, RECOVER_LIMIT_MS,
                event -> event.os().equals(os) && isBack(endsOs, event));
            recovered = back == null ? -1 : back.at();
        }
        long flows = awaitTraffic(touched, trouble, recovered);
        judge(endsOs, os, place, survivors);
        touched.forEach(Session::oblige);
        return new Outcome(outcomes.size() + 1, trouble, os,
            noticed == null ? -1 : since(failedAt(trouble, os, begin), noticed.at()), since(begin, recovered),
            since(begin, flows));
    }

    /** The trap if it was a panic: until there, a request and a signal were on their way. */
    private long failedAt(Trouble trouble, String os, long begin) throws IOException, ControlException {
        return trouble == Trouble.PANIC ? kernel.trapAt(os).orElse(begin) : begin;
    }

    /** Garbage is overwritten by the next record that is published: who looks too late does not see it. */
    private @Nullable Event awaitNotice(Trouble trouble, String os, int place, boolean endsOs)
        throws IOException, ControlException, InterruptedException {
        Predicate<Event> wanted = event -> event.os().equals(os) && isNotice(endsOs, event);
        Event noticed = null;
        for (int attempt = 0; attempt < GARBAGE_ATTEMPTS && noticed == null && trouble == Trouble.GARBAGE; attempt++) {
            noticed = events.await(place, GARBAGE_LIMIT_MS, wanted);
            if (noticed == null) {
                kernel.inject(trouble.verb(), os, 0);
            }
        }
        return noticed != null ? noticed : events.await(place, DETECT_LIMIT_MS, wanted);
    }

    /** When bytes flow again over all of them, or -1; an endpoint's end shows as the longest gap. */
    private static long awaitTraffic(List<Session> touched, Trouble trouble, long recovered)
        throws InterruptedException {
        long last = recovered;
        for (Session session : touched) {
            if (recovered < 0 || !session.awaitProgressAfter(recovered, RECOVER_LIMIT_MS)) {
                return -1;
            }
            last = Math.max(last, session.lastProgress());
        }
        return last;
    }

    private static boolean isNotice(boolean endsOs, Event event) {
        return endsOs ? event.to() != null && FAILURES.contains(event.to())
            : event.to() == null && event.reason().startsWith("its endpoint detached");
    }

    private static boolean isBack(boolean endsOs, Event event) {
        return endsOs ? "running".equals(event.to()) && event.reason().contains("ready")
            : event.to() == null && event.reason().contains("endpoint is ready");
    }

    private void judge(boolean endsOs, String os, int place, Map<String, Long> survivors)
        throws IOException, ControlException {
        boolean own = endsOs;
        for (Event event : events.from(place)) {
            if (event.to() != null && FAILURES.contains(event.to())) {
                // One failure was brought about; a second one of the same OS is as wrong as one of another.
                falsePositives += own && event.os().equals(os) ? 0 : 1;
                own &= !event.os().equals(os);
            }
        }
        Map<String, Long> now = pidsWithout(null);
        survivors.forEach((name, pid) -> survivorsHit += pid.equals(now.get(name)) ? 0 : 1);
    }

    private Map<String, Long> pidsWithout(@Nullable String os) throws IOException, ControlException {
        Map<String, Long> pids = new HashMap<>();
        for (Os each : kernel.list()) {
            if (oses.contains(each.name()) && !each.name().equals(os)) {
                pids.put(each.name(), each.pid());
            }
        }
        return pids;
    }

    private static long since(long begin, long time) {
        return time < 0 ? -1 : Math.max(0, time - begin);
    }

    private static String describe(Outcome outcome) {
        return String.format("%5d  %-7s %-10s noticed %s, ready %s, traffic %s", outcome.number(),
            outcome.trouble().label(), outcome.os(), ms(outcome.detectNs()), ms(outcome.recoverNs()),
            ms(outcome.trafficNs()));
    }

    private static String ms(long ns) {
        return ns < 0 ? "-" : String.format("%.1f ms", ns / 1e6);
    }

    @Override
    public void close() {
        sessions.forEach(Session::close);
        servers.forEach(CellProgram::close);
        events.close();
    }
}
