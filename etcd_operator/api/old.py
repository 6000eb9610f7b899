"""What the two older types have in common: the pod policy, and a status with names of ready and unready members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from common.control.plan import Refused


class OldPod(Struct, frozen=True, kw_only=True):
    """The pod policy of the two older types, in their common words."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = {}
    node_selector: Mapping[str, str]
    affinity: Mapping[str, Any] | None = None
    anti_affinity: bool
    tolerations: Sequence[Mapping[str, Any]]
    env: Sequence[Mapping[str, Any]]
    security_context: Mapping[str, Any] | None = None


def pod_template(pod: OldPod, cluster: str) -> dict[str, Any]:
    """The same wishes as a pod template. Raises Refused for labels that are the operator's own."""
    reserved = [label for label in pod.labels if label == "app" or label.startswith("etcd_")]
    if reserved:
        raise Refused("ReservedLabel", f"spec.pod.labels: {reserved[0]} is set by the operator; take it out")
    spec: dict[str, Any] = {}
    if pod.node_selector:
        spec["nodeSelector"] = dict(pod.node_selector)
    affinity = dict(pod.affinity or {})
    if pod.anti_affinity:
        affinity["podAntiAffinity"] = _apart(cluster)
    if affinity:
        spec["affinity"] = affinity
    if pod.tolerations:
        spec["tolerations"] = list(pod.tolerations)
    if pod.env:
        spec["containers"] = [{"name": "etcd", "env": list(pod.env)}]
    if pod.security_context:
        spec["securityContext"] = dict(pod.security_context)
    metadata = {k: dict(v) for k, v in (("labels", pod.labels), ("annotations", pod.annotations)) if v}
    return {k: v for k, v in (("metadata", metadata), ("spec", spec)) if v}


def _apart(cluster: str) -> dict[str, Any]:
    """No two members on one node: what `antiAffinity: true` has always meant."""
    term = {"labelSelector": {"matchLabels": {"etcd_cluster": cluster}}, "topologyKey": "kubernetes.io/hostname"}
    return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}


def shared_status(status: Mapping[str, Any]) -> dict[str, Any]:
    """The standard status in the words that both types use.

    A status that is in these words already (kept from before a resource was refused) comes through unchanged.
    """
    members = status.get("members")
    phase = status.get("phase", "")
    shaped = {k: v for k, v in status.items() if k in _SHARED}
    shaped["phase"] = {"Pending": "Creating", "Paused": "Running", "": "Failed"}.get(phase, phase)
    shaped["reason"] = _reason(status)
    if isinstance(members, list):
        shaped["controlPaused"] = phase == "Paused"
        shaped["members"] = {
            "ready": [m["name"] for m in members if m["role"] != "Unreachable"],
            "unready": [m["name"] for m in members if m["role"] == "Unreachable"],
        }
        shaped["size"] = len(members)
    return shaped


_SHARED = frozenset(
    {"controlPaused", "members", "size", "currentVersion", "targetVersion", "observedGeneration", "conditions"}
)


def _reason(status: Mapping[str, Any]) -> str:
    """Why only a person can go on; empty where all is well."""
    for condition in status.get("conditions", ()):
        wrong = "False" if condition["type"] == "Accepted" else "True"
        if condition["type"] in {"Accepted", "QuorumLost", "DataLost"} and condition["status"] == wrong:
            return str(condition["message"])
    return ""
