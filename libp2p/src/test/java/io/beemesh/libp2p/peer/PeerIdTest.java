package io.beemesh.libp2p.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.multiformats.Multihash;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerIdTest {
    private static final String SEED_1_ID = "12D3KooWPcfGdBCrdxX9nqGAdPAdkPMqfKEDjbZWGA4UFBJuY4rP";

    static PrivateKey seed(String text) {
        return PrivateKey
                .fromSeed(Multihash.sha256(text.getBytes(StandardCharsets.UTF_8)).digest());
    }

    @Test
    void of_seedOne_isTheIdOtherImplementationsSay() throws FormatException {
        PrivateKey key = seed("1");
        assertThat(HexFormat.of().formatHex(key.publicKey().toBytes()))
                .isEqualTo(
                        "08011220cd03fbddcaaa2703c251656d5ccdd99f5635b1e0653c0636b951a3a3db21dad4");
        assertThat(key.peerId()).hasToString(SEED_1_ID);
        assertThat(PeerId.parse(SEED_1_ID)).isEqualTo(key.peerId());
        assertThat(PeerId.parse(key.peerId().toCidText())).isEqualTo(key.peerId());
        assertThat(key.peerId().inlineKey()).contains(key.publicKey());
    }

    @Test
    void parse_cidAndBase58_areTheSamePeer() throws FormatException {
        // From the peer id specification.
        assertThat(PeerId.parse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe"))
                .isEqualTo(PeerId.parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "b", "Qm",
            "bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", "12D3KooW", "0"})
    void parse_broken_refuses(String text) {
        assertThatThrownBy(() -> PeerId.parse(text)).isInstanceOf(FormatException.class);
    }

    @Test
    void in_address_isItsLastPart() throws FormatException {
        assertThat(PeerId.in(Multiaddr.parse("/ip4/1.2.3.4/tcp/1/p2p/" + SEED_1_ID)))
                .contains(seed("1").peerId());
        assertThat(PeerId.in(Multiaddr.parse("/ip4/1.2.3.4/tcp/1"))).isEmpty();
    }

    @Test
    void privateKey_bothEncodings_readBack() throws FormatException {
        PrivateKey key = seed("2");
        assertThat(PrivateKey.fromBytes(key.toBytes()).publicKey()).isEqualTo(key.publicKey());
        String raw = HexFormat.of().formatHex(key.seed())
                + HexFormat.of().formatHex(key.publicKey().data());
        String twice = "08011260" + raw + raw.substring(64);
        assertThat(PrivateKey.fromBytes(HexFormat.of().parseHex(twice)).peerId())
                .isEqualTo(key.peerId());
        byte[] wrong = HexFormat.of().parseHex(twice.substring(0, twice.length() - 2) + "00");
        assertThatThrownBy(() -> PrivateKey.fromBytes(wrong)).isInstanceOf(FormatException.class);
        assertThat(key.toString()).doesNotContain(HexFormat.of().formatHex(key.seed()));
    }
}
