package io.beemesh.machine.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PodAmountsTest {
    private static final String MAIN = "{'name':'a','resources':{'requests':{'cpu':'1500u',"
            + "'memory':'10Mi'}}}";

    private static Map<String, Long> required(String spec) {
        JsonNode tree = ApiObject
                .parse(spec.replace('\'', '"').getBytes(StandardCharsets.UTF_8)).tree();
        return PodAmounts.units(PodAmounts.required(tree));
    }

    @Test
    void containers_areSummedBeforeTheyAreRounded() {
        assertThat(required("{'containers':[" + MAIN + "," + MAIN + "]}"))
                .isEqualTo(Map.of("cpu", 3L, "memory", 20L << 20));
    }

    @Test
    void initContainers_runOneAfterAnotherBesideTheSidecarsBeforeThem() {
        String sidecar = "{'restartPolicy':'Always','resources':{'requests':{'cpu':'100m'}}}";
        String first = "{'resources':{'requests':{'cpu':'300m','example.com/gpu':'1'}}}";
        String last = "{'resources':{'requests':{'cpu':'250m'}}}";

        assertThat(required("{'containers':[" + MAIN + "],'initContainers':[" + first + ","
                + sidecar + "," + last + "]}")).isEqualTo(
                        Map.of("cpu", 350L, "memory", 10L << 20, "example.com/gpu", 1L));
    }

    @Test
    void podAsAWhole_countsInsteadOfItsContainers_andOverheadBesideThem() {
        assertThat(required("{'containers':[" + MAIN + "],'resources':{'requests':{'cpu':'2'}},"
                + "'overhead':{'cpu':'50m','memory':'1Mi'}}"))
                .isEqualTo(Map.of("cpu", 2050L, "memory", 11L << 20));
    }

    @Test
    void amount_thatNobodyCanRead_countsAsNothing() {
        assertThat(required("{'containers':[{'resources':{'requests':{'cpu':'much'}}}]}"))
                .isEmpty();
    }
}
