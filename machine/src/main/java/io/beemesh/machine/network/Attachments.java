package io.beemesh.machine.network;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.runtime.SandboxSpec.PodName;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The pods of this machine that have a sidecar. Written on the node's loop, read from any thread. */
public final class Attachments {
    private final Map<String, Attachment> byUid = new ConcurrentHashMap<>();
    private final Map<PeerId, Attachment> byPeer = new ConcurrentHashMap<>();
    private final Map<String, Attachment> byAddress = new ConcurrentHashMap<>();

    /**
     * One pod: its identity, and its address in text.
     *
     * @param isFenced true if its sidecar has a lease for the ordinal of a StatefulSet
     */
    public record Attachment(PodName pod, String serviceAccount, PeerId peer, String address,
            boolean isFenced) {
        /** One that is of no group. */
        public Attachment(PodName pod, String serviceAccount, PeerId peer, String address) {
            this(pod, serviceAccount, peer, address, false);
        }

        public String uid() {
            return pod.uid();
        }
    }

    public void put(Attachment attachment) {
        remove(attachment.uid());
        byUid.put(attachment.uid(), attachment);
        byPeer.put(attachment.peer(), attachment);
        byAddress.put(attachment.address(), attachment);
    }

    /** What was there of the pod. */
    public Optional<Attachment> remove(String uid) {
        Attachment old = byUid.remove(uid);
        if (old != null) {
            byPeer.remove(old.peer(), old);
            byAddress.remove(old.address(), old);
        }
        return Optional.ofNullable(old);
    }

    public Optional<Attachment> ofUid(String uid) {
        return Optional.ofNullable(byUid.get(uid));
    }

    public Optional<Attachment> ofPeer(PeerId peer) {
        return Optional.ofNullable(byPeer.get(peer));
    }

    public Optional<Attachment> ofAddress(String address) {
        return Optional.ofNullable(byAddress.get(address));
    }
}
