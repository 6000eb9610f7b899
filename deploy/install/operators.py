"""The three operators: one manifest each, nothing else to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.install.cluster import Cluster, manifests_of, pod_is_ready, why_not_ready
from deploy.install.kubeconfig import ROOT
from deploy.install.waiting import State, eventually

AVAILABLE_WITHIN = 180  # seconds; the image may have to be pulled first


@dataclass(frozen=True)
class Installation:
    """What one deployment.yaml brings."""

    manifest: Path
    namespace: str
    deployment: str
    selector: str

    def apply(self, cluster: Cluster) -> None:
        """As `kubectl apply -f`; again is fine."""
        cluster.apply_file(self.manifest)

    def state(self, cluster: Cluster) -> State:
        """Available in the Deployment controller's sense, for the generation that was applied."""
        found = cluster.get("apps/v1", "Deployment", self.namespace, self.deployment)
        if found is None:
            return State(False, "no Deployment")
        status, generation = found.get("status", {}), found["metadata"]["generation"]
        available = any(c["type"] == "Available" and c["status"] == "True" for c in status.get("conditions", []))
        updated = status.get("updatedReplicas", 0) == found["spec"]["replicas"] == status.get("replicas", 0)
        if available and updated and status.get("observedGeneration") == generation:
            return State(True, "available")
        waiting = [why_not_ready(p) for p in self.pods(cluster) if not pod_is_ready(p)]
        return State(False, "; ".join(waiting) or "starting")

    def pods(self, cluster: Cluster) -> list[dict[str, Any]]:
        """The operator's pods."""
        return cluster.pods(self.namespace, self.selector)

    def wait(self, cluster: Cluster) -> None:
        """Until it is available. Raises NotInTime."""
        eventually(lambda: self.state(cluster), AVAILABLE_WITHIN, f"{self.deployment} being available")

    def delete_deployment(self, cluster: Cluster) -> bool:
        """Take away the operator, and only it."""
        return cluster.delete("apps/v1", "Deployment", self.namespace, self.deployment)


def _of(application: str) -> Installation:
    manifest = ROOT / "deploy" / application / "deployment.yaml"
    deployment = next(m for m in manifests_of(manifest) if m["kind"] == "Deployment")
    labels = deployment["spec"]["selector"]["matchLabels"]
    return Installation(
        manifest=manifest,
        namespace=deployment["metadata"].get("namespace", "default"),
        deployment=deployment["metadata"]["name"],
        selector=",".join(f"{key}={value}" for key, value in sorted(labels.items())),
    )


def operators() -> tuple[Installation, ...]:
    """etcd's, Elasticsearch's and Prometheus's, as their manifests say."""
    return tuple(_of(application) for application in ("etcd", "elasticsearch", "prometheus"))
