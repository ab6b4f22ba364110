package io.beemesh.libp2p.multistream;

import io.beemesh.libp2p.ProtocolId;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The side that proposes. It may send {@link #opening} and data of its first proposal together, before
 * it hears anything, if it knows that the remote side speaks that protocol.
 *
 * @see <a href="https://github.com/multiformats/multistream-select">multistream-select</a>
 */
public final class MultistreamDialer {
    private final List<ProtocolId> proposals;
    private final MultistreamReader reader = new MultistreamReader();
    private boolean headerSeen;
    private int proposed;

    /** Proposes these in order; there must be one. */
    public MultistreamDialer(List<ProtocolId> proposals) {
        if (proposals.isEmpty()) {
            throw new IllegalArgumentException("no protocol to propose");
        }
        this.proposals = List.copyOf(proposals);
    }

    /** The bytes to begin with: the header and the first proposal. */
    public byte[] opening() {
        return MultistreamReader.encode(MultistreamReader.HEADER, proposals.getFirst().name());
    }

    /** Bytes that may be fed next without going past the negotiation. */
    public int wanted() {
        return reader.wanted();
    }

    /** Takes what it needs from {@code in} and leaves the rest. */
    public MultistreamStep feed(ByteBuffer in) throws MultistreamException {
        for (;;) {
            String message = reader.next(in);
            if (message == null) {
                return new MultistreamStep.More();
            }
            if (!headerSeen) {
                if (!message.equals(MultistreamReader.HEADER)) {
                    throw new MultistreamException("remote side does not speak multistream 1.0.0");
                }
                headerSeen = true;
            } else if (message.equals(proposals.get(proposed).name())) {
                return new MultistreamStep.Agreed(proposals.get(proposed), new byte[0]);
            } else if (!message.equals(MultistreamReader.NOT_AVAILABLE)) {
                throw new MultistreamException("remote side answered with another protocol");
            } else if (++proposed == proposals.size()) {
                throw new MultistreamException("remote side speaks none of " + proposals);
            } else {
                return new MultistreamStep.Send(
                        MultistreamReader.encode(proposals.get(proposed).name()));
            }
        }
    }
}
