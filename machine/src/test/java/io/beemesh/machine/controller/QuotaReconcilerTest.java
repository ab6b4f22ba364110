package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class QuotaReconcilerTest {
    private final World world = new World(14);

    private void quota(String hard) {
        world.apply(GroupResource.RESOURCE_QUOTAS,
                "{\"kind\":\"ResourceQuota\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"q\"},"
                        + "\"spec\":{\"hard\":" + hard + "}}");
        world.run(Duration.ofSeconds(1));
    }

    private void config(String name) {
        world.apply(GroupResource.CONFIG_MAPS,
                "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"" + name
                        + "\"}}");
        world.run(Duration.ofSeconds(1));
    }

    private String used() {
        return world.get(GroupResource.RESOURCE_QUOTAS, "q").tree().path("status").path("used")
                .toString();
    }

    @Test
    void used_followsWhatThereIs() {
        // Each namespace has the certificate authority, too.
        quota("{\"configmaps\":\"10\",\"count/secrets\":\"3\",\"pods\":\"5\"}");
        assertThat(used())
                .isEqualTo("{\"configmaps\":\"1\",\"count/secrets\":\"0\",\"pods\":\"0\"}");
        config("a");
        config("b");
        assertThat(used()).startsWith("{\"configmaps\":\"3\"");
        world.delete(World.key(GroupResource.CONFIG_MAPS, "a"), Options.DEFAULT);
        world.run(Duration.ofSeconds(1));
        assertThat(used()).startsWith("{\"configmaps\":\"2\"");
        quota("{\"configmaps\":\"1\"}");
        assertThat(used()).isEqualTo("{\"configmaps\":\"2\"}");
    }

    @Test
    void podsThatHaveEnded_giveBackWhatTheyAskedFor() {
        quota("{\"pods\":\"5\",\"cpu\":\"2\",\"count/pods\":\"9\"}");
        world.apply(GroupResource.PODS, """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{"containers":[
                 {"name":"c","resources":{"requests":{"cpu":"300m"}}}]}}""");
        world.run(Duration.ofSeconds(1));
        assertThat(used()).isEqualTo("{\"count/pods\":\"1\",\"cpu\":\"300m\",\"pods\":\"1\"}");
        world.edit(World.key(GroupResource.PODS, "p"),
                pod -> pod.status().put("phase", "Succeeded"));
        world.run(Duration.ofSeconds(1));
        assertThat(used()).isEqualTo("{\"count/pods\":\"1\",\"cpu\":\"0\",\"pods\":\"0\"}");
    }
}
