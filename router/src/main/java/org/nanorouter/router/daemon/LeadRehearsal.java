// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.nanorouter.router.config.PortConfig.ChannelConfig;
import org.nanorouter.router.config.RouterConfig;
import org.nanorouter.router.config.SessionPolicy;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.process.Hush;
import org.nanorouter.router.standby.LeaderLine;
import org.nanorouter.router.standby.StageNanokernel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a second router of this process lead an OS of its own for a moment: what a router does for the first time takes a
 * hundred classes more, and several times as long as it takes later. Only the TAP is left out, which its OS would see.
 */
public final class LeadRehearsal {
    private static final Logger LOG = LoggerFactory.getLogger(LeadRehearsal.class);
    private static final int LIMIT_S = 5;

    private LeadRehearsal() {
    }

    /**
     * Rehearses, less than a tenth of a second on an idle CPU; what fails costs only speed.
     *
     * @param config of the router that stands by; beside its control socket a directory is made and removed again
     */
    public static void run(RouterConfig config) {
        // Of ports and peers that nobody has nobody is to read.
        Hush hush = Hush.over(LeadRehearsal.class.getPackageName(), Level.WARNING);
        try (hush) {
            rehearse(config);
        } catch (IOException | StartException | RuntimeException e) {
            LOG.warn("to lead was not rehearsed: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void rehearse(RouterConfig config) throws IOException, StartException, InterruptedException {
        Path directory = config.control().resolveSibling("rehearsal-" + ProcessHandle.current().pid());
        // One that was killed while it rehearsed may have left it.
        remove(directory);
        Files.createDirectory(directory);
        try (StageNanokernel nanokernel = new StageNanokernel(directory)) {
            lead(nanokernel, config, directory);
        } finally {
            remove(directory);
        }
    }

    private static void remove(Path directory) throws IOException {
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> left = Files.list(directory)) {
                for (Path file : left.toList()) {
                    Files.delete(file);
                }
            }
        }
        Files.deleteIfExists(directory);
    }

    private static void lead(StageNanokernel nanokernel, RouterConfig config, Path directory)
        throws StartException, InterruptedException {
        RouterConfig.Attach attach =
            new RouterConfig.Attach(nanokernel.socket(), nanokernel.osName(), nanokernel.tokenFile());
        RouterConfig stage = new RouterConfig(null, config.bridge(), attach, directory.resolve("control"), List.of(
            new ChannelConfig("peers", ChannelConfig.EVERY_PEER, OnFull.DROP, SessionPolicy.KEEP)));
        CountDownLatch ready = new CountDownLatch(1);
        try (Router router = Router.prepare(stage, directory, Map.of())) {
            router.lead(LeaderLine.none(), ready::countDown);
            if (!ready.await(LIMIT_S, TimeUnit.SECONDS)) {
                throw new IllegalStateException("it did not become ready");
            }
        }
    }
}
