package io.beemesh.machine.network.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.network.StatefulGroups.OwnerSet;
import io.beemesh.machine.object.ApiObject;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PodIdentitiesTest {
    @TempDir
    Path directory;

    private static ApiObject pod(String owner) {
        return ApiObject.parse("""
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"db-1","namespace":"default",
                 "uid":"p","ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet",
                 "name":"db","uid":"%s","controller":true}]},"spec":{}}""".formatted(owner)
                .getBytes(UTF_8));
    }

    private static String place(String owner, String running, boolean isGrouped) {
        return PodIdentities.place(PodIdentities.set(pod(owner), running, isGrouped));
    }

    @Test
    void sidecarThatRuns_keepsWhatItHas_whateverTheNodeIsStartedWith() {
        assertThat(place("s1", "", false)).isEqualTo("pod");
        assertThat(place("s1", "", true)).isEqualTo("set/s1/1");
        assertThat(place("s1", "pod", true)).isEqualTo("pod");
        assertThat(place("s1", "set/s1/1", false)).isEqualTo("set/s1/1");
    }

    @Test
    void podOfAnotherSet_hasAnotherIdentity() throws Exception {
        assertThat(place("s2", "set/s1/1", true)).isEqualTo("set/s2/1");
        assertThat(place("s2", "set/s1/1", false)).isEqualTo("pod");
        PodIdentities identities = new PodIdentities(directory.resolve("pods"),
                directory.resolve("sets"), new SecureRandom());
        var first = identities.of(pod("s1"), OwnerSet.of(pod("s1"))).key().peerId();
        assertThat(identities.of(pod("s1"), OwnerSet.of(pod("s1"))).key().peerId())
                .isEqualTo(first);
        assertThat(identities.of(pod("s2"), OwnerSet.of(pod("s2"))).key().peerId())
                .isNotEqualTo(first);
        assertThat(identities.of(pod("s1"), Optional.empty()).key().peerId())
                .isNotEqualTo(first);
    }
}
