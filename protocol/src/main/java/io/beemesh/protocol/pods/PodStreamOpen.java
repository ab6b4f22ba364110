package io.beemesh.protocol.pods;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The first frame of a stream under {@link io.beemesh.protocol.Protocols#PODS}: what is wanted of which
 * pod. All later frames begin with a byte that is one of this type's constants.
 *
 * @param numbers options that are numbers or booleans (0 and 1), by their names in Kubernetes' queries
 */
public record PodStreamOpen(Kind kind, String namespace, String name, String uid,
        String container, List<String> command, Map<String, Long> numbers) {
    /** The longest frame, in bytes. */
    public static final int FRAME_BYTES_MAX = 256 * 1024;

    /** The most bytes of data in one frame. */
    public static final int DATA_BYTES_MAX = 32 * 1024;

    /** From the machine of the pod: the stream is open. */
    public static final byte ACCEPTED = 1;
    /** There is no stream: a byte for the reason, and a text. */
    public static final byte REFUSED = 2;
    public static final byte STDOUT = 3;
    public static final byte STDERR = 4;
    public static final byte STDOUT_END = 5;
    public static final byte STDERR_END = 6;
    /** The process ended: its exit code in four bytes. Nothing follows. */
    public static final byte EXIT = 7;
    /** From the other side. */
    public static final byte STDIN = 8;
    public static final byte STDIN_END = 9;
    /** Columns and rows of the terminal, each in four bytes. */
    public static final byte RESIZE = 10;

    private static final int WORDS_MAX = 4096;

    /** What is wanted. */
    public enum Kind {
        LOGS(1), EXEC(2), ATTACH(3), PORT_FORWARD(4);

        private final int number;

        Kind(int number) {
            this.number = number;
        }
    }

    public PodStreamOpen {
        command = List.copyOf(command);
        numbers = Map.copyOf(numbers);
    }

    /** True if the option is there and not 0. */
    public boolean is(String option) {
        return numbers.getOrDefault(option, 0L) != 0;
    }

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().varint(1, kind.number).string(2, namespace)
                .string(3, name).string(4, uid).string(5, container);
        command.forEach(word -> out.string(6, word));
        new TreeMap<>(numbers).forEach((option, value) -> out.bytes(7,
                new ProtobufWriter().string(1, option).varint(2, value).toBytes()));
        return out.toBytes();
    }

    public static PodStreamOpen fromBytes(byte[] bytes) throws FormatException {
        long kind = 0;
        String[] texts = {"", "", "", ""};
        List<String> command = new ArrayList<>();
        Map<String, Long> numbers = new TreeMap<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> kind = reader.readVarint();
                case 2, 3, 4, 5 -> texts[reader.field() - 2] = reader.readString();
                case 6 -> command.add(reader.readString());
                case 7 -> option(new ProtobufReader(reader.readSlice()), numbers);
                default -> {
                }
            }
            if (command.size() + numbers.size() > WORDS_MAX) {
                throw new FormatException("more than " + WORDS_MAX + " words");
            }
        }
        for (Kind known : Kind.values()) {
            if (known.number == kind) {
                return new PodStreamOpen(known, texts[0], texts[1], texts[2], texts[3], command,
                        numbers);
            }
        }
        throw new FormatException("unknown kind of pod stream " + kind);
    }

    private static void option(ProtobufReader reader, Map<String, Long> numbers)
            throws FormatException {
        String name = "";
        long value = 0;
        while (reader.next()) {
            if (reader.field() == 1) {
                name = reader.readString();
            } else if (reader.field() == 2) {
                value = reader.readVarint();
            }
        }
        numbers.put(name, value);
    }
}
