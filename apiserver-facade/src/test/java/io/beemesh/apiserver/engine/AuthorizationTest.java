package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.auth.Impersonation;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.authorization.ImpersonationCheck;
import io.beemesh.apiserver.engine.EngineFixture.Answer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuthorizationTest {
    private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1/";
    private static final String REVIEWS = "/apis/authorization.k8s.io/v1/";
    private static final User JANE = new User("jane", "", List.of("dev", "system:authenticated"));
    private static final User WEB = new User("system:serviceaccount:shop:web", "",
            List.of("system:serviceaccounts", "system:serviceaccounts:shop",
                    "system:authenticated"));

    private final EngineFixture api = new EngineFixture();

    @BeforeEach
    void namespaces() {
        api.namespace("shop");
        api.namespace("other");
    }

    private Answer as(User user, String method, String path, String body) {
        api.user = user;
        Answer answer = api.send(method, path, "application/json", body);
        api.user = EngineFixture.ADMIN;
        return answer;
    }

    private Answer as(User user, String path) {
        return as(user, "GET", path, "");
    }

    private void clusterRole(String name, String rules) {
        api.post(RBAC + "clusterroles",
                "{\"metadata\":{\"name\":\"" + name + "\"},\"rules\":[" + rules + "]}")
                .requireCode(201);
    }

    private static String rule(String verbs, String groups, String resources) {
        return "{\"verbs\":[" + verbs + "],\"apiGroups\":[" + groups + "],\"resources\":["
                + resources + "]}";
    }

    private static String binding(String name, String kind, String role, String subject) {
        return "{\"metadata\":{\"name\":\"" + name + "\"},\"roleRef\":{\"kind\":\"" + kind
                + "\",\"name\":\"" + role + "\"},\"subjects\":[" + subject + "]}";
    }

    private static String subject(String kind, String name) {
        return "{\"kind\":\"" + kind + "\",\"name\":\"" + name + "\"}";
    }

    private void bind(String namespace, String role, String subject) {
        String path = namespace.isEmpty()
                ? "clusterrolebindings"
                : "namespaces/" + namespace + "/rolebindings";
        api.post(RBAC + path, binding("b-" + role, "ClusterRole", role, subject))
                .requireCode(201);
    }

    @Test
    void stranger_isRefusedInKubernetesWords() {
        Answer list = as(JANE, "/api/v1/namespaces/shop/pods").requireCode(403);
        assertThat(list.message())
                .isEqualTo("pods is forbidden: User \"jane\" cannot list resource "
                        + "\"pods\" in API group \"\" in the namespace \"shop\"");
        assertThat(list.reason()).isEqualTo("Forbidden");
        assertThat(list.json().path("details").toString()).isEqualTo("{\"kind\":\"pods\"}");
        assertThat(as(JANE, "/apis/apps/v1/deployments").message())
                .isEqualTo("deployments.apps is forbidden: User \"jane\" cannot list resource "
                        + "\"deployments\" in API group \"apps\" at the cluster scope");
        Answer log = as(JANE, "/api/v1/namespaces/shop/pods/web/log");
        assertThat(log.message()).isEqualTo("pods \"web\" is forbidden: User \"jane\" cannot get "
                + "resource \"pods/log\" in API group \"\" in the namespace \"shop\"");
        assertThat(log.json().path("details").toString())
                .isEqualTo("{\"name\":\"web\",\"kind\":\"pods\"}");
        assertThat(as(JANE, "/metrics").message())
                .isEqualTo("forbidden: User \"jane\" cannot get path \"/metrics\"");
        assertThat(as(User.ANONYMOUS, "/api/v1/namespaces/shop/pods").message())
                .contains("User \"system:anonymous\" cannot list resource \"pods\"");
        // What is not served is as forbidden as what is.
        as(JANE, "/apis/no.such/v1/things").requireCode(403);
    }

    @Test
    void binding_takesEffectAtOnceAndNowhereElse() {
        clusterRole("reader", rule("\"get\",\"list\"", "\"\"", "\"configmaps\""));
        as(WEB, "/api/v1/namespaces/shop/configmaps").requireCode(403);
        bind("shop", "reader", subject("ServiceAccount", "web"));
        as(WEB, "/api/v1/namespaces/shop/configmaps").requireCode(200);
        as(WEB, "/api/v1/namespaces/other/configmaps").requireCode(403);
        as(WEB, "/api/v1/configmaps").requireCode(403);
        as(WEB, "DELETE", "/api/v1/namespaces/shop/configmaps/x", "").requireCode(403);
        as(JANE, "/api/v1/namespaces/shop/configmaps").requireCode(403);

        api.patch(RBAC + "namespaces/shop/rolebindings/b-reader", "merge-patch",
                "{\"subjects\":[" + subject("Group", "dev") + "]}").requireCode(200);
        as(WEB, "/api/v1/namespaces/shop/configmaps").requireCode(403);
        as(JANE, "/api/v1/namespaces/shop/configmaps").requireCode(200);

        api.patch(RBAC + "clusterroles/reader", "merge-patch", "{\"rules\":[]}")
                .requireCode(200);
        as(JANE, "/api/v1/namespaces/shop/configmaps").requireCode(403);
        api.delete(RBAC + "clusterroles/reader").requireCode(200);
        assertThat(as(JANE, "/api/v1/namespaces/shop/configmaps").message()).endsWith(
                ": RBAC: clusterroles.rbac.authorization.k8s.io \"reader\" not found");
        api.delete(RBAC + "namespaces/shop/rolebindings/b-reader").requireCode(200);
        assertThat(as(JANE, "/api/v1/namespaces/shop/configmaps").message())
                .doesNotContain("RBAC");
    }

    @Test
    void clusterBinding_holdsEverywhere() {
        clusterRole("reader", rule("\"get\",\"list\"", "\"\"", "\"configmaps\""));
        bind("", "reader", subject("User", "jane"));
        as(JANE, "/api/v1/namespaces/other/configmaps").requireCode(200);
        as(JANE, "/api/v1/configmaps").requireCode(200);
    }

    @Test
    void rules_namesSubresourcesAndWildcards() {
        clusterRole("some", "{\"verbs\":[\"get\",\"list\"],\"apiGroups\":[\"\"],\"resources\":"
                + "[\"secrets\"],\"resourceNames\":[\"one\"]},"
                + rule("\"*\"", "\"apps\"", "\"*/scale\"") + ","
                + rule("\"get\"", "\"*\"", "\"pods/log\"")
                + ",{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/logs/*\",\"/version\"]}");
        bind("", "some", subject("Group", "dev"));
        as(JANE, "/api/v1/namespaces/shop/secrets/one").requireCode(404);
        as(JANE, "/api/v1/namespaces/shop/secrets/two").requireCode(403);
        as(JANE, "/api/v1/namespaces/shop/secrets").requireCode(403);
        as(JANE, "/api/v1/namespaces/shop/secrets?fieldSelector=metadata.name=one")
                .requireCode(200);
        as(JANE, "/api/v1/namespaces/shop/secrets?fieldSelector=metadata.name=two")
                .requireCode(403);
        as(JANE, "/api/v1/namespaces/shop/secrets?fieldSelector=metadata.name!=one")
                .requireCode(403);
        as(JANE, "/apis/apps/v1/namespaces/shop/deployments/web/scale").requireCode(404);
        as(JANE, "/apis/apps/v1/namespaces/shop/deployments/web").requireCode(403);
        as(JANE, "/api/v1/namespaces/shop/pods/web/log").requireCode(404);
        as(JANE, "/api/v1/namespaces/shop/pods/web").requireCode(403);
        as(JANE, "/version").requireCode(200);
        as(JANE, "/logs/x").requireCode(404);
        as(JANE, "/logs").requireCode(403);
    }

    @Test
    void namespace_isReachedByRolesWithinIt() {
        clusterRole("look", rule("\"get\"", "\"\"", "\"namespaces\""));
        bind("shop", "look", subject("User", "jane"));
        as(JANE, "/api/v1/namespaces/shop").requireCode(200);
        as(JANE, "/api/v1/namespaces/other").requireCode(403);
    }

    @Test
    void update_thatCreates_needsCreate() {
        clusterRole("writer", rule("\"update\",\"patch\",\"get\"", "\"coordination.k8s.io\"",
                "\"leases\""));
        bind("shop", "writer", subject("User", "jane"));
        String lease = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/l";
        assertThat(as(JANE, "PUT", lease, "{\"metadata\":{\"name\":\"l\"}}").requireCode(403)
                .message()).contains("cannot create resource \"leases\"");
        api.put(lease, "{\"metadata\":{\"name\":\"l\"}}").requireCode(201);
        api.user = JANE;
        assertThat(api.apply("/apis/coordination.k8s.io/v1/namespaces/shop/leases/m?fieldManager=x",
                "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\"}")
                .requireCode(403).message()).contains("cannot create resource \"leases\"");
    }

    @Test
    void impersonation_thatIsRefused_saysOfWhom() {
        ImpersonationCheck check = new ImpersonationCheck(api.authorizer);
        Impersonation.Part bob = new Impersonation.Part("", "users", "", "", "bob");

        assertThat(check.refuse(EngineFixture.ADMIN, bob)).isEmpty();
        assertThat(check.refuse(JANE, bob)).hasValueSatisfying(refusal -> {
            assertThat(refusal.code()).isEqualTo(403);
            assertThat(refusal.message()).startsWith("users \"bob\" is forbidden: User \"jane\" "
                    + "cannot impersonate resource \"users\"");
            assertThat(refusal.about()).contains(bob);
        });
    }

    @Test
    void roles_nobodyGivesWhatHeHasNot() {
        clusterRole("manager", rule("\"*\"", "\"rbac.authorization.k8s.io\"",
                "\"roles\",\"rolebindings\"") + ","
                + rule("\"get\"", "\"\"", "\"pods\",\"secrets\""));
        clusterRole("pods", rule("\"get\"", "\"\"", "\"pods\""));
        clusterRole("killer", rule("\"get\",\"delete\"", "\"\"", "\"pods\",\"pods/log\""));
        clusterRole("bare-manager", rule("\"create\",\"update\",\"get\"",
                "\"rbac.authorization.k8s.io\"", "\"roles\",\"rolebindings\""));
        String roles = RBAC + "namespaces/shop/roles";
        String bindings = RBAC + "namespaces/shop/rolebindings";
        bind("shop", "bare-manager", subject("User", "jane"));
        String wanted = "{\"metadata\":{\"name\":\"r\"},\"rules\":["
                + rule("\"get\",\"delete\"", "\"\"", "\"pods\",\"pods/log\"") + "]}";
        assertThat(as(JANE, "POST", roles, wanted).requireCode(403).message()).isEqualTo(
                "roles.rbac.authorization.k8s.io \"r\" is forbidden: user \"jane\" (groups=[\"dev\" "
                        + "\"system:authenticated\"]) is attempting to grant RBAC permissions not "
                        + "currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" "
                        + "\"delete\"]}\n{APIGroups:[\"\"], Resources:[\"pods/log\"], "
                        + "Verbs:[\"get\" \"delete\"]}");
        as(JANE, "POST", bindings, binding("b", "ClusterRole", "pods", subject("User", "joe")))
                .requireCode(403);

        bind("shop", "pods", subject("User", "jane"));
        as(JANE, "POST", bindings, binding("b", "ClusterRole", "pods", subject("User", "joe")))
                .requireCode(201);
        as(JANE, "POST", bindings, binding("c", "ClusterRole", "killer", subject("User", "joe")))
                .requireCode(403);
        as(JANE, "POST", bindings, binding("c", "Role", "none", subject("User", "joe")))
                .requireCode(404);
        as(JANE, "PUT", bindings + "/b-bare-manager", binding("b-bare-manager", "ClusterRole",
                "bare-manager", subject("User", "joe"))).requireCode(200);
    }

    @Test
    void roles_escalateAndBind_areVerbsOfTheirOwn() {
        clusterRole("killer", rule("\"delete\"", "\"\"", "\"pods\""));
        clusterRole("escalator", rule("\"create\",\"escalate\"", "\"rbac.authorization.k8s.io\"",
                "\"roles\"") + ","
                + rule("\"create\"", "\"rbac.authorization.k8s.io\"",
                        "\"rolebindings\"")
                + ",{\"verbs\":[\"bind\"],\"apiGroups\":[\"rbac.authorization.k8s.io\"],"
                + "\"resources\":[\"clusterroles\"],\"resourceNames\":[\"killer\"]}");
        bind("shop", "escalator", subject("User", "jane"));
        String bindings = RBAC + "namespaces/shop/rolebindings";
        as(JANE, "POST", RBAC + "namespaces/shop/roles",
                "{\"metadata\":{\"name\":\"r\"},\"rules\":["
                        + rule("\"*\"", "\"*\"", "\"*\"") + "]}")
                .requireCode(201);
        as(JANE, "POST", bindings, binding("k", "ClusterRole", "killer", subject("User", "joe")))
                .requireCode(201);
        as(JANE, "POST", bindings, binding("r", "Role", "r", subject("User", "joe")))
                .requireCode(403);
    }

    @Test
    void roles_aggregation_isForAdministrators() {
        clusterRole("maker", rule("\"create\",\"get\"", "\"rbac.authorization.k8s.io\"",
                "\"clusterroles\""));
        bind("", "maker", subject("User", "jane"));
        String role = "{\"metadata\":{\"name\":\"a\"},\"aggregationRule\":{\"clusterRoleSelectors\":"
                + "[{\"matchLabels\":{\"x\":\"y\"}}]}}";
        assertThat(as(JANE, "POST", RBAC + "clusterroles", role).requireCode(403).message())
                .endsWith("must have cluster-admin privileges to use the aggregationRule");
        clusterRole("all", rule("\"*\"", "\"*\"", "\"*\"")
                + ",{\"verbs\":[\"*\"],\"nonResourceURLs\":[\"*\"]}");
        bind("", "all", subject("User", "jane"));
        as(JANE, "POST", RBAC + "clusterroles", role).requireCode(201);
    }

    @Test
    void role_ofTooManyPermissions_isRefusedQuickly() {
        clusterRole("maker", rule("\"create\"", "\"rbac.authorization.k8s.io\"", "\"roles\""));
        bind("shop", "maker", subject("User", "jane"));
        StringBuilder many = new StringBuilder("\"a\"");
        for (int i = 0; i < 3_000; i++) {
            many.append(",\"r").append(i).append('"');
        }
        String role = "{\"metadata\":{\"name\":\"r\"},\"rules\":["
                + rule(many.toString(), many.toString(), many.toString()) + "]}";
        assertThat(as(JANE, "POST", RBAC + "namespaces/shop/roles", role).requireCode(403)
                .message()).contains("can be checked");
    }

    @Test
    void bindings_roleRefIsImmutableAndChecked() {
        clusterRole("reader", rule("\"get\"", "\"\"", "\"pods\""));
        bind("shop", "reader", subject("User", "jane"));
        String path = RBAC + "namespaces/shop/rolebindings";
        JsonNode stored = api.get(path + "/b-reader").json();
        assertThat(stored.path("roleRef").path("apiGroup").asText())
                .isEqualTo("rbac.authorization.k8s.io");
        assertThat(stored.path("subjects").path(0).path("apiGroup").asText())
                .isEqualTo("rbac.authorization.k8s.io");
        assertThat(api.patch(path + "/b-reader", "merge-patch", "{\"roleRef\":{\"name\":\"x\"}}")
                .requireCode(422).message()).contains("cannot change roleRef");
        assertThat(api.post(path, binding("x", "Sheriff", "", subject("Robot", "")))
                .requireCode(422).message()).contains(
                        "roleRef.kind: Unsupported value: \"Sheriff\": supported values: \"Role\", "
                                + "\"ClusterRole\"",
                        "roleRef.name: Required value", "subjects[0].name: Required value",
                        "subjects[0].kind: Unsupported value: \"Robot\": supported values: "
                                + "\"ServiceAccount\", \"User\", \"Group\"");
        assertThat(api.post(RBAC + "clusterrolebindings",
                binding("x", "Role", "r", subject("ServiceAccount", "a"))).requireCode(422)
                .message()).contains("supported values: \"ClusterRole\"",
                        "subjects[0].namespace: Required value");
        assertThat(api.post(RBAC + "namespaces/shop/roles",
                "{\"metadata\":{\"name\":\"r\"},\"rules\":[{\"verbs\":[]},{\"verbs\":[\"get\"],"
                        + "\"nonResourceURLs\":[\"/x\"]}]}")
                .requireCode(422).message()).contains(
                        "rules[0].verbs: Required value: verbs must contain at least one value",
                        "rules[0].apiGroups: Required value: resource rules must supply at least one "
                                + "api group",
                        "rules[1].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot "
                                + "apply to non-resource URLs");
    }

    @Test
    void reviews_sayWhatIsAllowedAndWhy() {
        clusterRole("reader", rule("\"get\"", "\"\"", "\"pods\""));
        bind("shop", "reader", subject("ServiceAccount", "web"));
        String about = "\"resourceAttributes\":{\"namespace\":\"shop\",\"verb\":\"get\","
                + "\"resource\":\"pods\"}";
        JsonNode status = api.post(REVIEWS + "subjectaccessreviews",
                "{\"spec\":{\"user\":\"" + WEB.name() + "\"," + about + "}}").requireCode(201)
                .json().path("status");
        assertThat(status.toString()).isEqualTo("{\"allowed\":true,\"reason\":\"RBAC: allowed by "
                + "RoleBinding \\\"b-reader/shop\\\" of ClusterRole \\\"reader\\\" to ServiceAccount "
                + "\\\"web/shop\\\"\"}");
        assertThat(api.post(REVIEWS + "subjectaccessreviews",
                "{\"spec\":{\"user\":\"joe\"," + about + "}}").json().path("status").toString())
                .isEqualTo("{\"allowed\":false}");
        assertThat(api.post(REVIEWS + "selfsubjectaccessreviews", "{\"spec\":{" + about + "}}")
                .json().path("status").toString()).isEqualTo("{\"allowed\":true}");
        api.post(REVIEWS + "subjectaccessreviews", "{\"spec\":{" + about + "}}").requireCode(422);
        api.post(REVIEWS + "namespaces/other/localsubjectaccessreviews",
                "{\"spec\":{\"user\":\"joe\"," + about + "}}").requireCode(422);
        api.post(REVIEWS + "namespaces/shop/localsubjectaccessreviews",
                "{\"spec\":{\"user\":\"joe\"," + about + "}}").requireCode(201);
    }

    @Test
    void rulesReview_listsWhatHolds() {
        clusterRole("reader", rule("\"get\"", "\"\"", "\"pods\""));
        clusterRole("paths", "{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/version\"]},"
                + rule("\"create\"", "\"authorization.k8s.io\"", "\"*\""));
        bind("shop", "reader", subject("User", "jane"));
        bind("", "paths", subject("User", "jane"));
        JsonNode status = as(JANE, "POST", REVIEWS + "selfsubjectrulesreviews",
                "{\"spec\":{\"namespace\":\"shop\"}}").requireCode(201).json().path("status");
        List<String> resources = new ArrayList<>();
        status.path("resourceRules").forEach(r -> resources.add(r.toString()));
        assertThat(resources).containsExactly(
                "{\"verbs\":[\"create\"],\"apiGroups\":[\"authorization.k8s.io\"],\"resources\":[\"*\"]}",
                "{\"verbs\":[\"get\"],\"apiGroups\":[\"\"],\"resources\":[\"pods\"]}");
        assertThat(status.path("nonResourceRules").toString())
                .isEqualTo("[{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/version\"]}]");
        assertThat(status.path("incomplete").asBoolean(true)).isFalse();
        as(JANE, "POST", REVIEWS + "selfsubjectrulesreviews", "{\"spec\":{}}").requireCode(400);
    }
}
