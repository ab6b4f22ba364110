package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.Base32;
import io.beemesh.libp2p.multiformats.Base58;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.multiformats.Multihash;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The name of a peer: the multihash of its public key; immutable, ordered by its bytes.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md">peer ids</a>
 */
public final class PeerId implements Comparable<PeerId> {
    private static final int BYTES_MAX = 64;
    private static final int INLINE_KEY_BYTES_MAX = 42;
    private static final byte[] CID_PREFIX = {1, 0x72};

    private final byte[] bytes;
    private final int hash;

    private PeerId(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    /** The id of a key: the key itself if short, else its SHA-256. */
    public static PeerId of(PublicKey key) {
        byte[] encoded = key.toBytes();
        Multihash multihash = encoded.length <= INLINE_KEY_BYTES_MAX
                ? new Multihash(Multihash.IDENTITY, encoded)
                : Multihash.sha256(encoded);
        return new PeerId(multihash.toBytes());
    }

    /** Parses the multihash: identity or SHA-256. */
    public static PeerId fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length < 3 || bytes.length > BYTES_MAX) {
            throw new FormatException(
                    "peer id has " + bytes.length + " bytes, not 3 to " + BYTES_MAX);
        }
        long code = Multihash.check(ByteBuffer.wrap(bytes));
        if (code != Multihash.IDENTITY && code != Multihash.SHA2_256) {
            throw new FormatException("peer id is of unknown hash function " + code);
        }
        return new PeerId(bytes.clone());
    }

    /** Parses the text form: base58btc, or a CIDv1 in base32. */
    public static PeerId parse(String text) throws FormatException {
        if (!text.startsWith("b")) {
            return fromBytes(Base58.decode(text));
        }
        byte[] cid = Base32.decode(text.substring(1));
        if (cid.length < 2 || cid[0] != CID_PREFIX[0] || cid[1] != CID_PREFIX[1]) {
            throw new FormatException("not a CIDv1 of a libp2p key: " + text);
        }
        return fromBytes(Arrays.copyOfRange(cid, 2, cid.length));
    }

    /** The peer that an address ends at: its last {@code /p2p} part. */
    public static Optional<PeerId> in(Multiaddr address) throws FormatException {
        List<AddressPart> parts = address.parts();
        AddressPart last = parts.getLast();
        return last.protocol() == AddressProtocol.P2P
                ? Optional.of(fromBytes(last.value()))
                : Optional.empty();
    }

    /** The key, if it is short enough to be in the id itself, as Ed25519 keys are. */
    public Optional<PublicKey> inlineKey() {
        try {
            Multihash multihash = Multihash.fromBytes(bytes);
            return multihash.code() == Multihash.IDENTITY
                    ? Optional.of(PublicKey.fromBytes(multihash.digest()))
                    : Optional.empty();
        } catch (FormatException e) {
            return Optional.empty();
        }
    }

    /** The {@code /p2p} part of an address that names this peer. */
    public AddressPart toAddressPart() {
        return new AddressPart(AddressProtocol.P2P, bytes.clone());
    }

    /** The multihash, a copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /** The form {@code bafz...}: CIDv1 in base32. */
    public String toCidText() {
        byte[] cid = Arrays.copyOf(CID_PREFIX, CID_PREFIX.length + bytes.length);
        System.arraycopy(bytes, 0, cid, CID_PREFIX.length, bytes.length);
        return "b" + Base32.encode(cid);
    }

    @Override
    public int compareTo(PeerId other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PeerId that && hash == that.hash
                && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The usual text form, base58btc: {@code 12D3Koo...} for Ed25519. */
    @Override
    public String toString() {
        return Base58.encode(bytes);
    }
}
