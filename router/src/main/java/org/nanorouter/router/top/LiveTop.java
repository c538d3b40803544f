// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.process.Signals;

/** The picture on a terminal, until the user has seen enough. */
public final class LiveTop {
    private static final int QUEUE = 64;
    private static final int MAX_FLOWS = 10;
    private static final int SIGHUP = 1;
    private static final int SIGINT = 2;
    private static final int SIGTERM = 15;

    private final Sampler sampler;
    private final @Nullable FlowSource flowSource;
    private final long intervalNs;
    private final Settings settings = new Settings();
    private final TopModel model = new TopModel();
    private final BlockingQueue<Event> events = new ArrayBlockingQueue<>(QUEUE);
    private volatile boolean paused;
    private volatile boolean ended;

    /** What can happen. */
    private enum What { SAMPLE, KEY, RESIZED, SUSPENDED, SIGNAL, FAILURE }

    private record Event(What what, @Nullable Sample sample, List<Flow> flows, Key key, char character, int signal,
            @Nullable Throwable failure) {
        Event(What what, int signal) {
            this(what, null, List.of(), Key.OTHER, '\0', signal, null);
        }
    }

    /** What asks the daemons, and how often; who knows the flows, if somebody does. */
    public LiveTop(Sampler sampler, @Nullable FlowSource flowSource, long intervalNs) {
        this.sampler = sampler;
        this.flowSource = flowSource;
        this.intervalNs = intervalNs;
    }

    /**
     * Shows the picture.
     *
     * @param type    of the terminal, as in TERM
     * @param unicode whether the terminal shows more than ASCII
     * @param colours whether it is to have any
     * @return 0 if the user ended it, or the number of the signal that did
     * @throws IOException if standard input is no terminal
     */
    public int run(String type, boolean unicode, boolean colours) throws IOException, InterruptedException {
        Screen screen = new Screen(type, unicode ? StandardCharsets.UTF_8 : StandardCharsets.US_ASCII,
                new Screen.Signals() {
                    @Override
                    public void resized() {
                        events.offer(new Event(What.RESIZED, 0));
                    }

                    @Override
                    public void interrupted() {
                        events.offer(new Event(What.SIGNAL, SIGINT));
                    }

                    @Override
                    public void suspended() {
                        events.offer(new Event(What.SUSPENDED, 0));
                    }
                });
        try (screen) {
            Signals.on("TERM", () -> events.offer(new Event(What.SIGNAL, SIGTERM)));
            Signals.on("HUP", () -> events.offer(new Event(What.SIGNAL, SIGHUP)));
            Keyboard keyboard = screen.keyboard();
            Thread keys = start("keys", () -> readKeys(keyboard));
            Thread samples = start("samples", this::takeSamples);
            try {
                return show(screen, samples, unicode, colours ? Palette.COLOURS : Palette.MONOCHROME);
            } finally {
                ended = true;
                keys.interrupt();
                samples.interrupt();
                // What it reads is memory that is unmapped next.
                samples.join();
            }
        }
    }

    private Thread start(String name, Runnable work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                put(new Event(What.FAILURE, null, List.of(), Key.OTHER, '\0', 0, e));
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private int show(Screen screen, Thread samples, boolean unicode, Palette palette)
            throws IOException, InterruptedException {
        while (true) {
            Look look = new Look(screen.columns(), screen.rows(), unicode, palette);
            if (!screen.draw(View.draw(model, settings, look))) {
                return SIGHUP;
            }
            // Everything that has happened meanwhile belongs into the next picture.
            boolean resized = false;
            Event event = events.take();
            while (event != null) {
                switch (event.what()) {
                    case SAMPLE -> take(event);
                    case KEY -> {
                        if (!settings.press(event.key(), event.character())) {
                            return 0;
                        }
                    }
                    case RESIZED -> resized = true;
                    case SUSPENDED -> screen.suspend();
                    case SIGNAL -> {
                        return event.signal();
                    }
                    case FAILURE -> throw new IllegalStateException("a thread failed", event.failure());
                    default -> throw new IllegalStateException("what=" + event.what());
                }
                event = events.poll();
            }
            if (resized) {
                screen.resize();
            }
            if (paused != settings.isPaused()) {
                paused = settings.isPaused();
                LockSupport.unpark(samples);
            }
        }
    }

    private void take(Event event) {
        Sample sample = event.sample();
        if (sample != null) {
            model.add(sample);
            if (flowSource != null) {
                model.add(event.flows());
            }
        }
    }

    private void readKeys(Keyboard keyboard) {
        Key key;
        do {
            key = keyboard.read();
            put(new Event(What.KEY, null, List.of(), key, keyboard.character(), 0, null));
        } while (key != Key.CLOSED && !ended);
    }

    private void takeSamples() {
        long next = System.nanoTime();
        while (!ended) {
            long left = next - System.nanoTime();
            if (paused) {
                LockSupport.park(this);
                next = System.nanoTime();
            } else if (left > 0) {
                LockSupport.parkNanos(this, left);
            } else {
                Sample sample = sampler.sample();
                List<Flow> flows = flowSource == null ? List.of() : flowSource.flows(MAX_FLOWS);
                put(new Event(What.SAMPLE, sample, flows, Key.OTHER, '\0', 0, null));
                // What was missed is left out.
                next = Math.max(next + intervalNs, System.nanoTime());
            }
        }
    }

    private void put(Event event) {
        try {
            events.put(event);
        } catch (InterruptedException e) {
            ended = true;
        }
    }
}
