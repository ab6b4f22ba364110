package io.beemesh.libp2p.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RelayFuzzTest {
    private final PrivateKey key = PrivateKey.fromSeed(new byte[32]);
    private final Voucher voucher = new Voucher(key.peerId(), key.peerId(),
            Instant.ofEpochSecond(2_000_000_000));

    @Test
    void hop_mutated_isTheSameAgainOrRefused() throws FormatException {
        Reservation reservation = new Reservation(voucher.expires(),
                List.of(Multiaddr.parse("/ip4/1.2.3.4/tcp/5")), voucher.seal(key).toBytes());
        List<byte[]> valid = List.of(RelayCodec.encode(new HopMessage.Reserve()),
                RelayCodec.encode(new HopMessage.Connect(key.peerId())),
                RelayCodec.encode(new HopMessage.Reserved(reservation, RelayLimit.defaults())),
                RelayCodec.encode(
                        new HopMessage.Status(RelayStatus.NO_RESERVATION, RelayLimit.NONE)));
        Fuzz.run(valid, RelayException.class, bytes -> {
            HopMessage read = RelayCodec.decodeHop(ByteBuffer.wrap(bytes));
            byte[] again = RelayCodec.encode(read);
            assertThat(RelayCodec.encode(RelayCodec.decodeHop(ByteBuffer.wrap(again))))
                    .isEqualTo(again);
        });
    }

    @Test
    void stop_mutated_isTheSameAgainOrRefused() {
        List<byte[]> valid = List.of(
                RelayCodec.encode(
                        new StopMessage.Connect(key.peerId(), RelayLimit.defaults())),
                RelayCodec.encode(new StopMessage.Status(RelayStatus.OK)));
        Fuzz.run(valid, RelayException.class, bytes -> {
            StopMessage read = RelayCodec.decodeStop(ByteBuffer.wrap(bytes));
            assertThat(RelayCodec.decodeStop(ByteBuffer.wrap(RelayCodec.encode(read))))
                    .isEqualTo(read);
        });
    }

    @Test
    void voucher_mutated_isTheRelaysOrRefused() {
        Fuzz.run(List.of(voucher.seal(key).toBytes()), FormatException.class,
                bytes -> assertThat(Voucher.open(bytes)).isEqualTo(voucher));
    }

    @Test
    void address_mutated_isTheSameAgainOrRefused() throws FormatException {
        PeerId relay = key.peerId();
        List<byte[]> valid = List.of(
                CircuitAddress.through(relay, Multiaddr.parse("/ip4/1.2.3.4/tcp/5")).toBytes(),
                Multiaddr.parse("/p2p/" + relay + "/p2p-circuit").toBytes(),
                Multiaddr.parse("/dns4/a.example/tcp/1/p2p/" + relay + "/p2p-circuit").toBytes());
        Fuzz.run(valid, FormatException.class, bytes -> {
            Multiaddr address = Multiaddr.fromBytes(bytes);
            CircuitAddress read = CircuitAddress.parse(address);
            assertThat(CircuitAddress.isRelayed(address)).isTrue();
            for (Multiaddr through : read.addresses()) {
                assertThat(CircuitAddress.isRelayed(through)).isFalse();
                assertThat(
                        CircuitAddress.parse(CircuitAddress.through(read.relay(), through)).relay())
                        .isEqualTo(read.relay());
            }
        });
    }
}
