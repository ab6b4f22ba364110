package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What strangers put here is bounded and forgotten in time. */
final class StoresTest {
    private static final Duration LIFE = Duration.ofHours(1);

    private final Simulation simulation = new Simulation(1);
    private final KadKey self = KadKey.of(new byte[]{1});
    private final RecordStore records = new RecordStore(simulation.newLoop(), self, LIFE);
    private final ProviderStore providers = new ProviderStore(simulation.newLoop(), self, LIFE);

    private static byte[] key(int i) {
        return ByteBuffer.allocate(4).putInt(i).array();
    }

    private static KadPeer peer(int i, int addresses) {
        byte[] id = new byte[34];
        ByteBuffer.wrap(id).put((byte) 0x12).put((byte) 0x20).putInt(i);
        try {
            return new KadPeer(PeerId.fromBytes(id), Collections.nCopies(addresses,
                    Multiaddr.parse("/ip4/10.0.0.1/tcp/1")));
        } catch (FormatException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void records_moreThanFit_leaveTheFarthest() {
        int over = RecordStore.RECORDS_MAX + 500;
        for (int i = 0; i < over; i++) {
            records.put(new KadRecord(key(i), new byte[10], ""));
        }
        assertThat(records.size()).isEqualTo(RecordStore.RECORDS_MAX);
        List<Integer> closest = IntStream.range(0, over).boxed()
                .sorted(Comparator.comparing(i -> KadKey.of(key(i)), self.byDistance())).toList();
        assertThat(closest.subList(0, RecordStore.RECORDS_MAX))
                .allMatch(i -> records.get(key(i)).isPresent());
        assertThat(closest.subList(RecordStore.RECORDS_MAX, over))
                .allMatch(i -> records.get(key(i)).isEmpty());
    }

    @Test
    void records_moreBytesThanFit_areDropped() {
        byte[] large = new byte[1 << 20];
        for (int i = 0; i < 40; i++) {
            records.put(new KadRecord(key(i), large, ""));
        }
        assertThat(records.size()).isBetween(1, (int) (RecordStore.BYTES_MAX / large.length));
        for (int i = 0; i < 40; i++) {
            records.put(new KadRecord(key(0), large, ""));
        }
        assertThat(records.size()).isGreaterThan(1);
    }

    @Test
    void records_andProviders_areForgottenInTime() {
        records.put(new KadRecord(key(1), new byte[10], ""));
        providers.add(key(1), peer(1, 1));
        simulation.run(LIFE.minusSeconds(1));
        providers.add(key(1), peer(2, 1));
        assertThat(records.get(key(1))).isPresent();
        assertThat(providers.get(key(1))).hasSize(2);
        simulation.run(Duration.ofSeconds(2));
        assertThat(records.get(key(1))).isEmpty();
        assertThat(providers.get(key(1))).containsExactly(peer(2, 1));
        simulation.run(LIFE);
        providers.dropExpired();
        assertThat(records.size() + providers.size()).isZero();
    }

    @Test
    void providers_moreThanFit_leaveTheOldestAndTheFarthest() {
        for (int i = 0; i < ProviderStore.PROVIDERS_PER_KEY_MAX + 10; i++) {
            providers.add(key(1), peer(i, 100));
        }
        assertThat(providers.get(key(1))).hasSize(ProviderStore.PROVIDERS_PER_KEY_MAX)
                .doesNotContain(peer(9, ProviderStore.ADDRESSES_MAX))
                .contains(peer(10, ProviderStore.ADDRESSES_MAX));
        for (int i = 0; i < ProviderStore.KEYS_MAX + 500; i++) {
            providers.add(key(i), peer(i, 1));
        }
        assertThat(providers.size()).isEqualTo(ProviderStore.KEYS_MAX);
    }
}
