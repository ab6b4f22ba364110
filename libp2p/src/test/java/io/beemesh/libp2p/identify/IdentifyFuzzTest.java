package io.beemesh.libp2p.identify;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.multiformats.Varint;
import io.beemesh.libp2p.peer.PeerRecord;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.FedStream;
import io.beemesh.libp2p.simulation.Fuzz;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class IdentifyFuzzTest {
    private final PrivateKey key = PrivateKey.fromSeed(new byte[32]);

    private IdentifyMessage message(int addresses) throws FormatException {
        List<Multiaddr> listen = new ArrayList<>();
        for (int i = 0; i < addresses; i++) {
            listen.add(Multiaddr.parse("/dns4/a-rather-long-name-of-a-host-" + i + "/tcp/4001"));
        }
        return new IdentifyMessage(key.publicKey().toBytes(), listen,
                List.of(new ProtocolId("/a/1"), new ProtocolId("/b/1")),
                List.of(Multiaddr.parse("/ip4/9.9.9.9/tcp/1")), "ipfs/0.1.0", "agent",
                new PeerRecord(key.peerId(), 1, listen).seal(key).toBytes());
    }

    @Test
    void message_mutated_isReadInBoundsOrRefused() throws FormatException {
        Fuzz.run(List.of(message(1).toBytes(), message(3).toBytes()), FormatException.class,
                bytes -> {
                    IdentifyMessage read = IdentifyMessage.fromBytes(List.of(bytes, bytes));
                    assertThat(read.listenAddresses()).hasSizeLessThanOrEqualTo(64);
                    assertThat(read.protocols()).hasSizeLessThanOrEqualTo(256);
                    assertThat(read.observedAddress()).hasSizeLessThanOrEqualTo(1);
                });
    }

    private static byte[] framed(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            ByteBuffer length = ByteBuffer.allocate(Varint.size(part.length));
            Varint.write(part.length, length);
            all.writeBytes(length.array());
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @Test
    void parts_mutated_areReadOrRefusedOnce() throws FormatException {
        byte[] small = message(1).toBytes();
        Fuzz.run(List.of(framed(small), framed(small, new byte[0], small)), FormatException.class,
                bytes -> {
                    FedStream stream = new FedStream();
                    List<IdentifyMessage> read = new ArrayList<>();
                    int[] failures = new int[1];
                    new IdentifyReader(stream, read::add, () -> failures[0]++).start();
                    boolean all = stream.feed(bytes, 1 + bytes.length % 50);
                    // Who resets a stream hears of it no more: the swarm's deadline is what is
                    // left.
                    assertThat(read.size() + failures[0]).isEqualTo(all ? 1 : 0);
                    assertThat(all || bytes.length > IdentifyReader.BYTES_MAX).isTrue();
                    if (read.isEmpty()) {
                        throw new FormatException("refused");
                    }
                });
    }

    @Test
    void parts_areMerged() throws FormatException {
        IdentifyMessage whole = message(2);
        IdentifyMessage addresses = new IdentifyMessage(new byte[0], whole.listenAddresses(),
                List.of(), List.of(), "", "", new byte[0]);
        IdentifyMessage rest = new IdentifyMessage(whole.publicKey(), List.of(),
                whole.protocols(), whole.observedAddress(), "v", "agent",
                whole.signedPeerRecord());
        IdentifyMessage read = IdentifyMessage
                .fromBytes(List.of(addresses.toBytes(), rest.toBytes()));
        assertThat(read.listenAddresses()).isEqualTo(whole.listenAddresses());
        assertThat(read.protocols()).isEqualTo(whole.protocols());
        assertThat(read.agreesWith(key.publicKey())).isTrue();
        assertThat(read.agreesWith(PrivateKey.fromSeed(new byte[]{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
                12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32})
                .publicKey())).isFalse();
    }

    @Test
    void toBytes_manyAddresses_staysWithinWhatRustTakes() throws FormatException {
        IdentifyMessage large = new IdentifyMessage(key.publicKey().toBytes(),
                message(200).listenAddresses(), List.of(new ProtocolId("/a/1")), List.of(), "v",
                "a",
                new byte[0]);
        byte[] bytes = large.toBytes();
        assertThat(bytes.length).isLessThanOrEqualTo(IdentifyMessage.SENT_BYTES_MAX);
        assertThat(IdentifyMessage.fromBytes(List.of(bytes)).protocols()).hasSize(1);
    }
}
