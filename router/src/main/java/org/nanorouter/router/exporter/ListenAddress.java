// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.nanorouter.nanokernel.control.SocketFile;

/**
 * Where an exporter listens: a port of loopback, or the file of a unix socket.
 *
 * @param address an {@link InetSocketAddress} of loopback, or a {@link UnixDomainSocketAddress}
 */
public record ListenAddress(SocketAddress address) {
    private static final String UNIX = "unix:";
    private static final String LOCALHOST = "localhost";
    private static final int MAX_PORT = 0xffff;
    private static final String EXPECTED = "'; expected 127.0.0.1:PORT, [::1]:PORT or unix:PATH";

    /**
     * Reads {@code 127.0.0.1:PORT}, {@code [::1]:PORT}, {@code localhost:PORT} (port 0: any) or {@code unix:PATH}.
     *
     * @throws IllegalArgumentException with the reason, for people
     */
    public static ListenAddress parse(String text) {
        if (text.startsWith(UNIX)) {
            return new ListenAddress(file(text.substring(UNIX.length())));
        }
        int colon = text.lastIndexOf(':');
        if (colon <= 0 || colon + 1 == text.length()) {
            throw new IllegalArgumentException("'" + text + EXPECTED);
        }
        return new ListenAddress(new InetSocketAddress(host(text.substring(0, colon), text),
                port(text.substring(colon + 1), text)));
    }

    private static UnixDomainSocketAddress file(String path) {
        int length = path.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > SocketFile.MAX_PATH || path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("'" + path + "' is no path of 1 to " + SocketFile.MAX_PATH + " bytes");
        }
        return UnixDomainSocketAddress.of(Path.of(path).toAbsolutePath());
    }

    /** Names are not looked up: what they mean is not ours to say. */
    private static InetAddress host(String host, String text) {
        boolean literal = host.startsWith("[") && host.endsWith("]")
                || host.chars().allMatch(c -> c == '.' || c >= '0' && c <= '9');
        if (!literal && !host.equals(LOCALHOST)) {
            throw new IllegalArgumentException("'" + text + EXPECTED);
        }
        try {
            InetAddress address = InetAddress.getByName(host.equals(LOCALHOST) ? "127.0.0.1" : host);
            if (!address.isLoopbackAddress()) {
                throw new IllegalArgumentException("'" + text + "' is not of loopback: whoever reaches it would read "
                        + "how every OS fares, without a password; let a proxy that asks for one listen there");
            }
            return address;
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("'" + text + EXPECTED, e);
        }
    }

    private static int port(String port, String text) {
        try {
            int number = Integer.parseInt(port);
            if (number >= 0 && number <= MAX_PORT && Character.isDigit(port.charAt(0))) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + EXPECTED, e);
        }
        throw new IllegalArgumentException("'" + text + "': a port is 0 to " + MAX_PORT);
    }

    /** For people and for HTTP clients. */
    @Override
    public String toString() {
        if (address instanceof InetSocketAddress inet) {
            String host = inet.getAddress().getHostAddress();
            return "http://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + inet.getPort() + "/metrics";
        }
        return UNIX + address;
    }
}
