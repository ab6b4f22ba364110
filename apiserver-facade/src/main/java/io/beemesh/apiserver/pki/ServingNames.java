package io.beemesh.apiserver.pki;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Under which names and addresses clients reach an API server.
 *
 * @param dnsNames the first is the certificate's common name
 * @param addresses IP addresses in text form
 */
public record ServingNames(List<String> dnsNames, List<String> addresses) {
    public ServingNames {
        dnsNames = List.copyOf(dnsNames);
        addresses = List.copyOf(addresses);
    }

    /**
     * The names of one node, with those under which pods know the API.
     *
     * @param nodeAddresses the node's own, without loopback
     * @param serviceAddress of the Service {@code kubernetes}, such as 10.96.0.1
     */
    public static ServingNames of(String nodeName, List<String> nodeAddresses,
            String serviceAddress) {
        LinkedHashSet<String> addresses = new LinkedHashSet<>(List.of("127.0.0.1", "::1"));
        addresses.addAll(nodeAddresses);
        addresses.add(serviceAddress);
        return new ServingNames(
                List.of(nodeName, "localhost", "kubernetes", "kubernetes.default",
                        "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"),
                new ArrayList<>(addresses));
    }
}
