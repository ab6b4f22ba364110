package io.beemesh.apiserver.request;

import io.beemesh.machine.agent.PodStreams;
import java.util.List;
import java.util.Map;

/** The answer to a request; the HTTP edge writes it out. */
public sealed interface ApiResponse {
    /**
     * A whole answer.
     *
     * @param body pieces to be written one after another; shared, never to be changed
     */
    record Whole(int code, String contentType, Map<String, List<String>> headers,
            List<byte[]> body) implements ApiResponse {
        public Whole {
            headers = Map.copyOf(headers);
            body = List.copyOf(body);
        }
    }

    /** A watch: frames without end, each flushed; one text message each on a WebSocket. */
    record Watching(String contentType, Map<String, List<String>> headers, Producer producer)
            implements
                ApiResponse {
        public Watching {
            headers = Map.copyOf(headers);
        }
    }

    /** A log, an exec, an attach or a port-forward, ready to be joined to the connection. */
    record PodStreaming(PodStreamRequest request) implements ApiResponse {}

    /**
     * A request to be made of a port of a pod instead, whose answer is the client's.
     *
     * @param request as it came; what follows {@code /proxy} in its URL is for the pod
     */
    record PodProxying(PodStreams.PodRef pod, int port, ApiRequest request)
            implements
                ApiResponse {}

    /** What to join; the pod is known to be on this machine and the container to be one of its own. */
    sealed interface PodStreamRequest {
        record Log(PodStreams.LogRequest request) implements PodStreamRequest {}

        record Exec(PodStreams.ExecRequest request) implements PodStreamRequest {}

        record Attach(PodStreams.AttachRequest request) implements PodStreamRequest {}

        /** @param ports of the query, which only some WebSocket clients send; else empty */
        record PortForward(PodStreams.PodRef pod, List<Integer> ports) implements PodStreamRequest {
            public PortForward {
                ports = List.copyOf(ports);
            }
        }
    }

    /** Makes the frames of a watch. */
    interface Producer {
        /**
         * Begins to send; called once, on an event loop, so it must not block. What it sends before it
         * returns, the initial state, may be of any size; what comes later is bounded by the sink.
         */
        void start(Sink sink);

        /** The client is gone, or the sink ended by itself; nothing more is wanted. */
        void stop();
    }

    /** Takes the frames of a watch, from any thread; bounded: a client that does not keep up is ended. */
    interface Sink {
        /** Sends one frame made of {@code pieces}, which are shared and never to be changed. */
        void send(List<byte[]> pieces);

        /** Ends the answer cleanly after what was sent. */
        void end();
    }
}
