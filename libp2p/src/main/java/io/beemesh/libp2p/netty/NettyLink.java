package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.upgrade.ConnectionUpgrade;
import io.beemesh.libp2p.upgrade.RawLink;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One socket: gives its bytes to the upgrade and writes what that sends. */
final class NettyLink extends ChannelInboundHandlerAdapter implements RawLink {
    private static final Logger LOG = LoggerFactory.getLogger(NettyLink.class);

    private final Channel channel;
    private @Nullable ConnectionUpgrade upgrade;

    NettyLink(Channel channel) {
        this.channel = channel;
    }

    /** Sets who gets the bytes; before the channel reads. */
    void upgrade(ConnectionUpgrade newUpgrade) {
        upgrade = newUpgrade;
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public void write(ByteBuffer bytes) {
        ByteBuf buffer = channel.alloc().directBuffer(bytes.remaining());
        channel.write(buffer.writeBytes(bytes), channel.voidPromise());
    }

    @Override
    public void flush() {
        channel.flush();
    }

    @Override
    public void close() {
        channel.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf buffer = (ByteBuf) message;
        try {
            if (upgrade != null) {
                upgrade.onBytes(buffer.nioBuffer());
            }
        } finally {
            buffer.release();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (upgrade != null && channel.isWritable()) {
            upgrade.onWritable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (upgrade != null) {
            upgrade.end("connection lost");
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("Connection failed address={} reason={}", channel.remoteAddress(),
                cause.toString());
        if (upgrade != null) {
            upgrade.end("connection failed: " + cause.getMessage());
        }
        channel.close();
    }
}
