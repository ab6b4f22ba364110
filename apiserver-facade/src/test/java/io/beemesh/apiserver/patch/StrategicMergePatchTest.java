package io.beemesh.apiserver.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.schema.Schema;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrategicMergePatchTest {
    private static final Schemas SCHEMAS = Schemas.load();

    /** Both sides are pods' specs; quotes are single for the sake of reading. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "merge by name | {'containers':[{'name':'a','image':'1'},{'name':'b','image':'1'}]} | {'containers':[{'name':'b','image':'2'}]} | {'containers':[{'name':'a','image':'1'},{'name':'b','image':'2'}]}",
            "new item comes first | {'containers':[{'name':'a'}]} | {'containers':[{'name':'b'}]} | {'containers':[{'name':'b'},{'name':'a'}]}",
            "delete item | {'containers':[{'name':'a'},{'name':'b'}]} | {'containers':[{'$patch':'delete','name':'a'}]} | {'containers':[{'name':'b'}]}",
            "replace list | {'containers':[{'name':'a'},{'name':'b'}]} | {'containers':[{'$patch':'replace'},{'name':'c'}]} | {'containers':[{'name':'c'}]}",
            "order | {'containers':[{'name':'a'},{'name':'b'},{'name':'c'}]} | {'$setElementOrder/containers':[{'name':'c'},{'name':'a'}],'containers':[{'name':'c','image':'2'}]} | {'containers':[{'name':'b'},{'name':'c','image':'2'},{'name':'a'}]}",
            "order alone | {'containers':[{'name':'a'},{'name':'b'}]} | {'$setElementOrder/containers':[{'name':'b'},{'name':'a'}]} | {'containers':[{'name':'b'},{'name':'a'}]}",
            "null deletes | {'hostname':'h','subdomain':'s'} | {'hostname':null} | {'subdomain':'s'}",
            "atomic list is replaced | {'tolerations':[{'key':'a'}]} | {'tolerations':[{'key':'b'}]} | {'tolerations':[{'key':'b'}]}",
            "map merges | {'nodeSelector':{'a':'1','b':'1'}} | {'nodeSelector':{'b':'2','c':null}} | {'nodeSelector':{'a':'1','b':'2'}}",
            "replace map | {'nodeSelector':{'a':'1'}} | {'nodeSelector':{'$patch':'replace','b':'2'}} | {'nodeSelector':{'b':'2'}}",
            "delete map | {'securityContext':{'runAsUser':1}} | {'securityContext':{'$patch':'delete'}} | {'securityContext':{}}",
            "retain keys | {'volumes':[{'name':'v','hostPath':{'path':'/x'}}]} | {'volumes':[{'$retainKeys':['name','emptyDir'],'name':'v','emptyDir':{}}]} | {'volumes':[{'name':'v','emptyDir':{}}]}",
            "nested lists | {'containers':[{'name':'a','env':[{'name':'X','value':'1'},{'name':'Y','value':'1'}]}]} | {'containers':[{'name':'a','env':[{'name':'Y','$patch':'delete'},{'name':'Z','value':'3'}]}]} | {'containers':[{'name':'a','env':[{'name':'Z','value':'3'},{'name':'X','value':'1'}]}]}",
            "ports by number | {'containers':[{'name':'a','ports':[{'containerPort':80,'name':'x'}]}]} | {'containers':[{'name':'a','ports':[{'containerPort':80,'name':'y'},{'containerPort':81}]}]} | {'containers':[{'name':'a','ports':[{'containerPort':80,'name':'y'},{'containerPort':81}]}]}",
            "directives in new parts are not kept | {} | {'containers':[{'name':'a','$setElementOrder/env':[{'name':'X'}],'env':[{'name':'X','value':'1'}]}]} | {'containers':[{'name':'a','env':[{'name':'X','value':'1'}]}]}"})
    void apply_podSpec_mergesByKeys(String name, String target, String patch, String expected)
            throws Exception {
        ObjectNode result = apply("{'spec':" + target + "}", "{'spec':" + patch + "}");
        assertThat(result.path("spec")).isEqualTo(json(expected));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "primitives are a set | {'finalizers':['a']} | {'finalizers':['b','a']} | {'finalizers':['b','a']}",
            "delete primitive | {'finalizers':['a','b']} | {'$deleteFromPrimitiveList/finalizers':['a']} | {'finalizers':['b']}",
            "owner by uid | {'ownerReferences':[{'uid':'1','name':'a'},{'uid':'2','name':'b'}]} | {'ownerReferences':[{'uid':'1','$patch':'delete'}]} | {'ownerReferences':[{'uid':'2','name':'b'}]}",
            "labels | {'labels':{'a':'1'}} | {'labels':{'b':'2'},'annotations':{'x':'y'}} | {'labels':{'a':'1','b':'2'},'annotations':{'x':'y'}}"})
    void apply_metadata_mergesByKeys(String name, String target, String patch, String expected)
            throws Exception {
        ObjectNode result = apply("{'metadata':" + target + "}", "{'metadata':" + patch + "}");
        assertThat(result.path("metadata")).isEqualTo(json(expected));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "{'spec':{'containers':[{'image':'x'}]}} | does not contain declared merge key: name",
            "{'spec':{'$patch':'burn'}} | Unknown patch type: burn in map",
            "{'spec':{'containers':[{'$patch':'burn'}]}} | Unknown patch type: burn in list",
            "{'spec':{'volumes':[{'$retainKeys':['name'],'name':'v','emptyDir':{}}]}} | is not in the list",
            "[] | must be a JSON object"})
    void apply_broken_saysWhy(String patch, String message) {
        assertThatThrownBy(() -> apply("{'spec':{'containers':[]}}", patch))
                .isInstanceOf(PatchException.class).hasMessageContaining(message);
    }

    private static ObjectNode apply(String target, String patch)
            throws PatchException, IOException {
        Schema pod = SCHEMAS.find("core.v1.Pod");
        return StrategicMergePatch.apply((ObjectNode) json(target), json(patch), pod);
    }

    private static JsonNode json(String text) throws IOException {
        return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
