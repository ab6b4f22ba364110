package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FieldMergeTest {
    private final FieldMerge merge = new FieldMerge(true);

    private static JsonNode json(String text) {
        return Json.parseOwn(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private void merged(String base, String ours, String theirs, String expected) {
        assertThat(merge.merge("", "", json(base), json(ours), json(theirs)))
                .isEqualTo(json(expected));
    }

    @Test
    void differentFields_allChangesAreTaken() {
        merged("{'a':1,'b':{'c':1,'d':1}}", "{'a':2,'b':{'c':1,'d':1}}",
                "{'a':1,'b':{'d':3},'e':4}", "{'a':2,'b':{'d':3},'e':4}");
        assertThat(merge.lost()).isEmpty();
    }

    @Test
    void oneField_thePreferredIsTaken_theOtherIsTold() {
        merged("{'a':{'b':1}}", "{'a':{'b':2}}", "{'a':{'b':3}}", "{'a':{'b':2}}");
        assertThat(merge.lost()).singleElement().satisfies(lost -> {
            assertThat(lost.path()).isEqualTo("a.b");
            assertThat(lost.value().asInt()).isEqualTo(3);
        });
    }

    @Test
    void changedAndRemoved_isAConflict() {
        merged("{'a':1}", "{}", "{'a':2}", "{}");
        assertThat(merge.lost()).singleElement()
                .satisfies(lost -> assertThat(lost.value().asInt()).isEqualTo(2));
    }

    @Test
    void listsOfObjects_areMergedByTheirKeys() {
        merged("{'containers':[{'name':'a','image':'1'},{'name':'b','image':'1'}]}",
                "{'containers':[{'name':'a','image':'2'},{'name':'b','image':'1'}]}",
                "{'containers':[{'name':'b','image':'3'},{'name':'a','image':'1'},{'name':'c'}]}",
                "{'containers':[{'name':'a','image':'2'},{'name':'b','image':'3'},{'name':'c'}]}");
        assertThat(merge.lost()).isEmpty();
    }

    @Test
    void portsOfOneNumber_areTwoByTheirProtocols() {
        merged("{'ports':[{'port':53,'protocol':'TCP'}]}",
                "{'ports':[{'port':53,'protocol':'TCP'},{'port':53,'protocol':'UDP'}]}",
                "{'ports':[{'port':53,'protocol':'TCP','name':'dns'}]}",
                "{'ports':[{'port':53,'protocol':'TCP','name':'dns'},"
                        + "{'port':53,'protocol':'UDP'}]}");
    }

    @Test
    void listsWithoutAKey_areOneValue() {
        merged("{'args':['a']}", "{'args':['b']}", "{'args':['c']}", "{'args':['b']}");
        assertThat(merge.lost()).singleElement()
                .satisfies(lost -> assertThat(lost.path()).isEqualTo("args"));
    }

    @Test
    void finalizers_removalsAddUp() {
        merged("{'finalizers':['a','b','c']}", "{'finalizers':['b','c']}",
                "{'finalizers':['a','c','d']}", "{'finalizers':['c','d']}");
        assertThat(merge.lost()).isEmpty();
    }
}
