package io.beemesh.apiserver.http.streaming;

import java.util.List;
import java.util.Optional;

/**
 * The WebSocket subprotocols in which the first byte of each message names a channel.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/websockets/">WebSockets in
 *     Kubernetes</a>
 */
enum ChannelProtocol {
    /** Version 4, and a message that half-closes a channel. */
    V5("v5.channel.k8s.io", false, true),
    /** The error channel carries a Status. */
    V4("v4.channel.k8s.io", false, true), V4_BASE64("v4.base64.channel.k8s.io", true, true),
    /** The error channel carries text. */
    V1("channel.k8s.io", false, false), V1_BASE64("base64.channel.k8s.io", true, false),
    /** No subprotocol at all. */
    NONE("", false, false);

    private final String text;
    private final boolean base64;
    private final boolean status;

    ChannelProtocol(String text, boolean base64, boolean status) {
        this.text = text;
        this.base64 = base64;
        this.status = status;
    }

    String text() {
        return text;
    }

    /** True if messages are text in base64 behind a digit. */
    boolean isBase64() {
        return base64;
    }

    /** True if the error channel carries a Status in JSON. */
    boolean hasStatus() {
        return status;
    }

    /** The first of {@code offered} that is among {@code known}; none if nothing was offered. */
    static Optional<ChannelProtocol> choose(List<String> offered, List<ChannelProtocol> known) {
        if (offered.isEmpty()) {
            return known.contains(NONE) ? Optional.of(NONE) : Optional.empty();
        }
        return offered.stream()
                .flatMap(o -> known.stream().filter(k -> !k.text.isEmpty() && k.text.equals(o)))
                .findFirst();
    }

    static ChannelProtocol of(String text) {
        for (ChannelProtocol protocol : values()) {
            if (protocol.text.equals(text)) {
                return protocol;
            }
        }
        throw new IllegalArgumentException("not a channel protocol: " + text);
    }
}
