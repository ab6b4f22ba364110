package io.beemesh.apiserver.http.streaming;

import io.beemesh.apiserver.request.ApiResponse.PodStreamRequest;
import io.beemesh.machine.agent.PodStreams;
import io.vertx.core.Context;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Joins pods to connections that were upgraded for exec, attach or port-forward, in the protocol that
 * client and server agreed upon. On the connection's event loop.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/websockets/">WebSockets in
 *     Kubernetes</a>
 */
public final class PodUpgrade {
    /** SPDY frames in WebSocket messages; since kubectl 1.31. */
    private static final String TUNNEL = "SPDY/3.1+portforward.k8s.io";

    private static final List<ChannelProtocol> PROCESS = List.of(ChannelProtocol.values());
    private static final List<ChannelProtocol> PORTS = List.of(ChannelProtocol.V4,
            ChannelProtocol.V4_BASE64, ChannelProtocol.NONE);
    private static final List<String> SPDY_PROCESS = List.of("v4.channel.k8s.io",
            "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io");
    private static final List<String> SPDY_PORTS = List.of("portforward.k8s.io");

    private final PodStreams pods;
    private final Context context;

    /** Serves connections of {@code context}'s event loop. */
    public PodUpgrade(PodStreams pods, Context context) {
        this.pods = pods;
        this.context = context;
    }

    /** All WebSocket subprotocols. */
    public static List<String> webSocketProtocols() {
        List<String> all = new ArrayList<>();
        PROCESS.stream().map(ChannelProtocol::text).filter(t -> !t.isEmpty()).forEach(all::add);
        all.add(TUNNEL);
        return all;
    }

    /** The names in headers that may be repeated and hold lists. */
    public static List<String> offered(List<String> headers) {
        List<String> offered = new ArrayList<>();
        for (String header : headers) {
            for (String name : header.split(",", -1)) {
                if (!name.isBlank()) {
                    offered.add(name.trim());
                }
            }
        }
        return offered;
    }

    /** The subprotocol to use, which may be none, as empty text; empty if there is no common one. */
    public Optional<String> webSocketProtocol(PodStreamRequest request, List<String> offered) {
        if (!(request instanceof PodStreamRequest.PortForward)) {
            return ChannelProtocol.choose(offered, PROCESS).map(ChannelProtocol::text);
        }
        for (String name : offered) {
            if (name.equals(TUNNEL)) {
                return Optional.of(TUNNEL);
            }
            Optional<ChannelProtocol> channels = ChannelProtocol.choose(List.of(name), PORTS);
            if (channels.isPresent()) {
                return channels.map(ChannelProtocol::text);
            }
        }
        return offered.isEmpty() ? Optional.of("") : Optional.empty();
    }

    /** The stream protocol to use over SPDY; empty text if the client named none. */
    public Optional<String> spdyProtocol(PodStreamRequest request, List<String> offered) {
        List<String> known = request instanceof PodStreamRequest.PortForward
                ? SPDY_PORTS
                : SPDY_PROCESS;
        return offered.isEmpty()
                ? Optional.of("")
                : offered.stream().filter(known::contains).findFirst();
    }

    /** Why {@code request} cannot be served in {@code protocol}; empty if it can. */
    public Optional<String> refusal(PodStreamRequest request, String protocol) {
        if (!(request instanceof PodStreamRequest.PortForward ports) || protocol.equals(TUNNEL)) {
            return Optional.empty();
        }
        if (ports.ports().isEmpty()) {
            return Optional.of("query parameter \"ports\" is required");
        }
        return ports.ports().size() <= ChannelPortForward.PORTS_MAX
                ? Optional.empty()
                : Optional.of("at most " + ChannelPortForward.PORTS_MAX
                        + " ports can be forwarded over one connection");
    }

    /** Serves {@code request} on a WebSocket; {@code closed} is called when it is closed. */
    public void join(ServerWebSocket socket, PodStreamRequest request, String protocol,
            Runnable closed) {
        if (request instanceof PodStreamRequest.PortForward forward) {
            if (protocol.equals(TUNNEL)) {
                new SpdyPortForward(new Wire.Tunnel(context, socket), pods, forward.pod(), closed);
            } else {
                new ChannelPortForward(context, socket, ChannelProtocol.of(protocol), closed)
                        .start(pods, forward.pod(), forward.ports());
            }
            return;
        }
        ChannelProcess channels = new ChannelProcess(context, socket,
                ChannelProtocol.of(protocol), wanted(request), closed);
        run(channels, request);
    }

    /** Serves {@code request} on a socket that speaks SPDY/3.1. */
    public void join(NetSocket socket, PodStreamRequest request, String protocol,
            Runnable closed) {
        Wire wire = new Wire.Socket(context, socket);
        if (request instanceof PodStreamRequest.PortForward forward) {
            new SpdyPortForward(wire, pods, forward.pod(), closed);
            return;
        }
        SpdyProcess[] process = new SpdyProcess[1];
        process[0] = new SpdyProcess(wire, protocol, wanted(request), isTty(request),
                () -> run(process[0], request), closed);
    }

    private void run(ProcessChannels channels, PodStreamRequest request) {
        ProcessJoin join = switch (request) {
            case PodStreamRequest.Exec exec -> new ProcessJoin(channels,
                    () -> pods.exec(exec.request()), "error executing command in container");
            case PodStreamRequest.Attach attach -> new ProcessJoin(channels,
                    () -> pods.attach(attach.request()), "error attaching to container");
            case PodStreamRequest.Log log ->
                throw new IllegalArgumentException("not a process: " + log);
            case PodStreamRequest.PortForward forward ->
                throw new IllegalArgumentException("not a process: " + forward);
        };
        Thread.ofVirtual().name("session").start(join::run);
    }

    /** With a terminal all output is stdout. */
    private static ChannelProcess.Wanted wanted(PodStreamRequest request) {
        return switch (request) {
            case PodStreamRequest.Exec(PodStreams.ExecRequest e) ->
                new ChannelProcess.Wanted(e.stdin(), e.stdout(), e.stderr() && !e.tty());
            case PodStreamRequest.Attach(PodStreams.AttachRequest a) ->
                new ChannelProcess.Wanted(a.stdin(), a.stdout(), a.stderr() && !a.tty());
            case PodStreamRequest.Log log ->
                throw new IllegalArgumentException("not a process: " + log);
            case PodStreamRequest.PortForward forward ->
                throw new IllegalArgumentException("not a process: " + forward);
        };
    }

    private static boolean isTty(PodStreamRequest request) {
        return switch (request) {
            case PodStreamRequest.Exec exec -> exec.request().tty();
            case PodStreamRequest.Attach attach -> attach.request().tty();
            case PodStreamRequest.Log ignored -> false;
            case PodStreamRequest.PortForward ignored -> false;
        };
    }
}
