package io.beemesh.libp2p.pubsub;

import java.util.ArrayList;
import java.util.List;

/** What one peer tells another in one frame; filled up before it is sent. */
final class Rpc {
    /** Begins or ends a subscription. */
    record Subscription(boolean subscribe, String topic) {}

    /** I have these. */
    record IHave(String topic, List<MessageId> ids) {}

    /** You are out of my mesh; {@code backoffSeconds} 0 is unknown. */
    record Prune(String topic, List<Exchanged> peers, long backoffSeconds) {}

    /** A peer to connect to instead; the record is a signed envelope, or empty. */
    record Exchanged(byte[] peerId, byte[] signedRecord) {}

    final List<Subscription> subscriptions = new ArrayList<>(0);
    final List<WireMessage> messages = new ArrayList<>(0);
    final List<IHave> ihave = new ArrayList<>(0);
    final List<MessageId> iwant = new ArrayList<>(0);
    final List<String> graft = new ArrayList<>(0);
    final List<Prune> prune = new ArrayList<>(0);
    final List<MessageId> idontwant = new ArrayList<>(0);

    static Rpc of(WireMessage message) {
        Rpc rpc = new Rpc();
        rpc.messages.add(message);
        return rpc;
    }

    boolean hasControl() {
        return !(ihave.isEmpty() && iwant.isEmpty() && graft.isEmpty() && prune.isEmpty()
                && idontwant.isEmpty());
    }
}
