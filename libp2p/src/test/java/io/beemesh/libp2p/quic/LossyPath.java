package io.beemesh.libp2p.quic;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A way to a UDP port of this machine that drops some of the datagrams, each direction by a sequence of its
 * own; for one dialer.
 */
final class LossyPath implements AutoCloseable {
    private static final int DATAGRAM_BYTES = 2048;

    private final DatagramSocket near;
    private final DatagramSocket far;
    private final InetSocketAddress target;
    private final double loss;
    private final AtomicInteger dropped = new AtomicInteger();
    private volatile InetSocketAddress dialer = new InetSocketAddress(0);

    LossyPath(int port, double loss, long seed) {
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        try {
            near = new DatagramSocket(0, loopback);
            far = new DatagramSocket(0, loopback);
            near.setReceiveBufferSize(1 << 20);
            far.setReceiveBufferSize(1 << 20);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        target = new InetSocketAddress(loopback, port);
        this.loss = loss;
        Thread.ofPlatform().daemon().name("lossy-there").start(() -> pass(true, seed));
        Thread.ofPlatform().daemon().name("lossy-back").start(() -> pass(false, seed + 1));
    }

    /** Where to dial. */
    int port() {
        return near.getLocalPort();
    }

    int dropped() {
        return dropped.get();
    }

    private void pass(boolean there, long seed) {
        DatagramSocket from = there ? near : far;
        DatagramSocket to = there ? far : near;
        SplittableRandom random = new SplittableRandom(seed);
        byte[] bytes = new byte[DATAGRAM_BYTES];
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
                from.receive(packet);
                if (there) {
                    dialer = (InetSocketAddress) packet.getSocketAddress();
                }
                if (random.nextDouble() < loss) {
                    dropped.incrementAndGet();
                    continue;
                }
                packet.setSocketAddress(there ? target : dialer);
                to.send(packet);
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    @Override
    public void close() {
        near.close();
        far.close();
    }
}
