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

/** One DHT of two hosts of ours, a js, a go and a rust peer: what any of them stores every other one finds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@WithoutPodman
final class DhtInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private JavaPeer first = new JavaPeer();
    private JavaPeer second = new JavaPeer();
    private InteropPeer js = InteropPeer.js("--bootstrap", first.address());
    private InteropPeer go = InteropPeer.go("--bootstrap", first.address());
    private InteropPeer rust = InteropPeer.rust("--bootstrap", first.address());

    @BeforeAll
    void join() {
        second.join(first.address());
        Eventually.within(LIMIT, () -> {
            assertThat(table(js)).contains(first.host().id().toString());
            assertThat(table(go)).contains(first.host().id().toString());
            assertThat(table(rust)).contains(first.host().id().toString());
            int contacts = first.host().onLoop(() -> first.kademlia().status().contacts());
            assertThat(contacts).isEqualTo(4);
        });
    }

    @AfterAll
    void close() {
        js.close();
        go.close();
        rust.close();
        first.close();
        second.close();
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
        assertThat(get(js, "/beemesh/ours")).isEqualTo("our value");
        assertThat(get(go, "/beemesh/ours")).isEqualTo("our value");
        assertThat(get(rust, "/beemesh/ours")).isEqualTo("our value");
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
        assertThat(get(second, "/beemesh/rust")).contains("rust value");
        assertThat(get(go, "/beemesh/rust")).isEqualTo("rust value");
        assertThat(get(js, "/beemesh/rust")).isEqualTo("rust value");
        assertThat(get(rust, "/beemesh/js")).isEqualTo("js value");
        assertThat(get(second, "/beemesh/js")).contains("js value");
        assertThat(get(second, "/beemesh/go")).contains("go value");
        assertThat(get(go, "/beemesh/js")).isEqualTo("js value");
        assertThat(get(js, "/beemesh/go")).isEqualTo("go value");
    }

    @Test
    void value_better_replacesWorseEverywhere() {
        JsonNode worse = go.run(command("dht-put").put("key", "/beemesh/both").put("text", "a"));
        assertThat(worse.path("ok").asBoolean()).isTrue();
        Integer stored = first.host()
                .get(() -> first.kademlia().putValue(bytes("/beemesh/both"), bytes("b")));
        assertThat(stored).isEqualTo(4);
        assertThat(get(go, "/beemesh/both")).isEqualTo("b");
        assertThat(get(js, "/beemesh/both")).isEqualTo("b");
        assertThat(get(rust, "/beemesh/both")).isEqualTo("b");
        assertThat(get(second, "/beemesh/both")).contains("b");
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
            List<KadPeer> found = first.host().get(() -> first.kademlia().findProviders(key, 20));
            assertThat(found).extracting(peer -> peer.id().toString())
                    .containsExactlyInAnyOrder(all);
            assertThat(js.run(command("dht-find-providers").put("key", "thing")).toString())
                    .contains(second.host().id().toString(), go.id());
            assertThat(go.run(command("dht-find-providers").put("key", "thing")).toString())
                    .contains(second.host().id().toString(), js.id());
            assertThat(rust.run(command("dht-find-providers").put("key", "thing")).toString())
                    .contains(second.host().id().toString(), js.id(), go.id());
        });
    }

    @Test
    void peers_findEachOther_withAddresses() throws Exception {
        for (InteropPeer sought : List.of(js, go, rust)) {
            PeerId id = PeerId.parse(sought.id());
            Optional<KadPeer> found = second.host().get(() -> second.kademlia().findPeer(id));
            assertThat(found.orElseThrow().addresses().toString()).contains("/ip4/127.0.0.1/tcp/");
        }
        String ours = second.host().id().toString();
        assertThat(js.run(command("dht-find-peer").put("peer", ours)).path("addrs").toString())
                .contains("/tcp/");
        assertThat(go.run(command("dht-find-peer").put("peer", ours)).path("addrs").toString())
                .contains("/tcp/");
        assertThat(rust.run(command("dht-find-peer").put("peer", ours)).path("addrs").toString())
                .contains("/tcp/");
        assertThat(
                js.run(command("dht-closest").put("key", "/beemesh/any")).path("peers").toString())
                .contains(ours, first.host().id().toString(), go.id());
    }
}
