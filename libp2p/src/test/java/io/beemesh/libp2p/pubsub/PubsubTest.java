package io.beemesh.libp2p.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PeerRecord;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class PubsubTest {
    private static final GossipsubConfig CONFIG = GossipsubConfig.defaults();
    private static final byte[] DATA = "hello".getBytes(StandardCharsets.UTF_8);

    private final PubsubNetwork net = new PubsubNetwork(3, NetworkConditions.lan());

    private void run(int seconds) {
        net.simulation.run(Duration.ofSeconds(seconds));
    }

    private PubsubNetwork.Peer subscriber(MessageValidator.Verdict verdict) {
        PubsubNetwork.Peer peer = net.add(CONFIG);
        peer.subscribe((message, source) -> verdict);
        return peer;
    }

    /** A chain of three; what the middle one thinks decides whether the last one hears. */
    private List<PubsubNetwork.Peer> chain(MessageValidator.Verdict middle) {
        List<PubsubNetwork.Peer> chain = List.of(subscriber(MessageValidator.Verdict.ACCEPT),
                subscriber(middle),
                subscriber(MessageValidator.Verdict.ACCEPT));
        net.connect(chain.get(0), chain.get(1));
        net.connect(chain.get(1), chain.get(2));
        run(3);
        net.publish(chain.getFirst(), DATA);
        run(5);
        return chain;
    }

    private static double score(PubsubNetwork.Peer of, PubsubNetwork.Peer about) {
        double[] score = new double[1];
        of.run(() -> score[0] = of.pubsub.explainScore(about.host.peerId()).invalidMessages());
        return score[0];
    }

    @Test
    void publish_chain_reachesAllOnceWithAuthor() {
        List<PubsubNetwork.Peer> chain = chain(MessageValidator.Verdict.ACCEPT);
        for (PubsubNetwork.Peer peer : chain) {
            assertThat(peer.received).singleElement().satisfies(message -> {
                assertThat(message.author()).isEqualTo(chain.getFirst().host.peerId());
                assertThat(message.data()).isEqualTo(DATA);
            });
        }
    }

    @Test
    void validator_ignores_isNotPassedOnAndNotBlamed() {
        List<PubsubNetwork.Peer> chain = chain(MessageValidator.Verdict.IGNORE);
        assertThat(chain.get(1).received).isEmpty();
        assertThat(chain.get(2).received).isEmpty();
        assertThat(score(chain.get(1), chain.get(0))).isZero();
    }

    @Test
    void validator_rejects_isNotPassedOnAndBlamed() {
        List<PubsubNetwork.Peer> chain = chain(MessageValidator.Verdict.REJECT);
        assertThat(chain.get(2).received).isEmpty();
        assertThat(score(chain.get(1), chain.get(0))).isNegative();
    }

    @Test
    void publish_notSubscribed_reachesByFanout() {
        GossipsubConfig quiet = CONFIG.withFloodPublish(false);
        PubsubNetwork.Peer publisher = net.add(quiet);
        net.grow(20, 4, quiet);
        for (PubsubNetwork.Peer peer : net.peers.subList(1, 12)) {
            net.connect(publisher, peer);
        }
        run(5);
        MessageId id = net.publish(publisher, DATA);
        run(5);
        assertThat(net.peers.subList(1, 21)).allMatch(peer -> peer.receivedNanos.containsKey(id));
        assertThat(publisher.received).isEmpty();
    }

    @Test
    void connect_moreTopicsThanFitAFrame_allAreKnown() {
        PubsubNetwork.Peer a = net.add(CONFIG);
        PubsubNetwork.Peer b = net.add(CONFIG);
        a.run(() -> {
            for (int i = 0; i < 1_200; i++) {
                Pubsub.Subscription ignored = a.pubsub.subscribe("topic " + i, message -> {
                }, (message, source) -> MessageValidator.Verdict.ACCEPT);
            }
        });
        net.connect(a, b);
        run(3);
        b.run(() -> {
            for (int i = 0; i < 1_200; i++) {
                assertThat(b.pubsub.subscribers("topic " + i)).hasSize(1);
            }
        });
    }

    @Test
    void unsubscribe_laterMessages_doNotArrive() {
        PubsubNetwork.Peer a = subscriber(MessageValidator.Verdict.ACCEPT);
        PubsubNetwork.Peer b = net.add(CONFIG);
        Pubsub.Subscription subscription = b
                .subscribe((message, source) -> MessageValidator.Verdict.ACCEPT);
        net.connect(a, b);
        run(3);
        a.run(() -> assertThat(a.pubsub.mesh(PubsubNetwork.TOPIC))
                .containsExactly(b.host.peerId()));
        b.run(subscription::close);
        run(1);
        net.publish(a, DATA);
        run(2);
        assertThat(b.received).isEmpty();
        a.run(() -> assertThat(a.pubsub.subscribers(PubsubNetwork.TOPIC)).isEmpty());
    }

    @Test
    void mesh_manyPeers_keepsItsDegree() {
        net.grow(60, 15, CONFIG);
        run(20);
        for (PubsubNetwork.Peer peer : net.peers) {
            peer.run(() -> assertThat(peer.pubsub.mesh(PubsubNetwork.TOPIC)).hasSizeBetween(5, 12));
        }
    }

    @Test
    void mesh_dialedByMany_keepsPeersThatItDialedItself() {
        net.grow(4, 0, CONFIG);
        PubsubNetwork.Peer hub = net.peers.getFirst();
        List<PubsubNetwork.Peer> own = List.copyOf(net.peers.subList(1, 4));
        own.forEach(peer -> net.connect(hub, peer));
        run(5);
        for (int i = 0; i < 30; i++) {
            PubsubNetwork.Peer stranger = net.add(CONFIG);
            Pubsub.Subscription ignored = stranger
                    .subscribe((message, source) -> MessageValidator.Verdict.ACCEPT);
            net.connect(stranger, hub);
        }
        for (int i = 0; i < 60; i++) {
            run(2);
            hub.run(() -> assertThat(hub.pubsub.mesh(PubsubNetwork.TOPIC)).filteredOn(
                    id -> own.stream().anyMatch(peer -> peer.host.peerId().equals(id)))
                    .hasSizeGreaterThanOrEqualTo(CONFIG.degreeOut()));
        }
    }

    /** Speaks the wire by hand. */
    private final class Attacker {
        final SimulatedHost host = net.network.newHost();
        final List<Rpc> heard = new ArrayList<>();
        final Stream stream;

        Attacker(PubsubNetwork.Peer victim) {
            this(victim, PeerLinks.V12);
        }

        Attacker(PubsubNetwork.Peer victim, ProtocolId protocol) {
            this(victim, protocol, true);
        }

        Attacker(PubsubNetwork.Peer victim, ProtocolId protocol, boolean reads) {
            host.handle(protocol, reads ? this::read : inbound -> {
            });
            host.addressBook().add(victim.host.peerId(), victim.host.listenAddresses(),
                    Duration.ofHours(1));
            CompletableFuture<Stream> opened = host.newStream(victim.host.peerId(),
                    List.of(protocol));
            run(2);
            stream = opened.join();
            stream.reader(new StreamReader() {
                @Override
                public void onData(ByteBuffer bytes) {}

                @Override
                public void onEnd() {}

                @Override
                public void onReset(StreamResetException cause) {}
            });
            Rpc hello = new Rpc();
            hello.subscriptions.add(new Rpc.Subscription(true, PubsubNetwork.TOPIC));
            send(hello);
        }

        private void read(Stream inbound) {
            FrameReader.start(inbound, 1_000_000, new FrameReader.Receiver() {
                @Override
                public void onFrame(ByteBuffer frame) {
                    try {
                        heard.add(PubsubCodec.decode(frame));
                    } catch (PubsubException e) {
                        throw new IllegalStateException(e);
                    }
                }

                @Override
                public void onEnd() {}

                @Override
                public void onFailure(Libp2pException cause) {}
            });
        }

        void send(Rpc rpc) {
            stream.write(FrameReader.frame(PubsubCodec.encode(rpc)));
            run(1);
        }
    }

    @Test
    void message_forged_isRejectedUntilSenderIsGraylisted() {
        PubsubNetwork.Peer victim = subscriber(MessageValidator.Verdict.ACCEPT);
        PeerId author = net.add(CONFIG).host.peerId();
        Attacker attacker = new Attacker(victim);
        for (int i = 0; i < 10; i++) {
            byte[] seqno = ByteBuffer.allocate(8).putLong(i).array();
            attacker.send(Rpc.of(new WireMessage(author.toBytes(), DATA, seqno, PubsubNetwork.TOPIC,
                    new byte[64], null)));
        }
        assertThat(victim.received).isEmpty();
        victim.run(() -> {
            PubsubStatus status = victim.pubsub.status();
            assertThat(status.rejected()).isBetween(2L, 5L);
            assertThat(status.graylisted()).isPositive();
            assertThat(victim.pubsub.mesh(PubsubNetwork.TOPIC)).isEmpty();
        });
    }

    @Test
    void ihave_neverKept_costsScoreAndAnswersAreBounded() {
        PubsubNetwork.Peer victim = subscriber(MessageValidator.Verdict.ACCEPT);
        Attacker attacker = new Attacker(victim);
        for (int i = 0; i < 40; i++) {
            Rpc rpc = new Rpc();
            List<MessageId> ids = new ArrayList<>();
            for (int j = 0; j < 100; j++) {
                ids.add(MessageId.of(ByteBuffer.allocate(46).putInt(i).putInt(j).array()));
            }
            rpc.ihave.add(new Rpc.IHave(PubsubNetwork.TOPIC, ids));
            attacker.send(rpc);
        }
        assertThat(attacker.heard.stream().mapToInt(rpc -> rpc.iwant.size()).sum()).isBetween(1,
                4_000);
        victim.run(() -> assertThat(victim.pubsub.explainScore(attacker.host.peerId()).behaviour())
                .isNegative());
    }

    @Test
    void graft_inBackoff_isPrunedAndBlamed() {
        PubsubNetwork.Peer victim = subscriber(MessageValidator.Verdict.ACCEPT);
        Attacker attacker = new Attacker(victim);
        for (int i = 0; i < 20; i++) {
            Rpc rpc = new Rpc();
            rpc.prune.add(new Rpc.Prune(PubsubNetwork.TOPIC, List.of(), 60));
            rpc.graft.add(PubsubNetwork.TOPIC);
            attacker.send(rpc);
        }
        assertThat(attacker.heard.stream().mapToInt(rpc -> rpc.prune.size()).sum()).isPositive();
        victim.run(() -> assertThat(victim.pubsub.explainScore(attacker.host.peerId()).behaviour())
                .isNegative());
    }

    @Test
    void frame_garbage_resetsStreamAndHostLives() {
        PubsubNetwork.Peer victim = subscriber(MessageValidator.Verdict.ACCEPT);
        Attacker attacker = new Attacker(victim);
        attacker.stream.write(ByteBuffer.wrap(new byte[]{3, 0x0a, 0x7f, 1}));
        run(1);
        assertThat(attacker.stream.isOpen()).isFalse();
        PubsubNetwork.Peer other = subscriber(MessageValidator.Verdict.ACCEPT);
        net.connect(other, victim);
        run(3);
        net.publish(other, DATA);
        run(1);
        assertThat(victim.received).hasSize(1);
    }

    /** By default a message counts as new once its id is forgotten, as in go-libp2p. */
    @Test
    void message_sentAgainAfterItWasForgotten_isIgnoredIfSequencesCount() {
        PubsubNetwork.Peer plain = subscriber(MessageValidator.Verdict.ACCEPT);
        PubsubNetwork.Peer counting = net.add(CONFIG);
        counting.subscribe(new SequenceValidator(counting.host.loop(), CONFIG.seenLife(),
                (message, source) -> MessageValidator.Verdict.ACCEPT));
        WireMessage message = new MessageSigner(net.add(CONFIG).key, net.simulation.wallTime())
                .sign(PubsubNetwork.TOPIC, DATA);
        for (PubsubNetwork.Peer victim : List.of(plain, counting)) {
            Attacker attacker = new Attacker(victim);
            for (int i = 0; i < 3; i++) {
                attacker.send(Rpc.of(message));
                run(130);
            }
        }
        assertThat(plain.received).hasSize(3);
        assertThat(counting.received).hasSize(1);
    }

    @Test
    void dontWant_beforeMessage_isNotSent() throws Exception {
        PubsubNetwork.Peer victim = subscriber(MessageValidator.Verdict.ACCEPT);
        Attacker source = new Attacker(victim);
        Attacker unwilling = new Attacker(victim);
        Attacker willing = new Attacker(victim);
        run(2);
        WireMessage message = new MessageSigner(net.add(CONFIG).key, net.simulation.wallTime())
                .sign(PubsubNetwork.TOPIC, new byte[5_000]);
        Rpc dontWant = new Rpc();
        dontWant.idontwant.add(MessageSigner.idOf(message));
        unwilling.send(dontWant);
        source.send(Rpc.of(message));
        assertThat(victim.received).hasSize(1);
        assertThat(unwilling.heard).allMatch(rpc -> rpc.messages.isEmpty());
        assertThat(willing.heard.stream().mapToInt(rpc -> rpc.messages.size()).sum()).isEqualTo(1);
    }

    @Test
    void peer_olderProtocol_getsMessagesButNoDontWant() {
        PubsubNetwork.Peer victim = subscriber(MessageValidator.Verdict.ACCEPT);
        PubsubNetwork.Peer author = subscriber(MessageValidator.Verdict.ACCEPT);
        net.connect(author, victim);
        Attacker old = new Attacker(victim, new ProtocolId("/meshsub/1.0.0"));
        Attacker current = new Attacker(victim, PeerLinks.V12);
        run(3);
        net.publish(author, new byte[5_000]);
        run(2);
        assertThat(old.heard.stream().mapToInt(rpc -> rpc.messages.size()).sum()).isEqualTo(1);
        assertThat(current.heard.stream().mapToInt(rpc -> rpc.messages.size()).sum()).isEqualTo(1);
        assertThat(old.heard).allMatch(rpc -> rpc.idontwant.isEmpty());
        assertThat(current.heard).anyMatch(rpc -> !rpc.idontwant.isEmpty());
    }

    private static byte[] record(PubsubNetwork.Peer of) {
        return new PeerRecord(of.host.peerId(), 1, of.host.listenAddresses()).seal(of.key)
                .toBytes();
    }

    private static Rpc.Exchanged named(PubsubNetwork.Peer peer, byte[] record) {
        return new Rpc.Exchanged(peer.host.peerId().toBytes(), record);
    }

    private void prune(Attacker from, Rpc.Exchanged... named) {
        Rpc rpc = new Rpc();
        rpc.prune.add(new Rpc.Prune(PubsubNetwork.TOPIC, List.of(named), 60));
        from.send(rpc);
        run(2);
    }

    @Test
    void prune_thatNamesOthers_onlyThoseThatSignedAreDialed_andOnlyForPeersOfGoodScore() {
        PubsubNetwork.Peer victim = subscriber(MessageValidator.Verdict.ACCEPT);
        Attacker attacker = new Attacker(victim);
        PubsubNetwork.Peer signed = net.add(CONFIG);
        PubsubNetwork.Peer other = net.add(CONFIG);
        byte[] spoiled = record(other);
        spoiled[spoiled.length - 1] ^= 1;
        prune(attacker, named(other, spoiled), named(other, new byte[0]),
                named(other, record(signed)), named(signed, record(signed)));
        victim.run(() -> assertThat(victim.host.connectedPeers()).containsExactlyInAnyOrder(
                attacker.host.peerId(), signed.host.peerId()));
        Attacker disliked = new Attacker(victim);
        run(2);
        victim.run(() -> victim.pubsub.applicationScore(disliked.host.peerId(), -1));
        prune(disliked, named(other, record(other)));
        victim.run(() -> assertThat(victim.host.connectedPeers())
                .doesNotContain(other.host.peerId()));
    }

    /** Prunes of topics or peers that are in no mesh here, and more names than are dialed in a heartbeat. */
    @Test
    void prune_manyThatNameOthers_dialsAreBounded() {
        PubsubNetwork.Peer victim = subscriber(MessageValidator.Verdict.ACCEPT);
        victim.run(() -> victim.pubsub.subscribe("second", message -> {
        }, (message, source) -> MessageValidator.Verdict.ACCEPT));
        Attacker attacker = new Attacker(victim);
        Rpc hello = new Rpc();
        hello.subscriptions.add(new Rpc.Subscription(true, "second"));
        attacker.send(hello);
        List<Rpc.Exchanged> named = new ArrayList<>();
        for (int i = 0; i < 48; i++) {
            PubsubNetwork.Peer peer = net.add(CONFIG);
            named.add(named(peer, record(peer)));
        }
        run(2);
        Rpc rpc = new Rpc();
        for (int i = 0; i < 100; i++) {
            rpc.prune.add(new Rpc.Prune("other " + i, named.subList(32, 48), 60));
        }
        attacker.send(rpc);
        run(2);
        victim.run(() -> assertThat(victim.host.connectedPeers()).hasSize(1));
        rpc = new Rpc();
        for (String topic : List.of(PubsubNetwork.TOPIC, PubsubNetwork.TOPIC, "second")) {
            rpc.prune.add(new Rpc.Prune(topic,
                    topic.equals("second") ? named.subList(16, 32) : named.subList(0, 16), 60));
        }
        rpc.prune.add(new Rpc.Prune(PubsubNetwork.TOPIC, named.subList(32, 48), 60));
        attacker.send(rpc);
        run(2);
        victim.run(() -> assertThat(victim.host.connectedPeers()).hasSize(1 + 16));
    }

    @Test
    void peer_thatDoesNotRead_costsABoundedQueueAndNobodyElse() {
        PubsubNetwork.Peer author = subscriber(MessageValidator.Verdict.ACCEPT);
        PubsubNetwork.Peer victim = subscriber(MessageValidator.Verdict.ACCEPT);
        PubsubNetwork.Peer reader = subscriber(MessageValidator.Verdict.ACCEPT);
        net.connect(author, victim);
        net.connect(reader, victim);
        Attacker deaf = new Attacker(victim, PeerLinks.V12, false);
        run(3);
        victim.run(() -> assertThat(victim.pubsub.mesh(PubsubNetwork.TOPIC))
                .contains(deaf.host.peerId()));
        int messages = 2 * Outbox.DROPPABLE_MAX;
        for (int i = 0; i < messages; i++) {
            net.publish(author, new byte[10_000]);
            net.simulation.run(Duration.ofMillis(20));
        }
        run(3);
        assertThat(reader.received).hasSize(messages);
        victim.run(() -> assertThat(victim.pubsub.status().dropped())
                .isBetween((long) messages - Outbox.DROPPABLE_MAX - 100, (long) messages));
    }
}
