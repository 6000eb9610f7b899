"""Who looks again when something changes."""

from collections.abc import Iterable
from typing import Any

from common.control.operator import Key
from common.kube.resource import NAMESPACE, SERVICE, SERVICE_MONITOR
from prom_operator.api.v1 import KIND
from prom_operator.seen import REFERRED_SECRET
from tests.unit.prom.worlds import Cluster, Manifest, prometheus, service_monitor

TEAMS: dict[str, Any] = {"serviceMonitorSelector": {"matchLabels": {"team": "a"}}}


def names(keys: Iterable[Key]) -> list[str]:
    found = list(keys)
    assert {k.kind for k in found} <= {KIND.key}
    return sorted(k.name for k in found)


def change(cluster: Cluster, manifest: Manifest) -> list[str]:
    """Put it into the world, and ask who looks again."""
    store = cluster.world.store(SERVICE_MONITOR)
    meta = manifest["metadata"]
    old = store.get(meta["namespace"], meta["name"])
    cluster.put(manifest)
    new = store.get(meta["namespace"], meta["name"])
    return names(cluster.operator.affected(SERVICE_MONITOR, old, new, cluster.world))


def test_only_those_that_select_it() -> None:
    cluster = Cluster(prometheus("a", **TEAMS), prometheus("all", serviceMonitorSelector={}), prometheus("none"))
    assert change(cluster, service_monitor(team="a")) == ["a", "all"]
    assert change(cluster, service_monitor("other", team="b")) == ["all"]


def test_one_that_selected_it_before_looks_too() -> None:
    cluster = Cluster(prometheus("a", **TEAMS), service_monitor(team="a"))
    assert change(cluster, service_monitor(team="b")) == ["a"]


def test_a_change_of_no_consequence_wakes_nobody() -> None:
    cluster = Cluster(prometheus("a", **TEAMS), service_monitor(team="a"))
    again: Any = service_monitor(team="a")
    again["metadata"]["annotations"] = {"touched": "yes"}
    assert change(cluster, again) == []


def test_other_namespaces_by_label() -> None:
    selector: dict[str, Any] = {
        "serviceMonitorSelector": {},
        "serviceMonitorNamespaceSelector": {"matchLabels": {"team": "a"}},
    }
    cluster = Cluster(
        prometheus("own", serviceMonitorSelector={}), prometheus("a", **selector),
        namespaces={"default": {}, "x": {"team": "a"}},
    )  # fmt: skip
    assert change(cluster, service_monitor(namespace="x")) == ["a"]
    assert change(cluster, service_monitor()) == ["own"]


def test_a_namespace_whose_labels_change() -> None:
    cluster = Cluster(
        prometheus("own", serviceMonitorSelector={}), prometheus("all", serviceMonitorNamespaceSelector={})
    )
    store = cluster.world.store(NAMESPACE)
    old = store.get("", "default")
    assert names(cluster.operator.affected(NAMESPACE, old, old, cluster.world)) == []
    assert names(cluster.operator.affected(NAMESPACE, None, old, cluster.world)) == ["all"]


def test_a_secret_that_is_referred_to() -> None:
    end = {"port": "web", "authorization": {"credentials": {"name": "s", "key": "k"}}}
    cluster = Cluster(prometheus("a", **TEAMS), prometheus("b"), service_monitor(endpoints=[end], team="a"))
    cluster.plan("a")
    cluster.plan("b")
    cluster.secret_there("s")
    cluster.secret_there("other")
    store = cluster.world.store(REFERRED_SECRET)
    assert names(cluster.operator.affected(REFERRED_SECRET, None, store.get("default", "s"), cluster.world)) == ["a"]
    assert names(cluster.operator.affected(REFERRED_SECRET, None, store.get("default", "other"), cluster.world)) == []


def test_the_shared_service() -> None:
    cluster = Cluster(prometheus("a"), prometheus("b"))
    cluster.settle("a")
    service = cluster.world.store(SERVICE).get("default", "prometheus-operated")
    assert names(cluster.operator.affected(SERVICE, service, None, cluster.world)) == ["a", "b"]
    assert names(cluster.operator.affected(SERVICE, service, service, cluster.world)) == ["a"]
