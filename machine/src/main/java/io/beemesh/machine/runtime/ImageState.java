package io.beemesh.machine.runtime;

/**
 * An image on this machine.
 *
 * @param id its digest, such as {@code sha256:...}
 * @param reference what containers' {@code imageID} says: a name with digest where there is one
 * @param user the image's {@code USER}, or empty
 * @param stopSignal the image's, or empty
 */
public record ImageState(String id, String reference, long bytes, String user,
        String stopSignal) {}
