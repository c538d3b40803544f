// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.SocketFile;

/** Serves {@code /metrics} over HTTP/1.1 on a thread of its own until it is closed. */
public final class ExporterServer implements AutoCloseable {
    /** For a client to send a request or to take an answer, and to be idle between two. */
    public static final Duration CLIENT_TIME = Duration.ofSeconds(30);
    /** Clients at the same time; more are turned away. */
    static final int MAX_CLIENTS = 32;

    private static final int MAX_REQUEST_LINE = 1_024;
    private static final int MAX_HEADERS = 8_192;
    private static final int MAX_BODY = 1_024;
    private static final long CLOSE_WAIT_S = 2;

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Scraper scraper;
    private final Duration clientTime;
    private @Nullable Path file;
    private ListenAddress address;

    private ExporterServer(ListenAddress address, Scraper scraper, Duration clientTime) {
        this.address = address;
        this.scraper = scraper;
        this.clientTime = clientTime;
    }

    /**
     * Binds the address and begins to serve it; a socket's file has mode 0600 and takes the place of one that nobody
     * serves any more.
     *
     * @throws BindException if another process serves it
     * @throws IOException   if it cannot be bound for another reason, such as a file at its path that is no socket
     */
    public static ExporterServer start(ListenAddress address, Scraper scraper, Duration clientTime)
            throws IOException {
        ExporterServer server = new ExporterServer(address, scraper, clientTime);
        try {
            server.bind();
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private void bind() throws IOException {
        if (!(address.address() instanceof UnixDomainSocketAddress unix)) {
            address = new ListenAddress(listen(NioServerSocketChannel.class, address.address()).localAddress());
            return;
        }
        Path path = unix.getPath();
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !SocketFile.isSocket(path)) {
            throw new IOException(path + " is there and is no socket");
        }
        SocketFile.create(path, hidden ->
                listen(NioServerDomainSocketChannel.class, UnixDomainSocketAddress.of(hidden)));
        file = path;
    }

    private Channel listen(Class<? extends ServerChannel> kind, SocketAddress at) throws IOException {
        Clients clients = new Clients();
        try {
            return new ServerBootstrap().group(loop).channel(kind).childHandler(clients).bind(at).sync().channel();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (Exception e) {
            // Netty throws what the channel threw, declared or not.
            if (e instanceof IOException failure) {
                throw failure;
            }
            throw new IOException(at + ": " + e, e);
        }
    }

    /** Where it listens; with the port that was chosen, if any would do. */
    public ListenAddress address() {
        return address;
    }

    /** Ends all connections; requests that are being answered get no answer. */
    @Override
    public void close() {
        loop.shutdownGracefully(0, CLOSE_WAIT_S, TimeUnit.SECONDS).awaitUninterruptibly(CLOSE_WAIT_S, TimeUnit.SECONDS);
        Path path = file;
        if (path != null && !path.toFile().delete()) {
            path.toFile().deleteOnExit();
        }
    }

    /** Equips each client that comes. Of the loop's thread, which is the only one. */
    private final class Clients extends ChannelInitializer<Channel> {
        private int clients;

        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        protected void initChannel(Channel client) {
            if (clients == MAX_CLIENTS) {
                client.close();
                return;
            }
            clients++;
            client.closeFuture().addListener(closed -> clients--);
            client.pipeline()
                    .addLast(new HttpServerCodec(MAX_REQUEST_LINE, MAX_HEADERS, MAX_BODY))
                    .addLast(new HttpObjectAggregator(MAX_BODY, true))
                    .addLast(new ScrapeHandler(scraper, clientTime));
        }
    }
}
