from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.kube.compare import HASH, KEPT_EMPTY, QUANTITIES, QUANTITY_MAPS, differences, differs, stamped
from common.kube.objects import Body

Json = dict[str, Any]
OWNER = {"apiVersion": "data.triad.dev/v1", "kind": "EtcdCluster", "name": "c", "uid": "u1", "controller": True,
         "blockOwnerDeletion": True}  # fmt: skip


def live(manifest: Json) -> Body:
    return msgspec.json.decode(json.dumps(manifest), type=Body)


def manifest(spec: Any = None, **more: Any) -> Json:
    metadata = {"name": "x", "namespace": "a", "labels": {"app": "etcd"}, "ownerReferences": [OWNER]}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec or {}, **more}


PLAIN_NAMES = st.text("abcxyz", min_size=1, max_size=4).filter(
    lambda n: n not in KEPT_EMPTY | QUANTITY_MAPS | QUANTITIES
)
LEAVES = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    LEAVES | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN_NAMES, inner, max_size=4),
    max_leaves=15,
)
SPECS = st.dictionaries(PLAIN_NAMES, VALUES, max_size=5)


def defaulted(value: Any, in_list: bool = False) -> Any:
    """As the API server writes it down: empty values dropped, defaults added."""
    if isinstance(value, dict):
        kept = {k: defaulted(v) for k, v in value.items() if not (v is None or v in ("", 0, False) or v in ({}, []))}
        return kept | {"added-by-default": 1}
    if isinstance(value, list):
        return [defaulted(v, True) for v in value]
    return value


@given(SPECS)
def test_defaulting_makes_no_difference(spec: Json) -> None:
    wanted = stamped(manifest(spec))
    there = copy.deepcopy(wanted)
    there["spec"] = defaulted(there["spec"])
    there["metadata"]["annotations"]["somebody"] = "else"
    assert not differs(wanted, live(there))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inside is None:
        return [] if value is None else [path]
    return [leaf for key, inner in inside for leaf in leaves(inner, (*path, key))]


@given(SPECS.filter(leaves), st.data())
def test_any_changed_leaf_is_a_difference(spec: Json, data: st.DataObject) -> None:
    wanted = stamped(manifest(spec))
    there = copy.deepcopy(wanted)
    *way, last = data.draw(st.sampled_from(leaves(spec)))
    parent: Any = there["spec"]
    for step in way:
        parent = parent[step]
    before = parent[last]
    changed = data.draw(LEAVES.filter(lambda v: v != before or isinstance(v, bool) != isinstance(before, bool)))
    parent[last] = changed
    there["spec"] = defaulted_but(there["spec"])
    assert differs(wanted, live(there))


def defaulted_but(value: Any) -> Any:
    """Only added defaults: a changed leaf that is empty must not vanish."""
    if isinstance(value, dict):
        return {k: defaulted_but(v) for k, v in value.items()} | {"added-by-default": 1}
    return [defaulted_but(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ({"cpu": "1000m"}, {"cpu": "1"}),
        ({"cpu": 1}, {"cpu": "1"}),
        ({"cpu": 0.5}, {"cpu": "500m"}),
        ({"memory": "1024Mi"}, {"memory": "1Gi"}),
    ],
)
def test_quantities_are_compared_by_value(wanted: Json, seen: Json) -> None:
    of = stamped(manifest({"resources": {"requests": wanted}}))
    there = copy.deepcopy(of)
    there["spec"]["resources"]["requests"] = seen
    assert not differs(of, live(there))
    there["spec"]["resources"]["requests"] = dict.fromkeys(seen, "7")
    assert list(differences(of, live(there))) == [f"spec.resources.requests.{next(iter(wanted))}"]


def test_what_looks_like_a_quantity_elsewhere_is_text() -> None:
    wanted = stamped(manifest({"args": ["1000m"], "version": "1.0"}))
    there = copy.deepcopy(wanted)
    there["spec"] = {"args": ["1"], "version": "1"}
    assert list(differences(wanted, live(there))) == ["spec.args.0", "spec.version"]


@pytest.mark.parametrize("wanted", [80, "80"])
def test_a_port_by_number_is_not_the_port_by_name(wanted: int | str) -> None:
    of = stamped(manifest({"targetPort": wanted}))
    there = copy.deepcopy(of)
    there["spec"]["targetPort"] = "80" if wanted == 80 else 80
    assert differs(of, live(there))


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ({"volumes": [{"name": "d", "emptyDir": {}}]}, {"volumes": [{"name": "d", "hostPath": {"path": "/"}}]}),
        ({"securityContext": {"allowPrivilegeEscalation": False}}, {"securityContext": {}}),
        ({"replicas": 0}, {}),
        ({"containers": [{"name": "a"}]}, {"containers": [{"name": "a"}, {"name": "b"}]}),
        ({"containers": [{"name": "a"}]}, {}),
        ({"a": {"b": 1}}, {"a": 1}),
        ({"a": True}, {"a": 1}),
        ({"a": 1}, {"a": True}),
    ],
)
def test_these_are_differences(wanted: Json, seen: Json) -> None:
    of = stamped(manifest(wanted))
    there = copy.deepcopy(of) | {"spec": seen}
    assert differs(of, live(there))


def test_labels_annotations_and_owners_count() -> None:
    wanted = stamped(manifest())
    for change in (
        lambda meta: meta["labels"].update(app="other"),
        lambda meta: meta["annotations"].pop(HASH),
        lambda meta: meta.pop("ownerReferences"),
        lambda meta: meta["ownerReferences"][0].update(controller=False),
    ):
        there = copy.deepcopy(wanted)
        change(there["metadata"])
        assert differs(wanted, live(there))


def test_another_owner_beside_ours_is_no_difference() -> None:
    wanted = stamped(manifest())
    there = copy.deepcopy(wanted)
    there["metadata"]["ownerReferences"].insert(0, {**OWNER, "uid": "u2", "controller": False})
    assert not differs(wanted, live(there))


def test_a_field_that_is_no_longer_wanted_shows_by_the_hash() -> None:
    before = stamped(manifest({"a": 1, "b": 2}))
    assert differs(stamped(manifest({"a": 1})), live(before))


def test_the_stamp_is_of_the_content_alone() -> None:
    first = stamped({"kind": "A", "metadata": {"name": "x", "annotations": {}}, "spec": {"a": 1, "b": 2}})
    again = stamped({"spec": {"b": 2, "a": 1}, "metadata": {"annotations": {}, "name": "x"}, "kind": "A"})
    assert first == again
    assert stamped(first) == first


def test_stamping_leaves_the_manifest_as_it_was() -> None:
    given = manifest(stringData={"a": "b"})
    before = copy.deepcopy(given)
    stamped(given)
    assert given == before


def test_string_data_of_a_secret_is_compared_as_the_server_keeps_it() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"password": "päss"}}
    wanted = stamped(secret)
    assert "stringData" not in wanted
    there = {**wanted, "data": {"password": "cMOkc3M="}, "type": "Opaque"}
    assert not differs(wanted, live(there))
    assert list(differences(wanted, live({**there, "data": {"password": "b3RoZXI="}}))) == ["data.password"]


def test_an_empty_value_in_a_config_map_is_a_value() -> None:
    wanted = stamped({"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"replicas": "", "a": ""}})
    there = copy.deepcopy(wanted)
    assert not differs(wanted, live(there))
    there["data"] = {"replicas": ""}
    assert list(differences(wanted, live(there))) == ["data.a"]


def test_paths_never_hold_a_value() -> None:
    wanted = stamped({"kind": "Secret", "metadata": {"name": "x"}, "data": {"key": "czNjcmV0"}})
    assert "czNjcmV0" not in " ".join(differences(wanted, live({**wanted, "data": {"key": "b3RoZXI="}})))


def test_nothing_there_is_a_difference() -> None:
    assert differs(stamped(manifest()), None)
