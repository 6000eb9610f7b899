from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.resources.decode import LONGEST_MESSAGE, Malformed, decode, readable
from common.resources.kind import CustomResource
from common.resources.schema import structural_schema
from tests.unit.resources.sample import KIND, OLD_KIND, RIGHT, WRONG, Mode, Spec, Storage

VALID: dict[str, Any] = {"version": "3.6.1"}


def decoded(**spec: Any) -> CustomResource:
    return decode(KIND, {"metadata": {"name": "a", "namespace": "n"}, "spec": {**VALID, **spec}})


def problem(**spec: Any) -> str:
    found = decoded(**spec)
    assert found.spec is None
    assert found.problem is not None
    assert found.problem.code == "InvalidSpec"
    return found.problem.message


def test_a_spec_becomes_its_type() -> None:
    resource = decoded(size=5, mode="Fast")
    assert resource.metadata.name == "a"
    assert isinstance(resource.spec, Spec)
    assert (resource.spec.size, resource.spec.mode, resource.problem) == (5, Mode.FAST, None)


def test_bytes_and_mappings_are_the_same() -> None:
    raw = {"metadata": {"name": "a"}, "spec": {**VALID, "sets": [{"name": "x"}]}, "status": {"size": 2}}
    assert decode(KIND, json.dumps(raw).encode()) == decode(KIND, raw)


def test_defaults_are_filled_in_whatever_the_api_server_did() -> None:
    spec = decoded(sets=[{"name": "x"}]).spec
    assert (spec.size, spec.storage, spec.sets[0].count) == (3, Storage("1Gi"), 1)


def test_unknown_fields_are_ignored() -> None:
    assert decoded(colour="red").problem is None


@pytest.mark.parametrize("spec", RIGHT)
def test_what_is_right_has_no_problem(spec: dict[str, Any]) -> None:
    assert decoded(**spec).problem is None


@pytest.mark.parametrize(("spec", "message"), WRONG)
def test_a_problem_names_the_place_and_what_is_expected(spec: dict[str, Any], message: str) -> None:
    assert problem(**spec).startswith(message)


def test_a_spec_that_is_no_object_is_a_problem() -> None:
    resource = decode(KIND, {"metadata": {"name": "a"}, "spec": "three"})
    assert resource.problem is not None
    assert resource.problem.message == "spec: Expected object, got str"


def test_a_missing_spec_is_an_empty_one() -> None:
    found = decode(KIND, {"metadata": {"name": "a"}}).problem
    assert found is not None
    assert found.message == "spec.version: Required, but missing"
    assert decode(OLD_KIND, {"metadata": {"name": "a"}}).spec.size == 0


def test_null_is_absent() -> None:
    spec = decoded(size=None, sets=[{"name": "a", "count": None}], storage={"size": None}, labels=None, port=None).spec
    assert (spec.size, spec.sets[0].count, spec.storage.size, spec.labels, spec.port) == (3, 1, "1Gi", {}, None)


def test_null_within_an_embedded_object_keeps_its_meaning() -> None:
    spec = decoded(size=None, affinity={"nodeAffinity": None}, sets=[{"name": "a", "settings": {"x": None}}]).spec
    assert spec.affinity == {"nodeAffinity": None}
    assert spec.sets[0].settings == {"x": None}


def test_what_was_given_is_not_changed() -> None:
    raw: dict[str, Any] = {"metadata": {"name": "a", "labels": None}, "spec": {**VALID, "size": None}}
    before = json.dumps(raw)
    decode(KIND, raw)
    assert json.dumps(raw) == before


@pytest.mark.parametrize("metadata", [None, {}, {"name": 5}, [], {"name": "a", "labels": {"a": 1}}])
def test_no_usable_metadata_is_malformed(metadata: Any) -> None:
    with pytest.raises(Malformed, match=r"^metadata"):
        decode(KIND, {"metadata": metadata, "spec": VALID})


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_no_json_object_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode(KIND, raw)


def test_a_status_that_is_no_object_counts_as_none() -> None:
    assert decode(KIND, {"metadata": {"name": "a"}, "spec": VALID, "status": "fine"}).status == {}


@pytest.mark.parametrize("hostile", ["a\nb", "x" * 5000, "\x1b[31m", "a\u2028b", "{{ x }}", "a` - at `$.size"])
def test_a_message_is_one_short_line_whatever_was_written(hostile: str) -> None:
    message = problem(mode=hostile)
    assert len(message) <= LONGEST_MESSAGE
    assert len(message.splitlines()) == 1
    assert message.isprintable()


def test_readable_without_a_place() -> None:
    assert readable("Expected `object`, got `int`", "spec") == "spec: Expected object, got int"


scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-2, 2) | st.text(max_size=3)
known_keys = st.sampled_from(["name", "size", "count", "x"])
json_values = st.recursive(
    scalars | st.sampled_from(["Fast", "1Gi"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(known_keys, inner, max_size=3),
    max_leaves=8,
)
specs = st.dictionaries(
    st.sampled_from(msgspec.structs.fields(Spec)).map(lambda f: f.encode_name), json_values, max_size=4
)


def plain(schema: Any) -> Any:
    """A structural schema as plain JSON schema."""
    if isinstance(schema, list):
        return [plain(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: plain(value) for key, value in schema.items()}
    if isinstance(inner.get("pattern"), str):
        inner["pattern"] = inner["pattern"].removesuffix("$") + r"\Z"
    if inner.pop("x-kubernetes-int-or-string", False):
        inner["type"] = ["integer", "string"]
    for bound in ("Minimum", "Maximum"):
        if inner.pop(f"exclusive{bound}", False):
            inner[f"exclusive{bound}"] = inner.pop(bound.lower())
    return inner


CHECKER = jsonschema.Draft202012Validator(plain(structural_schema(Spec)))


def without_null(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(without_null, value.values()))
    return value is not None and (not isinstance(value, list) or all(map(without_null, value)))


def whole_floats(value: Any) -> bool:
    """JSON schema counts 1.0 as an integer."""
    if isinstance(value, dict):
        value = list(value.values())
    return any(map(whole_floats, value)) if isinstance(value, list) else isinstance(value, float) and value.is_integer()


@given(specs, st.booleans())
def test_decode_takes_what_the_schema_takes(spec: dict[str, Any], valid_version: bool) -> None:
    if valid_version:
        spec = {**spec, "version": "3.6.1"}
    assume(without_null(spec) and not whole_floats(spec))
    resource = decode(KIND, {"metadata": {"name": "a"}, "spec": spec})
    assert (resource.problem is None) == CHECKER.is_valid(spec), resource.problem


@given(json_values | specs)
def test_no_spec_makes_decode_raise(spec: Any) -> None:
    resource = decode(KIND, {"metadata": {"name": "a"}, "spec": spec})
    assert (resource.spec is None) == (resource.problem is not None)
