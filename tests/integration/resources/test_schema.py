"""What the emitted schemas make a real API server do."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from kubernetes import client as official

from common.kube.client import Client
from common.kube.errors import Invalid
from common.resources.decode import decode
from common.resources.kind import Kind
from tests.integration.resources.conftest import OLD
from tests.unit.resources.sample import KIND, RIGHT, WRONG

pytestmark = pytest.mark.usefixtures("registered")

VALID = {"version": "3.6.1"}


async def created(client: Client, kind: Kind = KIND, name: str = "", **spec: Any) -> dict[str, Any]:
    resource = kind.resource
    spec = {**VALID, **spec} if kind is KIND else spec
    manifest = {"apiVersion": resource.api_version, "kind": resource.kind, "spec": spec}
    manifest["metadata"] = {"name": name or f"sample-{uuid.uuid4().hex[:8]}", "namespace": "default"}
    raw = await client.create(manifest, resource)
    found: dict[str, Any] = json.loads(raw)
    return found


async def test_defaults_are_stored_and_unknown_fields_dropped(client: Client) -> None:
    open_ones: dict[str, Any] = {"section": {"unknown": 1}, "affinity": {"x": {"y": 1}}}
    stored = await created(client, colour="red", sets=[{"name": "x"}], **open_ones)
    assert stored["spec"] == {
        **VALID,
        "size": 3,
        "mode": "Safe",
        "storage": {"size": "1Gi"},
        "sets": [{"name": "x", "count": 1}],
        **open_ones,
    }


async def test_the_api_server_and_decode_agree_on_what_is_right(client: Client) -> None:
    for number, spec in enumerate(RIGHT):
        stored = await created(client, name=f"right-{number}", **spec)
        resource = decode(KIND, stored)
        assert resource.problem is None
        assert resource.spec == decode(KIND, {**stored, "spec": {**VALID, **spec}}).spec


async def test_the_api_server_and_decode_agree_on_what_is_wrong(client: Client) -> None:
    for number, (spec, _) in enumerate(WRONG):
        with pytest.raises(Invalid):
            await created(client, name=f"wrong-{number}", **spec)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"mode": "Slow"}, 'supported values: "Fast", "Safe"'),
        ({"size": 5, "maxSize": 3}, "size must not exceed maxSize"),
        ({"maxSize": 4}, "maxSize must be odd"),
        ({"sets": [{"name": "a"}, {"name": "a"}]}, "Duplicate value"),
    ],
)
async def test_what_is_wrong_is_said(client: Client, spec: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        await created(client, **spec)


async def test_what_a_type_without_a_schema_was_given_comes_through(client: Client) -> None:
    spec: dict[str, Any] = {"size": None, "zones": ["a"], "data-volume-size": "1Gi", "Scheduler": {"x": [1]}}
    spec["snapshot"] = {"y": None}
    stored = await created(client, OLD, **spec)
    assert stored["spec"] == spec
    assert decode(OLD, stored).spec.size == 0


def as_kubectl_asks(api: Any, path: str) -> Any:
    url = api.configuration.host + path
    answer = api.call_api("GET", url, header_params={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
    return json.loads(answer.read())


async def test_columns_show_how_it_is(client: Client, api: Any) -> None:
    await created(client, name="a")
    table = as_kubectl_asks(api, "/apis/sample.triad.dev/v1/namespaces/default/samples")
    assert [(c["name"], c["priority"]) for c in table["columnDefinitions"]] == [
        ("Name", 0), ("Size", 0), ("Phase", 0), ("Mode", 1), ("Age", 0),
    ]  # fmt: skip
    assert table["rows"][0]["cells"][:2] == ["a", 3]


async def test_scale_and_status_are_subresources(client: Client, api: Any) -> None:
    await created(client, name="scaled")
    at = ("sample.triad.dev", "v1", "default", "samples", "scaled")
    custom = official.CustomObjectsApi(api)
    custom.patch_namespaced_custom_object_scale(*at, {"spec": {"replicas": 5}})
    status = {"size": 2, "phase": "Running", "newer": {"field": None}, "conditions": [{"type": "A", "status": "True"}]}
    await client.merge_patch(KIND.resource, "default", "scaled", {"spec": {"size": 1}, "status": status}, "status")
    found = custom.get_namespaced_custom_object(*at)
    assert found["spec"]["size"] == 5
    assert found["status"] == {**status, "newer": {}}
    assert custom.get_namespaced_custom_object_scale(*at)["status"]["replicas"] == 2


async def test_people_can_read_about_the_fields(client: Client, api: Any) -> None:
    crd = official.ApiextensionsV1Api(api).read_custom_resource_definition("samples.sample.triad.dev")
    schema = crd.spec.versions[0].schema.open_apiv3_schema
    assert schema.description == "A sample of everything."
    assert schema.properties["spec"].properties["size"].description == "Number of members."
