package io.beemesh.libp2p.kad;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request or an answer. */
record KadMessage(Type type, byte[] key, @Nullable KadRecord record, List<KadPeer> closer,
        List<KadPeer> providers) {
    enum Type {
        PUT_VALUE(0), GET_VALUE(1), ADD_PROVIDER(2), GET_PROVIDERS(3), FIND_NODE(4), PING(5);

        private static final List<Type> ALL = List.of(values());

        final int number;

        Type(int number) {
            this.number = number;
        }

        static Type of(long number) throws KadException {
            for (Type type : ALL) {
                if (type.number == number) {
                    return type;
                }
            }
            throw new KadException("unknown message type " + number);
        }
    }

    static KadMessage of(Type type, byte[] key) {
        return new KadMessage(type, key, null, List.of(), List.of());
    }

    KadMessage withRecord(@Nullable KadRecord newRecord) {
        return new KadMessage(type, key, newRecord, closer, providers);
    }

    KadMessage withCloser(List<KadPeer> newCloser) {
        return new KadMessage(type, key, record, newCloser, providers);
    }

    KadMessage withProviders(List<KadPeer> newProviders) {
        return new KadMessage(type, key, record, closer, newProviders);
    }
}
