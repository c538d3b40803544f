// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.shim.Claim;
import org.nanorouter.shim.Errno;

/**
 * Who owns which device of this machine: a directory with a lock file for each, which all nanokernels of one user
 * share, wherever they have their run directories.
 *
 * <p>A claim belongs to processes and goes with them. For a namespace cell it is {@code nk-cell} that has it, which a
 * killed nanokernel leaves running, and with it the devices in use; for the other kinds, of which no process is ours
 * for certain, it is the nanokernel.
 *
 * <p>The directory is the user's alone. One that somebody else made there first is refused.
 */
public final class DeviceRegistry {
    private final Path directory;
    private final int uid;
    private final String instance;

    /**
     * Names a directory, which is made with the first claim.
     *
     * @param uid      the user of this process
     * @param instance how a refusal names this nanokernel to others
     */
    public DeviceRegistry(Path directory, int uid, String instance) {
        this.directory = directory;
        this.uid = uid;
        this.instance = instance;
    }

    /**
     * The devices of an OS; nothing is claimed yet.
     *
     * @param hasUidRange whether its root is not the user of this process
     */
    public OsDevices of(OsConfig os, boolean hasUidRange) {
        return new OsDevices(this, os, hasUidRange ? os.uidBase() : uid);
    }

    Path directory() {
        return directory;
    }

    int uid() {
        return uid;
    }

    String owner(String os) {
        return "OS " + os + " of instance " + instance;
    }

    void make() throws IOException {
        try {
            Files.createDirectory(directory,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            // In /tmp it could be anybody's, or a link to anywhere.
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                    || !Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(uid)) {
                throw new DeviceException("devices cannot be claimed: " + directory + " is not a directory of uid "
                        + uid);
            }
        } catch (IOException e) {
            throw new DeviceException("devices cannot be claimed in " + directory + ": " + ControlGroups.reason(e));
        }
    }

    /**
     * Takes a device for this process.
     *
     * @param what the device, for people
     * @return the descriptor that is the claim
     */
    int take(String file, String what, String os) throws DeviceException {
        int fd = Claim.take(directory, file, owner(os));
        if (fd == -Errno.EAGAIN) {
            throw new DeviceException(what + " belongs to " + writtenIn(file));
        } else if (fd < 0) {
            throw new DeviceException("cannot claim " + what + " in " + directory + ": " + Errno.describe(fd));
        }
        return fd;
    }

    private String writtenIn(String file) {
        try {
            String owner = Files.readString(directory.resolve(file));
            return owner.isEmpty() ? "somebody who is about to start" : owner;
        } catch (IOException e) {
            return "somebody who has just ended";
        }
    }
}
