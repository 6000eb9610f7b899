"""What the chaos run happens to: the three operators and one cluster of each application."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from deploy.demo.applications import Application, Elasticsearch, Etcd, Prometheus
from deploy.install.cluster import Cluster, manifests_of
from deploy.install.kubeconfig import ROOT
from deploy.install.operators import operators
from deploy.install.waiting import State
from tests.chaos.monkey import Pods

EXAMPLES = ROOT / "deploy"


class Scene:
    """The current types' examples, as anybody would apply them."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.installations = operators()
        self._files = tuple(
            EXAMPLES / name / "examples" / file
            for name, file in (
                ("etcd", "cluster.yaml"),
                ("elasticsearch", "cluster.yaml"),
                ("prometheus", "prometheus.yaml"),
            )
        )
        etcd, elasticsearch, prometheus = (
            next(m for m in manifests_of(file) if m["kind"] in ("EtcdCluster", "ElasticsearchCluster", "Prometheus"))
            for file in self._files
        )
        self.etcd = Etcd.of(cluster, etcd)
        self.elasticsearch = Elasticsearch.of(cluster, elasticsearch)
        self.prometheus = Prometheus.of(cluster, prometheus)
        self.applications: tuple[Application, ...] = (self.etcd, self.elasticsearch, self.prometheus)

    @property
    def databases(self) -> frozenset[str]:
        """Those that hold what the clients wrote."""
        return frozenset({self.etcd.title, self.elasticsearch.title})

    def set(self) -> None:
        """Install and create what is not there yet."""
        for installation in self.installations:
            installation.apply(self.cluster)
        for installation in self.installations:
            installation.wait(self.cluster)
        for file in self._files:
            self.cluster.apply_file(file)

    def questions(self) -> dict[str, Callable[[], State]]:
        """What has to be well before it begins and after it ended."""
        of_operators = {i.deployment: partial(i.state, self.cluster) for i in self.installations}
        return {a.title: a.state for a in self.applications} | of_operators

    def victims(self) -> dict[str, Pods]:
        """Whose pods may die."""
        of_operators: dict[str, Pods] = {i.deployment: partial(i.pods, self.cluster) for i in self.installations}
        return {a.title: a.pods for a in self.applications} | of_operators

    def address_of(self, application: Application) -> str:
        """The address of the Service that the application's clients use."""
        port = {"etcd": 2379, "elasticsearch": 9200}[application.label]
        services = self.cluster.list_(
            "v1", "Service", application.namespace, f"app.kubernetes.io/instance={application.name}"
        )
        for service in services:
            spec = service["spec"]
            if spec.get("clusterIP") not in (None, "None") and port in [p["port"] for p in spec["ports"]]:
                return str(spec["clusterIP"])
        raise LookupError(f"no client Service of {application.kind} {application.name} with port {port}")
