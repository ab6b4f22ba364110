package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A socket and a stream joined: what one brings the other gets, and each is read only as fast as the other
 * takes it. The end of one side goes on as such, a reset as a reset. On the loop of both.
 *
 * <p>It is the socket's handler from the beginning: native sockets deliver what is left, and their end,
 * unasked when the peer closes. The socket must be made with {@code AUTO_READ} off and {@code
 * ALLOW_HALF_CLOSURE} on; what it delivers unasked is bounded by its {@code SO_RCVBUF}.
 */
public final class ChannelBridge extends ChannelInboundHandlerAdapter implements StreamReader {
    /** Bytes of the stream that may be on their way to the socket, at most. */
    public static final int WINDOW_BYTES = 64 * 1024;

    private final DuplexChannel channel;
    private final BridgeBudget budget;
    private final Queue<ByteBuf> held = new ArrayDeque<>(2);
    private @Nullable ByteStream stream;
    private boolean sending;
    /** Bytes that the socket has not taken. */
    private int writing;
    /** Bytes that the stream may bring, and those that the socket has not taken. */
    private long window;
    private boolean socketEnded;
    private boolean endSent;
    private boolean streamEnded;
    private boolean over;

    /** To be made the handler of {@code channel}. */
    public ChannelBridge(DuplexChannel channel, BridgeBudget budget) {
        this.channel = channel;
        this.budget = budget;
    }

    /**
     * Dials by TCP. Comes on the loop, or fails with what the socket said.
     *
     * @param receiveBytes of the socket's buffer; zero leaves it to the kernel
     */
    public static CompletableFuture<ChannelBridge> dial(NettyLoop loop, InetSocketAddress target,
            int connectMillisMax, int receiveBytes, BridgeBudget budget) {
        Bootstrap bootstrap = new Bootstrap().group(loop.eventLoop())
                .channel(loop.sockets().tcp()).option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.ALLOCATOR, loop.allocator())
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectMillisMax)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new ChannelBridge((DuplexChannel) channel, budget));
                    }
                });
        if (receiveBytes > 0) {
            bootstrap.option(ChannelOption.SO_RCVBUF, receiveBytes);
        }
        CompletableFuture<ChannelBridge> result = new CompletableFuture<>();
        loop.opened(bootstrap.connect(target)).whenComplete((channel, failure) -> {
            if (failure == null) {
                result.complete(channel.pipeline().get(ChannelBridge.class));
            } else {
                result.completeExceptionally(failure);
            }
        });
        return result;
    }

    public DuplexChannel channel() {
        return channel;
    }

    /**
     * Begins to read both. The caller makes this the reader of the stream.
     *
     * @param credit what the stream may bring already
     */
    public void join(ByteStream joined, long credit) {
        stream = joined;
        // A socket that was closed before this became its handler does not tell.
        over |= !channel.isOpen();
        if (over) {
            joined.reset();
            return;
        }
        window = credit;
        ask(joined);
        pump(joined);
    }

    private void ask(ByteStream from) {
        long more = budget.window() - window;
        if (more > 0) {
            window += more;
            from.request(more);
        }
    }

    private void pump(ByteStream to) {
        if (sending || over) {
            return;
        }
        ByteBuf next = held.poll();
        if (next != null) {
            sending = true;
            to.write(next.nioBuffer()).whenComplete((done, failure) -> {
                next.release();
                sending = false;
                if (failure != null) {
                    abort();
                } else {
                    pump(to);
                }
            });
        } else if (socketEnded) {
            if (!endSent) {
                endSent = true;
                to.closeWrite();
                endIfDue();
            }
        } else {
            channel.read();
        }
    }

    private void pumpIfJoined() {
        ByteStream joined = stream;
        if (joined != null) {
            pump(joined);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (over) {
            ((ByteBuf) message).release();
            return;
        }
        held.add((ByteBuf) message);
        budget.carried(((ByteBuf) message).readableBytes());
        pumpIfJoined();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!sending && held.isEmpty()) {
            // A read that brought nothing is asked for again.
            pumpIfJoined();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent && !socketEnded) {
            socketEnded = true;
            pumpIfJoined();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        abort();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        abort();
    }

    @Override
    public void onData(ByteBuffer data) {
        int count = data.remaining();
        if (!budget.take(count, writing == 0)) {
            abort();
            return;
        }
        ByteBuf copy;
        try {
            copy = channel.alloc().directBuffer(count).writeBytes(data);
        } catch (OutOfMemoryError e) {
            budget.give(count);
            throw e;
        }
        writing += count;
        budget.carried(count);
        channel.writeAndFlush(copy)
                .addListener((ChannelFuture written) -> {
                    writing -= count;
                    window -= count;
                    budget.give(count);
                    if (!written.isSuccess()) {
                        abort();
                    } else if (!over && stream != null) {
                        ask(stream);
                        shutdownIfDue();
                    }
                });
    }

    @Override
    public void onEnd() {
        streamEnded = true;
        shutdownIfDue();
    }

    /** Netty's shutdown would drop what is still being written. */
    private void shutdownIfDue() {
        if (streamEnded && writing == 0 && !over) {
            channel.shutdownOutput();
            endIfDue();
        }
    }

    private void endIfDue() {
        if (endSent && streamEnded && writing == 0 && !over) {
            over = true;
            channel.close();
        }
    }

    @Override
    public void onReset(StreamResetException cause) {
        abort();
    }

    /** Ends both at once; the socket's peer sees a reset. */
    public void abort() {
        if (!over) {
            over = true;
            held.forEach(ByteBuf::release);
            held.clear();
            if (stream != null) {
                stream.reset();
            }
            abort(channel);
        }
    }

    /** Closes a socket so that its peer sees a reset. */
    public static void abort(Channel channel) {
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }
}
