package io.beemesh.sidecar.cli;

import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.FenceTiming;
import io.beemesh.protocol.sidecar.GroupView;
import io.beemesh.protocol.sidecar.RefusedException;
import io.beemesh.sidecar.http.GroupRoutes;
import io.beemesh.sidecar.http.LocalEndpoint;
import io.beemesh.sidecar.proxy.Sidecar;
import io.beemesh.sidecar.proxy.SidecarConfig;
import io.beemesh.sidecar.ratis.RatisLog;
import io.beemesh.sidecar.ratis.RatisSettings;
import io.beemesh.sidecar.stateful.Challenges;
import io.beemesh.sidecar.stateful.Group;
import io.beemesh.sidecar.stateful.GroupStreams;
import io.beemesh.sidecar.stateful.MachineGroupLink;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** What a stateful sidecar has beside a stateless one: its part in the group, and the endpoint for the pod. */
final class StatefulPart implements AutoCloseable {
    /** Until an operation of the application fails. */
    private static final Duration OPERATION = Duration.ofSeconds(10);

    private final NettyLoop loop;
    private final Sidecar sidecar;
    private final GroupStreams streams;
    private final MachineGroupLink machine;
    private final Group group;
    private final LocalEndpoint endpoint;

    /**
     * @param set its name
     * @param log the directory that holds the group's log
     */
    StatefulPart(NettyLoop loop, Sidecar sidecar, SidecarConfig config, String set, Path log) {
        this.loop = loop;
        this.sidecar = sidecar;
        this.streams = new GroupStreams(loop, this::open);
        this.machine = new MachineGroupLink(sidecar.host(), config.machine(), this::view);
        this.group = new Group(loop, config.key().peerId(),
                RatisLog.opener(log, streams, RatisSettings.Timing.defaults()), streams,
                new SecureRandom(), new Group.Times(OPERATION, FenceTiming.defaults()),
                machine::tell);
        this.endpoint = new LocalEndpoint(loop,
                new GroupRoutes(group::standing, group::submit, ordinal -> set + "-" + ordinal));
    }

    /** Begins once the sidecar has; gives the port of the endpoint once it listens. */
    CompletableFuture<Integer> startBoth(int port) {
        return sidecar.start().thenComposeAsync(bound -> start(port), loop);
    }

    private CompletableFuture<Integer> start(int port) {
        sidecar.onGroup(carrier -> streams.accept(carrier.stream().remotePeer(), carrier));
        sidecar.fence(group.lease(), new Challenges(group.lease())::accept);
        group.start();
        machine.start();
        return endpoint.start(port);
    }

    private void view(GroupView view) {
        streams.view(view);
        group.view(view);
    }

    private CompletableFuture<Carrier> open(String address) {
        try {
            return sidecar.openGroup(InetAddress.ofLiteral(address));
        } catch (IllegalArgumentException e) {
            return CompletableFuture
                    .failedFuture(new RefusedException(ConnectStatus.UNREACHABLE));
        }
    }

    /** Blocks until the log is closed; not on the loop. */
    @Override
    public void close() {
        endpoint.close();
        group.close();
    }
}
