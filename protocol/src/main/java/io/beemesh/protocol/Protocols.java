package io.beemesh.protocol;

import io.beemesh.libp2p.ProtocolId;

/** The names of the protocols that nodes speak. Those between machines are, but for
 * the first two, behind the certificate gate. */
public final class Protocols {
    /** Both show their membership certificates, right after the handshake. */
    public static final ProtocolId MEMBER = new ProtocolId("/beemesh/member/1.0.0");

    /** A machine that has a token asks an issuer to be admitted. */
    public static final ProtocolId JOIN = new ProtocolId("/beemesh/join/1.0.0");

    /** A member asks an issuer for certificates with a new life. */
    public static final ProtocolId RENEW = new ProtocolId("/beemesh/renew/1.0.0");

    /** Tells the members that one knows. */
    public static final ProtocolId MEMBERS = new ProtocolId("/beemesh/members/1.0.0");

    /** Are you there, or is that one, as seen from you? */
    public static final ProtocolId PROBE = new ProtocolId("/beemesh/probe/1.0.0");

    /** An issuer is asked to remove a member. */
    public static final ProtocolId REMOVE = new ProtocolId("/beemesh/remove/1.0.0");

    /** Logs, exec, attach and port-forward of a pod on another machine. */
    public static final ProtocolId PODS = new ProtocolId("/beemesh/pods/1.0.0");

    /** A home asks a machine to keep room for pods. */
    public static final ProtocolId AWARD = new ProtocolId("/beemesh/award/1.0.0");

    /** A sidecar asks its machine for a connection to an address; see {@code sidecar.ConnectRequest}. */
    public static final ProtocolId POD_CONNECT = new ProtocolId("/beemesh/pod-connect/1.0.0");

    /** A machine asks a sidecar for a connection to a port of its pod. */
    public static final ProtocolId POD_ACCEPT = new ProtocolId("/beemesh/pod-accept/1.0.0");

    /** A machine asks another for a connection to one of that one's pods; sealed between the two ends. */
    public static final ProtocolId POD_RELAY = new ProtocolId("/beemesh/pod-relay/1.0.0");

    /** A sidecar of a StatefulSet and its machine tell each other of its group; see {@code sidecar.GroupView}. */
    public static final ProtocolId POD_GROUP = new ProtocolId("/beemesh/pod-group/1.0.0");

    /** The primary of a slot is asked to replace a replica; see {@code siblings.CloneTask}. */
    public static final ProtocolId CLONE = new ProtocolId("/beemesh/clone/1.0.0");

    /** A machine is asked whether one of its pods is there. */
    public static final ProtocolId POD_WORD = new ProtocolId("/beemesh/pod-word/1.0.0");

    /** The distributed hash table of machines. */
    public static final ProtocolId KADEMLIA = new ProtocolId("/beemesh/kad/1.0.0");

    private Protocols() {}
}
