package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.PublicKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Signs own messages and verifies those of others: policy StrictSign. */
final class MessageSigner {
    private static final byte[] PREFIX = "libp2p-pubsub:".getBytes(StandardCharsets.US_ASCII);
    private static final int SEQUENCE_BYTES = 8;

    private final PrivateKey key;
    private final byte[] author;
    private long sequence;

    /** @param start sequence numbers begin at this time in ns, so that they grow over restarts */
    MessageSigner(PrivateKey key, Instant start) {
        this.key = key;
        this.author = key.peerId().toBytes();
        this.sequence = start.getEpochSecond() * 1_000_000_000L + start.getNano();
    }

    WireMessage sign(String topic, byte[] data) {
        byte[] seqno = ByteBuffer.allocate(SEQUENCE_BYTES).putLong(++sequence).array();
        WireMessage unsigned = new WireMessage(author, data, seqno, topic, null, null);
        byte[] signature = key.sign(signedBytes(unsigned));
        byte[] publicKey = key.peerId().inlineKey().isPresent() ? null : key.publicKey().toBytes();
        return new WireMessage(author, data, seqno, topic, signature, publicKey);
    }

    /** The id, if the message has what it is made of. */
    static MessageId idOf(WireMessage message) throws PubsubException {
        byte[] from = message.from();
        byte[] seqno = message.seqno();
        if (from == null || seqno == null || seqno.length != SEQUENCE_BYTES || from.length > 64) {
            throw new PubsubException("message without author or sequence number");
        }
        return MessageId.of(from, seqno);
    }

    /** An own message, for those who subscribe here; its signature is not verified. */
    static PubsubMessage own(WireMessage message, PeerId author) throws PubsubException {
        return read(message, author);
    }

    private static PubsubMessage read(WireMessage message, PeerId author) throws PubsubException {
        byte[] seqno = message.seqno();
        byte[] data = message.data();
        long sequence = seqno == null ? 0 : ByteBuffer.wrap(seqno).getLong();
        return new PubsubMessage(idOf(message), author, sequence, message.topic(),
                data == null ? new byte[0] : data);
    }

    static PubsubMessage verify(WireMessage message) throws PubsubException {
        idOf(message);
        byte[] signature = message.signature();
        byte[] from = message.from();
        if (signature == null || from == null) {
            throw new PubsubException("message is not signed");
        }
        try {
            PeerId author = PeerId.fromBytes(from);
            if (!publicKey(author, message.key()).verify(signedBytes(message), signature)) {
                throw new PubsubException("signature does not fit");
            }
            return read(message, author);
        } catch (FormatException e) {
            throw new PubsubException("author or key cannot be read: " + e.getMessage());
        }
    }

    private static PublicKey publicKey(PeerId author, byte @Nullable [] attached)
            throws FormatException, PubsubException {
        if (attached == null) {
            return author.inlineKey()
                    .orElseThrow(() -> new PubsubException("message without the author's key"));
        }
        PublicKey publicKey = PublicKey.fromBytes(attached);
        if (!PeerId.of(publicKey).equals(author)) {
            throw new PubsubException("key is not the author's");
        }
        return publicKey;
    }

    private static byte[] signedBytes(WireMessage message) {
        byte[] body = PubsubCodec.encode(message, false);
        byte[] bytes = new byte[PREFIX.length + body.length];
        System.arraycopy(PREFIX, 0, bytes, 0, PREFIX.length);
        System.arraycopy(body, 0, bytes, PREFIX.length, body.length);
        return bytes;
    }
}
