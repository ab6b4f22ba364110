package io.beemesh.libp2p.multistream;

import io.beemesh.libp2p.ProtocolId;
import java.nio.ByteBuffer;
import java.util.function.Predicate;

/** The side that answers proposals. */
public final class MultistreamListener {
    /** More refused proposals than this end the negotiation. */
    public static final int PROPOSALS_MAX = 64;

    private final Predicate<ProtocolId> speaks;
    private final MultistreamReader reader = new MultistreamReader();
    private boolean headerSeen;
    private int proposals;

    /** Agrees to the first proposal for which {@code speaks} holds. */
    public MultistreamListener(Predicate<ProtocolId> speaks) {
        this.speaks = speaks;
    }

    /** Bytes that may be fed next without going past the negotiation. */
    public int wanted() {
        return reader.wanted();
    }

    /** Takes what it needs from {@code in} and leaves the rest. */
    public MultistreamStep feed(ByteBuffer in) throws MultistreamException {
        String message = reader.next(in);
        if (message == null) {
            return new MultistreamStep.More();
        }
        if (!headerSeen) {
            if (!message.equals(MultistreamReader.HEADER)) {
                throw new MultistreamException("remote side does not speak multistream 1.0.0");
            }
            headerSeen = true;
            return new MultistreamStep.Send(MultistreamReader.encode(message));
        }
        if (++proposals > PROPOSALS_MAX) {
            throw new MultistreamException("more than " + PROPOSALS_MAX + " proposals");
        }
        // "ls" is refused as go does: a list that is asked for and never read would fill memory.
        if (ProtocolId.isValid(message)) {
            ProtocolId protocol = new ProtocolId(message);
            if (speaks.test(protocol)) {
                return new MultistreamStep.Agreed(protocol, MultistreamReader.encode(message));
            }
        }
        return new MultistreamStep.Send(MultistreamReader.encode(MultistreamReader.NOT_AVAILABLE));
    }
}
