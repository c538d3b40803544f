// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What real programs of the host OS do with the guest: ping, telnet and ftp. */
final class Traffic {
    /** Of the guest, the user that both servers know, and its password. */
    static final String USER = "guest";
    static final String PASSWORD = "nanorouter";

    private static final Duration SHORT = Duration.ofSeconds(30);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Pattern RTT = Pattern.compile("= ([0-9.]+)/([0-9.]+)/([0-9.]+)/");
    private static final String FTP_DONE = "226";
    private static final String HOME_IN_GUEST = "/home/guest";

    private final Machine machine;
    private final Report report;
    private final String ftp;
    private final String telnet;
    private final long fileLength;
    private String digest = "";
    private long bytes;
    private double seconds;

    Traffic(Machine machine, Report report, Programs programs, long fileLength) {
        this.machine = machine;
        this.report = report;
        this.ftp = programs.ftp();
        this.telnet = programs.telnet();
        this.fileLength = fileLength;
    }

    /** How the two ends of ftp find each other for the data connection. */
    enum Mode {
        /** The client connects to the server (PASV, EPSV). */
        PASSIVE("-p"),
        /** The server connects to the client (PORT, EPRT). */
        ACTIVE("-A");

        private final String option;

        Mode(String option) {
            this.option = option;
        }
    }

    private String sent() {
        return machine.workDirectory(Machine.HOST) + "/sent";
    }

    private String received() {
        return machine.workDirectory(Machine.HOST) + "/received";
    }

    /** Sends a few pings of some size, and returns the average round trip. */
    String ping(String address, int size) throws IOException, InterruptedException, StepFailure {
        Program.Outcome outcome = Program.run(SHORT, machine.inside(Machine.HOST, "ping", "-n", "-c", "3", "-i", "0.2",
                "-W", "5", "-s", String.valueOf(size), address)).orFail("ping");
        if (!outcome.output().contains(" 0% packet loss")) {
            throw new StepFailure("packets were lost", outcome.output() + machine.counters() + machine.logs());
        }
        return roundTrip(outcome.output());
    }

    /** Round trips of many pings, one after the other. */
    String measureRoundTrip(String address) throws IOException, InterruptedException, StepFailure {
        return roundTrip(Program.run(SHORT, machine.inside(Machine.HOST, "ping", "-n", "-q", "-c", "200", "-i", "0.01",
                address)).orFail("ping").output());
    }

    private static String roundTrip(String output) throws StepFailure {
        Matcher matcher = RTT.matcher(output);
        if (!matcher.find()) {
            throw new StepFailure("ping told no round-trip time", output);
        }
        return String.format(Locale.ROOT, "round trip %s ms, best %s ms", matcher.group(2), matcher.group(1));
    }

    /** Logs in with the telnet client on a terminal of its own, and runs a command. */
    String telnet(String address) throws IOException, InterruptedException, StepFailure {
        try (Dialogue dialogue = Dialogue.open(machine.inside(Machine.HOST, "script", "-qec",
                telnet + " " + address, "/dev/null"))) {
            dialogue.expect("login: ");
            dialogue.type(USER);
            dialogue.expect("Password: ");
            dialogue.type(PASSWORD);
            dialogue.expect("guest$ ");
            dialogue.type("echo this is $(uname -n)");
            dialogue.expect("this is guest");
            dialogue.expect("guest$ ");
            dialogue.type("exit");
            dialogue.awaitEnd();
        }
        return "logged in as " + USER + ", 'uname -n' says guest";
    }

    /** Makes the file that ftp carries. */
    String makeFile() throws IOException, InterruptedException, StepFailure {
        Program.Outcome outcome = Program.run(LONG, machine.pipeline(Machine.HOST,
                "head -c " + fileLength + " /dev/urandom", "tee " + sent(), "sha256sum"), "",
                () -> report.progress(lengthOf(Machine.HOST, sent()), fileLength)).orFail("head");
        digest = firstWord(outcome.output());
        return "sha256 " + digest.substring(0, Math.min(16, digest.length())) + "...";
    }

    /** Sends the file to the guest and compares the checksums. */
    String put(String address, Mode mode) throws IOException, InterruptedException, StepFailure {
        String target = HOME_IN_GUEST + "/upload";
        Files.deleteIfExists(machine.fromOutside(Machine.GUEST, target));
        String rate = transfer(address, mode, "put " + sent() + " upload", Machine.GUEST, target);
        return rate + compare(Machine.GUEST, target);
    }

    /** Fetches the file from the guest and compares the checksums. */
    String get(String address, Mode mode) throws IOException, InterruptedException, StepFailure {
        Files.deleteIfExists(machine.fromOutside(Machine.HOST, received()));
        String rate = transfer(address, mode, "get upload " + received(), Machine.HOST, received());
        return rate + compare(Machine.HOST, received());
    }

    private String transfer(String address, Mode mode, String command, String os, String target)
            throws IOException, InterruptedException, StepFailure {
        String talk = String.join("\n", "user " + USER + " " + PASSWORD, "binary", command, "quit", "");
        long begin = System.nanoTime();
        Program.Outcome outcome = Program.run(LONG, machine.inside(Machine.HOST, ftp, "-n", "-v", mode.option, address),
                talk, () -> report.progress(lengthOf(os, target), fileLength));
        double took = (System.nanoTime() - begin) / 1e9;
        if (outcome.output().lines().noneMatch(line -> line.startsWith(FTP_DONE))) {
            throw new StepFailure("the transfer did not complete", outcome.output());
        }
        long length = lengthOf(os, target);
        if (length != fileLength) {
            throw new StepFailure(length + " of " + fileLength + " bytes arrived", outcome.output());
        }
        bytes += length;
        seconds += took;
        return Report.rate(length, took);
    }

    private String compare(String os, String file) throws IOException, InterruptedException, StepFailure {
        String found = firstWord(Program.run(LONG, machine.inside(os, "sha256sum", file)).orFail("sha256sum").output());
        if (!found.equals(digest)) {
            throw new StepFailure("checksums differ: " + digest + " was sent, " + found + " arrived");
        }
        return ", checksum equal";
    }

    private static String firstWord(String text) {
        return text.strip().split("\\s+", 2)[0];
    }

    private long lengthOf(String os, String file) {
        try {
            Path path = machine.fromOutside(os, file);
            return Files.exists(path) ? Files.size(path) : 0;
        } catch (IOException e) {
            // It is being made or removed; the next look tells.
            return 0;
        }
    }

    /** Removes the copies, which fill memory. */
    void removeFiles() throws IOException {
        Files.deleteIfExists(machine.fromOutside(Machine.HOST, sent()));
        Files.deleteIfExists(machine.fromOutside(Machine.HOST, received()));
        Files.deleteIfExists(machine.fromOutside(Machine.GUEST, HOME_IN_GUEST + "/upload"));
    }

    /** Over all transfers. */
    String rate() {
        return Report.rate(bytes, seconds);
    }
}
