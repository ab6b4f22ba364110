package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.DecoderFuzz;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Broken and random bytes end in a {@link FormatException} or a message, and nothing else. */
class MembershipFuzzTest {
    private static final int ROUNDS = Integer.getInteger("beemesh.fuzz.rounds", 20_000);

    @Test
    void decoders_anyBytes_failInOrder() throws Exception {
        PrivateKey key = PrivateKey.fromSeed(new byte[32]);
        List<Multiaddr> addresses = List.of(Multiaddr.parse("/ip4/192.0.2.7/tcp/7946"));
        List<byte[]> good = new ArrayList<>();
        good.add(new LaneMessage.Heartbeat(1, 2, 3, new byte[40], addresses).toBytes());
        good.add(new LaneMessage.Suspect(key.peerId(), 1, 2).toBytes());
        good.add(new LaneMessage.Leave(9).toBytes());
        good.add(new LaneMessage.Usage(new byte[40]).toBytes());
        good.add(new MemberHello(new byte[60], List.of(new byte[20])).toBytes());
        good.add(new JoinRequest(new byte[24], "n", new byte[9], new byte[9], List.of("a"),
                List.of("b")).toBytes());
        good.add(new JoinAnswer.Admitted(new byte[5], new byte[5], new byte[5], new byte[5],
                new byte[0], new byte[0], new byte[5], new byte[5]).toBytes());
        good.add(MemberRecord.listToBytes(List.of(new MemberRecord(new byte[9], addresses))));
        List<DecoderFuzz.Decoder> decoders = List.of(LaneMessage::fromBytes, MemberHello::fromBytes,
                JoinRequest::fromBytes, JoinAnswer::fromBytes, MemberRecord::listFromBytes,
                bytes -> MembershipCertificate.open(bytes, new MeshId(key.peerId())),
                bytes -> Revocation.open(bytes, new MeshId(key.peerId())));
        DecoderFuzz.run(ROUNDS, good, decoders);
    }
}
