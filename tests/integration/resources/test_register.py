"""Registration at start, against a real API server."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from common.kube.client import Client
from common.kube.config import access_from
from common.kube.errors import Forbidden
from common.kube.resource import CRD, Resource
from common.resources.crd import crd_of
from common.resources.register import RegistrationError, register
from tests.integration.resources.conftest import remove
from tests.unit.resources.sample import KIND, OLD_KIND

OURS = crd_of([KIND, OLD_KIND])
NAME: str = OURS["metadata"]["name"]
MANAGER = "sample-operator"
RBAC = "rbac.authorization.k8s.io"
CLUSTER_ROLE = Resource(RBAC, "v1", "ClusterRole", "clusterroles", namespaced=False)
CLUSTER_ROLE_BINDING = Resource(RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False)


@pytest.fixture(autouse=True)
async def gone_afterwards(client: Client) -> Any:
    yield
    await remove(client, NAME)


async def live(client: Client, name: str = NAME) -> dict[str, Any]:
    raw = await client.get(CRD, None, name)
    assert raw is not None
    found: dict[str, Any] = json.loads(raw)
    return found


async def test_a_resource_can_be_made_as_soon_as_it_returns(client: Client) -> None:
    await register(client, [OURS], MANAGER)
    manifest = {
        "apiVersion": "sample.triad.dev/v1", "kind": "Sample", "metadata": {"name": "a", "namespace": "default"},
        "spec": {"version": "3.6.1"},
    }  # fmt: skip
    assert await client.create(manifest, KIND.resource)


async def test_a_second_time_writes_nothing(client: Client) -> None:
    await register(client, [OURS], MANAGER)
    before = await live(client)
    await register(client, [OURS], MANAGER)
    assert (await live(client))["metadata"] == before["metadata"]


async def test_two_replicas_may_start_at_once(client: Client) -> None:
    await asyncio.gather(*(register(client, [OURS], MANAGER) for _ in range(4)))
    assert (await live(client))["spec"]["versions"][0]["name"] == "v1"


async def test_an_older_one_grows(client: Client) -> None:
    await register(client, [crd_of([KIND])], MANAGER)
    await register(client, [OURS], MANAGER)
    assert [v["name"] for v in (await live(client))["spec"]["versions"]] == ["v1", "v1beta1"]


async def test_what_somebody_took_out_of_it_is_mended(client: Client) -> None:
    await register(client, [OURS], MANAGER)
    versions = (await live(client))["spec"]["versions"]
    del versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["paused"]
    await client.merge_patch(CRD, None, NAME, {"spec": {"versions": versions}})
    await register(client, [OURS], MANAGER)
    spec = (await live(client))["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert "paused" in spec["properties"]


async def test_somebody_elses_is_left_alone(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "common.resources.register")
    theirs = copy.deepcopy(crd_of([KIND]))
    del theirs["metadata"]["labels"]
    await client.create(theirs)
    before = await live(client)
    await register(client, [OURS], MANAGER)
    assert (await live(client))["metadata"]["generation"] == before["metadata"]["generation"]
    assert [record.message for record in caplog.records] == ["CRD left as it is"]


async def test_a_newer_operators_is_left_alone(client: Client) -> None:
    newer = crd_of([dataclasses.replace(KIND, revision=9), OLD_KIND])
    await register(client, [newer], MANAGER)
    before = await live(client)
    await register(client, [crd_of([KIND])], MANAGER)
    assert (await live(client))["metadata"] == before["metadata"]


async def test_one_that_is_being_deleted_is_not_trusted(client: Client) -> None:
    await register(client, [OURS], MANAGER)
    await client.merge_patch(CRD, None, NAME, {"metadata": {"finalizers": ["triad.dev/test"]}})
    await client.delete(CRD, None, NAME)
    try:
        with pytest.raises(RegistrationError, match="somebody deletes it"):
            await register(client, [OURS], MANAGER)
    finally:
        await client.merge_patch(CRD, None, NAME, {"metadata": {"finalizers": None}})


async def may(client: Client, *verbs: str) -> None:
    """What the user `sample` may do with CRDs, and nothing else."""
    named = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": "sample-crds"}}
    rules = [{"apiGroups": [CRD.group], "resources": [CRD.plural], "verbs": list(verbs)}]
    user = {"kind": "User", "name": "sample", "apiGroup": RBAC}
    role = {"kind": "ClusterRole", "name": "sample-crds", "apiGroup": RBAC}
    await client.apply({**named, "kind": "ClusterRole", "rules": rules}, MANAGER, resource=CLUSTER_ROLE)
    bound = {**named, "kind": "ClusterRoleBinding", "subjects": [user], "roleRef": role}
    await client.apply(bound, MANAGER, resource=CLUSTER_ROLE_BINDING)


@pytest.fixture
async def restricted(client: Client, kubeconfig: str) -> AsyncIterator[Client]:
    """As an operator that was given no more than some namespaces."""
    access = access_from(kubeconfig)
    access.user = "sample"
    async with Client(access) as connection:
        yield connection
    await client.delete(CLUSTER_ROLE_BINDING, None, "sample-crds")
    await client.delete(CLUSTER_ROLE, None, "sample-crds")


async def test_without_the_right_to_read_crds_they_are_taken_as_installed(restricted: Client) -> None:
    await register(restricted, [OURS], MANAGER)


async def test_without_the_right_to_change_them_they_stay_as_they_are(client: Client, restricted: Client) -> None:
    await register(client, [crd_of([KIND])], MANAGER)
    before = await live(client)
    await may(client, "get", "list", "watch")
    await until_allowed(restricted)
    await register(restricted, [OURS], MANAGER)
    assert (await live(client))["metadata"] == before["metadata"]


async def test_without_the_right_to_make_them_they_must_be_there(client: Client, restricted: Client) -> None:
    await may(client, "get", "list", "watch")
    await until_allowed(restricted)
    with pytest.raises(Forbidden):
        await register(restricted, [OURS], MANAGER)


async def until_allowed(restricted: Client) -> None:
    """The authorizer learns of a new role by a watch of its own."""
    async with asyncio.timeout(10):
        while True:
            try:
                await restricted.get(CRD, None, NAME)
            except Forbidden:
                await asyncio.sleep(0.02)
            else:
                return


async def test_a_name_that_is_taken_is_told(client: Client) -> None:
    await register(client, [OURS], MANAGER)
    same_kind = dataclasses.replace(KIND, resource=Resource("sample.triad.dev", "v1", "Sample", "specimens"))
    try:
        with pytest.raises(RegistrationError, match=r"specimens\.sample\.triad\.dev.*Sample"):
            await register(client, [crd_of([same_kind])], MANAGER)
    finally:
        await remove(client, "specimens.sample.triad.dev")
