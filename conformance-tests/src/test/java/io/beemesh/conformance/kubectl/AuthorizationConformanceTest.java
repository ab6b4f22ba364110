package io.beemesh.conformance.kubectl;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** RBAC as kubectl 1.32 sees it: service accounts, impersonation, reviews; on simulated pods. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@WithoutPodman
final class AuthorizationConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    /** A line that says no, and maybe why; an error is none. */
    private static final String NO = "(?m)^no( - .*)?$";

    @TempDir
    private Path directory;

    @AutoClose
    private NodeUnderTest node;

    private Kubectl kubectl;

    @BeforeAll
    void startNode() {
        node = NodeUnderTest.simulated();
        kubectl = node.kubectl();
        Eventually.contains(SOON, () -> kubectl.run("get --raw /readyz?verbose").output(),
                "[+]poststarthook/rbac/bootstrap-roles ok");
        Eventually.contains(SOON, () -> kubectl.run("get clusterrole view -o yaml").output(),
                "pods/log");
    }

    /** kubectl with the token of a service account and no certificate. */
    private Kubectl as(String namespace, String account) throws IOException {
        String token = kubectl.ok("create token " + account + " -n " + namespace).strip();
        Path pki = node.kubeconfigDirectory().resolve("pki");
        String config = Files.readString(node.kubeconfigDirectory().resolve("beemesh.yaml"))
                .replace("certificate-authority: pki/", "certificate-authority: " + pki + "/");
        Path own = directory.resolve(namespace + "-" + account + ".yaml");
        Files.writeString(own, config.replace("client-certificate: pki/admin.crt",
                "token: " + token).replace("client-key: pki/admin.key", ""));
        return new Kubectl(own);
    }

    @Test
    void serviceAccountWithView_mayLookAndNothingElse() throws IOException {
        kubectl.ok("create ns shop");
        kubectl.ok("create sa web -n shop");
        kubectl.ok("create configmap settings -n shop --from-literal=a=b");
        Kubectl web = as("shop", "web");
        assertThat(web.run("get configmaps -n shop").output()).contains(
                "configmaps is forbidden: User \"system:serviceaccount:shop:web\" cannot list "
                        + "resource \"configmaps\" in API group \"\" in the namespace \"shop\"");
        assertThat(web.ok("auth whoami -o json")).contains("system:serviceaccount:shop:web",
                "system:serviceaccounts:shop");

        kubectl.ok("create rolebinding look -n shop --clusterrole=view --serviceaccount=shop:web");
        assertThat(web.ok("get configmaps -n shop")).contains("settings");
        assertThat(web.ok("auth can-i get pods -n shop")).contains("yes");
        assertThat(web.run("auth can-i delete pods -n shop").output()).containsPattern(NO);
        assertThat(web.ok("auth can-i --list -n shop")).contains("pods/log")
                .contains("selfsubjectaccessreviews");
        assertThat(web.run("delete configmap settings -n shop").output()).contains(
                "Error from server (Forbidden): configmaps \"settings\" is forbidden");
        assertThat(web.run("get secrets -n shop").output()).contains("(Forbidden)");
        assertThat(web.run("get configmaps -n default").output()).contains("(Forbidden)");
        assertThat(web.run("get nodes").output()).contains("at the cluster scope");
        assertThat(web.run("create rolebinding more -n shop --clusterrole=edit "
                + "--serviceaccount=shop:web").output())
                .contains("cannot create resource \"rolebindings\"");

        kubectl.ok("delete rolebinding look -n shop");
        assertThat(web.run("get configmaps -n shop").output()).contains("(Forbidden)");
    }

    @Test
    void admin_mayActAsOthers() {
        kubectl.ok("create ns acting");
        kubectl.ok("create role reader -n acting --verb=get,list --resource=pods,deployments.apps");
        kubectl.ok("create rolebinding reader -n acting --role=reader --user=jane --group=dev");
        assertThat(kubectl.ok("auth can-i list pods -n acting --as=jane")).contains("yes");
        assertThat(kubectl.ok("auth can-i list pods -n acting --as=joe --as-group=dev"))
                .contains("yes");
        assertThat(kubectl.run("auth can-i list pods -n acting --as=joe").output())
                .containsPattern(NO);
        assertThat(kubectl.run("get pods -n acting --as=joe").output())
                .contains("User \"joe\" cannot list resource \"pods\"");
        assertThat(kubectl.ok("auth whoami --as=joe --as-group=dev")).contains("joe")
                .contains("dev").contains("system:authenticated");
        assertThat(kubectl.ok("get rolebindings -n acting -o wide")).contains("Role/reader")
                .contains("jane").contains("dev");
        assertThat(kubectl.ok("describe role reader -n acting")).contains("deployments.apps");
        assertThat(kubectl.run("auth can-i impersonate users --as=jane").output())
                .containsPattern(NO);
    }

    @Test
    void reconcile_makesAndMendsRoles() throws IOException {
        Path file = directory.resolve("roles.yaml");
        Files.writeString(file, """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRole
                metadata: {name: looker}
                rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {name: looker}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: looker}
                subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: lou}]
                """);
        assertThat(kubectl.ok("auth reconcile -f " + file))
                .contains("clusterrole.rbac.authorization.k8s.io/looker reconciled");
        assertThat(kubectl.ok("auth can-i get pods --as=lou -A")).contains("yes");
        Files.writeString(file, Files.readString(file).replace("[get]", "[get, watch]")
                .replace("name: lou}", "name: lee}"));
        kubectl.ok("auth reconcile -f " + file);
        assertThat(kubectl.ok("auth can-i watch pods --as=lee -A")).contains("yes");
        assertThat(kubectl.ok("auth can-i watch pods --as=lou -A")).contains("yes");
        assertThat(kubectl.command("patch", "clusterrolebinding", "looker", "-p",
                "{\"roleRef\":{\"name\":\"admin\"}}").run().output())
                .contains("cannot change roleRef");
    }

    @Test
    void anonymous_maySeeHealthAndVersionOnly() {
        assertThat(node.ask("/version").body()).contains("gitVersion");
        assertThat(node.ask("/readyz").body()).isEqualTo("ok");
        assertThat(node.ask("/api").statusCode()).isEqualTo(403);
        assertThat(node.ask("/metrics").statusCode()).isEqualTo(403);
        assertThat(node.ask("/api/v1/namespaces/default/pods").body().replace("\\\"", "\""))
                .contains("User \"system:anonymous\" cannot list resource \"pods\"");
        assertThat(node.ask("/version", "Authorization", "Bearer nonsense").statusCode())
                .isEqualTo(401);
    }
}
