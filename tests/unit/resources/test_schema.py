from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from common.resources.fields import IntOrString, doc
from common.resources.schema import Unsupported, structural_schema
from tests.unit.resources.sample import OldSpec, Spec


def of(type_: Any) -> dict[str, Any]:
    """The schema of a field of this type that may be absent."""
    holder = msgspec.defstruct("Holder", [("it", type_ | None, None)])
    schema: dict[str, Any] = structural_schema(holder)["properties"]["it"]
    return schema


@pytest.mark.parametrize(
    ("type_", "schema"),
    [
        (bool, {"type": "boolean"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (str, {"type": "string"}),
        (datetime.datetime, {"type": "string", "format": "date-time"}),
        (Any, {"x-kubernetes-preserve-unknown-fields": True}),
        (dict[str, Any], {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
        (dict[str, str], {"type": "object", "additionalProperties": {"type": "string"}}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (tuple[str, ...], {"type": "array", "items": {"type": "string"}}),
        (Literal["b", "a"], {"type": "string", "enum": ["a", "b"]}),
        (Literal[1, 2], {"type": "integer", "enum": [1, 2]}),
        (IntOrString, {"x-kubernetes-int-or-string": True, "maxLength": 255}),
        (Annotated[int, Meta(ge=1, le=7)], {"type": "integer", "minimum": 1, "maximum": 7}),
        (
            Annotated[float, Meta(gt=0, lt=1)],
            {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1, "exclusiveMaximum": True},
        ),
        (Annotated[str, Meta(pattern=r"^a\Z", min_length=1)], {"type": "string", "minLength": 1, "pattern": "^a$"}),
        (Annotated[list[str], Meta(max_length=3)], {"type": "array", "items": {"type": "string"}, "maxItems": 3}),
    ],
)
def test_a_type_has_a_structural_schema(type_: Any, schema: dict[str, Any]) -> None:
    assert of(type_) == schema


@pytest.mark.parametrize("type_", [int | bool, tuple[int, str], bytes, Literal[1, "a"], str | list[str]])
def test_what_has_no_structural_schema_is_named_with_its_place(type_: Any) -> None:
    with pytest.raises(Unsupported, match=r"^it"):
        of(type_)


class Tree(Struct):
    branches: list[Tree]


def test_a_type_that_contains_itself_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"branches\.\[\].*contains itself"):
        structural_schema(Tree)


def test_descriptions_come_from_docstrings_and_fields() -> None:
    schema = structural_schema(Spec)
    assert schema["description"] == "What is wanted."
    assert schema["properties"]["size"]["description"] == "Number of members."
    assert schema["properties"]["sets"]["items"]["description"] == "Members of one sort."
    assert "description" not in structural_schema(msgspec.defstruct("Undescribed", [("a", int)]))


def test_only_fields_without_a_default_are_required() -> None:
    assert structural_schema(Spec)["required"] == ["version"]


def test_a_default_is_in_the_schema_where_the_field_says_so() -> None:
    properties = structural_schema(Spec)["properties"]
    assert properties["size"]["default"] == 3
    assert properties["mode"] == {
        "description": "How to go about it.", "type": "string", "default": "Safe", "enum": ["Fast", "Safe"],
    }  # fmt: skip
    assert "default" not in properties["paused"]


def test_the_default_of_an_object_lets_its_fields_have_theirs() -> None:
    storage = structural_schema(Spec)["properties"]["storage"]
    assert storage["default"] == {}
    assert storage["properties"]["size"]["default"] == "1Gi"


class Part(Struct, frozen=True):
    size: int = 1


class OtherDefault(Struct):
    part: Annotated[Part, doc("Part.", defaulted=True)] = Part(2)


class NoDefault(Struct):
    size: Annotated[int, doc("Size.", defaulted=True)]


@pytest.mark.parametrize("type_", [OtherDefault, NoDefault])
def test_a_default_that_a_schema_cannot_say_is_refused(type_: Any) -> None:
    with pytest.raises(Unsupported):
        structural_schema(type_)


def test_names_are_as_users_write_them() -> None:
    assert "client-node-replicas" in structural_schema(Spec)["properties"]


def test_a_type_without_a_schema_of_its_own_keeps_everything() -> None:
    schema = structural_schema(OldSpec, preserve_unknown=True)
    assert schema["x-kubernetes-preserve-unknown-fields"]
    assert schema["properties"]["snapshot"]["x-kubernetes-preserve-unknown-fields"]
    assert schema["properties"]["size"]["nullable"]
