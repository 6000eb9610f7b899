"""The provisioner's decisions."""

from pathlib import Path
from typing import Any

import pytest

from deploy.local.volumes import PROVISIONED_BY, PROVISIONER, WANTED_PROVISIONER, grown, released, volume_for


def claim(wanted: str = "1Gi", has: str | None = None, provisioner: str = PROVISIONER, **spec: Any) -> dict[str, Any]:
    meta = {"name": "data-0", "namespace": "shop", "uid": "u1", "annotations": {WANTED_PROVISIONER: provisioner}}
    wants = {"resources": {"requests": {"storage": wanted}}, "accessModes": ["ReadWriteOnce"]}
    status = {"capacity": {"storage": has}} if has else {}
    return {"metadata": meta, "spec": {**wants, "storageClassName": "standard", **spec}, "status": status}


def test_a_claim_gets_a_volume_of_its_own_on_the_node() -> None:
    volume = volume_for(claim(), "Delete", Path("/volumes"), "node-1")
    assert volume
    spec = volume["spec"]
    assert spec["local"]["path"] == "/volumes/pvc-u1"
    assert spec["capacity"] == {"storage": "1Gi"}
    assert (spec["claimRef"]["namespace"], spec["claimRef"]["name"], spec["claimRef"]["uid"]) == (
        "shop",
        "data-0",
        "u1",
    )
    term = spec["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]
    assert term["values"] == ["node-1"]
    assert spec["persistentVolumeReclaimPolicy"] == "Delete"


def test_claims_of_other_provisioners_and_those_that_have_one_are_left_alone() -> None:
    assert volume_for(claim(provisioner="ebs.csi.aws.com"), "Delete", Path("/v"), "n") is None
    assert volume_for(claim(volumeName="pvc-u1"), "Delete", Path("/v"), "n") is None


@pytest.mark.parametrize(
    ("wanted", "has", "expected"),
    [("2Gi", "1Gi", "2Gi"), ("1Gi", "1Gi", None), ("1024Mi", "1Gi", None), ("1Gi", "2Gi", None), ("1Gi", None, None)],
)
def test_a_bound_claim_grows_and_never_shrinks(wanted: str, has: str | None, expected: str | None) -> None:
    assert grown(claim(wanted, has)) == expected


def volume(**changes: Any) -> dict[str, Any]:
    values = {"by": PROVISIONER, "policy": "Delete", "phase": "Released"} | changes
    return {
        "metadata": {"name": "pvc-u1", "annotations": {PROVISIONED_BY: values["by"]}},
        "spec": {"persistentVolumeReclaimPolicy": values["policy"]},
        "status": {"phase": values["phase"]},
    }


def test_only_released_volumes_of_ours_go() -> None:
    assert released(volume())
    assert not released(volume(by="other"))
    assert not released(volume(policy="Retain"))
    assert not released(volume(phase="Bound"))
