package io.beemesh.sidecar.http;

import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.sidecar.stateful.Operation;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * HTTP on the pod's loopback device: only processes of the pod come here. At most {@value #CONNECTIONS_MAX}
 * connections, one request of each at a time. On the loop only.
 */
public final class LocalEndpoint implements AutoCloseable {
    /** Where applications find it, on 127.0.0.1. */
    public static final int PORT = 15_002;

    private static final int CONNECTIONS_MAX = 128;
    private static final int IDLE_SECONDS = 60;
    private static final int LINE_BYTES_MAX = 2048;
    private static final int HEADER_BYTES_MAX = 8192;
    private static final int CHUNK_BYTES = 8192;

    private final NettyLoop loop;
    private final GroupRoutes routes;
    private @Nullable Channel server;
    private int connections;

    public LocalEndpoint(NettyLoop loop, GroupRoutes routes) {
        this.loop = loop;
        this.routes = routes;
    }

    /** Listens; gives the port. */
    public CompletableFuture<Integer> start(int port) {
        return loop.opened(new ServerBootstrap().group(loop.eventLoop())
                .channel(loop.sockets().tcpServer()).option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                }).bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port)))
                .thenApply(bound -> {
                    server = bound;
                    return ((InetSocketAddress) bound.localAddress()).getPort();
                });
    }

    private void accept(Channel channel) {
        if (connections >= CONNECTIONS_MAX) {
            channel.close();
            return;
        }
        connections++;
        channel.closeFuture().addListener(closed -> connections--);
        channel.pipeline().addLast(new ReadTimeoutHandler(IDLE_SECONDS, TimeUnit.SECONDS),
                new HttpServerCodec(LINE_BYTES_MAX, HEADER_BYTES_MAX, CHUNK_BYTES),
                new HttpObjectAggregator(Operation.VALUE_BYTES_MAX), new Requests());
    }

    private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
        private boolean answering;
        private boolean ended;

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            answering = true;
            // One at a time: the next is read once this one is answered.
            context.channel().config().setAutoRead(false);
            boolean keepAlive = HttpUtil.isKeepAlive(request);
            byte[] body = new byte[request.content().readableBytes()];
            request.content().readBytes(body);
            CompletableFuture<Reply> reply = request.decoderResult().isFailure()
                    ? CompletableFuture
                            .completedFuture(
                                    Reply.error(HttpResponseStatus.BAD_REQUEST, "bad HTTP"))
                    : routes.answer(request.method(), request.uri(), request.headers(), body);
            reply.exceptionally(failure -> Reply.error(HttpResponseStatus.INTERNAL_SERVER_ERROR,
                    String.valueOf(failure.getMessage())))
                    .thenAccept(answer -> write(context, answer, keepAlive));
        }

        private void write(ChannelHandlerContext context, Reply reply, boolean keepAlive) {
            FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1,
                    reply.status(), context.alloc().buffer(reply.body().length)
                            .writeBytes(reply.body()));
            reply.headers().forEach(response.headers()::set);
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
            response.headers().set(HttpHeaderNames.CONNECTION, keepAlive ? "keep-alive" : "close");
            context.writeAndFlush(response).addListener(written -> {
                answering = false;
                if (keepAlive && !ended && written.isSuccess()) {
                    context.channel().config().setAutoRead(true);
                } else {
                    context.close();
                }
            });
        }

        /** A client that has sent all of its request may still wait for the answer. */
        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                ended = true;
                if (!answering) {
                    context.close();
                }
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    @Override
    public void close() {
        Channel bound = server;
        if (bound != null) {
            bound.close();
        }
    }
}
