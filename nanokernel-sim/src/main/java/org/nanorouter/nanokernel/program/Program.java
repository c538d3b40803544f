// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.attach.ConnectionEnd;
import org.nanorouter.nanokernel.attach.ObjectGrant;
import org.nanorouter.nanokernel.attach.ProgramLink;
import org.nanorouter.nanokernel.attach.ProgramListener;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.ShimException;

/**
 * A program in an OS: its ports and connections, its shared memory, its sync objects. One thread uses it and all that
 * comes from it; {@link #interrupt} is for any.
 *
 * <pre>
 *   try (Program program = Program.join(System.getenv())) {
 *       MessagePort port = program.open("p1");
 *       Message message = port.receive(-1);
 *   }
 * </pre>
 */
public final class Program implements AutoCloseable {
    /** Bytes of a port's rings, unless it says otherwise. */
    public static final int DEFAULT_CAPACITY = 256 << 10;

    private static final long ANSWER_MS = 5_000;

    private final ProgramLink link;
    private final Waits waits;
    private final Map<Integer, MessagePort> ports = new HashMap<>();
    private final Map<Integer, Connection> connections = new HashMap<>();
    private final List<SharedMemory> memories = new ArrayList<>();
    private final List<SyncWord> syncs = new ArrayList<>();
    private final Inquiry inquiry = new Inquiry();
    private final Listener listener = new Listener();
    private final IntConsumer marker = this::mark;
    private @Nullable Connection receivedFrom;
    private @Nullable String lost;
    private boolean closed;

    private Program(ProgramLink link, Waits waits) {
        this.link = link;
        this.waits = waits;
    }

    /**
     * Joins this OS, as the environment of a program in it says: {@code NK_ATTACH}, {@code NK_OS}, {@code
     * NK_TOKEN_FILE}.
     *
     * @throws AttachRefusedException if the nanokernel says no
     * @throws IOException if it does not answer, or the environment is not that of an OS
     */
    public static Program join(Map<String, String> environment) throws IOException {
        return join(Path.of(variable(environment, "NK_ATTACH")), variable(environment, "NK_OS"),
                Path.of(variable(environment, "NK_TOKEN_FILE")));
    }

    private static String variable(Map<String, String> environment, String name) throws IOException {
        String value = environment.get(name);
        if (value == null) {
            throw new IOException(name + " is not set: this is no program in an OS; see 'nanorouter exec'");
        }
        return value;
    }

    /**
     * Joins an OS.
     *
     * @param socketPath its attach socket
     * @param tokenFile  with the token of its incarnation
     */
    public static Program join(Path socketPath, String osName, Path tokenFile) throws IOException {
        ProgramLink link = ProgramLink.join(socketPath, osName, tokenFile);
        try {
            return new Program(link, Waits.open(link.fd()));
        } catch (ShimException e) {
            link.close();
            throw e;
        }
    }

    /**
     * Ends the wait that goes on now, or else the next one, with an {@link InterruptedIOException}. Not for
     * waits for an answer of the nanokernel. For any thread, while the program is not closed.
     */
    public void interrupt() {
        waits.interruption().ask();
    }

    /** Id of this program, unique in a boot of the nanokernel. */
    public int programId() {
        return link.programId();
    }

    /** Readable when something may have come: for programs that wait for other things too. */
    public int fd() {
        return waits.fd();
    }

    /** Opens a port with {@link #DEFAULT_CAPACITY}. */
    public MessagePort open(String name) throws IOException {
        return open(name, DEFAULT_CAPACITY);
    }

    /**
     * Opens a port.
     *
     * @param name     1 to 31 bytes of {@code a-z 0-9 . _ -}, a letter or digit first
     * @param capacity bytes of the ring of each connection, a power of two from 256 KiB to 64 MiB
     * @throws AttachRefusedException if another program of this OS has it, or this one has as many as it may
     */
    public MessagePort open(String name, int capacity) throws IOException {
        checkName(name);
        int request = inquiry.begin();
        MessagePort port = new MessagePort(this, name);
        listener.opening = port;
        try {
            link.openPort(request, name, capacity);
            awaitAnswer();
        } finally {
            listener.opening = null;
        }
        return port;
    }

    /**
     * Connects to a port.
     *
     * @throws AttachRefusedException if there is no such OS or port now, or a limit is reached
     */
    public Connection connect(String os, String port) throws IOException {
        checkName(os);
        checkName(port);
        int request = inquiry.begin();
        link.connect(request, os, port);
        awaitAnswer();
        Connection made = connections.get(inquiry.id());
        if (made == null) {
            throw new IOException("the nanokernel answered CONNECT without a connection");
        }
        return made;
    }

    /**
     * Makes memory that programs of all OSes can map.
     *
     * @param name     unique in this OS; as for a port
     * @param length   bytes, 1 to 1 GiB; rounded up to a multiple of 4096
     * @param allWrite whether they may write it, too, if they ask for that; else this program alone
     * @throws AttachRefusedException if there is one of that name, or a limit is reached
     */
    public SharedMemory createMemory(String name, long length, boolean allWrite) throws IOException {
        checkName(name);
        if (length <= 0) {
            throw new IllegalArgumentException("length=" + length + " of memory");
        }
        int request = inquiry.begin();
        link.openMemory(request, nameOf(link.osId()), name, length, allWrite);
        return memory(request);
    }

    /**
     * Maps memory that a program of an OS made.
     *
     * @param write whether this program is to write it
     * @throws AttachRefusedException if there is none, or it may not be written
     */
    public SharedMemory openMemory(String os, String name, boolean write) throws IOException {
        checkName(os);
        checkName(name);
        int request = inquiry.begin();
        link.openMemory(request, os, name, 0, write);
        return memory(request);
    }

    private SharedMemory memory(int request) throws IOException {
        SharedMemory memory = new SharedMemory(this, grant());
        memories.add(memory);
        return memory;
    }

    /**
     * Opens a semaphore, and makes it if there is none of that name in the machine.
     *
     * @param initial units that a new one has, 0 to {@code limit}
     * @param limit   most units, from 1 on; the same for all who open it
     */
    public Semaphore semaphore(String name, int initial, int limit) throws IOException {
        return new Semaphore(sync(name, SyncKind.SEMAPHORE, initial, limit), limit);
    }

    /**
     * Opens an event, and makes it, not set, if there is none of that name in the machine.
     *
     * @param auto whether it lets one pass each time it is set; else all until it is reset
     */
    public Event event(String name, boolean auto) throws IOException {
        return new Event(sync(name, auto ? SyncKind.AUTO_EVENT : SyncKind.MANUAL_EVENT, 0, 0), auto);
    }

    /**
     * Opens a barrier, and makes it if there is none of that name in the machine.
     *
     * @param parties 1 to 1023; the same for all who open it
     */
    public Barrier barrier(String name, int parties) throws IOException {
        return new Barrier(sync(name, SyncKind.BARRIER, 0, parties), parties);
    }

    /** Opens a mutex, and makes it if there is none of that name in the machine. */
    public Mutex mutex(String name) throws IOException {
        return new Mutex(sync(name, SyncKind.MUTEX, 0, 0));
    }

    private SyncWord sync(String name, SyncKind kind, int initial, int limit) throws IOException {
        checkName(name);
        int request = inquiry.begin();
        link.openSync(request, name, kind, initial, limit);
        SyncWord word = new SyncWord(this, grant());
        syncs.add(word);
        if (!word.isOf(kind, limit)) {
            word.close();
            throw new IOException("a program that has sync object " + name + " has spoiled it");
        }
        return word;
    }

    /** What programs of all OSes have for one another: JSON of the keys ports, memory, syncs and oses. */
    public String list() throws IOException {
        int request = inquiry.begin();
        link.list(request);
        awaitAnswer();
        return inquiry.text();
    }

    private ObjectGrant grant() throws IOException {
        awaitAnswer();
        return inquiry.takeGrant();
    }

    private static void checkName(String name) {
        if (name.isEmpty() || name.length() > 31) {
            throw new IllegalArgumentException("'" + name + "' has not 1 to 31 characters");
        }
    }

    private void awaitAnswer() throws IOException {
        long deadline = Waits.deadline(ANSWER_MS);
        while (!inquiry.isAnswered()) {
            long left = Waits.left(deadline);
            if (lost != null || left == 0) {
                inquiry.giveUp();
                throw new IOException(lost == null
                        ? "the nanokernel does not answer" : "the nanokernel is lost: " + lost);
            }
            look(left);
        }
        inquiry.check();
    }

    String nameOf(int osId) {
        return link.management().name(osId);
    }

    @Nullable Message receive(Inbox inbox, @Nullable Connection only, long timeoutMs) throws IOException {
        if (receivedFrom != null) {
            receivedFrom.done();
            receivedFrom = null;
        }
        long deadline = Waits.deadline(timeoutMs);
        while (true) {
            Connection next = inbox.next();
            if (next != null) {
                receivedFrom = next;
                return next.message();
            }
            if (only != null && only.isOver()) {
                throw only.gone();
            }
            if (only == null && lost != null && connections.isEmpty()) {
                throw new IOException("the nanokernel is lost: " + lost);
            }
            long left = Waits.left(deadline);
            if (await(left) == 0 && left == 0) {
                return null;
            }
        }
    }

    /** Waits until something comes, and marks where; answers how many places. */
    int await(long timeoutMs) throws InterruptedIOException {
        waits.interruption().check();
        int count = look(timeoutMs);
        waits.interruption().check();
        return count;
    }

    /** Takes what has come, without waiting. */
    void look() throws IOException {
        look(0);
        if (lost != null) {
            throw new IOException("the nanokernel is lost: " + lost);
        }
    }

    void awaitWord(long address, int expected, long timeoutNs) throws IOException {
        waits.interruption().await(address, expected, timeoutNs);
    }

    private int look(long timeoutMs) {
        return waits.await(timeoutMs, marker);
    }

    private void mark(int token) {
        Connection connection = connections.get(token);
        if (token == Waits.LINK) {
            link.dispatch(listener);
        } else if (connection != null) {
            connection.rang();
        }
    }

    void forget(MessagePort port) throws IOException {
        ports.remove(port.id());
        link.closePort(port.id());
    }

    void forget(Connection connection) {
        if (receivedFrom == connection) {
            receivedFrom = null;
        }
        connections.remove(connection.id());
        waits.remove(connection.doorbellIn());
        giveUp(connection.id());
    }

    void forget(SharedMemory memory) {
        if (memories.remove(memory)) {
            memory.free();
            giveUp(memory.id());
        }
    }

    void forget(SyncWord word) {
        if (syncs.remove(word)) {
            word.free();
            giveUp(word.id());
        }
    }

    private void giveUp(int id) {
        try {
            link.giveUp(id);
        } catch (IOException e) {
            // Then the nanokernel is gone, and knows of none.
            lost = String.valueOf(e.getMessage());
        }
    }

    private void closePort(int id) {
        try {
            link.closePort(id);
        } catch (IOException e) {
            lost = String.valueOf(e.getMessage());
        }
    }

    private final class Listener implements ProgramListener {
        private @Nullable MessagePort opening;

        @Override
        public void answered(int request, int id, @Nullable AttachError why, String words) {
            MessagePort port = opening;
            if (why == null && !inquiry.awaits(request)) {
                // A port, since all else is granted by other messages; who asked for it has given up.
                closePort(id);
            } else if (why == null && port != null) {
                // At once: a connection to it may be what comes next.
                port.opened(id);
                ports.put(id, port);
            }
            inquiry.answer(request, id, why, words);
        }

        @Override
        public void connected(ConnectionEnd end) {
            MessagePort port = ports.get(end.portId());
            if (end.request() == 0 ? port == null : !inquiry.awaits(end.request())) {
                // The port was closed meanwhile, or who asked for it has given up.
                end.close();
                giveUp(end.connectionId());
                return;
            }
            Connection connection = new Connection(Program.this, end, port == null ? new Inbox() : port.inbox());
            int result = waits.add(end.doorbellIn(), end.connectionId());
            if (result < 0) {
                lost = "add a doorbell to the wait set: " + Errno.describe(-result);
            }
            connections.put(end.connectionId(), connection);
            connection.rang();
            if (end.request() != 0) {
                inquiry.answer(end.request(), end.connectionId(), null, "");
            }
        }

        @Override
        public void granted(ObjectGrant given) {
            if (inquiry.awaits(given.request())) {
                inquiry.answer(given);
            } else {
                given.memory().close();
                giveUp(given.id());
            }
        }

        @Override
        public void listed(int request, String json) {
            inquiry.answer(request, 0, null, json);
        }

        @Override
        public void closed(int id, ClosedReason reason) {
            Connection connection = connections.get(id);
            if (connection != null) {
                connection.closedByPeer(reason);
            }
            memories.stream().filter(memory -> memory.id() == id).forEach(memory -> memory.closedByMaker(reason));
        }

        @Override
        public void lost(String reason) {
            lost = reason;
        }
    }

    /**
     * Leaves the OS: ports, connections and memory are closed, and the other ends are told. A mutex that it holds, and
     * a barrier that it has, are what they are when a program dies.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        receivedFrom = null;
        memories.forEach(SharedMemory::free);
        memories.clear();
        syncs.forEach(SyncWord::free);
        syncs.clear();
        connections.values().forEach(Connection::free);
        connections.clear();
        link.close();
        waits.close();
    }
}
