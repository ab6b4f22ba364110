package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.Loop;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A loop that is a Netty event loop: what sockets bring is handled on the thread of the node's
 * decisions, with no hand-over in between.
 */
public final class NettyLoop implements Loop, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NettyLoop.class);

    private final MultiThreadIoEventLoopGroup group;
    private final EventLoop eventLoop;
    private final NettySockets sockets;
    private final LoopBuffers buffers = new LoopBuffers();
    private final AtomicLong failures = new AtomicLong();
    private final SuspendClock clock = new SuspendClock(System::nanoTime,
            System::currentTimeMillis);

    /** Starts a thread of this name. */
    public NettyLoop(String threadName) {
        this(threadName, NettySockets.nio());
    }

    /** Starts a thread of this name that drives sockets of these kinds. */
    public NettyLoop(String threadName, NettySockets sockets) {
        this.sockets = sockets;
        group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(threadName, true),
                sockets.handler());
        eventLoop = group.next();
    }

    /** For further sockets on the same thread. */
    public EventLoop eventLoop() {
        return eventLoop;
    }

    /** For its sockets: whoever makes one sets this as its {@code ALLOCATOR}. */
    public ByteBufAllocator allocator() {
        return buffers.allocator();
    }

    /** The kinds of sockets that it drives. */
    public NettySockets sockets() {
        return sockets;
    }

    /**
     * The socket once it is bound or connected. Comes on this loop: Netty itself tells on a thread of its
     * own of a socket that could not even be made, as when no file descriptor is left.
     */
    public CompletableFuture<Channel> opened(ChannelFuture opening) {
        CompletableFuture<Channel> result = new CompletableFuture<>();
        opening.addListener((ChannelFuture done) -> {
            if (isInside() || eventLoop.isShuttingDown()) {
                settle(done, result);
            } else {
                execute(() -> settle(done, result));
            }
        });
        return result;
    }

    private static void settle(ChannelFuture done, CompletableFuture<Channel> result) {
        if (done.isSuccess()) {
            result.complete(done.channel());
        } else {
            result.completeExceptionally(done.cause());
        }
    }

    /** How many tasks threw. */
    public long failures() {
        return failures.get();
    }

    @Override
    public void execute(Runnable task) {
        try {
            eventLoop.execute(() -> run(task));
        } catch (RejectedExecutionException e) {
            LOG.debug("Task dropped reason=\"loop is closed\"");
        }
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
        try {
            ScheduledFuture<?> planned = eventLoop.schedule(() -> run(task), delay.toNanos(),
                    TimeUnit.NANOSECONDS);
            return () -> planned.cancel(false);
        } catch (RejectedExecutionException e) {
            LOG.debug("Timer dropped reason=\"loop is closed\"");
            return () -> {
            };
        }
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | AssertionError e) {
            failures.incrementAndGet();
            LOG.error("Task failed", e);
        }
    }

    @Override
    public long nanoTime() {
        return clock.nanoTime();
    }

    @Override
    public Instant wallTime() {
        return Instant.now();
    }

    @Override
    public boolean isInside() {
        return eventLoop.inEventLoop();
    }

    /** Ends the thread; tasks that wait are dropped. */
    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS)
                .addListener(ended -> buffers.close());
    }
}
