package io.beemesh.machine.runtime;

/** A login to an image registry; never logged. */
public record RegistryCredential(String registry, String user, String password) {
    @Override
    public String toString() {
        return "RegistryCredential[" + registry + "]";
    }
}
