from __future__ import annotations

import enum
from typing import Any

import jinja2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.workload import templates
from common.workload.templates import TemplateError, Templates

TEMPLATES = Templates("tests.unit.workload.sample")

HOSTILE = [
    "",
    " ",
    "'",
    '"',
    "\\",
    "a: b",
    "- a",
    "a #b",
    "a\nkind: Secret",
    "a\r\n---\nkind: Secret",
    "{{ name }}",
    "}}",
    "{% endif %}",
    "{# #}",
    "&anchor",
    "*anchor",
    "!!python/object/apply:os.system [id]",
    "<<: {a: b}",
    "|",
    ">-",
    "%YAML 1.1",
    "@",
    "`",
    "null",
    "~",
    "yes",
    "0x10",
    "1e3",
    "2024-01-01",
    "x" * 300,
    "\x00",
    "\x1b[31m",
    "\x7f\x85\xa0",
    "\u2028\u2029\ufeff\ufffe",
    "😀",
    "hole_0_eloh",
    "hole_999_eloh",
    "$(POD_NAME)",
]


def rendered(**values: Any) -> dict[str, Any]:
    given_ = {"name": "a", "labels": {}, "key": "k", "number": 3, "words": [], "extra": None}
    return TEMPLATES.render("everything", **{**given_, **values})


def test_a_template_reads_like_the_object() -> None:
    assert rendered(name="etcd", labels={"app": "etcd"}, words=["x", "y"], extra=[1]) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "etcd", "labels": {"app": "etcd"}, "annotations": {"k": "whole", "prefix/k": "part"}},
        "data": {
            "part": "etcd-client",
            "quoted": "3",
            "double": "a etcd b 3",
            "single": "it's etcd",
            "flow": ["etcd", {"a": 3}],
            "block": "first etcd\n- x\n- y\n",
            "extra": [1],
            "number": 3,
        },
    }


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_value_gets_out_of_its_place(hostile: str) -> None:
    check_hostile(hostile)


@given(st.text())
def test_no_text_at_all_gets_out_of_its_place(hostile: str) -> None:
    check_hostile(hostile)


def check_hostile(hostile: str) -> None:
    plain = rendered(words=["w"])
    found = rendered(name=hostile, labels={hostile: hostile}, key=hostile, words=[hostile], extra={hostile: [hostile]})
    assert found["metadata"]["name"] == hostile
    assert found["metadata"]["labels"] == {hostile: hostile}
    assert found["metadata"]["annotations"] == {hostile: "whole", f"prefix/{hostile}": "part"}
    assert found["data"]["part"] == f"{hostile}-client"
    assert found["data"]["block"] == f"first {hostile}\n- {hostile}\n"
    assert found["data"].pop("extra") == {hostile: [hostile]}
    assert found.keys() == plain.keys()
    assert found["data"].keys() == plain["data"].keys()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_a_whole_value_stays_what_it_is(value: Any) -> None:
    assert rendered(number="3")["data"]["number"] == "3"
    found = rendered(labels=value)["metadata"]["labels"]
    assert found == value
    assert type(found) is type(value)


class Colour(enum.Enum):
    RED = "Red"


class Size(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    how_large: int
    unit: str = ""


def test_structs_enums_and_tuples_become_json() -> None:
    found = rendered(labels=Size(3), extra=({1: Colour.RED},))
    assert found["metadata"]["labels"] == {"howLarge": 3}
    assert found["data"]["extra"] == [{"1": "Red"}]


def test_a_value_that_is_missing_is_an_error_that_names_it() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'name' is undefined"):
        TEMPLATES.render("two", nam="a")


@pytest.mark.parametrize("value", [["a"], {"a": 1}, True, None])
def test_what_has_no_spelling_inside_a_string_is_an_error(value: Any) -> None:
    with pytest.raises(TemplateError, match=r"everything.*inside a string"):
        rendered(name=value)


def test_a_key_is_a_string() -> None:
    with pytest.raises(TemplateError, match="a key is a string"):
        rendered(key=3)


def test_several_documents() -> None:
    both = TEMPLATES.render_all("two", name="x")
    assert [(o["kind"], o["name"]) for o in both] == [("One", "x"), ("Two", "x")]
    with pytest.raises(TemplateError, match="2 objects"):
        TEMPLATES.render("two", name="x")


@pytest.mark.parametrize(
    ("name", "message"), [("twice", "twice: a"), ("list", "a mapping"), ("none", "no template none")]
)
def test_mistakes_in_templates_are_named(name: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        TEMPLATES.render(name, name="x")


def test_yaml_is_parsed_once_for_each_way_through_a_template() -> None:
    for extra in (None, 1):
        rendered(extra=extra)
    before = templates._skeletons.cache_info().misses
    for number in range(10):
        rendered(name=f"cluster-{number}", number=number)
        rendered(name=f"cluster-{number}", number=number, extra={"a": number})
    assert templates._skeletons.cache_info().misses == before


def test_renders_share_nothing() -> None:
    labels = {"a": {"b": "c"}}
    one, two = rendered(labels=labels), rendered(labels=labels)
    one["metadata"]["labels"]["a"]["b"] = one["metadata"]["annotations"]["k"] = one["data"]["flow"][1]["a"] = "changed"
    assert two == rendered(labels={"a": {"b": "c"}})
    assert labels == {"a": {"b": "c"}}
