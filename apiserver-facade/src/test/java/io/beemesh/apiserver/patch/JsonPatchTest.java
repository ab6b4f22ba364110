package io.beemesh.apiserver.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.patch.PatchException.Reason;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonPatchTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "{'a':1} | [{'op':'add','path':'/b','value':2}] | {'a':1,'b':2}",
            "{'a':[1,3]} | [{'op':'add','path':'/a/1','value':2}] | {'a':[1,2,3]}",
            "{'a':[1]} | [{'op':'add','path':'/a/-','value':2}] | {'a':[1,2]}",
            "{'a':1,'b':2} | [{'op':'remove','path':'/a'}] | {'b':2}",
            "{'a':[1,2]} | [{'op':'remove','path':'/a/0'}] | {'a':[2]}",
            "{'a':1} | [{'op':'replace','path':'/a','value':{'x':1}}] | {'a':{'x':1}}",
            "{'a':{'x':1},'b':{}} | [{'op':'move','from':'/a/x','path':'/b/y'}] | {'a':{},'b':{'y':1}}",
            "{'a':{'x':1}} | [{'op':'copy','from':'/a','path':'/b'}] | {'a':{'x':1},'b':{'x':1}}",
            "{'a/b':1,'c~d':2} | [{'op':'remove','path':'/a~1b'},{'op':'remove','path':'/c~0d'}] | {}",
            "{'a':1} | [{'op':'test','path':'/a','value':1.0}] | {'a':1}",
            "{'a':1} | [{'op':'test','path':'/b','value':null}] | {'a':1}",
            "{'a':1} | [{'op':'replace','path':'','value':{'z':1}}] | {'z':1}"})
    void apply_operation_changesTarget(String target, String patch, String expected)
            throws Exception {
        ObjectNode before = (ObjectNode) json(target);
        assertThat(JsonPatch.apply(before, json(patch))).isEqualTo(json(expected));
        assertThat(before).isEqualTo(json(target));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "[{'op':'test','path':'/a','value':2}] | UNPROCESSABLE",
            "[{'op':'remove','path':'/zz'}] | UNPROCESSABLE",
            "[{'op':'replace','path':'/zz','value':1}] | UNPROCESSABLE",
            "[{'op':'add','path':'/zz/y','value':1}] | UNPROCESSABLE",
            "[{'op':'add','path':'/l/5','value':1}] | UNPROCESSABLE",
            "[{'op':'remove','path':'/l/01'}] | UNPROCESSABLE",
            "[{'op':'move','from':'/o','path':'/o/p'}] | UNPROCESSABLE",
            "[{'op':'replace','path':'','value':1}] | UNPROCESSABLE",
            "[{'op':'burn','path':'/a'}] | MALFORMED", "[{'op':'add','path':'/a'}] | MALFORMED",
            "[{'op':'add','path':'a','value':1}] | MALFORMED", "[{'op':'add'}] | MALFORMED",
            "{} | MALFORMED"})
    void apply_wrong_isRefused(String patch, Reason reason) throws Exception {
        ObjectNode target = (ObjectNode) json("{'a':1,'l':[1,2],'o':{'p':1}}");
        JsonNode operations = json(patch);
        assertThatThrownBy(() -> JsonPatch.apply(target, operations)).isInstanceOfSatisfying(
                PatchException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    @Test
    void apply_copyBomb_isTooLarge() throws Exception {
        ObjectNode target = Json.object();
        target.putArray("a").add("x".repeat(1000));
        ArrayNode patch = (ArrayNode) json("[]");
        for (int i = 0; i < 20; i++) {
            patch.add(json("{'op':'copy','from':'/a','path':'/a/-'}"));
        }
        assertThatThrownBy(() -> JsonPatch.apply(target, patch)).isInstanceOfSatisfying(
                PatchException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
    }

    private static JsonNode json(String text) throws IOException {
        return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
