// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The programs of this machine that take part.
 *
 * @param telnet  the telnet client, a path
 * @param ftp     the ftp client, a path
 * @param telnetd the telnet server, or null if one is missing for the guest
 * @param ftpd    the ftp server, likewise
 * @param inetd   the program that starts the two, likewise
 */
record Programs(String telnet, String ftp, @Nullable String telnetd, @Nullable String ftpd, @Nullable String inetd) {
    private static final List<String> PLACES = List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
            "/sbin", "/bin");

    /** Looks for all of them; what the guest lacks is embedded, and a missing client is an entry of {@code missing}. */
    static Programs find(List<String> missing) {
        List<String> absent = new ArrayList<>();
        String telnet = orMissing(find("inetutils-telnet", "telnet"), "inetutils-telnet", absent);
        String ftp = orMissing(find("tnftp", "inetutils-ftp", "ftp"), "inetutils-ftp", absent);
        orMissing(find("ping"), "iputils-ping", absent);
        orMissing(find("nsenter"), "util-linux", absent);
        orMissing(find("setpriv"), "util-linux", absent);
        orMissing(find("script"), "bsdutils", absent);
        absent.stream().distinct().forEach(missing::add);
        return new Programs(telnet, ftp, find("telnetd"), find("ftpd"), find("inetutils-inetd"));
    }

    /** True if the guest can have the machine's own servers. */
    boolean haveServers() {
        return telnetd != null && ftpd != null && inetd != null;
    }

    private static @Nullable String find(String... names) {
        return Stream.of(names)
                .flatMap(name -> PLACES.stream().map(place -> Path.of(place, name)))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse(null);
    }

    private static String orMissing(@Nullable String found, String debianPackage, List<String> absent) {
        if (found == null) {
            absent.add(debianPackage);
            return debianPackage;
        }
        return found;
    }
}
