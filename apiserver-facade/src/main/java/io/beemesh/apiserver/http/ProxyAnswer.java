package io.beemesh.apiserver.http;

import io.beemesh.apiserver.http.streaming.BlockingStream;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse.PodProxying;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.PodStreams.PodStreamException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks HTTP/1.1 with a port of a pod, over the same streams as port-forward, and hands its answer on
 * no faster than the client takes it. One connection for each request; on a virtual thread.
 */
final class ProxyAnswer {
    private static final int SEGMENTS_BEFORE_PATH = 7;
    private static final int COPY_BYTES = 16 * 1024;
    private static final Set<String> NOT_PASSED_ON = Set.of("connection", "keep-alive",
            "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
            "transfer-encoding", "upgrade", "content-length", "host", "authorization",
            "accept-encoding");
    private static final Logger LOG = LoggerFactory.getLogger(ProxyAnswer.class);

    private final EdgeContext edge;
    private final Answer answer;
    private final PodProxying proxying;
    private final EmbeddedChannel http = new EmbeddedChannel(new HttpClientCodec());
    private Optional<OutputStream> client = Optional.empty();
    private boolean whole;

    private ProxyAnswer(EdgeContext edge, Answer answer, PodProxying proxying) {
        this.edge = edge;
        this.answer = answer;
        this.proxying = proxying;
    }

    /** Asks the pod on a virtual thread and answers. On the connection's event loop. */
    static void give(EdgeContext edge, Answer answer, PodProxying proxying) {
        ProxyAnswer proxy = new ProxyAnswer(edge, answer, proxying);
        String target = path(answer.request().uri());
        Thread.ofVirtual().name("proxy").start(() -> proxy.run(target));
    }

    /** What follows {@code /api/v1/namespaces/NAMESPACE/KIND/NAME/proxy}, as it came. */
    static String path(String uri) {
        int query = uri.indexOf('?');
        int end = query < 0 ? uri.length() : query;
        int at = 0;
        for (int i = 0; i < SEGMENTS_BEFORE_PATH && at >= 0; i++) {
            at = uri.indexOf('/', at + 1);
        }
        return at >= 0 && at < end ? uri.substring(at) : "/" + uri.substring(end);
    }

    private void run(String target) {
        try (PodStreams.Connection pod = edge.services().streams()
                .portForward(proxying.pod(), proxying.port())) {
            answer.request().response().closeHandler(v -> Thread.ofVirtual().start(pod::close));
            pod.output().write(request(target));
            pod.output().flush();
            byte[] buffer = new byte[COPY_BYTES];
            for (int count = pod.input().read(buffer); count >= 0 && !whole; count = whole
                    ? -1
                    : pod.input().read(buffer)) {
                http.writeInbound(Unpooled.copiedBuffer(buffer, 0, count));
                passOn();
            }
            http.finish();
            passOn();
            end();
        } catch (PodStreamException | IOException | RuntimeException e) {
            LOG.debug("Proxied request failed pod={} port={} cause={}", proxying.pod(),
                    proxying.port(), e.toString());
            fail(String.valueOf(e.getMessage()));
        } finally {
            http.finishAndReleaseAll();
        }
    }

    private byte[] request(String target) {
        ApiRequest from = proxying.request();
        FullHttpRequest to = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1,
                HttpMethod.valueOf(from.method()), target, Unpooled.wrappedBuffer(from.body()));
        for (Map.Entry<String, String> header : from.headers().entrySet()) {
            if (!NOT_PASSED_ON.contains(header.getKey())
                    && !header.getKey().startsWith("impersonate-")) {
                to.headers().set(header.getKey(), header.getValue());
            }
        }
        to.headers().set("Host", proxying.pod().name() + ":" + proxying.port());
        to.headers().set("Connection", "close");
        to.headers().set("X-Forwarded-Uri", answer.request().uri());
        if (from.body().length > 0) {
            to.headers().set("Content-Length", from.body().length);
        }
        http.writeOutbound(to);
        ByteBuf bytes = Unpooled.buffer();
        for (ByteBuf part = http.readOutbound(); part != null; part = http.readOutbound()) {
            bytes.writeBytes(part);
            part.release();
        }
        return ByteBufUtil.getBytes(bytes);
    }

    /** Gives the client what the pod has said so far. */
    private void passOn() throws IOException {
        for (Object part = http.readInbound(); part != null; part = http.readInbound()) {
            try {
                if (part instanceof HttpResponse head) {
                    if (head.decoderResult().isFailure()) {
                        throw new IOException("the pod's answer is no HTTP");
                    }
                    if (head.status().code() >= 200) {
                        client = Optional.of(begin(head));
                    }
                }
                if (part instanceof HttpContent content && client.isPresent()) {
                    if (content.content().isReadable()) {
                        client.get().write(ByteBufUtil.getBytes(content.content()));
                    }
                    whole |= part instanceof LastHttpContent;
                }
            } finally {
                ReferenceCountUtil.release(part);
            }
        }
    }

    private OutputStream begin(HttpResponse head) throws IOException {
        CompletableFuture<OutputStream> begun = new CompletableFuture<>();
        edge.context().runOnContext(v -> {
            try {
                begun.complete(writeHead(head));
            } catch (IOException | RuntimeException e) {
                begun.completeExceptionally(e);
            }
        });
        try {
            return begun.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IOException(e);
        }
    }

    private OutputStream writeHead(HttpResponse head) throws IOException {
        HttpServerResponse response = answer.request().response();
        if (response.closed()) {
            throw new IOException("the client is gone");
        }
        answer.head(head.status().code(), "", Map.of());
        response.headers().remove("Cache-Control");
        head.headers().forEach(header -> {
            if (!NOT_PASSED_ON.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                response.headers().add(header.getKey(), header.getValue());
            }
        });
        response.setChunked(true);
        return new BlockingStream(edge.context(), response::write, response::end);
    }

    private void end() throws IOException {
        if (client.isEmpty()) {
            throw new IOException("the pod closed the connection without an answer");
        }
        if (!whole) {
            throw new IOException("the pod closed the connection within its answer");
        }
        client.get().close();
    }

    /** Says so if nothing was said yet; else the client learns it from an answer that breaks off. */
    private void fail(String message) {
        edge.context().runOnContext(v -> {
            if (client.isPresent()) {
                // Other requests of an HTTP/2 connection go on.
                answer.request().response().reset()
                        .onFailure(e -> answer.request().connection().close());
            } else {
                answer.whole(Statuses.failure(503, "ServiceUnavailable",
                        "error trying to reach service: " + message));
            }
        });
    }
}
