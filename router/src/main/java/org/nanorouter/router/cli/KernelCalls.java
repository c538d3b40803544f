package org.nanorouter.router.cli;

import java.io.IOException;
import java.net.SocketException;
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

    /** The instance that a command means. */
    static RunDirectory instance(InstanceOption option) {
        try {
            return RunDirectory.find(RunDirectory.base(), option.name());
        } catch (InstanceException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.IO, RunDirectory.base() + ": " + e.getMessage(), e);
        }
    }

    /** Calls a verb of the instance's nanokernel, about an OS unless {@code os} is null. */
    static Map<String, Object> call(InstanceOption option, String verb, @Nullable String os) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("verb", verb);
        if (os != null) {
            request.put("os", os);
        }
        RunDirectory instance = instance(option);
        try (ControlClient client = ControlClient.connect(instance.controlSocket(), TIMEOUT)) {
            return client.call(request);
        } catch (ControlException e) {
            throw new CommandFailure(exitStatus(e), String.valueOf(e.getMessage()), e);
        } catch (SocketException e) {
            throw new CommandFailure(ExitStatus.NO_PERMISSION, instance.controlSocket() + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE,
                    "instance " + instance.name() + " does not answer: " + e.getMessage(), e);
        }
    }

    private static int exitStatus(ControlException e) {
        return switch (e.code()) {
            case ControlException.BAD_REQUEST, ControlException.UNKNOWN_VERB -> ExitStatus.USAGE;
            case ControlException.INTERNAL -> ExitStatus.INTERNAL;
            default -> ExitStatus.UNAVAILABLE;
        };
    }
}
