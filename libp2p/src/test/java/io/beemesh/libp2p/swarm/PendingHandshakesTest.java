package io.beemesh.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.netty.TestHost;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PendingHandshakesTest {
    private final PendingHandshakes pending = new PendingHandshakes(4);
    private final List<String> ended = new ArrayList<>();

    private static AddressPart from(String ip) {
        return AddressGroup.of(
                TestHost.parse((ip.contains(":") ? "/ip6/" : "/ip4/") + ip + "/tcp/1"));
    }

    private boolean begin(String ip, String name) {
        if (!pending.makeRoom(from(ip))) {
            return false;
        }
        pending.add(from(ip), new Runnable() {
            @Override
            public void run() {
                ended.add(name);
                pending.remove(from(ip), this);
            }
        });
        return true;
    }

    @Test
    void begin_full_endsTheOldestOfTheAddressWithTheMost() {
        assertThat(begin("10.0.0.1", "honest")).isTrue();
        for (int i = 0; i < 5; i++) {
            assertThat(begin("10.0.0.9", "flood " + i)).isTrue();
        }
        assertThat(begin("10.0.0.2", "other")).isTrue();
        assertThat(ended).containsExactly("flood 0", "flood 1", "flood 2");
    }

    @Test
    void begin_fullOfDifferentAddresses_refusesTheNewcomerOrEndsItsOwn() {
        for (int i = 1; i <= 4; i++) {
            assertThat(begin("10.0.0." + i, "of " + i)).isTrue();
        }
        assertThat(begin("10.0.0.5", "of 5")).isFalse();
        assertThat(begin("10.0.0.3", "again")).isTrue();
        assertThat(ended).containsExactly("of 3");
    }

    @Test
    void begin_ipv6_countsNetworks() {
        for (int i = 1; i <= 3; i++) {
            assertThat(begin("2001:db8:1:0::" + i, "of " + i)).isTrue();
        }
        assertThat(begin("2001:db8:2:0::1", "other")).isTrue();
        assertThat(begin("2001:db8:1:ff::1", "same /56")).isTrue();
        assertThat(ended).containsExactly("of 1");
    }
}
