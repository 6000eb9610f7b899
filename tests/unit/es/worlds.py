"""Elasticsearch clusters as observations, in a line or two; and an Elasticsearch small enough to run in a test."""

from __future__ import annotations

from typing import Any

import msgspec

from common.control.operator import Key
from common.control.plan import Call, Plan
from common.resources.decode import decode
from common.resources.kind import CustomResource
from es_operator.analyze import analyze
from es_operator.api import enterprises_v1, v1
from es_operator.api.v1 import ElasticsearchClusterSpec
from es_operator.layout import layout_of
from es_operator.observation import (
    Cluster,
    Copy,
    Disk,
    Health,
    Node,
    Observation,
    Pod,
    Record,
    Surroundings,
    Workload,
)  # fmt: skip
from es_operator.observe import _notes
from es_operator.versions import version_of

UUID = "b0s2nPz-RbqvXyLQmE0TNw"
OLD, NEW = "rev-1", "rev-2"
NOW = 1_700_000_000.0
KINDS = {"v1": v1.KIND, "2017": enterprises_v1.KIND}


def resource(spec: dict[str, Any], kind: str = "v1", name: str = "c") -> CustomResource:
    """A custom resource as the API server would hand it over."""
    meta = {"name": name, "namespace": "ns", "uid": "u-1", "resourceVersion": "1", "generation": 1}
    found = decode(KINDS[kind], {"metadata": meta, "spec": spec})
    assert found.problem is None, found.problem
    return found


def node_set(name: str = "all", count: int = 3, **more: Any) -> dict[str, Any]:
    return {"name": name, "count": count, **more}


def spec_of(*node_sets: dict[str, Any], version: str = "8.19.0", **more: Any) -> dict[str, Any]:
    return {"version": version, "nodeSets": list(node_sets) or [node_set()], **more}


def new(spec: dict[str, Any] | None = None, kind: str = "v1", name: str = "c", **more: Any) -> Observation:
    """A cluster of which nothing exists yet."""
    found = resource(spec if spec is not None else spec_of(), kind, name)
    hub: ElasticsearchClusterSpec = found.hub
    key = Key(found.kind.key, "ns", name)
    return Observation(
        key=key,
        resource=found.kind.resource,
        meta=found.metadata,
        hub=hub,
        layout=layout_of(key, found, hub),
        version=version_of(hub.version),
        notes=_notes(found),
        now=NOW,
        **more,
    )


def pod(name: str, group: str, **more: Any) -> Pod:
    """A pod that has been ready for a minute."""
    usual = {"revision": NEW, "ready": True, "ip": "10.0.0.1", "created": NOW - 3600, "ready_since": NOW - 60}
    return Pod(name, f"uid-{name}", group, **{**usual, **more})


def running(spec: dict[str, Any] | None = None, kind: str = "v1", **more: Any) -> Observation:
    """A healthy cluster that is as its resource says: every node ready and joined, the first master elected."""
    seen = new(spec, kind)
    assert seen.version is not None
    workloads: list[Workload] = []
    pods: list[Pod] = []
    nodes: list[Node] = []
    for group in seen.layout.groups:
        size = str(group.node_set.storage.size)
        workloads.append(
            Workload(group.name, f"uid-{group.name}", "7", group.count, NEW, size, group.storage_class, group.workload)
        )
        for name in group.nodes:
            pods.append(pod(name, group.name))
            letters = "".join(role[0] for role in group.node_set.roles) or "-"
            first = group.node_set.master and not any(n.elected for n in nodes)
            nodes.append(Node(name, f"id-{name}", letters, first, str(seen.version)))
    cluster = Cluster(uuid=UUID, health=Health("green", len(nodes), len(nodes)), nodes=tuple(nodes), copies=())
    record = Record(cluster_uuid=UUID, version=seen.version)
    return replaced(seen, workloads=tuple(workloads), pods=tuple(pods), cluster=cluster, record=record, **more)


def replaced(seen: Observation, **changes: Any) -> Observation:
    """The same with some fields changed; what was worked out before is worked out anew."""
    fields = {name: getattr(seen, name) for name in Observation.__struct_fields__}
    return Observation(**{**fields, **changes})


def asks_for(seen: Observation, spec: dict[str, Any], kind: str = "v1") -> Observation:
    """The same cluster after its resource was edited."""
    wanted = new(spec, kind)
    return replaced(seen, hub=wanted.hub, layout=wanted.layout, version=wanted.version, notes=wanted.notes)


def with_cluster(seen: Observation, **changes: Any) -> Observation:
    assert seen.cluster is not None
    return replaced(seen, cluster=msgspec.structs.replace(seen.cluster, **changes))


def health(status: str, **numbers: int) -> Health:
    return msgspec.convert({"status": status, **numbers}, Health)


def outdated(seen: Observation, *names: str) -> Observation:
    """These pods (all, when none is named) are of an older template."""
    pods = tuple(msgspec.structs.replace(p, revision=OLD) if not names or p.name in names else p for p in seen.pods)
    return replaced(seen, pods=pods)


def copies(index: str, *nodes: str, state: str = "STARTED") -> tuple[Copy, ...]:
    """One shard of an index, with a copy on each of these nodes; "" is an unassigned one."""
    return tuple(
        Copy(index, "0", state if node else "UNASSIGNED", node, primary=i == 0) for i, node in enumerate(nodes)
    )


def disk(node: str, used_by_shards: int = 0, used: int = 10, total: int = 100) -> Disk:
    return Disk(node, 1, used_by_shards, used, total)


def calls(plan: Plan) -> list[Call]:
    """The calls of Elasticsearch's API in a plan."""
    return [s.action for s in plan.steps if isinstance(s.action, Call)]


def next_calls(seen: Observation) -> list[Call]:
    return calls(analyze(seen))


def waits_for(seen: Observation) -> str:
    """The reason for which nothing is done."""
    plan = analyze(seen)
    assert calls(plan) == []
    return plan.reasons[0].code if plan.reasons else ""


__all__ = ["Cluster", "Surroundings"]
