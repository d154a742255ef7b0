"""What kubectl asks a server first: groups, resources, whether it checks fields."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

KINDS = {
    "v1": {
        "pods": "Pod",
        "secrets": "Secret",
        "configmaps": "ConfigMap",
        "services": "Service",
    },
    "batch/v1": {"jobs": "Job"},
    "jobset.x-k8s.io/v1alpha2": {"jobsets": "JobSet"},
    "kubeflow.org/v1": {"pytorchjobs": "PyTorchJob"},
    "trainer.kubeflow.org/v1alpha1": {"trainjobs": "TrainJob"},
    "ray.io/v1": {"rayjobs": "RayJob"},
}
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "watch"]


def discovery(path: str) -> Object | None:
    """The answer; None where something else is asked."""
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = [_group(each) for each in KINDS if "/" in each]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    if path == "/openapi/v3":
        urls = {
            _root(g): {"serverRelativeURL": f"/openapi/v3/{_root(g)}"} for g in KINDS
        }
        return {"paths": urls}
    for group, kinds in KINDS.items():
        if path == f"/{_root(group)}":
            return _resources(group, kinds)
        if path == f"/openapi/v3/{_root(group)}":
            return _schema(group, kinds)
    return None


def _root(group: str) -> str:
    return f"apis/{group}" if "/" in group else f"api/{group}"


def _group(version: str) -> Object:
    name, _, number = version.partition("/")
    one = {"groupVersion": version, "version": number}
    return {"name": name, "versions": [one], "preferredVersion": one}


def _resources(group: str, kinds: dict[str, str]) -> Object:
    resources = [
        {
            "name": plural,
            "singularName": kind.lower(),
            "namespaced": True,
            "kind": kind,
            "verbs": VERBS,
        }
        for plural, kind in kinds.items()
    ]
    head = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group}
    return {**head, "resources": resources}


def _schema(group: str, kinds: dict[str, str]) -> Object:
    """That the server itself checks fields, so that kubectl needs no schema."""
    name, _, version = group.rpartition("/")
    checked = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}
    paths = {
        f"/{_root(group)}/namespaces/{{namespace}}/{plural}/{{name}}": {
            "patch": {
                "parameters": [checked],
                "x-kubernetes-group-version-kind": {
                    "group": name,
                    "version": version,
                    "kind": kind,
                },
            }
        }
        for plural, kind in kinds.items()
    }
    return {
        "openapi": "3.0.0",
        "info": {"title": "rig", "version": "1"},
        "paths": paths,
    }
