// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.daemon.InstanceException;
import org.nanorouter.nanokernel.daemon.RunDirectory;

/** How commands ask the nanokernel; what goes wrong becomes a {@link CommandFailure}. */
final class KernelCalls {
    /** Longer than the nanokernel itself waits for an OS to end and start again. */
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private KernelCalls() {
    }

    /** What is asked over one connection, and what comes of it. */
    @FunctionalInterface
    interface Conversation<T> {
        T hold(ControlClient client) throws IOException, ControlException;
    }

    /** The instance that a command means. */
    static RunDirectory instance(InstanceOption option) {
        try {
            return RunDirectory.find(RunDirectory.base(), option.name());
        } catch (InstanceException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        } catch (AccessDeniedException e) {
            throw new CommandFailure(ExitStatus.NO_PERMISSION, e.getMessage() + ": permission denied", e);
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.IO, RunDirectory.base() + ": " + e.getMessage(), e);
        }
    }

    /** Calls a verb of the instance's nanokernel, about an OS unless {@code os} is null. */
    static Map<String, Object> call(InstanceOption option, String verb, @Nullable String os) {
        return call(option, verb, os, Map.of());
    }

    /** The same with more arguments. */
    static Map<String, Object> call(InstanceOption option, String verb, @Nullable String os,
            Map<String, Object> arguments) {
        Map<String, Object> request = new LinkedHashMap<>(arguments);
        request.put("verb", verb);
        if (os != null) {
            request.put("os", os);
        }
        return converse(option, client -> client.call(request));
    }

    /** Several calls of the instance's nanokernel on one connection. */
    static <T> T converse(InstanceOption option, Conversation<T> conversation) {
        RunDirectory instance = instance(option);
        try (ControlClient client = ControlClient.connect(instance.controlSocket(), TIMEOUT)) {
            return conversation.hold(client);
        } catch (ControlException e) {
            throw new CommandFailure(exitStatus(e), String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new CommandFailure(exitStatus(e),
                    "instance " + instance.name() + " does not answer: " + e.getMessage(), e);
        }
    }

    /** Of a connection that failed; EACCES comes as a BindException, although nothing is bound. */
    static int exitStatus(IOException e) {
        return e instanceof BindException ? ExitStatus.NO_PERMISSION : ExitStatus.UNAVAILABLE;
    }

    private static int exitStatus(ControlException e) {
        return switch (e.code()) {
            case ControlException.BAD_REQUEST, ControlException.UNKNOWN_VERB -> ExitStatus.USAGE;
            case ControlException.INTERNAL -> ExitStatus.INTERNAL;
            default -> ExitStatus.UNAVAILABLE;
        };
    }
}
