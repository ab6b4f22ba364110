package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RoutingTableTest {
    private final SplittableRandom random = new SplittableRandom(1);

    private PeerId id() throws FormatException {
        byte[] bytes = new byte[38];
        random.nextBytes(bytes);
        ByteBuffer.wrap(bytes).putShort((short) 0x0024).putInt(0x08011220);
        return PeerId.fromBytes(bytes);
    }

    private KadKey key() throws FormatException {
        return KadKey.of(id());
    }

    @Test
    void closest_isWhatSortingAllContactsGives() throws FormatException {
        for (int size : new int[]{0, 1, 19, 20, 300, 3000}) {
            KadKey self = key();
            RoutingTable table = new RoutingTable(self, 20, 0);
            List<Contact> all = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                PeerId peer = id();
                if (table.answered(peer, KadKey.of(peer), 0, 0)) {
                    all.add(table.contact(peer));
                }
            }
            List<KadKey> targets = new ArrayList<>(List.of(self));
            all.stream().limit(20).forEach(contact -> targets.add(contact.key));
            for (int i = 0; i < 200; i++) {
                targets.add(key());
            }
            for (KadKey target : targets) {
                all.sort((x, y) -> target.compareDistance(x.key, y.key));
                for (int count : new int[]{1, 20, 50}) {
                    assertThat(table.closest(target, count))
                            .isEqualTo(all.subList(0, Math.min(count, all.size())));
                }
            }
        }
    }

    @Test
    void bit_isThatOfTheKey() {
        KadKey key = new KadKey(1, Long.MIN_VALUE, 0, 1);
        assertThat(List.of(key.bit(63), key.bit(64), key.bit(255)))
                .containsExactly(true, true, true);
        assertThat(List.of(key.bit(0), key.bit(62), key.bit(65), key.bit(254)))
                .containsOnly(false);
    }
}
