package io.beemesh.apiserver.http.streaming;

import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.PodStreams.PodRef;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One connection for each of the ports that the query named: channel 2i carries data, 2i + 1 errors,
 * and each begins with the port in two bytes, low one first.
 */
final class ChannelPortForward implements ChannelSocket.Receiver {
    /** Channels are numbered by one byte. */
    static final int PORTS_MAX = 100;

    private final ChannelSocket socket;
    private final List<InboundPipe> pipes = new ArrayList<>();
    private final Runnable onClosed;

    /** Takes over {@code webSocket}. */
    ChannelPortForward(Context context, ServerWebSocket webSocket, ChannelProtocol protocol,
            Runnable onClosed) {
        this.onClosed = onClosed;
        this.socket = new ChannelSocket(context, webSocket, protocol, this, this::gone);
    }

    /** Connects to the ports. On the event loop. */
    void start(PodStreams pods, PodRef pod, List<Integer> ports) {
        AtomicInteger open = new AtomicInteger(ports.size());
        for (int i = 0; i < ports.size(); i++) {
            int port = ports.get(i);
            InboundPipe pipe = new InboundPipe(socket.throttle());
            pipes.add(pipe);
            Buffer head = Buffer.buffer().appendUnsignedShortLE(port);
            socket.write(2 * i, head);
            socket.write(2 * i + 1, head);
            PortJoin join = new PortJoin(pods, pod, port, pipe, socket.output(2 * i),
                    socket.output(2 * i + 1));
            Thread.ofVirtual().name("port-forward").start(() -> {
                join.run(false);
                if (open.decrementAndGet() == 0) {
                    socket.context().runOnContext(v -> socket.close());
                }
            });
        }
    }

    @Override
    public void receive(int channel, byte[] bytes) {
        if (channel % 2 == 0 && channel / 2 < pipes.size()) {
            pipes.get(channel / 2).offer(bytes);
        }
    }

    @Override
    public void ended(int channel) {
        if (channel % 2 == 0 && channel / 2 < pipes.size()) {
            pipes.get(channel / 2).end();
        }
    }

    private void gone() {
        pipes.forEach(pipe -> pipe.fail("client is gone"));
        onClosed.run();
    }
}
