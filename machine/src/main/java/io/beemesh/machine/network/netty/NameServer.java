package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.network.ServiceNames;
import io.beemesh.machine.network.Shares;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import java.io.EOFException;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The name server of the mesh's pods: answers for the mesh itself, and asks the machine's own name servers
 * for all else. On the pods' loop; other servers are asked on virtual threads, a bounded number at once.
 */
final class NameServer {
    /** Asked of others at a time, of which no pod has more than it leaves to others. */
    private static final int QUESTIONS_MAX = 256;
    private static final int UPSTREAM_MILLIS = 2_000;
    private static final int DNS_PORT = 53;
    /** As many as the C library's resolver asks. */
    private static final int SERVERS_MAX = 3;
    private static final int UDP_ANSWER_BYTES_MAX = 4096;
    /** Looked at for one answer; others are of questions that were asked from this port before. */
    private static final int DATAGRAMS_MAX = 8;
    private static final int TCP_QUESTION_BYTES_MAX = 4096;

    private final Loop loop;
    private final ServiceNames names;
    private final List<InetSocketAddress> upstream;
    private final Shares<PeerId> questions = new Shares<>(QUESTIONS_MAX);

    NameServer(Loop loop, ServiceNames names, List<InetSocketAddress> upstream) {
        this.loop = loop;
        this.names = names;
        this.upstream = List.copyOf(upstream);
    }

    /** The name servers that a machine itself uses. */
    static List<InetSocketAddress> servers(String resolvConf) {
        return resolvConf.lines().map(String::strip)
                .filter(line -> line.startsWith("nameserver "))
                .map(line -> line.substring("nameserver ".length()).strip())
                .flatMap(text -> {
                    try {
                        return Stream
                                .of(new InetSocketAddress(InetAddress.ofLiteral(text), DNS_PORT));
                    } catch (IllegalArgumentException e) {
                        return Stream.empty();
                    }
                }).limit(SERVERS_MAX).toList();
    }

    /** Answers all questions of one flow or connection. */
    void serve(Carrier carrier, Transport transport) {
        carrier.answer(ConnectStatus.OK);
        switch (transport) {
            case UDP -> carrier.datagrams(datagram -> {
                byte[] question = new byte[datagram.remaining()];
                datagram.get(question);
                answer(pod(carrier), question, true, answer -> answer.ifPresent(
                        bytes -> carrier.stream().write(FrameReader.frame(bytes))));
            }, () -> carrier.stream().closeWrite());
            case TCP -> carrier.bytes(new TcpQuestions(carrier));
            case GROUP, FENCE -> carrier.stream().reset();
        }
    }

    private static PeerId pod(Carrier carrier) {
        return carrier.stream().remotePeer();
    }

    /** Calls {@code to} once, with nothing if it is no question. */
    void answer(PeerId pod, byte[] question, boolean udp, Consumer<Optional<byte[]>> to) {
        Optional<byte[]> target = names.elsewhere(question);
        if (target.isPresent()) {
            ask(pod, target.get(), udp).thenAccept(
                    theirs -> to.accept(names.completed(question, theirs, udp)));
            return;
        }
        Optional<byte[]> known = names.answer(question, udp);
        if (known.isPresent()) {
            to.accept(known);
            return;
        }
        ask(pod, question, udp).thenAccept(theirs -> to.accept(theirs.length > 0
                ? Optional.of(theirs)
                : ServiceNames.failure(question)));
    }

    /** The answer of the first of the machine's name servers that gives one; empty if none does. */
    private CompletableFuture<byte[]> ask(PeerId pod, byte[] question, boolean udp) {
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        if (upstream.isEmpty() || question.length < 12 || !questions.take(pod)) {
            result.complete(new byte[0]);
            return result;
        }
        Thread.ofVirtual().name("resolve").start(() -> {
            byte[] answer = new byte[0];
            for (int i = 0; i < upstream.size() && answer.length == 0; i++) {
                // Whoever asks by TCP has mostly got a cut answer before.
                answer = udp ? new byte[0] : askByTcp(upstream.get(i), question);
                answer = answer.length > 0 ? answer : askByUdp(upstream.get(i), question);
            }
            byte[] last = answer;
            loop.execute(() -> {
                questions.give(pod);
                result.complete(last);
            });
        });
        return result;
    }

    private static byte[] askByTcp(InetSocketAddress server, byte[] question) {
        long endNanos = System.nanoTime() + UPSTREAM_MILLIS * 1_000_000L;
        try (Socket socket = new Socket()) {
            socket.connect(server, UPSTREAM_MILLIS);
            socket.getOutputStream().write(prefixed(question).array());
            byte[] length = read(socket, 2, endNanos);
            byte[] answer = read(socket, (length[0] & 0xff) << 8 | (length[1] & 0xff), endNanos);
            return isOf(question, answer, answer.length) ? answer : new byte[0];
        } catch (IOException e) {
            return new byte[0];
        }
    }

    private static byte[] read(Socket socket, int count, long endNanos) throws IOException {
        byte[] bytes = new byte[count];
        int at = 0;
        while (at < count) {
            long left = (endNanos - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new SocketTimeoutException("no answer in time");
            }
            socket.setSoTimeout((int) left);
            int more = socket.getInputStream().read(bytes, at, count - at);
            if (more < 0) {
                throw new EOFException("answer is cut");
            }
            at += more;
        }
        return bytes;
    }

    private static boolean isOf(byte[] question, byte[] answer, int length) {
        return length >= 12 && answer[0] == question[0] && answer[1] == question[1];
    }

    /** A message as it is on TCP. */
    private static ByteBuffer prefixed(byte[] message) {
        return ByteBuffer.allocate(2 + message.length).putShort((short) message.length)
                .put(message).flip();
    }

    private static byte[] askByUdp(InetSocketAddress server, byte[] question) {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(UPSTREAM_MILLIS);
            socket.connect(server);
            socket.send(new DatagramPacket(question, question.length));
            byte[] buffer = new byte[UDP_ANSWER_BYTES_MAX];
            DatagramPacket answer = new DatagramPacket(buffer, buffer.length);
            for (int i = 0; i < DATAGRAMS_MAX; i++) {
                socket.receive(answer);
                if (isOf(question, buffer, answer.getLength())) {
                    return Arrays.copyOf(buffer, answer.getLength());
                }
            }
            return new byte[0];
        } catch (IOException e) {
            return new byte[0];
        }
    }

    /** Questions after two bytes of length each, one at a time. */
    private final class TcpQuestions implements StreamReader {
        private final Carrier carrier;
        private byte[] held = new byte[0];
        private boolean asking;
        private boolean ended;

        TcpQuestions(Carrier carrier) {
            this.carrier = carrier;
        }

        @Override
        public void onData(ByteBuffer bytes) {
            int before = held.length;
            held = Arrays.copyOf(held, before + bytes.remaining());
            bytes.get(held, before, held.length - before);
            next();
        }

        private void next() {
            if (asking) {
                return;
            }
            int length = held.length < 2 ? 0 : (held[0] & 0xff) << 8 | (held[1] & 0xff);
            if (length > TCP_QUESTION_BYTES_MAX) {
                carrier.stream().reset();
            } else if (held.length >= 2 + length) {
                byte[] question = Arrays.copyOfRange(held, 2, 2 + length);
                held = Arrays.copyOfRange(held, 2 + length, held.length);
                carrier.stream().request(2L + length);
                asking = true;
                answer(pod(carrier), question, false, answer -> answer.ifPresentOrElse(this::send,
                        carrier.stream()::reset));
            } else if (ended) {
                carrier.stream().closeWrite();
            }
        }

        private void send(byte[] answer) {
            asking = false;
            carrier.stream().write(prefixed(answer));
            next();
        }

        /** What was asked before is answered yet. */
        @Override
        public void onEnd() {
            ended = true;
            next();
        }

        @Override
        public void onReset(StreamResetException cause) {
            held = new byte[0];
        }
    }
}
