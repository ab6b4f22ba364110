package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.network.policy.Party;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PolicyGateTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1"})
    void clientsOfThisMachine_areTheMachine(String address) {
        assertThat(PolicyGate.client(address)).isEqualTo(new Party.Machine());
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1", "10.244.0.1", "2001:db8:0:0:0:0:0:1"})
    void otherClients_areOutside(String address) {
        assertThat(PolicyGate.client(address)).isEqualTo(new Party.Outside(address));
    }
}
