package io.beemesh.apiserver.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Lets Vert.x upgrade a POST: it hands out the socket of a GET alone, while {@code kubectl} asks for
 * SPDY by POST. The method as it came is kept in a header that only this class can set.
 */
final class SpdyUpgradeMethod extends ChannelInboundHandlerAdapter {
    static final String PROTOCOL = "SPDY/3.1";
    static final String METHOD_HEADER = "x-beemesh-upgrade-method";

    private SpdyUpgradeMethod() {}

    /** Looks at the requests of an HTTP/1.1 connection; on its event loop. */
    static void install(HttpConnection connection) {
        if (connection instanceof ConnectionBase base
                && base.channel().pipeline().get("httpDecoder") != null) {
            base.channel().pipeline().addAfter("httpDecoder", "spdyUpgradeMethod",
                    new SpdyUpgradeMethod());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request) {
            request.headers().remove(METHOD_HEADER);
            if (PROTOCOL.equalsIgnoreCase(request.headers().get("upgrade"))) {
                request.headers().set(METHOD_HEADER, request.method().name());
                request.setMethod(HttpMethod.GET);
            }
        }
        context.fireChannelRead(message);
    }
}
