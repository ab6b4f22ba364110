package io.beemesh.machine.podman;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.network.netty.PodSockets;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.volume.PodDirectories;
import java.io.FileNotFoundException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Optional;

/** Logs from the node's files, commands and attached streams over Podman's socket, ports by TCP. */
public final class PodmanStreams implements PodStreams, AutoCloseable {
    private static final int CONNECT_MILLIS_MAX = 10_000;

    private final PodmanClient client;
    private final Registry registry;
    private final Loop loop;
    private final PodDirectories directories;
    private final PodSockets sockets;

    /** @param pods the same directory as {@link PodmanRuntime}'s */
    public PodmanStreams(Loop loop, Registry registry, Path socket, Path pods) {
        this(loop, registry, socket, pods, PodSockets.direct());
    }

    /** With the way to pods that have a sidecar. */
    public PodmanStreams(Loop loop, Registry registry, Path socket, Path pods,
            PodSockets sockets) {
        this.sockets = sockets;
        this.client = new PodmanClient(socket);
        this.registry = registry;
        this.loop = loop;
        this.directories = new PodDirectories(pods);
    }

    @Override
    public InputStream logs(LogRequest request) throws PodStreamException {
        PodRef pod = request.pod();
        JsonNode container = status(pod, request.container());
        LogSource source = LogSource.of(pod, container, request.previous());
        Path path = directories.log(pod.uid(), request.container(), source.attempt());
        try {
            return new LogStream(path, request, loop.wallTime(),
                    () -> source.running() && isRunning(pod, request.container(), source.id()));
        } catch (FileNotFoundException e) {
            throw new PodStreamException(PodStreamException.Reason.INTERNAL,
                    "unable to retrieve container logs for podman://" + source.id());
        } catch (IOException e) {
            throw internal(e);
        }
    }

    private boolean isRunning(PodRef pod, String container, String id) {
        try {
            JsonNode status = status(pod, container);
            return status.path("state").has("running") && id(status).equals(id);
        } catch (PodStreamException e) {
            return false;
        }
    }

    @Override
    public Session exec(ExecRequest request) throws PodStreamException {
        String id = runningId(request.pod(), request.container());
        try {
            PodmanExec exec = PodmanExec.create(client, id, request.command(), request.stdin(),
                    request.tty());
            Hijacked streams = exec.start();
            if (!request.stdin()) {
                streams.endOutput();
            }
            return new PodmanSession(streams, request.tty(), exec::resize, Optional.of(exec));
        } catch (IOException e) {
            throw internal(e);
        }
    }

    @Override
    public Session attach(AttachRequest request) throws PodStreamException {
        String id = runningId(request.pod(), request.container());
        try {
            Hijacked streams = client.hijack("/containers/" + id
                    + "/attach?stream=true&logs=false&stdin=" + request.stdin() + "&stdout="
                    + request.stdout() + "&stderr=" + (request.stderr() && !request.tty()),
                    null);
            return new PodmanSession(streams, request.tty(),
                    (columns, rows) -> client.post(
                            "/containers/" + id + "/resize?h=" + rows + "&w=" + columns, null),
                    Optional.empty());
        } catch (IOException e) {
            throw internal(e);
        }
    }

    @Override
    public Connection portForward(PodRef pod, int port) throws PodStreamException {
        JsonNode status = pod(pod).tree().path("status");
        String ip = status.path("podIP").asText("");
        if (!status.path("phase").asText("").equals("Running") || ip.isEmpty()) {
            throw new PodStreamException(PodStreamException.Reason.BAD_REQUEST,
                    "unable to forward port because pod is not running. Current status="
                            + status.path("phase").asText());
        }
        Socket socket = sockets.open(ip);
        try {
            socket.connect(new InetSocketAddress(ip, port), CONNECT_MILLIS_MAX);
            return new TcpConnection(socket);
        } catch (IOException e) {
            throw new PodStreamException(PodStreamException.Reason.INTERNAL,
                    "error forwarding port " + port + " to pod " + pod.uid() + ": dial tcp " + ip
                            + ":" + port + ": " + e.getMessage());
        }
    }

    private ApiObject pod(PodRef pod) throws PodStreamException {
        Optional<StoredObject> stored = registry
                .get(new ObjectKey(GroupResource.PODS, pod.namespace(), pod.name()));
        if (stored.isEmpty() || !stored.get().uid().equals(pod.uid())) {
            throw new PodStreamException(PodStreamException.Reason.NOT_FOUND,
                    "pod \"" + pod.name() + "\" not found");
        }
        return stored.get().object();
    }

    private JsonNode status(PodRef pod, String container) throws PodStreamException {
        JsonNode status = pod(pod).tree().path("status");
        for (String list : new String[]{"containerStatuses", "initContainerStatuses",
                "ephemeralContainerStatuses"}) {
            for (JsonNode one : status.path(list)) {
                if (one.path("name").asText().equals(container)) {
                    return one;
                }
            }
        }
        throw new PodStreamException(PodStreamException.Reason.BAD_REQUEST, "container \""
                + container + "\" in pod \"" + pod.name() + "\" is not available");
    }

    private String runningId(PodRef pod, String container) throws PodStreamException {
        JsonNode status = status(pod, container);
        if (!status.path("state").has("running")) {
            throw new PodStreamException(PodStreamException.Reason.INTERNAL,
                    "container not found (\"" + container + "\")");
        }
        return id(status);
    }

    /** A container's id without its scheme. */
    static String id(JsonNode status) {
        return status.path("containerID").asText("").replaceFirst("^[a-z]+://", "");
    }

    private static PodStreamException internal(IOException e) {
        return new PodStreamException(PodStreamException.Reason.INTERNAL,
                String.valueOf(e.getMessage()));
    }

    @Override
    public void close() {
        client.close();
    }

    private record TcpConnection(Socket socket) implements Connection {
        @Override
        public InputStream input() {
            try {
                return socket.getInputStream();
            } catch (IOException e) {
                return InputStream.nullInputStream();
            }
        }

        @Override
        public OutputStream output() {
            try {
                OutputStream out = socket.getOutputStream();
                return new FilterOutputStream(out) {
                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        out.write(bytes, offset, length);
                    }

                    @Override
                    public void close() throws IOException {
                        socket.shutdownOutput();
                    }
                };
            } catch (IOException e) {
                return OutputStream.nullOutputStream();
            }
        }

        @Override
        public void close() {
            try {
                socket.close();
            } catch (IOException _) {
                // It was to be closed.
            }
        }
    }
}
