"""Older versions in the hub's words, and their statuses in their own."""

from __future__ import annotations

from typing import Any

import pytest

from common.control.plan import Refused
from common.resources.decode import decode
from common.resources.kind import CustomResource, Kind
from etcd_operator.api import v1beta1, v1beta2
from etcd_operator.api.hub import Hub, hub_of
from etcd_operator.api.v1 import KIND, Storage


def resource(kind: Kind, **spec: Any) -> CustomResource:
    found = decode(kind, {"metadata": {"name": "db", "namespace": "default"}, "spec": spec})
    assert found.problem is None, found.problem
    return found


def hub(kind: Kind, **spec: Any) -> Hub:
    return hub_of(resource(kind, **spec))


def test_v1_is_the_hub() -> None:
    wish = hub(KIND, version="3.6.16")
    assert (wish.spec.size, wish.spec.storage, wish.not_acted_on) == (3, Storage(), ())


def test_v1beta2_keeps_data_in_an_empty_dir_unless_asked() -> None:
    assert hub(v1beta2.KIND, size=3).spec.storage.ephemeral
    claim = {"resources": {"requests": {"storage": "1Gi"}}}
    storage = hub(v1beta2.KIND, size=3, pod={"persistentVolumeClaimSpec": claim}).spec.storage
    assert not storage.ephemeral
    assert storage.claim_spec == claim


def test_the_pod_policy_becomes_a_pod_template() -> None:
    wish = hub(
        v1beta2.KIND,
        size=3,
        pod={
            "labels": {"team": "a"},
            "annotations": {"note": "b"},
            "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"operator": "Exists"}],
            "etcdEnv": [{"name": "ETCD_LOG_LEVEL", "value": "warn"}],
            "securityContext": {"runAsUser": 1},
            "antiAffinity": True,
            "ClusterDomain": "cluster.local",
        },
    )
    template = wish.spec.pod_template
    assert template["metadata"] == {"labels": {"team": "a"}, "annotations": {"note": "b"}}
    spec = template["spec"]
    assert spec["nodeSelector"] == {"disk": "ssd"}
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["containers"] == [{"name": "etcd", "env": [{"name": "ETCD_LOG_LEVEL", "value": "warn"}]}]
    assert spec["securityContext"] == {"runAsUser": 1}
    (term,) = spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["labelSelector"] == {"matchLabels": {"etcd_cluster": "db"}}
    assert wish.spec.cluster_domain == "cluster.local"


def test_affinity_and_anti_affinity_go_together() -> None:
    affinity = {"nodeAffinity": {"x": 1}}
    spec = hub(v1beta2.KIND, size=3, pod={"affinity": affinity, "antiAffinity": True}).spec.pod_template["spec"]
    assert spec["affinity"].keys() == {"nodeAffinity", "podAntiAffinity"}


@pytest.mark.parametrize("spec", [{"selfHosted": {}}, {"TLS": {"static": {}}}])
def test_what_v1beta1_asks_for_and_nobody_gives(spec: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        hub(v1beta1.KIND, size=3, **spec)


def test_etcd_keeps_all_history_in_old_types_as_it_always_did() -> None:
    assert hub(v1beta1.KIND, size=3).spec.etcd.auto_compaction_retention == "0"
    assert hub(KIND, version="3.6.16").spec.etcd.auto_compaction_retention == "1h"


STANDARD = {
    "phase": "Running",
    "size": 2,
    "readyMembers": 1,
    "members": [
        {"name": "db-0", "id": "1", "role": "Leader", "version": "3.5.35"},
        {"name": "db-1", "id": "2", "role": "Unreachable", "version": ""},
    ],
    "currentVersion": "3.5.35",
    "targetVersion": "",
    "clusterId": "7",
    "serviceName": "db-client",
    "clientPort": 2379,
    "selector": "app=etcd",
    "conditions": [
        {"type": "Available", "status": "True", "reason": "x", "message": "", "lastTransitionTime": "t"},
    ],
    "observedGeneration": 4,
}


def test_the_status_of_v1beta2() -> None:
    status = v1beta2.shape_status(STANDARD)
    assert status["members"] == {"ready": ["db-0"], "unready": ["db-1"]}
    assert (status["phase"], status["size"], status["controlPaused"]) == ("Running", 2, False)
    assert (status["serviceName"], status["clientPort"]) == ("db-client", 2379)
    assert (status["currentVersion"], status["targetVersion"], status["observedGeneration"]) == ("3.5.35", "", 4)
    assert status["conditions"][0]["lastUpdateTime"] == "t"


@pytest.mark.parametrize(("reason", "type_"), [("Resizing", "Scaling"), ("Replacing", "Recovering"), ("Settled", None)])
def test_what_is_under_way_in_v1beta2s_words(reason: str, type_: str | None) -> None:
    progressing = {
        "type": "Progressing", "status": "True", "reason": reason, "message": "m", "lastTransitionTime": "t",
    }  # fmt: skip
    status = v1beta2.shape_status({**STANDARD, "conditions": [progressing]})
    assert [c["type"] for c in status["conditions"]] == ["Progressing", *([type_] if type_ else [])]
    assert v1beta2.shape_status(status) == status


def test_the_status_of_v1beta1() -> None:
    status = v1beta1.shape_status(STANDARD)
    assert status["members"] == {"ready": ["db-0"], "unready": ["db-1"]}
    assert status["conditions"][0]["transitionTime"] == "t"
    assert "serviceName" not in status


@pytest.mark.parametrize("shape", [v1beta1.shape_status, v1beta2.shape_status])
def test_shaping_twice_changes_nothing(shape: Any) -> None:
    once = shape(STANDARD)
    assert shape(once) == once


@pytest.mark.parametrize("shape", [v1beta1.shape_status, v1beta2.shape_status])
def test_a_refused_new_resource_has_failed_and_says_why(shape: Any) -> None:
    refused = {"type": "Accepted", "status": "False", "reason": "x", "message": "mend it", "lastTransitionTime": "t"}
    status = shape({"conditions": [refused], "observedGeneration": 1})
    assert (status["phase"], status["reason"]) == ("Failed", "mend it")


def test_paused_is_said_in_the_old_words() -> None:
    assert v1beta2.shape_status({**STANDARD, "phase": "Paused"})["controlPaused"] is True
