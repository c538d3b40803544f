// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.nanorouter.nanokernel.attach.Attachment;
import org.nanorouter.nanokernel.cell.CellRecord;
import org.nanorouter.nanokernel.cell.CgroupMounts;
import org.nanorouter.nanokernel.cell.ControlGroups;
import org.nanorouter.nanokernel.cell.FileTree;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.keeper.PracticeKeeper;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.nanokernel.supervise.Machine;

/**
 * Has a machine of two OSes without processes taken over, within this process: what a nanokernel does for the first
 * time takes several hundred classes more, and several times as long as it takes later.
 */
public final class TakeoverRehearsal {
    /** No OS has this name; the instance's nanokernel removes it with those of its OSes. */
    private static final String PLACE = ".spare";
    private static final String NAME = "rehearsal";
    private static final String OS = "one";
    private static final int LIMIT_S = 5;
    private static final String MACHINE = """
            [[os]]
            name = "one"
            kind = "external"
            [[os]]
            name = "two"
            kind = "external"
            """;

    private final MachineConfig config;
    private final PracticeKeeper keeper;
    private final RunDirectory directory;

    private TakeoverRehearsal(MachineConfig config, PracticeKeeper keeper, RunDirectory directory) {
        this.config = config;
        this.keeper = keeper;
        this.directory = directory;
    }

    /**
     * Rehearses, a fifth of a second on an idle CPU. All that it logs below an error is of OSes that nobody has.
     *
     * @param instance whose takeover it is; among its OSes a directory is made and removed again
     * @throws IOException if it did not come to its end, which costs only speed
     */
    public static void run(RunDirectory instance) throws IOException {
        // One that was killed while it rehearsed may have left it.
        FileTree.remove(instance.osDirectory(PLACE));
        try (PracticeKeeper keeper = PracticeKeeper.create()) {
            new TakeoverRehearsal(MachineConfig.parse(MACHINE, Path.of(NAME)), keeper,
                    RunDirectory.of(instance.osDirectory(PLACE), NAME)).die();
        } catch (ConfigException | InstanceException | StartException e) {
            throw new IOException(e);
        }
    }

    /** Is the nanokernel that dies. */
    private void die() throws IOException, StartException, InstanceException {
        Files.createDirectories(directory.osParent());
        Nanokernel.Options options = Nanokernel.Options.ofPractice(config, keeper.predecessor(), directory);
        try (PollLoop loop = new PollLoop();
                ControlGroups groups = ControlGroups.open(CgroupMounts.own(), directory.label(), false, false);
                Machine machine = new Machine(config, directory::osDirectory,
                        Nanokernel.command(options, groups), new CellRecord(directory.cellsFile()), options.keeper(),
                        loop)) {
            config.oses().forEach(os -> machine.start(os.name()));
            succeed();
        }
    }

    private void succeed() throws IOException, StartException, InstanceException {
        Nanokernel nanokernel =
                Nanokernel.create(Nanokernel.Options.ofPractice(config, keeper.successor(), directory));
        FutureTask<Object> attendance = new FutureTask<>(() -> attend(nanokernel));
        Thread endpoint = new Thread(attendance, NAME);
        endpoint.setDaemon(true);
        endpoint.start();
        nanokernel.run();
        try {
            attendance.get(LIMIT_S, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    /** Is the endpoint that attaches anew, and an operator who asks for {@code os list}. */
    private Object attend(Nanokernel nanokernel) throws IOException, ControlException {
        try (Attachment attachment = Attachment.connect(directory.attachSocket(OS), OS, directory.tokenFile(OS))) {
            attachment.ready();
            try (ControlClient client = ControlClient.connect(directory.controlSocket())) {
                return client.call("os.list");
            }
        } finally {
            nanokernel.stop();
        }
    }
}
