// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The places of one instance's files. The package's description has the layout. */
public final class RunDirectory {
    /** Environment variable with the directory of all instances. */
    public static final String BASE_VARIABLE = "NANOROUTER_RUN";
    /** Name of an instance that was not given one. */
    public static final String DEFAULT_NAME = "default";

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,31}");
    /** Cells of other uids must be able to pass through, nobody needs to list. */
    private static final String PASSAGE = "rwx--x--x";
    private static final int MAX_ATTEMPTS = 5;

    private final Path directory;

    private RunDirectory(Path directory) {
        this.directory = directory;
    }

    /** The directory of all instances of this user. */
    public static Path base() {
        return base(System.getenv(), uid());
    }

    static Path base(Map<String, String> environment, int uid) {
        String chosen = environment.get(BASE_VARIABLE);
        if (chosen != null && !chosen.isEmpty()) {
            return Path.of(chosen).toAbsolutePath().normalize();
        }
        if (uid == 0) {
            return Path.of("/run/nanorouter");
        }
        String runtime = environment.get("XDG_RUNTIME_DIR");
        return runtime != null && runtime.startsWith("/")
                ? Path.of(runtime, "nanorouter") : Path.of("/tmp/nanorouter-" + uid);
    }

    /**
     * The directory in which all nanokernels of this user say which devices they own. What the environment says does
     * not count: two of them may have been started with different ones.
     */
    public static Path devices() {
        return devices(uid(), Path.of("/run/user"));
    }

    static Path devices(int uid, Path runtimes) {
        if (uid == 0) {
            return Path.of("/run/nanorouter-devices");
        }
        Path runtime = runtimes.resolve(Integer.toString(uid));
        try {
            if (owner(runtime) == uid) {
                return runtime.resolve("nanorouter-devices");
            }
        } catch (IOException e) {
            // Without a session there is none.
        }
        return Path.of("/tmp/nanorouter-devices-" + uid);
    }

    /** The user that this process runs as. */
    public static int uid() {
        try {
            // Not /proc/self, a link that belongs to root for everyone.
            return owner(Path.of("/proc/self/task"));
        } catch (IOException e) {
            throw new IllegalStateException("/proc is not mounted", e);
        }
    }

    private static int owner(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    /** Whether an instance may have this name. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** The instance of a name, whether it is there or not. */
    public static RunDirectory of(Path base, String name) throws InstanceException {
        if (!isName(name)) {
            throw new InstanceException("instance=" + name + " is not 1 to 31 letters a-z, digits or hyphens");
        }
        return new RunDirectory(base.resolve(name));
    }

    /** All instances whose nanokernel lives, by name. */
    public static List<RunDirectory> living(Path base) throws IOException {
        List<RunDirectory> living = new ArrayList<>();
        if (Files.isDirectory(base)) {
            try (Stream<Path> entries = Files.list(base)) {
                entries.sorted().map(RunDirectory::new).filter(RunDirectory::isLiving).forEach(living::add);
            }
        }
        return living;
    }

    /**
     * The instance that a command speaks to.
     *
     * @param name its name, or null for the only living one
     * @throws InstanceException if there is none, or more than one and no name
     */
    public static RunDirectory find(Path base, @Nullable String name) throws InstanceException, IOException {
        if (name != null) {
            RunDirectory named = of(base, name);
            if (!named.isLiving()) {
                throw new InstanceException("instance " + name + " is not running" + list(living(base)));
            }
            return named;
        }
        List<RunDirectory> living = living(base);
        if (living.isEmpty()) {
            throw new InstanceException("nothing is running: no instance in " + base
                    + "; start one with 'nanorouter demo --stay' or 'nanorouter kernel -c machine.toml'");
        } else if (living.size() > 1) {
            throw new InstanceException("several instances are running, choose one with -I NAME" + list(living));
        }
        return living.get(0);
    }

    private static String list(List<RunDirectory> living) {
        List<String> names = living.stream().map(RunDirectory::name).toList();
        return names.isEmpty() ? "" : "; running: " + String.join(", ", names);
    }

    /** Makes the directory and takes its lock; what an ended nanokernel left there is removed. */
    public InstanceLock lock() throws IOException, InstanceException {
        for (int attempt = 1;; attempt++) {
            try {
                Path base = directory.getParent();
                Files.createDirectories(base.getParent());
                createPassage(base);
                createPassage(directory);
                return InstanceLock.take(this);
            } catch (NoSuchFileException | FileAlreadyExistsException e) {
                // Another instance that ends or begins just now removed or made a directory in between.
                if (attempt == MAX_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static void createPassage(Path path) throws IOException {
        var permissions = PosixFilePermissions.fromString(PASSAGE);
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(path, PosixFilePermissions.asFileAttribute(permissions));
            Files.setPosixFilePermissions(path, permissions);
        } else if (owner(path) != uid()) {
            // In /tmp somebody else could have made it first.
            throw new AccessDeniedException(path.toString(), null, "belongs to uid " + owner(path));
        }
    }

    /** True if a nanokernel answers at the control socket. */
    public boolean isLiving() {
        if (!Files.exists(controlSocket())) {
            return false;
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(controlSocket()))) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    public String name() {
        return directory.getFileName().toString();
    }

    public Path directory() {
        return directory;
    }

    /** The name, and of an instance elsewhere than usual something of its place: no other one here has it. */
    String label() {
        boolean usual = directory.getParent().equals(base(Map.of(), uid()));
        return usual ? name() : name() + "." + Integer.toHexString(directory.toString().hashCode());
    }

    Path lockFile() {
        return directory.resolve("lock");
    }

    Path cellsFile() {
        return directory.resolve("cells");
    }

    Path osParent() {
        return directory.resolve("os");
    }

    public Path controlSocket() {
        return directory.resolve("kernel.sock");
    }

    public Path osDirectory(String os) {
        return osParent().resolve(os);
    }

    public Path attachSocket(String os) {
        return osDirectory(os).resolve("attach.sock");
    }

    public Path tokenFile(String os) {
        return osDirectory(os).resolve("token");
    }

    public Path routerSocket(String os) {
        return osDirectory(os).resolve("router.sock");
    }

    public Path consoleLog(String os) {
        return osDirectory(os).resolve("console.log");
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
