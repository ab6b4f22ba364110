package io.beemesh.sidecar.ratis;

import io.beemesh.sidecar.stateful.PeerLink;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.ServerFactory;

/** Ratis' requests over a {@link PeerLink}. Ratis makes it by its class name. */
public final class StreamRpcType implements RpcType {
    private static final String LINK = "beemesh.link";

    static void link(Parameters parameters, PeerLink link) {
        parameters.put(LINK, link, PeerLink.class);
    }

    @Override
    public String name() {
        return StreamRpcType.class.getName();
    }

    @Override
    public RpcFactory newFactory(Parameters parameters) {
        return new Factory(this, parameters.getNonNull(LINK, PeerLink.class));
    }

    private record Factory(RpcType type, PeerLink link) implements ServerFactory {
        @Override
        public RpcType getRpcType() {
            return type;
        }

        @Override
        public RaftServerRpc newRaftServerRpc(RaftServer server) {
            return new StreamRpc(server, type, link);
        }
    }
}
