package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * The contents of the files that the node writes for a pod's containers.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/">DNS for
 *     pods</a>
 */
final class PodFiles {
    static final String HOSTS = "/etc/hosts";
    static final String RESOLV_CONF = "/etc/resolv.conf";
    private static final int HOSTNAME_LENGTH_MAX = 63;

    private final ApiObject pod;
    private final JsonNode spec;
    private final AgentConfig config;
    private final List<String> clusterServers;

    /** @param clusterServers resolvers of the mesh that the pod can reach; may be none */
    PodFiles(ApiObject pod, AgentConfig config, List<String> clusterServers) {
        this.pod = pod;
        this.spec = pod.tree().path("spec");
        this.config = config;
        this.clusterServers = clusterServers;
    }

    /** By their paths in the container. */
    Map<String, String> contents(String podIp) {
        Map<String, String> contents = new LinkedHashMap<>();
        contents.put(HOSTS, hosts(podIp));
        contents.put(RESOLV_CONF, resolvConf());
        return contents;
    }

    /** The pod's host name: its own, or its name, without what does not fit. */
    String hostname() {
        if (spec.path("hostNetwork").asBoolean(false)) {
            return config.nodeName();
        }
        String name = spec.path("hostname").asText(pod.name());
        if (spec.path("setHostnameAsFQDN").asBoolean(false) && spec.has("subdomain")) {
            return fullName(name);
        }
        if (name.length() > HOSTNAME_LENGTH_MAX) {
            name = name.substring(0, HOSTNAME_LENGTH_MAX).replaceFirst("[-.]+$", "");
        }
        return name;
    }

    private String fullName(String hostname) {
        return hostname + "." + spec.path("subdomain").asText() + "." + pod.namespace() + ".svc."
                + config.dns().clusterDomain();
    }

    private String hosts(String podIp) {
        StringBuilder hosts = new StringBuilder("""
                # Kubernetes-managed hosts file.
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::0\tip6-localnet
                fe00::0\tip6-mcastprefix
                fe00::1\tip6-allnodes
                fe00::2\tip6-allrouters
                """);
        if (!podIp.isEmpty()) {
            String hostname = spec.path("hostname").asText(pod.name());
            hosts.append(podIp).append('\t');
            if (spec.has("subdomain")) {
                hosts.append(fullName(hostname)).append('\t');
            }
            hosts.append(hostname).append('\n');
        }
        if (!spec.path("hostAliases").isEmpty()) {
            hosts.append("\n# Entries added by HostAliases.\n");
            for (JsonNode alias : spec.path("hostAliases")) {
                hosts.append(alias.path("ip").asText());
                alias.path("hostnames").forEach(name -> hosts.append('\t').append(name.asText()));
                hosts.append('\n');
            }
        }
        return hosts.toString();
    }

    private String resolvConf() {
        List<String> servers = new ArrayList<>();
        List<String> searches = new ArrayList<>();
        Map<String, String> options = new LinkedHashMap<>();
        String policy = spec.path("dnsPolicy").asText("ClusterFirst");
        boolean cluster = policy.equals("ClusterFirstWithHostNet")
                || (policy.equals("ClusterFirst")
                        && !spec.path("hostNetwork").asBoolean(false));
        if (!policy.equals("None")) {
            readHost(servers, searches, options);
        }
        if (cluster && !clusterServers.isEmpty()) {
            servers.clear();
            servers.addAll(clusterServers);
            String domain = config.dns().clusterDomain();
            searches.addAll(0,
                    List.of(pod.namespace() + ".svc." + domain, "svc." + domain, domain));
            options.put("ndots", "5");
        }
        JsonNode own = spec.path("dnsConfig");
        own.path("nameservers").forEach(server -> servers.add(server.asText()));
        own.path("searches").forEach(search -> searches.add(search.asText()));
        for (JsonNode option : own.path("options")) {
            options.put(option.path("name").asText(), option.path("value").asText(""));
        }
        StringBuilder out = new StringBuilder();
        if (!searches.isEmpty()) {
            out.append("search ").append(String.join(" ", new LinkedHashSet<>(searches)))
                    .append('\n');
        }
        servers.stream().distinct()
                .forEach(server -> out.append("nameserver ").append(server).append('\n'));
        if (!options.isEmpty()) {
            out.append("options");
            options.forEach((name, value) -> out.append(' ').append(name)
                    .append(value.isEmpty() ? "" : ":" + value));
            out.append('\n');
        }
        return out.toString();
    }

    private void readHost(List<String> servers, List<String> searches,
            Map<String, String> options) {
        for (String line : config.dns().hostResolvConf().split("\n", -1)) {
            List<String> words = List.of(line.strip().split("\\s+", -1));
            List<String> rest = words.subList(1, words.size());
            switch (words.getFirst()) {
                case "nameserver" -> servers.addAll(rest);
                case "search", "domain" -> searches.addAll(rest);
                case "options" -> rest.forEach(option -> {
                    int colon = option.indexOf(':');
                    options.put(colon < 0 ? option : option.substring(0, colon),
                            colon < 0 ? "" : option.substring(colon + 1));
                });
                default -> {
                    // Comments and what only the machine's resolver knows.
                }
            }
        }
    }
}
