package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.GroupView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Questions to other members as frames of one sealed stream to each, opened when it is needed: a number,
 * then the question; the answer has the same number and a byte that says whether it is one. Streams are on the
 * loop, questions come from any thread.
 */
public final class GroupStreams implements PeerLink {
    /** Questions to one member, and of one member, at a time. */
    static final int OPEN_MAX = 128;
    private static final byte ANSWERED = 0;
    private static final byte FAILED = 1;
    private static final int HEAD_BYTES = Integer.BYTES + 1;

    private final Loop loop;
    private final Function<String, CompletableFuture<Carrier>> opener;
    private final Map<PeerId, Line> lines = new HashMap<>();
    private Map<PeerId, String> addresses = Map.of();
    private Responder responder = (peer, question) -> CompletableFuture
            .failedFuture(new Libp2pException("no group here"));

    /** @param opener asks the machine for a sealed stream to the pod of an address, on the loop */
    public GroupStreams(Loop loop, Function<String, CompletableFuture<Carrier>> opener) {
        this.loop = loop;
        this.opener = opener;
    }

    /** Where members are; on the loop. */
    public void view(GroupView view) {
        Map<PeerId, String> newAddresses = new HashMap<>();
        view.members().forEach(member -> newAddresses.put(member.peer(), member.address()));
        addresses = newAddresses;
    }

    @Override
    public void serve(Responder newResponder) {
        loop.execute(() -> responder = newResponder);
    }

    @Override
    public CompletableFuture<byte[]> ask(PeerId peer, byte[] question, Duration limit) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        if (question.length > MESSAGE_BYTES_MAX) {
            answer.completeExceptionally(new Libp2pException("question has " + question.length
                    + " bytes, limit " + MESSAGE_BYTES_MAX));
            return answer;
        }
        loop.execute(() -> {
            Loop.Timer deadline = loop.schedule(limit, () -> answer.completeExceptionally(
                    new Libp2pException(peer + " did not answer within " + limit)));
            answer.whenComplete((done, failure) -> loop.execute(deadline::cancel));
            String address = addresses.get(peer);
            if (address == null) {
                answer.completeExceptionally(new Libp2pException(peer + " is nowhere"));
                return;
            }
            Line line = lines.get(peer);
            if (line == null) {
                line = new Line(peer, opener.apply(address));
                lines.put(peer, line);
                line.start();
            }
            line.ask(question, answer);
        });
        return answer;
    }

    /** A member has opened a stream to this one; on the loop. */
    public void accept(PeerId peer, Carrier carrier) {
        int[] open = {0};
        carrier.datagrams(frame -> {
            if (frame.remaining() < Integer.BYTES || open[0] >= OPEN_MAX) {
                carrier.stream().reset();
                return;
            }
            int number = frame.getInt();
            open[0]++;
            responder.answer(peer, bytes(frame)).whenComplete((answer, failure) -> loop
                    .execute(() -> {
                        open[0]--;
                        byte[] text = failure == null
                                ? answer
                                : String.valueOf(failure.getMessage())
                                        .getBytes(StandardCharsets.UTF_8);
                        write(carrier, ByteBuffer.allocate(HEAD_BYTES + text.length)
                                .putInt(number).put(failure == null ? ANSWERED : FAILED)
                                .put(text).array());
                    }));
        }, () -> carrier.stream().closeWrite());
    }

    private static void write(Carrier carrier, byte[] frame) {
        carrier.stream().write(FrameReader.frame(frame));
    }

    private static byte[] bytes(ByteBuffer from) {
        byte[] bytes = new byte[from.remaining()];
        from.get(bytes);
        return bytes;
    }

    /** The stream to one member. */
    private final class Line {
        private final PeerId peer;
        private final Map<Integer, CompletableFuture<byte[]>> open = new HashMap<>();
        private final CompletableFuture<Carrier> carrier;
        private int numbers;

        Line(PeerId peer, CompletableFuture<Carrier> carrier) {
            this.peer = peer;
            this.carrier = carrier;
        }

        void start() {
            carrier.whenComplete((opened, failure) -> {
                if (failure != null) {
                    over("no way to " + peer + ": " + failure.getMessage());
                } else if (!opened.stream().remotePeer().equals(peer)) {
                    opened.stream().reset();
                    over(opened.stream().remotePeer() + " is where " + peer + " should be");
                } else {
                    opened.datagrams(this::answered, () -> over("stream to " + peer + " ended"));
                }
            });
        }

        void ask(byte[] question, CompletableFuture<byte[]> answer) {
            if (open.size() >= OPEN_MAX) {
                answer.completeExceptionally(
                        new Libp2pException(OPEN_MAX + " questions to " + peer + " are open"));
                return;
            }
            int number = numbers++;
            open.put(number, answer);
            answer.whenComplete((done, failure) -> loop.execute(() -> open.remove(number)));
            carrier.thenAccept(opened -> write(opened, ByteBuffer
                    .allocate(Integer.BYTES + question.length).putInt(number).put(question)
                    .array()));
            if (carrier.isCompletedExceptionally()) {
                answer.completeExceptionally(new Libp2pException("no way to " + peer));
            }
        }

        private void answered(ByteBuffer frame) {
            if (frame.remaining() < HEAD_BYTES) {
                over("short answer of " + peer);
                return;
            }
            CompletableFuture<byte[]> asked = open.remove(frame.getInt());
            byte outcome = frame.get();
            byte[] rest = bytes(frame);
            if (asked != null && outcome == ANSWERED) {
                asked.complete(rest);
            } else if (asked != null) {
                asked.completeExceptionally(
                        new Libp2pException(new String(rest, StandardCharsets.UTF_8)));
            }
        }

        private void over(String why) {
            lines.remove(peer, this);
            Map.copyOf(open).values().forEach(
                    asked -> asked.completeExceptionally(new Libp2pException(why)));
            open.clear();
            carrier.thenAccept(opened -> opened.stream().reset());
        }
    }
}
