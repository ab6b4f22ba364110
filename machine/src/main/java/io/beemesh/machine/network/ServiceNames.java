package io.beemesh.machine.network;

import io.beemesh.machine.network.DnsMessage.Answer;
import io.beemesh.machine.network.ServiceMap.Backend;
import io.beemesh.machine.network.ServiceMap.Port;
import io.beemesh.machine.network.ServiceMap.Service;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Answers questions for names of the mesh: Services, headless Services and their pods, ports, pod addresses,
 * external names. May be asked from any thread.
 *
 * @see <a href="https://github.com/kubernetes/dns/blob/master/docs/specification.md">DNS-based service
 *     discovery</a>
 */
public final class ServiceNames {
    private static final String DOMAIN = "cluster.local";
    private static final int ALIASES_MAX = 4;

    private final ServiceMap services;

    public ServiceNames(ServiceMap services) {
        this.services = services;
    }

    /** What there is of a name. */
    private record Found(int code, List<Answer> answers) {
        static final Found NOTHING = new Found(DnsMessage.NO_SUCH_NAME, List.of());
    }

    /** The answer, or empty if the name is not of the mesh and others must be asked. */
    public Optional<byte[]> answer(byte[] question, boolean udp) {
        Optional<DnsMessage> parsed = DnsMessage.parse(question);
        if (parsed.isEmpty()) {
            return Optional.empty();
        }
        DnsMessage message = parsed.get();
        String name = message.name();
        if (!name.equals(DOMAIN) && !name.endsWith("." + DOMAIN)) {
            return Optional.empty();
        }
        String rest = name.equals(DOMAIN)
                ? ""
                : name.substring(0, name.length() - DOMAIN.length() - 1);
        Found found = follow(message, find(message, List.of(rest.split("\\.", -1))), ALIASES_MAX);
        return Optional.of(message.answer(found.code, found.answers, udp));
    }

    /** An alias of another name of the mesh is answered with what that one has. */
    private Found follow(DnsMessage asked, Found found, int left) {
        String target = alias(asked, found);
        if (left == 0 || !target.endsWith("." + DOMAIN)) {
            return found;
        }
        DnsMessage next = asked.withName(target);
        Found there = follow(next, find(next,
                List.of(target.substring(0, target.length() - DOMAIN.length() - 1)
                        .split("\\.", -1))),
                left - 1);
        List<Answer> all = new ArrayList<>(found.answers);
        all.addAll(there.answers);
        return new Found(there.code, all);
    }

    private static String alias(DnsMessage asked, Found found) {
        Answer last = found.answers.isEmpty() ? null : found.answers.getLast();
        return last == null || last.type() != DnsMessage.CNAME
                || asked.type() == DnsMessage.CNAME
                        ? ""
                        : DnsMessage.text(last.data());
    }

    /**
     * The question to ask others if the name is an alias of one that is not of the mesh; its answer is to
     * be given to {@link #completed}.
     */
    public Optional<byte[]> elsewhere(byte[] question) {
        return DnsMessage.parse(question).flatMap(message -> external(message)
                .map(target -> message.withName(target).question()));
    }

    /** The whole answer for an alias, from what others answered for its target; empty if they did not. */
    public Optional<byte[]> completed(byte[] question, byte[] theirs, boolean udp) {
        if (theirs.length == 0) {
            return failure(question);
        }
        return DnsMessage.parse(question).flatMap(message -> external(message).map(target -> {
            List<Answer> all = new ArrayList<>();
            all.add(new Answer(message.name(), DnsMessage.CNAME, DnsMessage.name(target)));
            DnsMessage.addresses(theirs, message.type())
                    .forEach(ip -> all.add(new Answer(target, message.type(), ip)));
            return message.answer(DnsMessage.OK, all, udp);
        }));
    }

    private Optional<String> external(DnsMessage message) {
        String name = message.name();
        List<String> labels = List.of(name.split("\\.", -1));
        if (labels.size() != 5 || !name.endsWith(".svc." + DOMAIN)
                || (!wants(message, DnsMessage.A) && !wants(message, DnsMessage.AAAA))) {
            return Optional.empty();
        }
        return services.service(labels.get(1), labels.get(0)).map(Service::externalName)
                .filter(target -> !target.isEmpty() && !target.endsWith("." + DOMAIN));
    }

    /** An answer that says that the question could not be answered. */
    public static Optional<byte[]> failure(byte[] question) {
        return DnsMessage.parse(question)
                .map(message -> message.answer(DnsMessage.SERVER_FAILURE, List.of(), true));
    }

    private Found find(DnsMessage message, List<String> labels) {
        int count = labels.size();
        String kind = labels.getLast();
        if (count == 1 || (count == 2 && (kind.equals("svc") || kind.equals("pod")))) {
            // Names on the way to others exist.
            return kind.isEmpty() || kind.equals("svc") || kind.equals("pod")
                    ? new Found(DnsMessage.OK, List.of())
                    : Found.NOTHING;
        }
        if (count == 3 && kind.equals("pod")) {
            return address(message, labels.getFirst().replace('-', '.'));
        }
        if (count < 3 || !kind.equals("svc")) {
            return Found.NOTHING;
        }
        String namespace = labels.get(count - 2);
        String name = labels.get(count - 3);
        Optional<Service> service = services.service(namespace, name);
        if (service.isEmpty()) {
            return Found.NOTHING;
        }
        List<String> before = labels.subList(0, count - 3);
        String full = name + "." + namespace + ".svc." + DOMAIN;
        if (before.size() == 2 && before.getFirst().startsWith("_")
                && before.get(1).startsWith("_")) {
            return ports(message, service.get(), full, before, services.backends(namespace, name));
        }
        if (!service.get().externalName().isEmpty()) {
            return before.isEmpty()
                    ? one(message.name(), DnsMessage.CNAME,
                            DnsMessage.name(service.get().externalName()))
                    : Found.NOTHING;
        }
        if (!service.get().address().isEmpty()) {
            return before.isEmpty() ? address(message, service.get().address()) : Found.NOTHING;
        }
        return headless(message, service.get(), before, services.backends(namespace, name));
    }

    private static Found headless(DnsMessage message, Service service, List<String> before,
            List<Backend> backends) {
        if (before.size() > 1) {
            return Found.NOTHING;
        }
        Set<String> addresses = new LinkedHashSet<>();
        for (Backend backend : backends) {
            boolean named = before.isEmpty() || before.getFirst().equals(host(backend));
            if (named && (backend.ready() || service.unready())) {
                addresses.add(backend.address());
            }
        }
        if (addresses.isEmpty()) {
            return before.isEmpty() ? new Found(DnsMessage.OK, List.of()) : Found.NOTHING;
        }
        List<Answer> answers = new ArrayList<>();
        for (String address : addresses) {
            bytes(address).filter(ip -> wants(message, DnsMessage.A)).ifPresent(
                    ip -> answers.add(new Answer(message.name(), DnsMessage.A, ip)));
        }
        return new Found(DnsMessage.OK, answers);
    }

    /** The name of an endpoint below its Service. */
    private static String host(Backend backend) {
        return backend.hostname().isEmpty()
                ? backend.address().replace('.', '-')
                : backend.hostname();
    }

    private static Found ports(DnsMessage message, Service service, String full,
            List<String> before, List<Backend> backends) {
        String port = before.getFirst().substring(1);
        String protocol = before.get(1).substring(1).toUpperCase(Locale.ROOT);
        List<Answer> answers = new ArrayList<>();
        if (service.address().isEmpty()) {
            for (Backend backend : backends) {
                if (backend.ready() && backend.portName().equals(port)
                        && backend.protocol().equals(protocol)) {
                    answers.add(srv(message, backend.port(), host(backend) + "." + full));
                }
            }
        } else {
            for (Port one : service.ports()) {
                if (one.name().equals(port) && one.protocol().equals(protocol)) {
                    answers.add(srv(message, one.port(), full));
                }
            }
        }
        if (answers.isEmpty()) {
            return Found.NOTHING;
        }
        return new Found(DnsMessage.OK, wants(message, DnsMessage.SRV) ? answers : List.of());
    }

    private static Answer srv(DnsMessage message, int port, String target) {
        byte[] host = DnsMessage.name(target);
        return new Answer(message.name(), DnsMessage.SRV, ByteBuffer.allocate(6 + host.length)
                .putShort((short) 0).putShort((short) 100).putShort((short) port).put(host)
                .array());
    }

    private static boolean wants(DnsMessage message, int type) {
        return message.type() == type || message.type() == DnsMessage.ANY;
    }

    private static Found one(String name, int type, byte[] data) {
        return new Found(DnsMessage.OK, List.of(new Answer(name, type, data)));
    }

    private static Found address(DnsMessage message, String address) {
        Optional<byte[]> ip = bytes(address);
        if (ip.isEmpty()) {
            return Found.NOTHING;
        }
        return wants(message, DnsMessage.A)
                ? one(message.name(), DnsMessage.A, ip.get())
                : new Found(DnsMessage.OK, List.of());
    }

    /** An IPv4 address as text; of 16 bytes one that nothing has. */
    public static String text(byte[] ip) {
        return ip.length != 4
                ? ""
                : (ip[0] & 0xff) + "." + (ip[1] & 0xff) + "." + (ip[2] & 0xff) + "."
                        + (ip[3] & 0xff);
    }

    /** An IPv4 address in text. */
    public static Optional<byte[]> bytes(String address) {
        String[] parts = address.split("\\.", -1);
        byte[] ip = new byte[4];
        if (parts.length != 4) {
            return Optional.empty();
        }
        for (int i = 0; i < 4; i++) {
            if (!parts[i].matches("[0-9]{1,3}") || Integer.parseInt(parts[i]) > 255) {
                return Optional.empty();
            }
            ip[i] = (byte) Integer.parseInt(parts[i]);
        }
        return Optional.of(ip);
    }
}
