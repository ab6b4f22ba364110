package io.beemesh.machine.registry;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Which slot an object lives in; the same on every node and for ever.
 *
 * <ul>
 * <li>A Namespace and everything in it: the slot of the namespace's name.
 * <li>A claim: the slot that its name begins with, see {@link #claim}.
 * <li>Any other cluster-scoped object: a slot of its kind and six bits of its name.
 * </ul>
 */
public final class SlotMap {
    /** The number of slots of a mesh. */
    public static final int SLOTS = 1024;

    private static final int NAME_BITS = 6;
    private static final char CLAIM_SEPARATOR = '.';

    private SlotMap() {}

    /** The slot of a Namespace and of all that is in it. */
    public static int ofNamespace(String namespace) {
        return hash("namespace/" + namespace) % SLOTS;
    }

    /** The slot of an object; throws if it is a claim whose name names no slot. */
    public static int of(ObjectKey key) {
        if (key.type().equals(GroupResource.CLAIMS)) {
            return slotOfClaim(key.name());
        }
        if (!key.namespace().isEmpty()) {
            return ofNamespace(key.namespace());
        }
        if (key.type().equals(GroupResource.NAMESPACES)) {
            return ofNamespace(key.name());
        }
        int part = hash(key.name()) % (1 << NAME_BITS);
        return hash("kind/" + key.type() + "/" + part) % SLOTS;
    }

    /**
     * The key of a claim on something of which a slot has only one, such as an address of its share. A
     * claim has no namespace: two namespaces of one slot that claim the same name meet in one key, and
     * either can commit the claim in one entry with an object of its own.
     *
     * @param slot of the object that the claim is committed with, such as {@code
     *     SlotMap.ofNamespace(service.namespace())}
     * @param name what is claimed, such as {@code ip.10.96.0.17}
     */
    public static ObjectKey claim(int slot, String name) {
        return ObjectKey.cluster(GroupResource.CLAIMS,
                slot + String.valueOf(CLAIM_SEPARATOR) + name);
    }

    /** Where the slot is in the key space of peers: those closest to it are to hold it. */
    static byte[] placeOf(int slot) {
        return digest(("beemesh/slot/" + slot).getBytes(StandardCharsets.UTF_8));
    }

    /** The slot of claims that are no slot's own but the mesh's, such as node ports. */
    public static int ofAllocator(String what) {
        return hash("allocator/" + what) % SLOTS;
    }

    private static int slotOfClaim(String name) {
        int end = name.indexOf(CLAIM_SEPARATOR);
        int slot = end < 1 || end > 4 ? -1 : Integer.parseInt(name, 0, end, 10);
        if (slot < 0 || slot >= SLOTS) {
            throw new IllegalArgumentException("claim " + name + " does not begin with its slot");
        }
        return slot;
    }

    /** The first 31 bits of the SHA-256. */
    static int hash(String text) {
        return hash(text.getBytes(StandardCharsets.UTF_8));
    }

    static int hash(byte[] bytes) {
        return ByteBuffer.wrap(digest(bytes)).getInt() & Integer.MAX_VALUE;
    }

    static byte[] digest(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
