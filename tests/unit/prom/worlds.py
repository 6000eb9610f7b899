"""Small worlds: what a Prometheus selects, in few words."""

from __future__ import annotations

import asyncio
import gzip
import itertools
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from common.control.decide import decide
from common.control.operator import Key, World
from common.control.plan import Apply, Plan
from common.resources.decode import decode
from prom_operator.api.v1 import KIND
from prom_operator.operator import WATCHES, operator
from prom_operator.seen import REFERRED_CONFIG_MAP, REFERRED_SECRET, Referred

NAMESPACE = "default"
API = "monitoring.coreos.com/v1"
_versions = itertools.count(1)

Manifest = dict[str, Any]


def resource(kind: str, name: str, spec: Any, namespace: str = NAMESPACE, **labels: str) -> Manifest:
    version = str(next(_versions))
    metadata = {
        "name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": version, "labels": labels,
        "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


def prometheus(name: str = "p", namespace: str = NAMESPACE, **spec: Any) -> Manifest:
    return resource("Prometheus", name, spec, namespace)


def service_monitor(
    name: str = "m", endpoints: Any = None, namespace: str = NAMESPACE, spec: Mapping[str, Any] | None = None,
    **labels: str,
) -> Manifest:  # fmt: skip
    ends = [{"port": "web"}] if endpoints is None else endpoints
    return resource(
        "ServiceMonitor", name, {"selector": {"matchLabels": {"app": "a"}}, "endpoints": ends, **(spec or {})},
        namespace, **labels,
    )  # fmt: skip


def pod_monitor(
    name: str = "m", endpoints: Any = None, namespace: str = NAMESPACE, spec: Mapping[str, Any] | None = None,
) -> Manifest:  # fmt: skip
    ends = [{"port": "web"}] if endpoints is None else endpoints
    whole = {"selector": {"matchLabels": {"app": "a"}}, "podMetricsEndpoints": ends, **(spec or {})}
    return resource("PodMonitor", name, whole, namespace)


def rules(name: str = "r", *rules_: Any, namespace: str = NAMESPACE) -> Manifest:
    return resource("PrometheusRule", name, {"groups": [{"name": "g", "rules": list(rules_)}]}, namespace)


EVERYTHING: dict[str, Any] = {
    "serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {}, "podMonitorSelector": {},
    "podMonitorNamespaceSelector": {}, "ruleSelector": {}, "ruleNamespaceSelector": {},
}  # fmt: skip


class Cluster:
    """A world with one operator on it. Values of Secrets are known without being asked for."""

    def __init__(self, *manifests: Manifest, namespaces: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.operator = operator()
        self.time = 1_800_000_000.0
        self.world = World(self.operator.kinds, WATCHES, clock=lambda: self.time)
        self._watches = {(w.resource.api_version, w.resource.kind): w for w in WATCHES}
        for name, labels in (namespaces or {NAMESPACE: {}}).items():
            self.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        for manifest in manifests:
            self.put(manifest)

    def put(self, manifest: Manifest) -> None:
        if manifest["kind"] == "Prometheus":
            self.world.custom[KIND.key].put(decode(KIND, manifest))
            return
        watch = self._watches[manifest["apiVersion"], manifest["kind"]]
        self.world.store(watch.resource).put(msgspec.json.decode(msgspec.json.encode(manifest), type=watch.view))

    def secret_there(self, name: str, version: int = 1, namespace: str = NAMESPACE, kind: str = "Secret") -> None:
        """Seen by the informer of metadata; not read yet."""
        store = self.world.store(REFERRED_SECRET if kind == "Secret" else REFERRED_CONFIG_MAP)
        metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": str(version)}
        store.put(msgspec.convert({"metadata": metadata}, Referred))

    def plan(self, name: str = "p", namespace: str = NAMESPACE) -> Plan:
        key = Key(KIND.key, namespace, name)
        found = self.world.resource(key)
        assert found is not None
        return asyncio.run(decide(self.operator, key, found, self.world))

    def settle(self, name: str = "p") -> Plan:
        """Apply the plan's objects to the world, as the API server would."""
        plan = self.plan(name)
        for manifest in applied(plan):
            version = str(next(_versions))
            metadata = {
                **manifest["metadata"],
                "uid": f"uid-{manifest['metadata']['name']}",
                "resourceVersion": version,
            }
            self.put({**manifest, "metadata": metadata})
        return plan


def applied(plan: Plan) -> list[Manifest]:
    return [dict(s.action.object) for s in plan.steps if isinstance(s.action, Apply)]


def one(plan: Plan, kind: str, name: str) -> Manifest:
    found = [m for m in applied(plan) if m["kind"] == kind and m["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind} {name}: {[(m['kind'], m['metadata']['name']) for m in applied(plan)]}"
    return found[0]


def text_of(plan: Plan, name: str = "p") -> str:
    import base64

    data = one(plan, "Secret", f"prometheus-{name}")["data"]["prometheus.yaml.gz"]
    return gzip.decompress(base64.b64decode(data)).decode()


def configuration_of(plan: Plan, name: str = "p") -> dict[str, Any]:
    parsed = yaml.safe_load(text_of(plan, name))
    assert isinstance(parsed, dict)
    return parsed


def configured(*manifests: Manifest, **spec: Any) -> dict[str, Any]:
    """The configuration of a Prometheus that takes everything."""
    return configuration_of(Cluster(prometheus(**{**EVERYTHING, **spec}), *manifests).plan())


def job_of(manifest: Manifest, **spec: Any) -> dict[str, Any]:
    """The one scrape job that a monitor makes."""
    jobs = configured(manifest, **spec)["scrape_configs"]
    assert len(jobs) == 1
    job = jobs[0]
    assert isinstance(job, dict)
    return job


def left_out(*manifests: Manifest, **spec: Any) -> str:
    """What the condition says of resources that were left out; empty when none were."""
    plan = Cluster(prometheus(**{**EVERYTHING, **spec}), *manifests).plan()
    condition = next(c for c in plan.conditions if c.type == "ConfigurationComplete")
    return "" if condition.status == "True" else f"{condition.reason}: {condition.message}"


def refusal(*manifests: Manifest, **spec: Any) -> str:
    """Why the Prometheus is refused; empty when it is not."""
    plan = Cluster(prometheus(**spec), *manifests).plan()
    return f"{plan.reasons[0].code}: {plan.reasons[0].message}" if plan.refused else ""
