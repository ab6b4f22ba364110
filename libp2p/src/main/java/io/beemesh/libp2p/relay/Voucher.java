package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.SignedEnvelope;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.time.Instant;

/**
 * A relay's signed word that a peer has a reservation with it.
 *
 * @param relay who signed
 * @param holder whose reservation it is
 * @param expires when the reservation ends, in whole seconds
 * @see <a href="https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md">circuit v2</a>
 */
public record Voucher(PeerId relay, PeerId holder, Instant expires) {
    private static final String DOMAIN = "libp2p-relay-rsvp";
    private static final byte[] TYPE = {3, 2};

    SignedEnvelope seal(PrivateKey key) {
        return SignedEnvelope.seal(key, DOMAIN, TYPE, new ProtobufWriter().bytes(1, relay.toBytes())
                .bytes(2, holder.toBytes()).varint(3, expires.getEpochSecond()).toBytes());
    }

    /** Verifies the envelope and that the relay itself signed it. */
    public static Voucher open(byte[] envelope) throws FormatException {
        SignedEnvelope opened = SignedEnvelope.open(envelope, DOMAIN, TYPE);
        byte[] relay = new byte[0];
        byte[] holder = new byte[0];
        long expires = 0;
        ProtobufReader reader = new ProtobufReader(opened.payload());
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> relay = reader.readBytes();
                case 2 -> holder = reader.readBytes();
                case 3 -> expires = reader.readVarint();
                default -> {
                }
            }
        }
        Voucher voucher = new Voucher(PeerId.fromBytes(relay), PeerId.fromBytes(holder),
                RelayCodec.instant(expires));
        if (!PeerId.of(opened.signer()).equals(voucher.relay)) {
            throw new FormatException("voucher of " + voucher.relay + " signed by another peer");
        }
        return voucher;
    }
}
