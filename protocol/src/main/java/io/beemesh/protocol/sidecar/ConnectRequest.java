package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;

/**
 * The first frame of a stream that carries one connection: where to. The answer is one frame that
 * begins with a {@link ConnectStatus}; after {@link ConnectStatus#OK} a TCP connection's bytes follow as they are, a UDP
 * flow's datagrams as one frame each.
 *
 * @param address 4 or 16 bytes
 * @param credential of who asks from another machine, an encoded {@link Credential}: what follows the
 *     answer is sealed, see {@link Sealing}. Empty on one machine, where it is plain
 */
public record ConnectRequest(Transport transport, byte[] address, int port, byte[] credential) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 64 + Credential.BYTES_MAX;

    /** The longest datagram that is carried, in bytes. */
    public static final int DATAGRAM_BYTES_MAX = 65_507;

    /** Says nothing: streams of sidecars to each other lead to no socket. */
    public static final int NO_PORT = 1;

    private static final int PORT_MAX = 65_535;

    /** What is carried. */
    public enum Transport {
        TCP(1), UDP(2),
        /**
         * What the sidecars of a StatefulSet say to each other, one frame each; sealed on one machine too.
         * Only sidecars ask for it themselves: no socket of a pod leads here.
         */
        GROUP(3),
        /** Challenges to the sidecar of a StatefulSet's pod, see {@link FenceFrame}; otherwise as {@link #GROUP}. */
        FENCE(4);

        private final int number;

        Transport(int number) {
            this.number = number;
        }
    }

    public ConnectRequest {
        if (address.length != 4 && address.length != 16) {
            throw new IllegalArgumentException("address has " + address.length + " bytes");
        }
        if (port < 1 || port > PORT_MAX) {
            throw new IllegalArgumentException("port is " + port);
        }
        address = address.clone();
        credential = credential.clone();
    }

    /** A request between a machine and one of its own sidecars. */
    public ConnectRequest(Transport transport, byte[] address, int port) {
        this(transport, address, port, new byte[0]);
    }

    /** The same one of another machine's pod, or of that machine. */
    public ConnectRequest from(byte[] other) {
        return new ConnectRequest(transport, address, port, other);
    }

    @Override
    public byte[] address() {
        return address.clone();
    }

    @Override
    public byte[] credential() {
        return credential.clone();
    }

    /** True if what follows the answer is sealed. */
    public boolean isSealed() {
        return credential.length > 0;
    }

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().varint(1, transport.number).bytes(2, address)
                .varint(3, port);
        return (credential.length > 0 ? out.bytes(4, credential) : out).toBytes();
    }

    public static ConnectRequest fromBytes(byte[] bytes) throws FormatException {
        long transport = 0;
        byte[] address = new byte[0];
        byte[] credential = new byte[0];
        long port = 0;
        if (bytes.length > BYTES_MAX) {
            throw new FormatException("request has " + bytes.length + " bytes, limit " + BYTES_MAX);
        }
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> transport = reader.readVarint();
                case 2 -> address = reader.readBytes();
                case 3 -> port = reader.readVarint();
                case 4 -> credential = reader.readBytes();
                default -> {
                }
            }
        }
        if ((address.length != 4 && address.length != 16) || port < 1 || port > PORT_MAX) {
            throw new FormatException(
                    "address of " + address.length + " bytes, port " + port);
        }
        for (Transport known : Transport.values()) {
            if (known.number == transport) {
                return new ConnectRequest(known, address, (int) port, credential);
            }
        }
        throw new FormatException("unknown transport " + transport);
    }
}
