// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers the requests of one client, one at a time: who sends the next one before he has his answer loses his
 * connection. Of the loop's thread; the scrape, and the making of its text, are not.
 */
final class ScrapeHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final String METRICS = "/metrics";
    private static final String PLAIN = "text/plain; charset=utf-8";
    private static final String HTML = "text/html; charset=utf-8";
    private static final String PAGE = "<!DOCTYPE html><title>Nanorouter</title><a href=\"/metrics\">metrics</a>\n";

    private final Scraper scraper;
    private final Duration clientTime;
    private boolean busy;
    private @Nullable Future<?> deadline;

    ScrapeHandler(Scraper scraper, Duration clientTime) {
        this.scraper = scraper;
        this.clientTime = clientTime;
    }

    @Override
    public void channelActive(ChannelHandlerContext client) {
        beginWait(client);
    }

    @Override
    public void channelInactive(ChannelHandlerContext client) {
        endWait();
    }

    /** From now on it is the client's turn. */
    private void beginWait(ChannelHandlerContext client) {
        endWait();
        deadline = client.executor().schedule(() -> client.close(), clientTime.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void endWait() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext client, FullHttpRequest request) {
        if (busy) {
            client.close();
            return;
        }
        busy = true;
        endWait();
        boolean keep = HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        if (!request.decoderResult().isSuccess()) {
            refuse(client, mistake(request.decoderResult()), keep);
        } else if (!HttpMethod.GET.equals(request.method()) && !HttpMethod.HEAD.equals(request.method())) {
            FullHttpResponse answer = text(HttpResponseStatus.METHOD_NOT_ALLOWED, PLAIN, "GET or HEAD\n");
            answer.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
            answer(client, answer, keep);
        } else {
            get(client, request, keep);
        }
    }

    private void get(ChannelHandlerContext client, FullHttpRequest request, boolean keep) {
        switch (new QueryStringDecoder(request.uri()).path()) {
            case METRICS -> {
                Exposition format = Exposition.accepted(request.headers().get(HttpHeaderNames.ACCEPT));
                scraper.scrape().thenApply(format::bytes).whenComplete((bytes, failure) ->
                        client.executor().execute(() -> {
                            if (failure == null) {
                                answer(client, response(HttpResponseStatus.OK, format.contentType(), bytes), keep);
                            } else {
                                refuse(client, HttpResponseStatus.INTERNAL_SERVER_ERROR, keep);
                            }
                        }));
            }
            case "/" -> answer(client, text(HttpResponseStatus.OK, HTML, PAGE), keep);
            default -> refuse(client, HttpResponseStatus.NOT_FOUND, keep);
        }
    }

    private static HttpResponseStatus mistake(DecoderResult result) {
        if (result.cause() instanceof TooLongHttpLineException) {
            return HttpResponseStatus.REQUEST_URI_TOO_LONG;
        } else if (result.cause() instanceof TooLongHttpHeaderException) {
            return HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
        }
        return HttpResponseStatus.BAD_REQUEST;
    }

    private void refuse(ChannelHandlerContext client, HttpResponseStatus status, boolean keep) {
        answer(client, text(status, PLAIN, status + "\n"), keep);
    }

    private static FullHttpResponse text(HttpResponseStatus status, String type, String text) {
        return response(status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static FullHttpResponse response(HttpResponseStatus status, String type, byte[] bytes) {
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(bytes));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        HttpUtil.setContentLength(response, bytes.length);
        return response;
    }

    private void answer(ChannelHandlerContext client, FullHttpResponse response, boolean keep) {
        HttpUtil.setKeepAlive(response, keep);
        // Until it has taken the answer it is the client's turn.
        beginWait(client);
        ChannelFuture written = client.writeAndFlush(response);
        if (keep) {
            written.addListener(done -> {
                busy = false;
                if (done.isSuccess()) {
                    beginWait(client);
                }
            });
        } else {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** What a client does wrong below HTTP costs it its connection. */
    @Override
    public void exceptionCaught(ChannelHandlerContext client, Throwable cause) {
        client.close();
    }
}
