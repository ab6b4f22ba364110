package io.beemesh.machine.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SimulatedRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DefaultServiceTest {
    private final SimulatedRegistry home = SimulatedRegistry.on(new Simulation(1));
    private final DefaultService service = new DefaultService(home.registry());

    private void create(GroupResource type, String json) {
        ApiObject object = ApiObject.parse(json.replace('\'', '"').getBytes(UTF_8));
        home.await(() -> home.registry().write(List.of(new Mutation.Create(
                Draft.of(new ObjectKey(type, "default", object.name()), object)))));
    }

    @Test
    void serviceOfSeveralPorts_isReachedAtTheOneOfHttp() {
        home.await(() -> {
            service.start();
            return home.registry().list(GroupResource.SERVICES, "");
        });
        create(GroupResource.SERVICES, "{'metadata':{'namespace':'default','name':'web','uid':'u',"
                + "'annotations':{'beemesh.io/http-default':'true'}},'spec':{}}");
        assertThat(service.get()).isEmpty();
        create(GroupResource.ENDPOINT_SLICES,
                "{'metadata':{'namespace':'default','name':'web-1','uid':'s','labels':"
                        + "{'kubernetes.io/service-name':'web'}},'endpoints':[{'addresses':"
                        + "['10.244.0.1'],'conditions':{'ready':true}}],'ports':[{'name':'metrics',"
                        + "'port':9090},{'name':'http','port':8080}]}");
        assertThat(service.get()).contains(
                new InetSocketAddress(InetAddress.ofLiteral("10.244.0.1"), 8080));
    }
}
