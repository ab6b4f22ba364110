package io.beemesh.conformance.interop;

import static io.beemesh.conformance.interop.InteropPeer.command;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.libp2p.pubsub.GossipsubConfig;
import io.beemesh.libp2p.pubsub.ScoreConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Gossip with a peer of another make that is not in the mesh, that names others, or that speaks an older version. */
@WithoutPodman
final class GossipsubControlInteropTest {
    private static final String TOPIC = "interop";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** A mesh of one, so that the second who wants to be in it is refused. */
    private static final GossipsubConfig NARROW = new GossipsubConfig(1, 1, 1, 1, 0, 6, 0.25,
            Duration.ofSeconds(1), 5, 3, Duration.ofSeconds(120), Duration.ofSeconds(60),
            Duration.ofSeconds(60), Duration.ofSeconds(10), 1_024, false, 16, 1_000_000,
            ScoreConfig.defaults());

    private final JavaPeer companion = new JavaPeer();
    private final JavaPeer second = new JavaPeer();
    private JavaPeer ours = JavaPeer
            .with(GossipsubConfig.defaults().withFloodPublish(false));

    /** The makes that tell what control messages they get and send. */
    enum Make {
        JS, GO;

        InteropPeer start(String... options) {
            String[] all = Stream.concat(Stream.of("--dht-mode", "off"), Arrays.stream(options))
                    .toArray(String[]::new);
            InteropPeer peer = this == JS ? InteropPeer.js(all) : InteropPeer.go(all);
            JsonNode ignored = peer.run(command("subscribe").put("topic", TOPIC));
            return peer;
        }
    }

    @AfterEach
    void close() {
        companion.close();
        second.close();
        ours.close();
    }

    private static JsonNode mesh(InteropPeer peer) {
        return peer.run(command("mesh"));
    }

    private static int count(InteropPeer peer, String way, String kind) {
        return mesh(peer).path("control").path(way).path(kind).asInt();
    }

    private static boolean hasInMesh(InteropPeer peer, JavaPeer member) {
        return mesh(peer).path("mesh").path(TOPIC).toString().contains(member.host().id() + "\"");
    }

    private static List<String> sources(InteropPeer peer) {
        return peer.events(event -> event.path("event").asText().equals("message")).stream()
                .map(event -> event.path("propagationSource").asText()).toList();
    }

    private static void publish(JavaPeer peer, String text) {
        var ignored = peer.host().onLoop(() -> peer.pubsub().publish(TOPIC,
                text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void publish(InteropPeer peer, String text) {
        JsonNode ignored = peer.run(command("publish").put("topic", TOPIC).put("text", text));
    }

    /** The other's mesh of two is full with companions, and it has refused ours. */
    private void leaveOursOutside(InteropPeer other) {
        for (JavaPeer peer : List.of(companion, second)) {
            peer.subscribe(TOPIC);
            peer.connect(other.address());
            Eventually.within(LIMIT, () -> assertThat(hasInMesh(other, peer)).isTrue());
        }
        ours.connect(other.address());
        ours.host().until(() -> !ours.pubsub().subscribers(TOPIC).isEmpty());
        ours.subscribe(TOPIC);
        Eventually.within(LIMIT, () -> {
            assertThat(ours.host().onLoop(() -> ours.pubsub().mesh(TOPIC).toString()))
                    .doesNotContain(other.id());
            assertThat(mesh(other).path("subscribers").path(TOPIC).toString())
                    .contains(ours.host().id().toString());
        });
        assertThat(hasInMesh(other, ours)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void outsideTheMesh_messagesComeByIHaveAndIWant(Make make) {
        try (InteropPeer other = make.start("--gossip-degree", "2")) {
            leaveOursOutside(other);
            publish(ours, "from ours");
            Eventually.within(LIMIT, () -> assertThat(sources(other))
                    .containsExactly(ours.host().id().toString()));
            // None was sent that had not been asked for.
            assertThat(ours.host().onLoop(() -> ours.pubsub().status().sent())).isZero();
            assertThat(count(other, "received", "ihave")).isPositive();
            assertThat(count(other, "sent", "iwant")).isEqualTo(1);

            int asked = count(other, "received", "iwant");
            publish(other, "from the other");
            Eventually.within(LIMIT, () -> assertThat(ours.received())
                    .containsExactly("from ours", "from the other"));
            assertThat(count(other, "sent", "ihave")).isPositive();
            assertThat(count(other, "received", "iwant")).isEqualTo(asked + 1);
            assertThat(companion.received()).containsExactly("from ours", "from the other");
            assertThat(second.received()).containsExactly("from ours", "from the other");
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusedByTheOther_whichNamesItsPeers_oursConnects(Make make) {
        try (InteropPeer other = make.start("--gossip-degree", "2", "--px")) {
            leaveOursOutside(other);
            ours.host().until(() -> ours.host().host().connectedPeers()
                    .containsAll(List.of(companion.host().id(), second.host().id())));
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusedByOurs_whichNamesItsPeers_theOtherConnects(Make make) {
        ours.close();
        ours = JavaPeer.with(NARROW);
        ours.subscribe(TOPIC);
        companion.subscribe(TOPIC);
        companion.connect(ours.address());
        ours.host().until(() -> ours.pubsub().mesh(TOPIC).size() == 1);
        try (InteropPeer other = make.start("--px")) {
            JsonNode ignored = other.run(command("dial").put("addr", ours.address()));
            Eventually.within(LIMIT, () -> assertThat(other.events(
                    event -> event.path("event").asText().equals("peer-connect"))
                    .stream().map(event -> event.path("peer").asText()))
                    .contains(companion.host().id().toString()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void otherSpeaksOnePointOne_messagesGoBothWays_withoutIDontWant(Make make) {
        companion.subscribe(TOPIC);
        ours.subscribe(TOPIC);
        companion.connect(ours.address());
        try (InteropPeer other = make.start("--gossip-version", "1.1")) {
            ours.connect(other.address());
            ours.host().until(() -> ours.pubsub().mesh(TOPIC).size() == 2);
            Eventually.within(LIMIT, () -> assertThat(hasInMesh(other, ours)).isTrue());
            assertThat(other.run(command("connections")).toString())
                    .contains("/meshsub/1.1.0").doesNotContain("/meshsub/1.2.0");
            String long1 = "x".repeat(4_000);
            String long2 = "y".repeat(4_000);
            publish(companion, long1);
            publish(other, long2);
            Eventually.within(LIMIT, () -> {
                assertThat(sources(other)).contains(ours.host().id().toString());
                assertThat(companion.received()).containsExactlyInAnyOrder(long1, long2);
                assertThat(ours.received()).containsExactlyInAnyOrder(long1, long2);
            });
            assertThat(count(other, "received", "idontwant")).isZero();
        }
    }
}
