package io.beemesh.libp2p.multiformats;

import java.util.List;
import java.util.Locale;

/**
 * The parts that a {@link Multiaddr} may be made of.
 *
 * @see <a href="https://github.com/multiformats/multiaddr/blob/master/protocols.csv">codes</a>
 */
public enum AddressProtocol {
    IP4(4, 4), TCP(6, 2), IP6(41, 16), IP6ZONE(42, AddressProtocol.PREFIXED), DNS(53,
            AddressProtocol.PREFIXED), DNS4(54, AddressProtocol.PREFIXED), DNS6(55,
                    AddressProtocol.PREFIXED), DNSADDR(56, AddressProtocol.PREFIXED), UDP(273,
                            2), P2P_CIRCUIT(290, 0), UNIX(400, AddressProtocol.PREFIXED), P2P(421,
                                    AddressProtocol.PREFIXED), TLS(448, 0), SNI(449,
                                            AddressProtocol.PREFIXED), NOISE(454, 0), QUIC(460,
                                                    0), QUIC_V1(461, 0), WS(477, 0), WSS(478, 0);

    static final int PREFIXED = -1;

    private static final List<AddressProtocol> ALL = List.of(values());

    private final int code;
    private final int valueBytes;
    private final String text;

    AddressProtocol(int code, int valueBytes) {
        this.code = code;
        this.valueBytes = valueBytes;
        this.text = name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The number in the binary form. */
    public int code() {
        return code;
    }

    /** The word in the text form. */
    public String text() {
        return text;
    }

    /** Bytes of a value, or {@link #PREFIXED} where its length precedes it. */
    int valueBytes() {
        return valueBytes;
    }

    static AddressProtocol ofCode(long code) throws FormatException {
        for (AddressProtocol protocol : ALL) {
            if (protocol.code == code) {
                return protocol;
            }
        }
        throw new FormatException("unknown multiaddr protocol " + code);
    }

    static AddressProtocol ofText(String text) throws FormatException {
        if (text.equals("ipfs")) {
            return P2P;
        }
        for (AddressProtocol protocol : ALL) {
            if (protocol.text.equals(text)) {
                return protocol;
            }
        }
        throw new FormatException("unknown multiaddr protocol " + text);
    }
}
