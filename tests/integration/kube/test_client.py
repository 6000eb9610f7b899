"""The client against a real API server: TLS, preconditions, refusals."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import pytest

from common.kube.client import Client
from common.kube.config import access_from
from common.kube.errors import Conflict, Forbidden, Invalid, NotFound, Unreachable
from common.kube.objects import Object
from common.kube.resource import CONFIG_MAP, POD, SECRET, STATEFUL_SET, Resource


@pytest.fixture
def other_authority(tmp_path: Path) -> bytes:
    made = tmp_path / "other.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-days", "1"]
    subprocess.run([*command, "-keyout", str(tmp_path / "key"), "-out", str(made)], check=True, capture_output=True)
    return made.read_bytes()


async def test_a_server_with_another_authority_is_not_talked_to(kubeconfig: str, other_authority: bytes) -> None:
    async with Client(msgspec.structs.replace(access_from(kubeconfig), ca_data=other_authority)) as client:
        with pytest.raises(Unreachable, match="certificate verify failed"):
            await client.get(POD, "default", "x")


async def test_a_server_with_another_name_is_not_talked_to(kubeconfig: str) -> None:
    async with Client(msgspec.structs.replace(access_from(kubeconfig), server_name="elsewhere.example")) as client:
        with pytest.raises(Unreachable, match="certificate verify failed"):
            await client.get(POD, "default", "x")


async def test_a_deletion_is_held_back_by_its_preconditions(client: Client, namespace: str) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}}
    made = msgspec.json.decode(await client.create(manifest), type=Object)
    with pytest.raises(Conflict):
        await client.create(manifest)
    with pytest.raises(Conflict):
        await client.delete(CONFIG_MAP, namespace, "x", uid="5e52cc0f-48ba-4b3c-9d8f-a4a4e1e6f6d8")
    with pytest.raises(Conflict):
        await client.delete(CONFIG_MAP, namespace, "x", uid=made.metadata.uid, resource_version="1")
    found = await client.get_as(CONFIG_MAP, namespace, "x", Object)
    assert found == made
    version = made.metadata.resource_version
    assert await client.delete(CONFIG_MAP, namespace, "x", uid=made.metadata.uid, resource_version=version)
    assert not await client.delete(CONFIG_MAP, namespace, "x")


async def test_a_patch_of_what_changed_since_is_a_conflict(client: Client, namespace: str) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}}
    made = msgspec.json.decode(await client.create(manifest), type=Object)
    patch = {"metadata": {"resourceVersion": made.metadata.resource_version}, "data": {"a": "1"}}
    await client.merge_patch(CONFIG_MAP, namespace, "x", patch)
    with pytest.raises(Conflict):
        await client.merge_patch(CONFIG_MAP, namespace, "x", patch | {"data": {"a": "2"}})


async def test_a_status_is_patched_by_itself(client: Client, namespace: str) -> None:
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "x", "namespace": namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "x", "image": "x"}]}},
        },
    }
    await client.apply(manifest, "test")
    patch = {"status": {"conditions": [{"type": "Ours", "status": "True"}]}, "spec": {"replicas": 5}}
    answer = msgspec.json.decode(await client.merge_patch(STATEFUL_SET, namespace, "x", patch, subresource="status"))
    assert answer["status"]["conditions"][0]["type"] == "Ours"
    assert answer["spec"]["replicas"] == 0


async def test_refusals_have_classes(client: Client, kubeconfig: str, namespace: str) -> None:
    with pytest.raises(NotFound, match="404 NotFound: 404 page not found"):
        await client.list_(Resource("nowhere.example", "v1", "Thing", "things"), namespace, Object)
    with pytest.raises(Invalid, match=r"metadata\.name"):
        bad = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "No!", "namespace": namespace}}
        await client.create(bad)
    nobody = msgspec.structs.replace(access_from(kubeconfig), user="nobody", groups=("one", "two"))
    async with Client(nobody) as other:
        with pytest.raises(Forbidden, match="nobody"):
            await other.list_(POD, namespace, Object)
        with pytest.raises(Forbidden) as raised:
            await other.get(SECRET, namespace, "x")
        assert "withheld" in str(raised.value)


async def test_a_hostile_name_reaches_nothing_else(client: Client, namespace: str) -> None:
    """None of these may read the namespace's ConfigMap by way of a Secret's path."""
    for name in ("../configmaps/kube-root-ca.crt", "..%2fconfigmaps%2fkube-root-ca.crt"):
        with pytest.raises(Invalid):
            await client.get(SECRET, namespace, name)
    assert await client.get(SECRET, namespace, "x?fieldSelector=#") is None
