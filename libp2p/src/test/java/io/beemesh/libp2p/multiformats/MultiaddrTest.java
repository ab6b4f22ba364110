package io.beemesh.libp2p.multiformats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultiaddrTest {
    @ParameterizedTest
    @CsvSource({
            "/ip4/127.0.0.1/tcp/4001, 047f000001060fa1",
            "/ip6/::1/udp/9/quic-v1, 29000000000000000000000000000000019102" + "0009cd03",
            "/ip6/2001:db8::ff00:42:8329/tcp/80, 2920010db8000000000000ff0000428329060050",
            "/dns4/example.com/tcp/443/tls/ws, 360b6578616d706c652e636f6d0601bbc003dd03",
            "/dnsaddr/bootstrap.libp2p.io, 3813626f6f7473747261702e6c69627032702e696f",
            "/unix/tmp/a.sock, 90030b2f746d702f612e736f636b",
            "/p2p-circuit, a202",
    })
    void parse_knownVector_hasItsBytes(String text, String hex) throws FormatException {
        Multiaddr address = Multiaddr.parse(text);
        assertThat(HexFormat.of().formatHex(address.toBytes())).isEqualTo(hex);
        assertThat(address).hasToString(text);
        assertThat(Multiaddr.fromBytes(address.toBytes())).isEqualTo(address);
    }

    @Test
    void parse_circuitAddress_roundTrips() throws FormatException {
        String text = "/ip4/1.2.3.4/tcp/1/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC"
                + "/p2p-circuit/p2p/12D3KooWPcfGdBCrdxX9nqGAdPAdkPMqfKEDjbZWGA4UFBJuY4rP";
        Multiaddr address = Multiaddr.parse(text);
        assertThat(address).hasToString(text);
        assertThat(address.parts()).hasSize(5);
        assertThat(address.startsWith(AddressProtocol.IP4, AddressProtocol.TCP)).isTrue();
        assertThat(address.part(AddressProtocol.TCP).orElseThrow().port()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "", "/", "ip4/1.2.3.4", "/ip4", "/ip4/", "/ip4/1.2.3", "/ip4/1.2.3.256",
            "/ip4/1.2.3.-4", "/ip4/::1",
            "/ip6/1.2.3.4", "/ip6/1::2::3", "/ip6/1:2:3:4:5:6:7:8:9", "/ip6/12345::",
            "/ip6/fe80::1%eth0", "/tcp/65536",
            "/tcp/x", "/tcp/+1", "/nonsense/1", "/p2p/Qm", "/p2p/0OIl", "/dns4//tcp/1",
            "//ip4/1.2.3.4"
    })
    void parse_brokenText_refuses(String text) {
        assertThatThrownBy(() -> Multiaddr.parse(text)).isInstanceOf(FormatException.class);
    }

    @ParameterizedTest
    @CsvSource({
            "::, /ip6/::", "1::, /ip6/1::", "::ffff:1.2.3.4, /ip6/::ffff:102:304",
            "1:0:0:2:0:0:0:3, /ip6/1:0:0:2::3", "1:2:3:4:5:6:7:8, /ip6/1:2:3:4:5:6:7:8",
            "1:0:2:0:3:0:4:0, /ip6/1:0:2:0:3:0:4:0",
    })
    void toString_ip6_isShortest(String text, String expected) throws FormatException {
        assertThat(Multiaddr.parse("/ip6/" + text)).hasToString(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"047f0000", "06", "0600", "a50300", "a503020001", "36ff01", "9003",
            "ffffffffffffffff7f01", "3600", "3601ff"})
    void fromBytes_hostile_refuses(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertThatThrownBy(() -> Multiaddr.fromBytes(bytes)).isInstanceOf(FormatException.class);
    }

    @Test
    void fromBytes_randomAndMutated_parsesOrRefuses() throws FormatException {
        SplittableRandom random = new SplittableRandom(1);
        byte[] good = Multiaddr.parse("/ip4/127.0.0.1/udp/4001/quic-v1/dns4/a.example/unix/tmp/x")
                .toBytes();
        int parsed = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] input = good.clone();
            for (int m = random.nextInt(4); m >= 0; m--) {
                input[random.nextInt(input.length)] = (byte) random.nextInt(256);
            }
            input = Arrays.copyOf(input, random.nextInt(input.length + 8));
            try {
                Multiaddr address = Multiaddr.fromBytes(input);
                assertThat(address.toBytes()).isEqualTo(input);
                assertThat(address.toString()).startsWith("/");
                parsed++;
            } catch (FormatException e) {
                assertThat(e).hasMessageMatching("(?s).+");
            }
        }
        assertThat(parsed).isPositive();
    }
}
