#!/usr/bin/env python3
"""Derives the roles that every mesh has from the published bootstrap policy of Kubernetes.

Input: the Go module k8s.io/kubernetes of one release, as `go mod download` leaves it. Output: OUT,
committed; PolicyText says what its lines mean. Roles of programs that no mesh has are left out.

usage: extract.py KUBERNETES_DIR OUT
"""

import sys

import yaml

POLICY = "/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata/"
# Parts of a control plane, and what belongs to them.
LEFT_OUT = set("""system:heapster system:kube-aggregator system:kube-controller-manager
    system:kube-scheduler system:volume-scheduler system:node-proxier system:node-problem-detector
    system:kube-dns""".split())
AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"


def items(path):
    with open(path, encoding="utf-8") as file:
        for item in yaml.safe_load(file)["items"]:
            if item["metadata"]["name"] not in LEFT_OUT:
                yield item


def listed(values):
    return ",".join(value or "core" for value in values)


def role(item):
    words = ["role", item["metadata"]["name"]]
    for label in sorted(item["metadata"]["labels"]):
        if label.startswith(AGGREGATE):
            words.append("to=" + label[len(AGGREGATE):])
    for selector in item.get("aggregationRule", {}).get("clusterRoleSelectors", []):
        for label in selector["matchLabels"]:
            words.append("from=" + label[len(AGGREGATE):])
    yield " ".join(words)
    for rule in item["rules"] or []:
        if "nonResourceURLs" in rule:
            yield " ".join(["url", listed(rule["verbs"]), listed(rule["nonResourceURLs"])])
        else:
            names = [listed(rule["resourceNames"])] if "resourceNames" in rule else []
            yield " ".join(["rule", listed(rule["verbs"]), listed(rule["apiGroups"]),
                            listed(rule["resources"])] + names)


def binding(item):
    words = ["bind", item["metadata"]["name"], item["roleRef"]["name"]]
    for subject in item.get("subjects", []):
        if subject["kind"] not in ("User", "Group"):
            raise ValueError(subject)
        words.append(subject["kind"] + "=" + subject["name"])
    yield " ".join(words)


def main(kubernetes, out):
    lines = []
    for item in items(kubernetes + POLICY + "cluster-roles.yaml"):
        lines += role(item)
    for item in items(kubernetes + POLICY + "cluster-role-bindings.yaml"):
        lines += binding(item)
    with open(out, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)


if __name__ == "__main__":
    main(*sys.argv[1:])
