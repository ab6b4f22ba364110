package io.beemesh.machine.membership;

import java.util.concurrent.CompletableFuture;

/** Where membership keeps the few small files that outlive the process. */
@FunctionalInterface
public interface MembershipStore {
    /** The own certificate. */
    String CERTIFICATE = "certificate";
    /** Members and their addresses. */
    String MEMBERS = "members";
    /** Certificates that count no more. */
    String REVOCATIONS = "revocations";
    /** Not empty while this node joins and has not yet all that the others have. */
    String JOINING = "joining";
    /** Join tokens that are open. */
    String TOKENS = "tokens";

    /**
     * Replaces one file, whole or not at all; completes on the loop once it is on disk. Later calls for
     * one name win.
     */
    CompletableFuture<Void> keep(String name, byte[] content);
}
