// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.nio.file.Path;

/**
 * What the demonstration is asked to do.
 *
 * @param home         the program's home
 * @param externalHost whether the machine's own Linux is the host OS, instead of a cell
 * @param check        whether it is a check: nothing but steps and their sum
 * @param stay         whether everything is left up afterwards until it is interrupted
 * @param chaos        for how many seconds OSes fail at random, with a second guest, instead of telnet and ftp; 0: not
 * @param embedded     whether the embedded servers are used even where inetutils is installed
 * @param fileLength   bytes of the file that ftp carries
 */
public record DemoSettings(Path home, boolean externalHost, boolean check, boolean stay, int chaos, boolean embedded,
        long fileLength) {
}
