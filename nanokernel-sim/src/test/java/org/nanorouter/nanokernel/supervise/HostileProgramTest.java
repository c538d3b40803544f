// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.attach.ConnectionEnd;
import org.nanorouter.nanokernel.attach.ObjectGrant;
import org.nanorouter.nanokernel.attach.ProgramLink;
import org.nanorouter.nanokernel.attach.ProgramListener;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.program.Connection;
import org.nanorouter.nanokernel.program.MessagePort;
import org.nanorouter.nanokernel.program.Mutex;
import org.nanorouter.nanokernel.program.Program;
import org.nanorouter.nanokernel.ring.Quarantine;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.shim.EventFd;

/** Programs that break the rules, and that nobody else pays for it. */
@Timeout(60)
class HostileProgramTest extends ProgramsOfTwoOses {

    HostileProgramTest() {
        super("2 MiB");
    }

    @Test
    void whoSendsWhatIsNoMessageLosesItsConnectionAndNobodyElse() throws Exception {
        MessagePort port = join("b").open("p1");
        Connection honest = join("a").connect("b", "p1");
        try (ProgramLink liar = ProgramLink.join(machine.attachSocket("a"), "a", token("a"))) {
            try (ConnectionEnd end = connectRaw(liar)) {
                RingProducer ring = new RingProducer(end.own(), end.peer(), new RingPlace(
                        OsRegionDescriptor.RINGS_OFFSET, Program.DEFAULT_CAPACITY), new Quarantine());
                ring.claim(10);
                ring.publish(RecordDescriptor.TYPE_MESSAGE, 10, 0);
                EventFd.ring(end.doorbellOut());
                Connection from = port.receive(WAIT_MS).from();
                ring.claim(AbiDescriptor.MAX_PAYLOAD);
                ring.publish(RecordDescriptor.TYPE_MESSAGE, AbiDescriptor.MAX_PAYLOAD, 0);
                EventFd.ring(end.doorbellOut());
                honest.send(bytes("hello"), 0);
                assertThat(text(port.receive(WAIT_MS))).isEqualTo("hello");
                while (from.quarantineReason() == null) {
                    assertThat(port.receive(10)).isNull();
                }
                assertThat(from.quarantineReason()).isEqualTo(QuarantineReason.LENGTH_OUT_OF_BOUNDS);
                assertThat(from.isOpen()).isFalse();
            }
        }
        honest.send(bytes("and on"), 0);
        assertThat(text(port.receive(WAIT_MS))).isEqualTo("and on");
    }

    @Test
    void bytesBehindTheNulOfANameMakeItNobodys() throws Exception {
        Program b = join("b");
        b.open("p1");
        b.createMemory("m", 1, false);
        assertRefused(AttachError.BAD_NAME, () -> b.open("p2\0x"));
        assertRefused(AttachError.BAD_NAME, () -> b.createMemory("n\0x", 1, false));
        assertRefused(AttachError.BAD_NAME, () -> b.mutex("l\0x"));
        Program a = join("a");
        assertRefused(AttachError.NO_SUCH_PORT, () -> a.connect("b", "p1\0x"));
        assertRefused(AttachError.BAD_NAME, () -> a.connect("b\0x", "p1"));
        assertRefused(AttachError.NO_SUCH_MEMORY, () -> a.openMemory("b", "m\0x", false));
        assertRefused(AttachError.BAD_NAME, () -> a.openMemory("b\0x", "m", false));
        assertRefused(AttachError.UNKNOWN_OS, () -> Program.join(machine.attachSocket("a"), "a\0x", token("a")));
    }

    private static final ProgramListener IGNORING = new ProgramListener() {
        @Override
        public void answered(int request, int id, AttachError error, String text) {
            // It is not looked at.
        }

        @Override
        public void connected(ConnectionEnd end) {
            end.close();
        }

        @Override
        public void granted(ObjectGrant grant) {
            grant.memory().close();
        }

        @Override
        public void listed(int request, String json) {
            // It is not looked at.
        }

        @Override
        public void closed(int id, ClosedReason reason) {
            // It is not looked at.
        }

        @Override
        public void lost(String reason) {
            // The next call says so.
        }
    };

    private static ConnectionEnd connectRaw(ProgramLink link) throws IOException {
        AtomicReference<ConnectionEnd> made = new AtomicReference<>();
        link.connect(1, "b", "p1");
        while (made.get() == null) {
            link.dispatch(new ProgramListener() {
                @Override
                public void answered(int request, int id, AttachError error, String text) {
                    throw new AssertionError(error + ": " + text);
                }

                @Override
                public void connected(ConnectionEnd end) {
                    end.own().adoptPeer(1 - end.own().osId(), end.peer().epoch());
                    made.set(end);
                }

                @Override
                public void granted(ObjectGrant grant) {
                    throw new AssertionError("nobody asked for an object");
                }

                @Override
                public void listed(int request, String json) {
                    throw new AssertionError("nobody asked for a listing");
                }

                @Override
                public void closed(int connectionId, ClosedReason reason) {
                    throw new AssertionError(reason);
                }

                @Override
                public void lost(String reason) {
                    throw new AssertionError(reason);
                }
            });
        }
        return made.get();
    }

    @Test
    void aProgramThatFloodsIsCutOffAndNoOtherOne() throws Exception {
        Program other = join("a");
        String port = openIn("b");
        ProgramLink link = ProgramLink.join(machine.attachSocket("a"), "a", token("a"));
        try (link) {
            assertThatThrownBy(() -> {
                for (int i = 0; i < 1_000_000; i++) {
                    link.connect(1, "b", "nothing");
                    link.dispatch(IGNORING);
                }
            }).isInstanceOf(IOException.class);
        }
        assertThat(other.connect("b", port).send(bytes("hello"), 0)).isTrue();
    }

    @Test
    void nobodyCanHaveAProgramCutOffThatDoesNotRead() throws Exception {
        Program busy = join("b");
        MessagePort port = busy.open("p1");
        Mutex mutex = busy.mutex("lock");
        assertThat(mutex.lock(0)).isEqualTo(Mutex.Result.LOCKED);
        Program other = join("a");
        assertThatThrownBy(() -> {
            for (int i = 0; i < 1_000; i++) {
                other.connect("b", "p1").close();
            }
        }).isInstanceOfSatisfying(AttachRefusedException.class,
                refusal -> assertThat(refusal.error()).isEqualTo(AttachError.LIMIT)).hasMessageContaining("not read");
        assertThat(port.receive(0)).isNull();
        mutex.unlock();
        assertThat(other.connect("b", "p1").send(bytes("hello"), 0)).isTrue();
        assertThat(text(port.receive(WAIT_MS))).isEqualTo("hello");
    }

    private String openIn(String os) throws IOException {
        return join(os).open("p1").name();
    }
}
