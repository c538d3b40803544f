// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/** One end of a TCP transfer, run in a namespace: prints the checksum of the bytes that it sent or received. */
final class TransferPeer {
    private static final int CHUNK = 256 * 1024;

    private TransferPeer() {
    }

    /** {@code receive PORT} or {@code send ADDRESS PORT BYTES}. */
    public static void main(String[] args) throws IOException, NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        if (args[0].equals("receive")) {
            receive(Integer.parseInt(args[1]), digest);
        } else {
            send(new InetSocketAddress(args[1], Integer.parseInt(args[2])), Long.parseLong(args[3]), digest);
        }
        System.out.println(HexFormat.of().formatHex(digest.digest()));
    }

    private static void receive(int port, MessageDigest digest) throws IOException {
        try (ServerSocket server = new ServerSocket(port)) {
            System.out.println("listening");
            try (Socket socket = server.accept(); InputStream in = socket.getInputStream()) {
                byte[] chunk = new byte[CHUNK];
                for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                    digest.update(chunk, 0, count);
                }
            }
        }
    }

    private static void send(InetSocketAddress address, long bytes, MessageDigest digest) throws IOException {
        Random random = new Random(bytes);
        byte[] chunk = new byte[CHUNK];
        try (Socket socket = new Socket()) {
            socket.connect(address);
            OutputStream out = socket.getOutputStream();
            for (long left = bytes; left > 0; left -= chunk.length) {
                random.nextBytes(chunk);
                digest.update(chunk);
                out.write(chunk);
            }
        }
    }
}
