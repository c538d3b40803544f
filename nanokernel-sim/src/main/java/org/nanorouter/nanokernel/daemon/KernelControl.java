// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.config.ConfigReader;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.control.ControlHandler;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.nanokernel.postmortem.PostmortemTransfer;
import org.nanorouter.nanokernel.supervise.CellFailedException;
import org.nanorouter.nanokernel.supervise.EventLog;
import org.nanorouter.nanokernel.supervise.FaultSignal;
import org.nanorouter.nanokernel.supervise.Machine;
import org.nanorouter.nanokernel.supervise.MachineView;
import org.nanorouter.nanokernel.supervise.OsEvent;
import org.nanorouter.nanokernel.switchboard.Listing;

/**
 * The verbs of the nanokernel's control socket.
 *
 * <table>
 * <caption>Verbs; all but status, channels, os.list, os.events and list take {@code os}, a name</caption>
 * <tr><td>status</td><td>the instance and all OSes</td></tr>
 * <tr><td>channels</td><td>{@code rings}: each ring with how full it is</td></tr>
 * <tr><td>os.list</td><td>{@code oses}: a summary of each</td></tr>
 * <tr><td>os.show</td><td>everything about one</td></tr>
 * <tr><td>os.start, os.stop, os.restart</td><td>its summary, once that is done</td></tr>
 * <tr><td>os.panic, os.hang, os.resume, os.kill, os.kill_endpoint</td><td>{@code pid} of the process that got the
 *     signal</td></tr>
 * <tr><td>os.mute, os.garble</td><td>nothing; the OS's doorbells are lost for {@code ms}, its rings hold
 *     garbage</td></tr>
 * <tr><td>os.events</td><td>{@code events} after the sequence number {@code since} (0), of one {@code os} if it is
 *     named; {@code last}, the sequence number of the newest</td></tr>
 * <tr><td>os.enter</td><td>{@code pid}, {@code uid_range}, {@code environment}: what it takes to enter its
 *     cell</td></tr>
 * <tr><td>list</td><td>what programs have for one another: {@link Listing}</td></tr>
 * <tr><td>os.postmortem</td><td>what its rings held when it last failed: {@link PostmortemTransfer}</td></tr>
 * </table>
 */
final class KernelControl implements ControlHandler {
    private static final long LOOP_WAIT_S = 15;
    private static final long NS_PER_MS = 1_000_000;
    private static final long MAX_MUTE_MS = 10_000;

    private final PollLoop loop;
    private final Machine machine;
    private final MachineView view;
    private final RunDirectory directory;
    private final @Nullable Long keeperPid;
    private final long startedAt = System.nanoTime();

    /** For the machine of an instance; {@code keeperPid}: the process that starts this one again, null if none does. */
    KernelControl(PollLoop loop, Machine machine, RunDirectory directory, @Nullable Long keeperPid) {
        this.loop = loop;
        this.machine = machine;
        this.view = machine.view();
        this.directory = directory;
        this.keeperPid = keeperPid;
    }

    @Override
    public Map<String, Object> handle(Map<String, Object> request) throws ControlException {
        String verb = (String) request.get("verb");
        return switch (verb) {
            case "status" -> onLoop(() -> done(this::status));
            case "channels" -> onLoop(() -> done(() -> Map.of("rings", view.channels())));
            case "os.list" -> onLoop(() -> done(() -> Map.of("oses", view.list())));
            case "os.show" -> forOs(request, os -> done(() -> view.show(os)));
            case "os.enter" -> forOs(request, os -> done(() -> view.entrance(os)));
            case "list" -> onLoop(() -> done(() -> new Listing(view.switchboard()).all()));
            case "os.panic" -> inject(request, FaultSignal.PANIC);
            case "os.hang" -> inject(request, FaultSignal.HANG);
            case "os.resume" -> inject(request, FaultSignal.RESUME);
            case "os.kill" -> inject(request, FaultSignal.KILL);
            case "os.kill_endpoint" -> inject(request, FaultSignal.KILL_ENDPOINT);
            case "os.mute" -> mute(request);
            case "os.garble" -> forOs(request, os -> done(() -> {
                machine.faults().garble(os);
                return Map.of();
            }));
            case "os.events" -> events(request);
            case "os.postmortem" -> forOs(request, os -> done(() -> view.postmortem(os, request)));
            case "os.start" -> forOs(request, os -> machine.start(os).thenApply(nothing -> view.show(os)));
            case "os.stop" -> forOs(request, os -> machine.stop(os).thenApply(nothing -> view.show(os)));
            case "os.restart" -> forOs(request, os -> machine.restart(os).thenApply(nothing -> view.show(os)));
            default -> throw new ControlException(ControlException.UNKNOWN_VERB, "the nanokernel has no verb " + verb);
        };
    }

    private Map<String, Object> inject(Map<String, Object> request, FaultSignal fault) throws ControlException {
        return forOs(request, os -> done(() -> Map.of("pid", machine.faults().signal(os, fault))));
    }

    private Map<String, Object> mute(Map<String, Object> request) throws ControlException {
        if (!(request.get("ms") instanceof Number ms) || ms.longValue() < 1 || ms.longValue() > MAX_MUTE_MS) {
            throw new ControlException(ControlException.BAD_REQUEST, "'ms' is to be 1 to " + MAX_MUTE_MS);
        }
        return forOs(request, os -> done(() -> {
            machine.faults().muteDoorbells(os, ms.longValue() * NS_PER_MS);
            return Map.of();
        }));
    }

    private Map<String, Object> events(Map<String, Object> request) throws ControlException {
        long since = request.get("since") instanceof Number number ? number.longValue() : 0;
        String os = request.get("os") instanceof String name ? name : null;
        return onLoop(() -> done(() -> {
            if (os != null) {
                view.show(os);
            }
            return report(view.events(), since, os);
        }));
    }

    private static Map<String, Object> report(EventLog log, long since, @Nullable String os) {
        List<Map<String, @Nullable Object>> events = new ArrayList<>();
        long wallOffsetMs = System.currentTimeMillis() - System.nanoTime() / NS_PER_MS;
        for (OsEvent event : log.since(since)) {
            if (os == null || event.os().equals(os)) {
                Map<String, @Nullable Object> entry = new LinkedHashMap<>();
                entry.put("sequence", event.sequence());
                entry.put("time", Instant.ofEpochMilli(wallOffsetMs + event.at() / NS_PER_MS).toString());
                entry.put("monotonic_ns", event.at());
                entry.put("os", event.os());
                entry.put("epoch", event.epoch());
                entry.put("from", event.from() == null ? null : ConfigReader.label(event.from()));
                entry.put("to", event.to() == null ? null : ConfigReader.label(event.to()));
                entry.put("reason", event.reason());
                events.add(entry);
            }
        }
        return Map.of("events", events, "last", log.last());
    }

    /** A reply shows an absent value as null, which the type of the control interface does not speak of. */
    @SuppressWarnings("NullAway")
    private Map<String, Object> status() {
        Map<String, @Nullable Object> status = new LinkedHashMap<>();
        status.put("instance", directory.name());
        status.put("pid", ProcessHandle.current().pid());
        status.put("keeper_pid", keeperPid);
        status.put("version", KernelControl.class.getPackage().getImplementationVersion());
        status.put("boot_id", view.bootId());
        status.put("uptime_s", (System.nanoTime() - startedAt) / 1_000_000 / 1000.0);
        status.put("run_directory", directory.directory().toString());
        status.put("oses", view.list());
        return status;
    }

    private Map<String, Object> forOs(Map<String, Object> request, OsVerb verb) throws ControlException {
        if (!(request.get("os") instanceof String os)) {
            throw new ControlException(ControlException.BAD_REQUEST, "the request has no 'os', the name of one");
        }
        return onLoop(() -> verb.call(os));
    }

    private static CompletableFuture<Map<String, Object>> done(Supplier<Map<String, Object>> result) {
        return CompletableFuture.completedFuture(result.get());
    }

    /** Calls on the loop's thread, which alone may touch the machine, and waits for the result. */
    private Map<String, Object> onLoop(Supplier<CompletableFuture<Map<String, Object>>> call)
            throws ControlException {
        CompletableFuture<Map<String, Object>> result = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                call.get().whenComplete((value, failure) -> {
                    if (failure == null) {
                        result.complete(value);
                    } else {
                        result.completeExceptionally(failure);
                    }
                });
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get(LOOP_WAIT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw error(e.getCause());
        } catch (TimeoutException e) {
            throw new ControlException(ControlException.UNAVAILABLE, "no result within " + LOOP_WAIT_S + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException(ControlException.UNAVAILABLE, "the nanokernel ends");
        }
    }

    private static ControlException error(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause() : failure;
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof NoSuchElementException) {
            return new ControlException(ControlException.NOT_FOUND, message);
        } else if (cause instanceof IllegalArgumentException) {
            return new ControlException(ControlException.BAD_REQUEST, message);
        } else if (cause instanceof IllegalStateException) {
            return new ControlException(ControlException.CONFLICT, message);
        } else if (cause instanceof CellFailedException) {
            return new ControlException(ControlException.UNAVAILABLE, message);
        }
        return new ControlException(ControlException.INTERNAL, cause.toString());
    }

    @FunctionalInterface
    private interface OsVerb {
        CompletableFuture<Map<String, Object>> call(String os);
    }
}
