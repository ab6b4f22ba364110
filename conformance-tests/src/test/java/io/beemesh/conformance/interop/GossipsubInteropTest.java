package io.beemesh.conformance.interop;

import static io.beemesh.conformance.interop.InteropPeer.command;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.libp2p.pubsub.MessageId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A mesh of five hosts of ours, four js, three go and three rust peers: each message reaches each of them once. */
@WithoutPodman
final class GossipsubInteropTest {
    private static final String TOPIC = "interop";
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int OURS = 5;
    private static final int JS = 4;
    private static final int GO = 3;
    private static final int RUST = 3;

    private final List<JavaPeer> ours = new ArrayList<>();
    private final List<InteropPeer> others = new ArrayList<>();

    private static List<String> received(InteropPeer peer) {
        return peer.events(event -> event.path("event").asText().equals("message")
                && event.path("topic").asText().equals(TOPIC)).stream()
                .map(event -> new String(decode(event.path("data").asText()),
                        StandardCharsets.UTF_8))
                .toList();
    }

    private static byte[] decode(String base64) {
        return Base64.getDecoder().decode(base64);
    }

    private void start() {
        for (int i = 0; i < OURS; i++) {
            ours.add(new JavaPeer());
        }
        for (int i = 0; i < JS + GO + RUST; i++) {
            String[] options = {"--bootstrap", ours.get(i % OURS).address(), "--bootstrap",
                    ours.get((i + 1) % OURS).address(), "--dht-mode", "off"};
            others.add(i < JS
                    ? InteropPeer.js(options)
                    : i < JS + GO ? InteropPeer.go(options) : InteropPeer.rust(options));
        }
        for (int i = 0; i < OURS; i++) {
            ours.get(i).connect(ours.get((i + 1) % OURS).address());
        }
        ours.forEach(peer -> peer.subscribe(TOPIC));
        others.forEach(peer -> assertThat(
                peer.run(command("subscribe").put("topic", TOPIC)).path("ok").asBoolean())
                .isTrue());
        Eventually.within(LIMIT, () -> {
            for (JavaPeer peer : ours) {
                int mesh = peer.host().onLoop(() -> peer.pubsub().mesh(TOPIC).size());
                assertThat(mesh).isGreaterThanOrEqualTo(4);
            }
            // Connected to ours alone, they are in the mesh with them or nobody.
            others.forEach(peer -> assertThat(
                    peer.run(command("mesh")).path("mesh").toString()).contains("12D3KooW"));
        });
    }

    @Test
    void publish_mixedMesh_reachesEachPeerOnce() {
        try {
            start();
            List<String> sent = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                for (JavaPeer peer : ours) {
                    String text = "ours " + sent.size() + " " + "x".repeat(round * 2_000);
                    sent.add(text);
                    MessageId id = peer.host()
                            .onLoop(() -> peer.pubsub().publish(TOPIC,
                                    text.getBytes(StandardCharsets.UTF_8)));
                    assertThat(id.toBytes()).hasSize(46);
                }
                for (InteropPeer peer : others) {
                    String text = "theirs " + sent.size() + " " + "y".repeat(round * 2_000);
                    sent.add(text);
                    assertThat(peer.run(command("publish").put("topic", TOPIC).put("text", text))
                            .path("ok").asBoolean())
                            .isTrue();
                }
            }
            Eventually.within(LIMIT, () -> {
                ours.forEach(peer -> assertThat(peer.received()).containsAll(sent));
                others.forEach(peer -> assertThat(received(peer))
                        .containsAll(
                                sent.stream().filter(text -> !own(peer, text, sent)).toList()));
            });
            ours.forEach(peer -> assertThat(peer.received()).doesNotHaveDuplicates()
                    .hasSameSizeAs(sent));
            others.forEach(peer -> assertThat(received(peer)).doesNotHaveDuplicates());
            ours.forEach(peer -> assertThat(peer.host().failures()).isZero());
            // Of 2,000 and 4,000 bytes some are longer than what makes anybody say IDONTWANT.
            others.stream().limit(JS + GO).forEach(peer -> {
                JsonNode control = peer.run(command("mesh")).path("control");
                assertThat(control.path("received").path("idontwant").asInt()).isPositive();
                assertThat(control.path("sent").path("idontwant").asInt()).isPositive();
            });
        } finally {
            others.forEach(InteropPeer::close);
            ours.forEach(JavaPeer::close);
        }
    }

    /** js and rust do not give their own messages to themselves. */
    private boolean own(InteropPeer peer, String text, List<String> sent) {
        int place = sent.indexOf(text) % (OURS + JS + GO + RUST);
        return place >= OURS && others.get(place - OURS) == peer;
    }
}
