package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class IpScopeTest {
    private static final List<String> MACHINE = List.of("/ip4/127.0.0.1/tcp/1", "/ip6/::1/tcp/1",
            "/ip6/::ffff:127.0.0.1/tcp/1", "/unix/tmp%2Fx");
    private static final List<String> PRIVATE = List.of("/ip4/10.1.2.3/tcp/1",
            "/ip4/172.16.0.1/udp/1/quic-v1", "/ip4/192.168.1.1/tcp/1", "/ip4/169.254.1.1/tcp/1",
            "/ip4/100.64.0.1/tcp/1", "/ip6/fd00::1/tcp/1", "/ip6zone/eth0/ip6/fe80::1/tcp/1");
    private static final List<String> PUBLIC = List.of("/ip4/8.8.8.8/tcp/1",
            "/ip4/172.32.0.1/tcp/1", "/ip4/100.128.0.1/tcp/1", "/ip6/2001:db8::1/tcp/1",
            "/dns4/example.org/tcp/1");

    private static List<Multiaddr> parse(List<String> texts) throws FormatException {
        List<Multiaddr> addresses = new ArrayList<>();
        for (String text : texts) {
            addresses.add(Multiaddr.parse(text));
        }
        return addresses;
    }

    @Test
    void of_eachKind_isItsScope() throws FormatException {
        assertThat(parse(MACHINE)).extracting(IpScope::of).containsOnly(IpScope.MACHINE);
        assertThat(parse(PRIVATE)).extracting(IpScope::of).containsOnly(IpScope.PRIVATE);
        assertThat(parse(PUBLIC)).extracting(IpScope::of).containsOnly(IpScope.PUBLIC);
    }

    @Test
    void visible_fromFarther_isWhatCanBeDialedFromThere() throws FormatException {
        List<Multiaddr> all = new ArrayList<>(parse(MACHINE));
        all.addAll(parse(PRIVATE));
        all.addAll(parse(PUBLIC));
        assertThat(IpScope.MACHINE.visible(all)).isEqualTo(all);
        assertThat(IpScope.PRIVATE.visible(all))
                .isEqualTo(all.subList(MACHINE.size(), all.size()));
        assertThat(IpScope.PUBLIC.visible(all)).isEqualTo(parse(PUBLIC));
    }
}
