package io.beemesh.apiserver.pki;

import java.net.InetAddress;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

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

    /** True if a certificate is for all of these. */
    boolean areIn(X509Certificate certificate) {
        Set<String> known = new HashSet<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            for (List<?> name : alternatives == null ? List.<List<?>>of() : alternatives) {
                known.add(normal(String.valueOf(name.get(1))));
            }
        } catch (CertificateParsingException e) {
            return false;
        }
        List<String> wanted = new ArrayList<>(dnsNames);
        wanted.addAll(addresses);
        return wanted.stream().map(ServingNames::normal).allMatch(known::contains);
    }

    /** IPv6 addresses in one form: a certificate shows all eight groups. */
    private static String normal(String name) {
        if (name.indexOf(':') < 0) {
            return name.toLowerCase(Locale.ROOT);
        }
        try {
            return InetAddress.ofLiteral(name).getHostAddress();
        } catch (IllegalArgumentException e) {
            return name;
        }
    }
}
