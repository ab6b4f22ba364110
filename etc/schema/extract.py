#!/usr/bin/env python3
"""Derives the schema resources of apiserver-facade from Kubernetes' published API description.

Input: the Go modules k8s.io/kubernetes, k8s.io/api and k8s.io/apimachinery of one release, as
`go mod download` leaves them. Output, written below OUT and committed:

  definitions/PACKAGE.txt  for OpenAPI documents: a line for each schema, its name, a tab, its JSON
  definitions/SHA256       one hash of all of them, which the documents' ETags derive from
  shapes.txt               for the server itself: a line for each schema, without descriptions
  protobuf.txt             for Protobuf bodies: a line for each message with its field numbers

The last two formats are described in etc/schema/README.md. Output depends on the input alone.

usage: extract.py KUBERNETES_DIR API_DIR APIMACHINERY_DIR OUT
"""

import glob
import hashlib
import json
import os
import re
import sys

# What the server serves or decodes, by Go package; schemas are those that these reach.
KINDS = {
    "core.v1": """Namespace Pod Service Endpoints ConfigMap Secret ServiceAccount Event Node
        PersistentVolume PersistentVolumeClaim ReplicationController ResourceQuota LimitRange
        Binding""",
    "apps.v1": "DaemonSet Deployment ReplicaSet StatefulSet ControllerRevision",
    "batch.v1": "CronJob Job",
    "discovery.v1": "EndpointSlice",
    "coordination.v1": "Lease",
    "events.v1": "Event",
    "storage.v1": "StorageClass",
    "policy.v1": "Eviction PodDisruptionBudget",
    "scheduling.v1": "PriorityClass",
    "autoscaling.v1": "Scale",
    "autoscaling.v2": "HorizontalPodAutoscaler",
    "networking.v1": "Ingress IngressClass NetworkPolicy",
    "node.v1": "RuntimeClass",
    "authentication.v1": "SelfSubjectReview TokenReview TokenRequest",
    "authorization.v1": """SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview
        LocalSubjectAccessReview""",
    "rbac.v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "certificates.v1": "CertificateSigningRequest",
    "metrics.v1beta1": "NodeMetrics PodMetrics",
    "meta.v1": """Status DeleteOptions Patch APIResourceList APIGroup APIGroupList APIVersions
        WatchEvent""",
}
NO_LIST = set("""Binding Eviction Scale SelfSubjectReview TokenReview TokenRequest
    SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview LocalSubjectAccessReview
    Status DeleteOptions Patch APIResourceList APIGroup APIGroupList APIVersions
    WatchEvent""".split())
META = "io.k8s.apimachinery.pkg.apis."
API = "io.k8s.api."
REF = re.compile(r"#/components/schemas/([^\"]+)")
LEAVES = {
    META + "meta.v1.Time": "s(date-time)",
    META + "meta.v1.MicroTime": "s(micro-time)",
    META + "meta.v1.FieldsV1": "*",
    META + "meta.v1.Patch": "*",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "*",
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "s(quantity)",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "x",
}


def metrics():
    """The schemas of metrics.k8s.io, which Kubernetes publishes as Go types alone."""
    lead = API + "metrics.v1beta1."

    def ref(name):
        return {"$ref": "#/components/schemas/" + name}

    def array(name):
        return {"type": "array", "items": ref(name)}

    text = {"type": "string"}
    usage = {"type": "object",
             "additionalProperties": ref("io.k8s.apimachinery.pkg.api.resource.Quantity")}
    schemas = {lead + "ContainerMetrics": {
        "type": "object", "description": "What a container uses.",
        "properties": {"name": text, "usage": usage}, "required": ["name", "usage"]}}
    for kind, more, about in (("NodeMetrics", {"usage": usage}, "What a node uses."),
                              ("PodMetrics", {"containers": array(lead + "ContainerMetrics")},
                               "What the containers of a pod use.")):
        gvk = {"group": "metrics.k8s.io", "version": "v1beta1", "kind": kind}
        properties = {"apiVersion": text, "kind": text,
                      "metadata": ref(META + "meta.v1.ObjectMeta"),
                      "timestamp": ref(META + "meta.v1.Time"), "window": text}
        properties.update(more)
        schemas[lead + kind] = {
            "type": "object", "description": about, "properties": properties,
            "required": ["timestamp", "window"] + list(more),
            "x-kubernetes-group-version-kind": [gvk]}
        schemas[lead + kind + "List"] = {
            "type": "object", "description": "A list of " + kind + ".",
            "properties": {"apiVersion": text, "kind": text,
                           "metadata": ref(META + "meta.v1.ListMeta"),
                           "items": array(lead + kind)},
            "required": ["items"],
            "x-kubernetes-group-version-kind": [dict(gvk, kind=kind + "List")]}
    return schemas


def short(name):
    for prefix in (API, META):
        if name.startswith(prefix):
            return name[len(prefix):]
    return name


def full(short_name):
    return (META if short_name.startswith("meta.") else API) + short_name


def roots():
    for package, kinds in KINDS.items():
        for kind in kinds.split():
            yield full(package + "." + kind)
            if kind not in NO_LIST:
                yield full(package + "." + kind + "List")


def published(kubernetes):
    schemas = {}
    for path in sorted(glob.glob(kubernetes + "/api/openapi-spec/v3/*.json")):
        with open(path, encoding="utf-8") as file:
            schemas.update(json.load(file).get("components", {}).get("schemas", {}))
    schemas.update(metrics())
    return schemas


def reachable(schemas, start):
    seen, todo = set(), list(start)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += REF.findall(json.dumps(schemas[name]))
    return sorted(seen)


def shape_type(schema):
    """The type expression of a schema; see README.md."""
    if "allOf" in schema:
        return shape_type(schema["allOf"][0])
    if "$ref" in schema:
        name = REF.match(schema["$ref"]).group(1)
        return LEAVES.get(name, "@" + short(name))
    kind = schema.get("type")
    if kind == "array":
        return "[" + shape_type(schema["items"]) + "]"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return "{" + shape_type(inner) + "}" if isinstance(inner, dict) else "*"
    if kind is None:
        return "*"
    letter = {"string": "s", "integer": "i", "number": "n", "boolean": "b"}[kind]
    return letter + ("(" + schema["format"] + ")" if "format" in schema else "")


def shape_marks(schema, required):
    marks = ["!"] if required else []
    for letter, key in (("p", "patch-strategy"), ("k", "patch-merge-key"), ("l", "list-type"),
                        ("m", "list-map-keys")):
        value = schema.get("x-kubernetes-" + key)
        if value:
            marks.append(letter + "=" + (",".join(value) if isinstance(value, list) else value))
    if schema.get("x-kubernetes-map-type") == "atomic":
        marks.append("a")
    if schema.get("default") not in (None, 0, "", {}, [], False):
        marks.append("d=" + str(schema["default"]))
    return "".join("|" + mark for mark in marks)


def shape(name, schema):
    required = schema.get("required", [])
    head = short(name) + ("|a" if schema.get("x-kubernetes-map-type") == "atomic" else "")
    fields = [field + ":" + shape_type(s) + shape_marks(s, field in required)
              for field, s in schema.get("properties", {}).items()]
    return "\t".join([head] + fields)


class GoTypes:
    """The struct tags of the Go types, which say what JSON and Protobuf do to each field."""

    LINE = re.compile(r"^\t(?:(\w+)\s+)?([^\s`]+)\s+`([^`]*)`")
    IMPORT = re.compile(r'^\t(?:(\w+) )?"(k8s\.io/[^"]+)"', re.M)
    WELL_KNOWN = {"meta.v1.Time": "t", "meta.v1.MicroTime": "u", "meta.v1.FieldsV1": "f",
                  "meta.v1.Duration": "D", "resource.Quantity": "q", "intstr.IntOrString": "x",
                  "runtime.RawExtension": "r", "types.UID": "s", "types.NodeName": "s"}
    BASIC = {"string": "s", "int32": "i", "int64": "i", "int": "i", "bool": "b", "float64": "d",
             "byte": "y"}

    def __init__(self, api, apimachinery):
        self.structs, self.aliases = {}, {}
        for package in KINDS:
            group, version = package.split(".")
            base = apimachinery + "/pkg/apis/" if group == "meta" else api + "/"
            for path in sorted(glob.glob(base + group + "/" + version + "/*.go")):
                if "zz_generated" not in path and not path.endswith("generated.pb.go"):
                    self.read(package, path)

    def read(self, package, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        imports = {}
        for alias, target in self.IMPORT.findall(text):
            parts = target.split("/")
            name = ".".join(parts[-2:]) if re.match(r"v\d", parts[-1]) else parts[-1]
            imports[alias or parts[-1]] = name
        for name, target in re.findall(r"^type (\w+) ([\w.*\[\]]+)$", text, re.M):
            self.aliases[package + "." + name] = self.qualify(package, imports, target)
        for name, body in re.findall(r"^type (\w+) struct \{\n(.*?)^\}", text, re.M | re.S):
            fields = []
            for line in body.split("\n"):
                found = self.LINE.match(line)
                if found:
                    fields.append((self.qualify(package, imports, found.group(2)),
                                   found.group(3)))
            self.structs[package + "." + name] = fields

    def qualify(self, package, imports, go_type):
        lead = re.match(r"^(?:\*|\[\]|map\[[\w.]+\])*", go_type).group(0)
        name = go_type[len(lead):]
        lead = re.sub(r"map\[[\w.]+\]", "{}", lead)
        if "." in name:
            alias, name = name.split(".")
            return lead + imports.get(alias, alias) + "." + name
        return lead + (name if name in self.BASIC else package + "." + name)

    def code(self, go_type):
        """The type code of protobuf.txt, and the message it names if any."""
        lead = re.match(r"^(?:\*|\[\]|\{\})*", go_type).group(0)
        name = go_type[len(lead):]
        if name.endswith((".ExtraValue", ".Verbs")):
            return lead + "e", None
        if name in self.WELL_KNOWN:
            return lead + self.WELL_KNOWN[name], None
        if name in self.BASIC:
            return (lead + self.BASIC[name]).replace("[]y", "y"), None
        if name in self.structs:
            return lead + "@" + name, name
        return self.code(lead + self.aliases[name])

    def message(self, name):
        """The line of a message, and the messages that it names."""
        fields, named = [], []
        for go_type, tags in self.structs[name]:
            proto = re.search(r'protobuf:"([^"]+)"', tags)
            tag = re.search(r'json:"([^"]*)"', tags)
            if not proto or not tag or "," not in proto.group(1):
                continue
            number = proto.group(1).split(",")[1]
            code, target = self.code(go_type)
            parts = tag.group(1).split(",")
            inline = "inline" in parts
            keep = "" if inline or "omitempty" in parts else "="
            label = "" if inline else parts[0]
            fields.append((int(number), number + ":" + label + ":" + ("^" if inline else "")
                           + keep + code))
            if target:
                named.append(target)
        return "\t".join([name] + [text for _, text in sorted(fields)]), named


def protobuf(go_types, start):
    lines, todo = {}, list(start)
    while todo:
        name = todo.pop()
        if name not in lines and name in go_types.structs:
            lines[name], named = go_types.message(name)
            todo += named
    return [lines[name] for name in sorted(lines)]


def write(path, lines):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)


def main(kubernetes, api, apimachinery, out):
    schemas = published(kubernetes)
    names = reachable(schemas, roots())
    packages = {}
    for name in names:
        text = json.dumps(schemas[name], separators=(",", ":"), ensure_ascii=False)
        packages.setdefault(name[:name.rindex(".")], []).append(name + "\t" + text)
    os.makedirs(out + "/definitions", exist_ok=True)
    digest = hashlib.sha256()
    for package in sorted(packages):
        write(out + "/definitions/" + package + ".txt", packages[package])
        digest.update("\n".join(packages[package]).encode())
    write(out + "/definitions/SHA256", [digest.hexdigest()])
    write(out + "/shapes.txt", [shape(n, schemas[n]) for n in names if n not in LEAVES])
    lists = [short(n) for n in roots()]
    write(out + "/protobuf.txt", protobuf(GoTypes(api, apimachinery), lists))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
