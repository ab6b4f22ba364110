package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;
import java.util.Arrays;

/**
 * The answer to a {@link ConnectRequest}, one frame.
 *
 * @param credential of the pod that is there, an encoded {@link Credential}: what follows is sealed for it.
 *     Empty if what follows is plain
 */
record ConnectAnswer(ConnectStatus status, byte[] credential) {
    byte[] toBytes() {
        byte[] bytes = Arrays.copyOf(status.toBytes(), 1 + credential.length);
        System.arraycopy(credential, 0, bytes, 1, credential.length);
        return bytes;
    }

    static ConnectAnswer fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length == 0 || bytes.length > 1 + Credential.BYTES_MAX) {
            throw new FormatException("answer has " + bytes.length + " bytes");
        }
        return new ConnectAnswer(ConnectStatus.fromBytes(Arrays.copyOf(bytes, 1)),
                Arrays.copyOfRange(bytes, 1, bytes.length));
    }
}
