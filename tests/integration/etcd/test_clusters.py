"""What becomes of resources on a real API server, which keeps our schemas, defaults and canonical forms."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client.exceptions import ApiException

from tests.integration.etcd.conftest import ROOT, V1, V1BETA1, V1BETA2, Etcds, eventually

HOSTILE = Path(__file__).parents[2] / "golden" / "etcd" / "hostile"
REFUSED_BY_US = {
    "name-long": "NameTooLong",
    "name-dots": "NameNotUsable",
    "version-ancient": "UnsupportedVersion",
    "version-too-old": "UnsupportedVersion",
    "reserved-variable": "ReservedVariable",
    "reserved-label": "ReservedLabel",
    "self-hosted": "SelfHostedNotSupported",
    "tls": "TLSNotSupported",
}
"""What a schema cannot say; all other hostile manifests are refused by the API server."""


@pytest.mark.parametrize(("api_version", "name"), [(V1, "v1"), (V1BETA2, "v1beta2"), (V1BETA1, "v1beta1")])
def test_a_resource_of_each_version_becomes_a_cluster(etcds: Etcds, api_version: str, name: str) -> None:
    created = etcds.create(name, api_version, size=3, version="3.5.35")
    owned = etcds.complete(name)
    for found in owned.values():
        (owner,) = found["metadata"]["ownerReferences"]
        assert (owner["uid"], owner["apiVersion"], owner["controller"]) == (
            created["metadata"]["uid"], api_version, True,
        )  # fmt: skip
        assert "finalizers" not in found["metadata"]
    spec = owned[f"StatefulSet/{name}"]["spec"]
    assert (spec["replicas"], spec["updateStrategy"]) == (3, {"type": "OnDelete"})
    assert spec["template"]["spec"]["containers"][0]["image"] == "quay.io/coreos/etcd:v3.5.35"
    status = eventually(lambda: etcds.read(name, api_version).get("status"))
    assert status["observedGeneration"] == created["metadata"]["generation"]
    assert etcds.condition(name, "Accepted", api_version)["status"] == "True"
    assert "finalizers" not in etcds.read(name, api_version)["metadata"]


def test_the_api_server_fills_in_v1s_defaults(etcds: Etcds) -> None:
    spec = etcds.create("defaults", version="3.6.16")["spec"]
    assert (spec["size"], spec["repository"]) == (3, "quay.io/coreos/etcd")


def test_an_edit_reaches_the_stateful_set(etcds: Etcds) -> None:
    etcds.create("edited", size=3, version="3.6.16")
    etcds.complete("edited")
    etcds.edit("edited", resources={"requests": {"cpu": "123m"}})

    def requests() -> Any:
        template = etcds.owned("edited")["StatefulSet/edited"]["spec"]["template"]
        return template["spec"]["containers"][0]["resources"].get("requests", {}).get("cpu") == "123m"

    eventually(requests)


def test_the_size_waits_for_the_first_start(etcds: Etcds) -> None:
    etcds.create("early", size=3, version="3.6.16")
    before = etcds.complete("early")
    etcds.edit("early", size=5)
    generation = etcds.read("early")["metadata"]["generation"]
    eventually(lambda: etcds.read("early")["status"]["observedGeneration"] == generation)
    after = etcds.owned("early")
    assert after["StatefulSet/early"]["spec"]["replicas"] == 3
    assert after["ConfigMap/early-members"]["data"] == before["ConfigMap/early-members"]["data"]


def test_a_second_look_writes_nothing(etcds: Etcds) -> None:
    etcds.create("idle", size=3, version="3.6.16")
    etcds.complete("idle")
    _at_rest(lambda: etcds.read("idle")["metadata"]["resourceVersion"])
    before = _versions(etcds, "idle")
    etcds.cluster.patch(V1, "EtcdCluster", etcds.namespace, "idle", {"metadata": {"annotations": {"look": "again"}}})
    time.sleep(3)
    assert _versions(etcds, "idle") == before


def test_what_others_change_or_delete_is_put_right(etcds: Etcds) -> None:
    etcds.create("damaged", size=3, version="3.6.16")
    etcds.complete("damaged")
    ours = etcds.owned("damaged")["Service/damaged-client"]["spec"]["selector"]
    etcds.cluster.delete("v1", "Service", etcds.namespace, "damaged")
    etcds.cluster.patch(
        "v1", "Service", etcds.namespace, "damaged-client", {"spec": {"selector": {"etcd_cluster": "other"}}}
    )
    eventually(lambda: "Service/damaged" in etcds.owned("damaged"))
    eventually(lambda: etcds.owned("damaged")["Service/damaged-client"]["spec"]["selector"] == ours)


def test_two_groups_with_one_name_do_not_fight(etcds: Etcds) -> None:
    etcds.create("twins", size=3, version="3.6.16")
    uid = etcds.complete("twins")["StatefulSet/twins"]["metadata"]["ownerReferences"][0]["uid"]
    time.sleep(1.1)  # creation times have whole seconds
    etcds.create("twins", V1BETA2, size=5, version="3.5.35")
    eventually(lambda: etcds.condition("twins", "Accepted", V1BETA2).get("reason") == "NameTaken")
    found = etcds.owned("twins")["StatefulSet/twins"]
    assert (found["metadata"]["ownerReferences"][0]["uid"], found["spec"]["replicas"]) == (uid, 3)


def test_a_missing_secret_is_waited_for_and_named(etcds: Etcds) -> None:
    env = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "etcd-token", "key": "token"}}}]
    template = {"spec": {"containers": [{"name": "etcd", "env": env}]}}
    etcds.create("secretive", size=1, version="3.6.16", podTemplate=template)
    accepted = eventually(lambda: etcds.condition("secretive", "Accepted"))
    assert (accepted["status"], accepted["reason"]) == ("False", "SecretMissing")
    assert "etcd-token" in accepted["message"]
    assert etcds.owned("secretive") == {}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "etcd-token"}, "stringData": {"token": "x"}}
    etcds.cluster.apply(secret, etcds.namespace)
    etcds.complete("secretive")


def test_volumes_neither_shrink_nor_break_the_loop_when_asked_to_grow(etcds: Etcds) -> None:
    etcds.create("volumes", size=1, version="3.6.16", storage={"size": "2Gi"})
    etcds.complete("volumes")
    eventually(lambda: _claims(etcds, "volumes"))
    etcds.edit("volumes", storage={"size": "1Gi"})
    eventually(lambda: etcds.condition("volumes", "Accepted").get("reason") == "StorageShrinks")
    etcds.edit("volumes", storage={"size": "4Gi"})
    told = eventually(lambda: etcds.condition("volumes", "FieldsNotActedOn").get("message"))
    assert "spec.storage.size" in told
    assert etcds.condition("volumes", "Accepted")["status"] == "True"
    template = etcds.owned("volumes")["StatefulSet/volumes"]["spec"]["volumeClaimTemplates"][0]
    assert template["spec"]["resources"]["requests"]["storage"] == "2Gi"


def test_a_deleted_resource_takes_its_objects_and_leaves_its_volumes(etcds: Etcds) -> None:
    etcds.create("gone", size=1, version="3.6.16", storage={"size": "1Gi"})
    etcds.complete("gone")
    eventually(lambda: _claims(etcds, "gone"))
    etcds.cluster.delete(V1, "EtcdCluster", etcds.namespace, "gone")
    eventually(lambda: etcds.owned("gone") == {}, lambda: [*etcds.owned("gone")], 60)
    assert _claims(etcds, "gone")

    etcds.create("gone", size=3, version="3.6.16", storage={"size": "1Gi"})
    owned = etcds.complete("gone")
    assert owned["ConfigMap/gone-members"]["data"]["ETCD_INITIAL_CLUSTER_STATE"] == "existing"
    assert owned["StatefulSet/gone"]["spec"]["replicas"] == 1
    eventually(lambda: "earlier cluster" in etcds.condition("gone", "Available").get("message", ""))


def test_a_paused_resource_is_left_alone(etcds: Etcds) -> None:
    etcds.create("paused", size=3, version="3.6.16", paused=True)
    eventually(lambda: etcds.read("paused").get("status", {}).get("phase") == "Paused")
    assert etcds.owned("paused") == {}
    etcds.edit("paused", paused=False)
    etcds.complete("paused")


def test_a_pod_monitor_comes_as_soon_as_they_are_served(etcds: Etcds) -> None:
    etcds.create("monitored", size=1, version="3.6.16")
    etcds.complete("monitored")
    types = subprocess.run(
        [sys.executable, "-m", "prom_operator", "crds"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for crd in yaml.safe_load_all(types.stdout):
        if crd["metadata"]["name"] == "podmonitors.monitoring.coreos.com":
            etcds.cluster.apply(crd)
    found = eventually(lambda: _pod_monitor(etcds, "monitored"))
    labels = etcds.owned("monitored")["StatefulSet/monitored"]["spec"]["template"]["metadata"]["labels"]
    assert found["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_what_was_done_is_told_in_events(etcds: Etcds) -> None:
    etcds.create("told", size=3, version="3.6.16")
    etcds.complete("told")

    def told() -> list[str]:
        found = etcds.cluster.list_("events.k8s.io/v1", "Event", etcds.namespace)
        return [e["note"] for e in found if e.get("regarding", {}).get("name") == "told"]

    eventually(lambda: any("the cluster is created" in note for note in told()), told)


@pytest.mark.parametrize("path", sorted(HOSTILE.glob("*.yaml")), ids=lambda p: p.stem)
def test_hostile_manifests_are_refused(etcds: Etcds, path: Path) -> None:
    manifest = yaml.safe_load(path.read_text())
    name, api_version = manifest["metadata"]["name"], manifest["apiVersion"]
    reason = REFUSED_BY_US.get(path.stem)
    if reason is None:
        with pytest.raises(ApiException):
            etcds.cluster.apply(manifest, etcds.namespace)
        assert etcds.cluster.get(api_version, manifest["kind"], etcds.namespace, name) is None
        return
    etcds.cluster.apply(manifest, etcds.namespace)
    accepted = eventually(lambda: etcds.condition(name, "Accepted", api_version))
    assert (accepted["status"], accepted["reason"]) == ("False", reason)
    assert etcds.owned(name[:63]) == {}


def _pod_monitor(etcds: Etcds, name: str) -> dict[str, Any] | None:
    return etcds.cluster.get("monitoring.coreos.com/v1", "PodMonitor", etcds.namespace, name)


def _claims(etcds: Etcds, name: str) -> list[dict[str, Any]]:
    return etcds.cluster.list_("v1", "PersistentVolumeClaim", etcds.namespace, f"etcd_cluster={name}")


def _versions(etcds: Etcds, name: str) -> dict[str, tuple[str, ...]]:
    """What changes with a write of ours; the status of a StatefulSet is its controller's."""
    return {
        at: tuple(m["time"] for m in found["metadata"]["managedFields"] if m["manager"] == "etcd-operator")
        for at, found in etcds.owned(name).items()
    } | {"status": tuple(str(etcds.read(name).get("status")))}


def _at_rest(value: Callable[[], Any]) -> None:
    """Wait until it stays the same."""
    last = [None, 0.0]

    def still() -> bool:
        now = value()
        if now != last[0]:
            last[:] = [now, time.monotonic()]
        return time.monotonic() - float(last[1] or 0) > 2

    eventually(still)
