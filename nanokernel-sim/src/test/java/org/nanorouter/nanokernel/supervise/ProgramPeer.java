// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.program.Barrier;
import org.nanorouter.nanokernel.program.Event;
import org.nanorouter.nanokernel.program.Mutex;
import org.nanorouter.nanokernel.program.Program;
import org.nanorouter.nanokernel.program.Semaphore;
import org.nanorouter.nanokernel.program.SharedMemory;

/** A program of its own process that does what lines of its input say; {@code nk_program_peer.c} is its twin. */
final class ProgramPeer {
    private final Program program;
    private final Map<String, SharedMemory> memories = new HashMap<>();
    private final Map<String, AutoCloseable> syncs = new HashMap<>();

    private ProgramPeer(Program program) {
        this.program = program;
    }

    public static void main(String[] arguments) throws Exception {
        try (Program program = Program.join(System.getenv())) {
            System.out.println("joined " + program.programId());
            ProgramPeer peer = new ProgramPeer(program);
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null && !line.equals("leave"); line = lines.readLine()) {
                System.out.println(peer.answer(line.split(" ")));
            }
        }
        System.out.println("ok");
    }

    private String answer(String... words) throws Exception {
        try {
            return switch (words[0]) {
                case "port" -> {
                    program.open(words[1]);
                    yield "ok";
                }
                case "connect" -> {
                    program.connect(words[1], words[2]);
                    yield "ok";
                }
                case "memory" -> memory(words);
                case "write" -> {
                    memories.get(words[1]).buffer().put(Integer.parseInt(words[2]),
                            words[3].getBytes(StandardCharsets.UTF_8));
                    yield "ok";
                }
                case "read" -> {
                    byte[] bytes = new byte[Integer.parseInt(words[3])];
                    memories.get(words[1]).buffer().get(Integer.parseInt(words[2]), bytes);
                    yield "ok " + new String(bytes, StandardCharsets.UTF_8);
                }
                case "closed" -> {
                    var reason = memories.get(words[1]).closed();
                    yield "ok " + (reason == null ? 0 : reason.value());
                }
                case "free" -> {
                    memories.remove(words[1]).close();
                    yield "ok";
                }
                case "sync" -> {
                    syncs.put(words[1], sync(words[1], SyncKind.of(Integer.parseInt(words[2])),
                            Integer.parseInt(words[3]), Integer.parseInt(words[4])));
                    yield "ok";
                }
                case "wait" -> await(syncs.get(words[1]), Long.parseLong(words[2]));
                case "give" -> give(syncs.get(words[1]));
                case "reset" -> {
                    ((Event) syncs.get(words[1])).reset();
                    yield "ok";
                }
                case "close" -> {
                    syncs.remove(words[1]).close();
                    yield "ok";
                }
                case "spin" -> spin((Mutex) syncs.get(words[1]), memories.get(words[2]), Long.parseLong(words[3]));
                case "pass" -> pass((Semaphore) syncs.get(words[1]), (Semaphore) syncs.get(words[2]),
                        Long.parseLong(words[3]));
                default -> "what";
            };
        } catch (AttachRefusedException e) {
            return "refused " + (e.error() == null ? 0 : e.error().value());
        } catch (InterruptedIOException e) {
            return "interrupted";
        }
    }

    private String memory(String... words) throws IOException {
        SharedMemory memory;
        if (words[1].equals("create")) {
            memory = program.createMemory(words[2], Long.parseLong(words[3]), words[4].equals("rw"));
            memories.put(words[2], memory);
            return "ok " + memory.length();
        }
        memory = program.openMemory(words[2], words[3], words[4].equals("rw"));
        memories.put(words[3], memory);
        return "ok " + memory.length() + " " + memory.ownerOs() + " " + memory.ownerEpoch();
    }

    private AutoCloseable sync(String name, SyncKind kind, int initial, int limit) throws IOException {
        return switch (kind) {
            case SEMAPHORE -> program.semaphore(name, initial, limit);
            case MANUAL_EVENT -> program.event(name, false);
            case AUTO_EVENT -> program.event(name, true);
            case BARRIER -> program.barrier(name, limit);
            case MUTEX -> program.mutex(name);
        };
    }

    private static String await(AutoCloseable sync, long timeoutMs) throws IOException {
        if (sync instanceof Semaphore semaphore) {
            return semaphore.acquire(timeoutMs) ? "ok 0" : "timeout";
        } else if (sync instanceof Event event) {
            return event.await(timeoutMs) ? "ok 0" : "timeout";
        } else if (sync instanceof Barrier barrier) {
            return switch (barrier.await(timeoutMs)) {
                case LAST -> "ok 1";
                case PASSED -> "ok 0";
                case TIMED_OUT -> "timeout";
                case BROKEN -> "broken";
            };
        }
        try {
            return switch (((Mutex) sync).lock(timeoutMs)) {
                case LOCKED -> "ok 0";
                case LOCKED_AFTER_DEATH -> "ok 1";
                case TIMED_OUT -> "timeout";
            };
        } catch (IllegalStateException e) {
            return "deadlock";
        }
    }

    private static String give(AutoCloseable sync) {
        if (sync instanceof Semaphore semaphore) {
            return semaphore.release() ? "ok" : "full";
        } else if (sync instanceof Event event) {
            event.set();
        } else if (sync instanceof Barrier barrier) {
            barrier.reset();
        } else {
            try {
                ((Mutex) sync).unlock();
            } catch (IllegalStateException e) {
                return "notmine";
            }
        }
        return "ok";
    }

    private static String spin(Mutex mutex, SharedMemory memory, long count) throws IOException {
        var words = memory.buffer();
        long died = 0;
        for (long i = 0; i < count; i++) {
            Mutex.Result result = mutex.lock(-1);
            long a = words.getLong(0);
            long b = words.getLong(Long.BYTES);
            if (result == Mutex.Result.LOCKED_AFTER_DEATH) {
                died++;
                b = a;
            }
            if (a != b) {
                return "torn";
            }
            words.putLong(0, a + 1);
            // Long enough to be killed in.
            for (int turn = 0; turn < 100; turn++) {
                Thread.onSpinWait();
            }
            words.putLong(Long.BYTES, b + 1);
            mutex.unlock();
        }
        return "ok " + died + " " + words.getLong(0);
    }

    private static String pass(Semaphore from, Semaphore to, long count) throws IOException {
        long begin = System.nanoTime();
        for (long i = 0; i < count; i++) {
            from.acquire(-1);
            to.release();
        }
        return "ok " + (System.nanoTime() - begin);
    }
}
