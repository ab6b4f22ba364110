package io.beemesh.libp2p.autonat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A question or its answer. */
sealed interface AutoNatMessage {
    /** The longest message, in bytes. */
    int BYTES_MAX = 8192;

    /** The most addresses that are read. */
    int ADDRESSES_MAX = 16;

    /** Answer codes of the specification. */
    int OK = 0;
    int DIAL_ERROR = 100;
    int DIAL_REFUSED = 101;
    int BAD_REQUEST = 200;

    int TYPE_DIAL = 0;
    int TYPE_RESPONSE = 1;

    /** Can you dial me at one of these? {@code peer} is the asker's id. */
    record Dial(byte[] peer, List<Multiaddr> addresses) implements AutoNatMessage {
        public Dial {
            addresses = List.copyOf(addresses);
        }
    }

    /** The answer; {@code address}, at most one, is where a dial worked. */
    record Response(int status, String text, List<Multiaddr> address) implements AutoNatMessage {
        public Response {
            address = List.copyOf(address);
        }
    }

    default byte[] toBytes() {
        ProtobufWriter writer = new ProtobufWriter();
        switch (this) {
            case Dial dial -> {
                ProtobufWriter info = new ProtobufWriter().bytes(1, dial.peer);
                dial.addresses.forEach(address -> info.bytes(2, address.toBytes()));
                writer.varint(1, TYPE_DIAL).bytes(2,
                        new ProtobufWriter().bytes(1, info.toBytes()).toBytes());
            }
            case Response response -> {
                ProtobufWriter inner = new ProtobufWriter().varint(1, response.status);
                if (!response.text.isEmpty()) {
                    inner.string(2, response.text);
                }
                response.address.forEach(address -> inner.bytes(3, address.toBytes()));
                writer.varint(1, TYPE_RESPONSE).bytes(3, inner.toBytes());
            }
        }
        return writer.toBytes();
    }

    /** Parses one; addresses of unknown form are left out. */
    static AutoNatMessage fromBytes(ByteBuffer bytes) throws AutoNatException {
        try {
            long type = -1;
            byte[] peer = new byte[0];
            List<Multiaddr> addresses = new ArrayList<>();
            Response response = new Response(BAD_REQUEST, "", List.of());
            ProtobufReader reader = new ProtobufReader(bytes);
            while (reader.next()) {
                switch (reader.field()) {
                    case 1 -> type = reader.readVarint();
                    case 2 -> peer = readDial(new ProtobufReader(reader.readSlice()), addresses);
                    case 3 -> response = readResponse(new ProtobufReader(reader.readSlice()));
                    default -> {
                    }
                }
            }
            if (type == TYPE_DIAL) {
                return new Dial(peer, addresses);
            } else if (type == TYPE_RESPONSE) {
                return response;
            }
            throw new AutoNatException("unknown message type " + type);
        } catch (FormatException e) {
            throw new AutoNatException("message cannot be read: " + e.getMessage());
        }
    }

    private static byte[] readDial(ProtobufReader dial, List<Multiaddr> addresses)
            throws FormatException {
        byte[] peer = new byte[0];
        while (dial.next()) {
            if (dial.field() == 1) {
                ProtobufReader info = new ProtobufReader(dial.readSlice());
                while (info.next()) {
                    switch (info.field()) {
                        case 1 -> peer = info.readBytes();
                        case 2 -> add(addresses, info.readBytes());
                        default -> {
                        }
                    }
                }
            }
        }
        return peer;
    }

    private static Response readResponse(ProtobufReader reader) throws FormatException {
        int status = OK;
        List<Multiaddr> address = new ArrayList<>();
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> status = Math.clamp(reader.readVarint(), 0, Integer.MAX_VALUE);
                case 3 -> add(address, reader.readBytes());
                default -> {
                }
            }
        }
        return new Response(status, "", address.subList(0, Math.min(1, address.size())));
    }

    private static void add(List<Multiaddr> addresses, byte[] bytes) {
        if (addresses.size() < ADDRESSES_MAX) {
            Multiaddr.ifKnown(bytes).ifPresent(addresses::add);
        }
    }
}
