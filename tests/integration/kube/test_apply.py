"""What the API server makes of manifests: none of its ways of writing them down is a difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from common.kube.apply import Applier
from common.kube.client import Client
from common.kube.codec import codec_of
from common.kube.compare import differences, stamped
from common.kube.errors import Invalid
from common.kube.objects import Body
from common.kube.resource import CONFIG_MAP, SECRET, STATEFUL_SET, resource_of
from common.kube.store import Store

Json = dict[str, Any]
MANIFESTS: list[Json] = list(yaml.safe_load_all((Path(__file__).parent / "manifests.yaml").read_text()))


def in_namespace(manifest: Json, namespace: str) -> Json:
    return manifest | {"metadata": manifest["metadata"] | {"namespace": namespace}}


def config_map(namespace: str, **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}, "data": data}


def body_store() -> Store[Any]:
    store: Store[Any] = Store()
    store.decode = codec_of(Body).decode
    return store


def writes(requests: list[tuple[str, str]]) -> int:
    return sum(method == "PATCH" for method, _ in requests)


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda m: f"{m['kind']}-{m['metadata']['name']}")
async def test_what_was_applied_is_as_wanted(client: Client, namespace: str, manifest: Json) -> None:
    wanted = stamped(in_namespace(manifest, namespace))
    await client.apply(wanted, "test")
    live = await client.get_as(resource_of(manifest), namespace, manifest["metadata"]["name"], Body)
    assert list(differences(wanted, live)) == []


async def test_a_second_look_at_everything_makes_no_request(
    client: Client, namespace: str, requests: list[tuple[str, str]]
) -> None:
    stores = {resource_of(m): body_store() for m in MANIFESTS}
    applier = Applier(client, "test", stores)
    for manifest in MANIFESTS:
        assert await applier.apply(in_namespace(manifest, namespace))
    requests.clear()
    for manifest in MANIFESTS:
        assert not applier.needed(in_namespace(manifest, namespace))
        assert not await applier.apply(in_namespace(manifest, namespace))
    assert requests == []


async def test_applying_the_same_again_leaves_the_version(client: Client, namespace: str) -> None:
    """So also an apply that was not needed (after a restart, say) sets nothing off.

    Of what controllers write a status to meanwhile, the generation tells it.
    """
    for manifest in MANIFESTS:
        wanted = stamped(in_namespace(manifest, namespace))
        first, again = [msgspec.json.decode(await client.apply(wanted, "test"), type=Body) for _ in range(2)]
        assert first.metadata.generation == again.metadata.generation, manifest["kind"]
        if not first.metadata.generation and manifest["kind"] != "PersistentVolumeClaim":
            assert first.metadata.resource_version == again.metadata.resource_version, manifest["kind"]


async def test_a_field_no_longer_wanted_goes(client: Client, namespace: str) -> None:
    applier = Applier(client, "test", {})
    await applier.apply(config_map(namespace, a="1", b="2"))
    await applier.apply(config_map(namespace, a="1"))
    live = msgspec.json.decode(await client.get(CONFIG_MAP, namespace, "x") or b"")
    assert live["data"] == {"a": "1"}


async def test_a_key_of_string_data_no_longer_wanted_goes(client: Client, namespace: str) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": namespace}}
    applier = Applier(client, "test", {})
    await applier.apply({**secret, "stringData": {"a": "1", "b": "2"}})
    await applier.apply({**secret, "stringData": {"a": "1"}})
    live = msgspec.json.decode(await client.get(SECRET, namespace, "x") or b"")
    assert live["data"] == {"a": "MQ=="}


async def test_what_others_add_stays_and_what_they_change_is_put_right(client: Client, namespace: str) -> None:
    applier = Applier(client, "test", {}, clock=iter(range(0, 10**6, 1000)).__next__)
    await applier.apply(config_map(namespace, a="1"))
    patch = {"metadata": {"labels": {"theirs": "yes"}}, "data": {"theirs": "yes"}}
    await client.merge_patch(CONFIG_MAP, namespace, "x", patch)
    assert not await applier.apply(config_map(namespace, a="1"))
    await client.merge_patch(CONFIG_MAP, namespace, "x", {"data": {"a": "2"}})
    assert await applier.apply(config_map(namespace, a="1"))
    live = msgspec.json.decode(await client.get(CONFIG_MAP, namespace, "x") or b"")
    assert live["data"] == {"a": "1", "theirs": "yes"}
    assert live["metadata"]["labels"] == {"theirs": "yes"}


async def test_an_immutable_field_is_invalid(client: Client, namespace: str) -> None:
    manifest = next(m for m in MANIFESTS if m["kind"] == "StatefulSet")
    wanted = in_namespace(manifest, namespace)
    await client.apply(wanted, "test")
    with pytest.raises(Invalid, match="updates to statefulset spec"):
        await client.apply({**wanted, "spec": wanted["spec"] | {"serviceName": "another"}}, "test")


async def test_a_refused_secret_is_not_quoted(client: Client, namespace: str) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "x", "namespace": namespace},
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": "not*base64-s3cret"},
    }
    with pytest.raises(Exception) as raised:
        await client.apply(manifest, "test")
    assert "s3cret" not in repr(raised.value)
    assert raised.value.__cause__ is None


async def test_a_live_object_that_appears_meanwhile_is_taken_over(client: Client, namespace: str) -> None:
    await client.create(config_map(namespace, a="theirs"))
    store = body_store()
    assert await Applier(client, "test", {CONFIG_MAP: store}).apply(config_map(namespace, a="ours"))
    assert store.get(namespace, "x") is not None
    assert await client.get(STATEFUL_SET, namespace, "x") is None
