package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.admission.ControllerAdmission;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.authorization.Attributes;
import io.beemesh.apiserver.authorization.PolicyBootstrap;
import io.beemesh.machine.object.GroupResource;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PolicyBootstrapTest {
    private static final String ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles/";
    private final EngineFixture api = new EngineFixture();

    private void bootstrap() {
        PolicyBootstrap bootstrap = new PolicyBootstrap(api.loop, api.registry,
                new ControllerAdmission(api.catalog, api.registry, api.simulation.newRandom(),
                        api.loop::wallTime));
        api.loop.execute(bootstrap::start);
        api.simulation.runUntil(bootstrap::isDone, Duration.ofMinutes(1));
        assertThat(bootstrap.isDone()).isTrue();
    }

    @Test
    void start_makesTheRolesOnce() {
        bootstrap();
        assertThat(api.get(ROLES.substring(0, ROLES.length() - 1)).json().path("items").size())
                .isGreaterThan(20);
        assertThat(api.authorizer.allows(User.ANONYMOUS, Attributes.path("get", "/readyz")))
                .isTrue();
        assertThat(api.authorizer.allows(User.ANONYMOUS, Attributes.path("get", "/api")))
                .isFalse();
        User nobody = new User("nobody", "", List.of("system:authenticated"));
        assertThat(api.authorizer.allows(nobody, Attributes.path("get", "/apis/apps/v1")))
                .isTrue();
        assertThat(api.authorizer.allows(nobody, Attributes.resource("create",
                new GroupResource("authorization.k8s.io", "selfsubjectaccessreviews"), "", "",
                ""))).isTrue();
        long version = api.registry.version();
        bootstrap();
        assertThat(api.registry.version()).isEqualTo(version);
    }

    @Test
    void start_givesBackWhatWasTaken_unlessToldNotTo() {
        bootstrap();
        String taken = "{\"rules\":[]}";
        api.patch(ROLES + "system:basic-user", "merge-patch", taken).requireCode(200);
        api.patch(ROLES + "system:discovery", "merge-patch",
                "{\"rules\":[],\"metadata\":{\"annotations\":"
                        + "{\"rbac.authorization.kubernetes.io/autoupdate\":\"false\"}}}")
                .requireCode(200);
        bootstrap();
        assertThat(api.get(ROLES + "system:basic-user").json().path("rules")).hasSize(2);
        assertThat(api.get(ROLES + "system:discovery").json().path("rules")).isEmpty();
    }
}
