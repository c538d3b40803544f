// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Shows each step in a line of its own, with its time, and counts how they ended. */
final class Report {
    private static final String GREEN = "\u001b[32m";
    private static final String RED = "\u001b[31m";
    private static final String BOLD = "\u001b[1m";
    private static final String PLAIN = "\u001b[0m";
    private static final String START_OF_LINE = "\r\u001b[K";
    /** So that the line of a transfer fits into 80 columns: a longer one could not be overwritten. */
    private static final int BAR_WIDTH = 14;
    private static final int DETAIL_LINES = 25;
    /** A rate over less time says nothing, and has more digits than there is room for. */
    private static final double RATE_AFTER_SECONDS = 0.05;

    private final PrintWriter out;
    private final boolean live;
    private final boolean colours;
    private final LongSupplier nanoClock;
    private String title = "";
    private long begin;
    private int passed;
    private int failed;
    private volatile boolean silent;

    /** What a step does. */
    interface Step {
        /** Does it, and returns what was found, in a few words; may be empty. */
        String run() throws Exception;
    }

    /**
     * Makes a report.
     *
     * @param live      whether a line may be overwritten, as on a terminal
     * @param colours   whether colours are welcome
     * @param nanoClock a time in ns that never steps back
     */
    Report(PrintWriter out, boolean live, boolean colours, LongSupplier nanoClock) {
        this.out = out;
        this.live = live;
        this.colours = colours;
        this.nanoClock = nanoClock;
    }

    /** Runs a step and shows it; false if it failed. */
    boolean step(String what, Step step) throws InterruptedException {
        title = what;
        begin = nanoClock.getAsLong();
        if (live) {
            show("  ....            " + title);
        }
        try {
            String found = step.run();
            passed++;
            end("ok", GREEN, found);
            return true;
        } catch (InterruptedException e) {
            throw e;
        } catch (StepFailure e) {
            failed++;
            end("FAIL", RED, e.getMessage());
            details(e.details());
        } catch (Exception e) {
            failed++;
            end("FAIL", RED, e.toString());
        }
        return false;
    }

    private void end(String mark, String colour, String found) {
        if (silent) {
            return;
        }
        String coloured = colours ? colour + mark + PLAIN : mark;
        String time = String.format(Locale.ROOT, "%7.2f s", seconds());
        String line = "  " + coloured + " ".repeat(5 - mark.length()) + time + "   " + title
                + (found.isEmpty() ? "" : ": " + found);
        out.println((live ? START_OF_LINE : "") + line);
        out.flush();
    }

    private double seconds() {
        return (nanoClock.getAsLong() - begin) / 1e9;
    }

    private void details(String text) {
        text.lines().skip(Math.max(0, text.lines().count() - DETAIL_LINES)).forEach(line -> line("         | " + line));
    }

    /** Moves the bar of the running step, on a terminal. */
    void progress(long done, long total) {
        if (!live || total <= 0) {
            return;
        }
        double part = Math.min(1, (double) done / total);
        int full = (int) Math.round(part * BAR_WIDTH);
        double seconds = seconds();
        show(String.format(Locale.ROOT, "  .... %s [%s%s] %3.0f %% %s", title, "#".repeat(full),
                " ".repeat(BAR_WIDTH - full), part * 100, seconds < RATE_AFTER_SECONDS ? "" : rate(done, seconds)));
    }

    private void show(String line) {
        if (!silent) {
            out.print(START_OF_LINE + line);
            out.flush();
        }
    }

    void line(String text) {
        if (!silent) {
            out.println(text);
            out.flush();
        }
    }

    void heading(String text) {
        line(colours ? BOLD + text + PLAIN : text);
    }

    /** Says nothing any more: what follows an interrupt is not worth reading. */
    void silence() {
        silent = true;
    }

    int failed() {
        return failed;
    }

    /** The sum, as the last line of a check. */
    String sum() {
        return passed + " passed, " + failed + " failed";
    }

    /** Bytes in a time, as a rate for people. */
    static String rate(long bytes, double seconds) {
        double gigabits = bytes * 8 / Math.max(seconds, 1e-9) / 1e9;
        return String.format(Locale.ROOT, gigabits < 1 ? "%.2f Gbit/s" : "%.1f Gbit/s", gigabits);
    }
}
