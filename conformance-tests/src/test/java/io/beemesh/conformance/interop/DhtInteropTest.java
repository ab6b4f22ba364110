package io.beemesh.conformance.interop;

import static io.beemesh.conformance.interop.InteropPeer.command;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.libp2p.kad.KadPeer;
import io.beemesh.libp2p.multiformats.Multihash;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * One DHT of two hosts of ours, a js, a go and a rust peer: what any of them stores others find. It is looked for by
 * clients, one of each make, that store nothing themselves and so must ask.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@WithoutPodman
final class DhtInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private JavaPeer first = new JavaPeer();
    private JavaPeer second = new JavaPeer();
    private InteropPeer js = InteropPeer.js("--bootstrap", first.address());
    private InteropPeer go = InteropPeer.go("--bootstrap", first.address());
    private InteropPeer rust = InteropPeer.rust("--bootstrap", first.address());
    private JavaPeer client = JavaPeer.client();
    private InteropPeer jsClient = InteropPeer.js("--dht-mode", "client", "--bootstrap",
            first.address());
    private InteropPeer goClient = InteropPeer.go("--dht-mode", "client", "--bootstrap",
            first.address());
    private InteropPeer rustClient = InteropPeer.rust("--dht-mode", "client", "--bootstrap",
            first.address());

    @BeforeAll
    void join() {
        second.join(first.address());
        client.join(first.address());
        Eventually.within(LIMIT, () -> {
            assertThat(table(js)).contains(first.host().id().toString());
            assertThat(table(go)).contains(first.host().id().toString());
            assertThat(table(rust)).contains(first.host().id().toString());
            int contacts = first.host().onLoop(() -> first.kademlia().status().contacts());
            // The clients are known to nobody.
            assertThat(contacts).isEqualTo(4);
            for (InteropPeer each : List.of(jsClient, goClient, rustClient)) {
                assertThat(table(each)).contains(first.host().id().toString());
            }
        });
    }

    @AfterAll
    void close() {
        List.of(js, go, rust, jsClient, goClient, rustClient).forEach(InteropPeer::close);
        List.of(first, second, client).forEach(JavaPeer::close);
    }

    private static String table(InteropPeer peer) {
        return peer.run(command("dht-table")).path("peers").toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Optional<String> get(JavaPeer peer, String key) {
        Optional<byte[]> value = peer.host().get(() -> peer.kademlia().getValue(bytes(key)));
        return value.map(it -> new String(it, StandardCharsets.UTF_8));
    }

    private static String get(InteropPeer peer, String key) {
        return peer.run(command("dht-get").put("key", key)).path("text").asText();
    }

    @Test
    void value_putByUs_isGotByOthers() {
        Integer stored = second.host()
                .get(() -> second.kademlia().putValue(bytes("/beemesh/ours"), bytes("our value")));
        assertThat(stored).isEqualTo(4);
        isGotByClients("/beemesh/ours", "our value");
    }

    /** By one of each make, none of which has it. */
    private void isGotByClients(String key, String value) {
        assertThat(get(client, key)).contains(value);
        assertThat(get(jsClient, key)).isEqualTo(value);
        assertThat(get(goClient, key)).isEqualTo(value);
        assertThat(get(rustClient, key)).isEqualTo(value);
    }

    @Test
    void value_putByOthers_isGotByAll() {
        JsonNode byJs = js
                .run(command("dht-put").put("key", "/beemesh/js").put("text", "js value"));
        assertThat(byJs.path("stored").toString()).contains(first.host().id().toString());
        JsonNode byGo = go
                .run(command("dht-put").put("key", "/beemesh/go").put("text", "go value"));
        assertThat(byGo.path("ok").asBoolean()).isTrue();
        JsonNode byRust = rust
                .run(command("dht-put").put("key", "/beemesh/rust").put("text", "rust value"));
        assertThat(byRust.path("ok").asBoolean()).isTrue();
        for (String make : List.of("js", "go", "rust")) {
            isGotByClients("/beemesh/" + make, make + " value");
        }
    }

    @Test
    void value_better_replacesWorseEverywhere() {
        JsonNode worse = go.run(command("dht-put").put("key", "/beemesh/both").put("text", "a"));
        assertThat(worse.path("ok").asBoolean()).isTrue();
        Integer stored = first.host()
                .get(() -> first.kademlia().putValue(bytes("/beemesh/both"), bytes("b")));
        assertThat(stored).isEqualTo(4);
        isGotByClients("/beemesh/both", "b");
    }

    @Test
    void providers_ofAll_areFoundByAll() {
        byte[] key = Multihash.sha256(bytes("thing")).toBytes();
        Integer told = second.host().get(() -> second.kademlia().provide(key));
        assertThat(told).isEqualTo(4);
        JsonNode byJs = js.run(command("dht-provide").put("key", "thing"));
        JsonNode byGo = go.run(command("dht-provide").put("key", "thing"));
        JsonNode byRust = rust.run(command("dht-provide").put("key", "thing"));
        assertThat(byJs.path("ok").asBoolean() && byGo.path("ok").asBoolean()
                && byRust.path("ok").asBoolean()).isTrue();
        String[] all = {second.host().id().toString(), js.id(), go.id(), rust.id()};
        Eventually.within(LIMIT, () -> {
            List<KadPeer> found = client.host()
                    .get(() -> client.kademlia().findProviders(key, 20));
            assertThat(found).extracting(peer -> peer.id().toString())
                    .containsExactlyInAnyOrder(all);
            for (InteropPeer each : List.of(jsClient, goClient, rustClient)) {
                assertThat(each.run(command("dht-find-providers").put("key", "thing")).toString())
                        .contains(all);
            }
        });
    }

    @Test
    void peers_findEachOther_withAddresses() throws Exception {
        for (InteropPeer sought : List.of(js, go, rust)) {
            PeerId id = PeerId.parse(sought.id());
            Optional<KadPeer> found = client.host().get(() -> client.kademlia().findPeer(id));
            assertThat(found.orElseThrow().addresses().toString()).contains("/ip4/127.0.0.1/tcp/");
        }
        String ours = second.host().id().toString();
        for (InteropPeer each : List.of(jsClient, goClient, rustClient)) {
            assertThat(each.run(command("dht-find-peer").put("peer", ours)).path("addrs")
                    .toString()).contains("/tcp/");
        }
        assertThat(jsClient.run(command("dht-closest").put("key", "/beemesh/any")).path("peers")
                .toString()).contains(ours, first.host().id().toString(), go.id());
    }
}
