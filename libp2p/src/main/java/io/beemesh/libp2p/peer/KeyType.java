package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.FormatException;

/** The signature schemes of libp2p identities. */
public enum KeyType {
    RSA(0), ED25519(1), SECP256K1(2), ECDSA(3);

    private final int number;

    KeyType(int number) {
        this.number = number;
    }

    /** The value on the wire. */
    public int number() {
        return number;
    }

    static KeyType ofNumber(long number) throws FormatException {
        for (KeyType type : values()) {
            if (type.number == number) {
                return type;
            }
        }
        throw new FormatException("unknown key type " + number);
    }
}
