from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from common.resources.compatibility import shrinks
from common.resources.crd import crd_of
from tests.unit.resources.sample import KIND, OLD_KIND

Change = Callable[[dict[str, Any], dict[str, Any]], Any]
"""Takes the CRD and the properties of the spec of its first version, and changes them in place."""


def changed(change: Change) -> dict[str, Any]:
    crd = copy.deepcopy(crd_of([KIND, OLD_KIND]))
    change(crd, crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"])
    return crd


SHRINKS: list[tuple[Change, str]] = [
    (lambda crd, p: crd["spec"]["versions"].pop(), "version v1beta1 removed"),
    (lambda crd, p: crd["spec"]["versions"][0].update(served=False), "v1: no longer served"),
    (lambda crd, p: crd["spec"]["versions"][0]["subresources"].pop("scale"), "v1: subresource scale removed"),
    (lambda crd, p: crd["spec"]["names"].pop("shortNames"), "short name smp removed"),
    (lambda crd, p: crd["spec"]["names"].update(kind="Specimen"), "names.kind changed"),
    (lambda crd, p: crd["spec"].update(scope="Cluster"), "scope changed"),
    (lambda crd, p: p.pop("paused"), "v1.spec.paused removed"),
    (lambda crd, p: p["sets"]["items"]["properties"].pop("count"), "v1.spec.sets[].count removed"),
    (lambda crd, p: p["sets"]["items"]["required"].append("count"), "v1.spec.sets[].count is required now"),
    (lambda crd, p: p["mode"]["enum"].remove("Fast"), "v1.spec.mode: value Fast removed"),
    (lambda crd, p: p["version"].update(enum=["3.6.1"]), "v1.spec.version: only 3.6.1 allowed now"),
    (lambda crd, p: p["size"].update(maximum=5), "v1.spec.size: maximum 7 became 5"),
    (lambda crd, p: p["size"].update(minimum=3), "v1.spec.size: minimum 1 became 3"),
    (lambda crd, p: p["image"].update(maxLength=100), "v1.spec.image: maxLength 512 became 100"),
    (lambda crd, p: p["paused"].update(type="string"), "v1.spec.paused: type boolean became string"),
    (lambda crd, p: p["port"].pop("x-kubernetes-int-or-string"), "v1.spec.port: type int-or-string became anything"),
    (lambda crd, p: p["affinity"].pop("x-kubernetes-preserve-unknown-fields"), "v1.spec.affinity: unknown fields"),
    (lambda crd, p: p["labels"].pop("additionalProperties"), "v1.spec.labels{} removed"),
    (lambda crd, p: p["labels"]["additionalProperties"].update(maxLength=5), "v1.spec.labels{}: maxLength 63 became 5"),
    (lambda crd, p: p["interval"].update(pattern="^a$"), "v1.spec.interval: pattern changed"),
    (lambda crd, p: p["size"].update({"x-kubernetes-validations": [{"rule": "self > 1"}]}), "v1.spec.size: rule self"),
    (lambda crd, p: p["size"].update(default=5), "v1.spec.size: default 3 became 5"),
    (lambda crd, p: p["size"].update(multipleOf=2), "v1.spec.size: multipleOf 2 is new"),
    (
        lambda crd, p: crd["spec"]["versions"][1]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"][
            "size"
        ].pop("nullable"),
        "v1beta1.spec.size: null is refused now",
    ),
]  # fmt: skip

GROWS: list[Change] = [
    lambda crd, p: p.update(colour={"type": "string"}),
    lambda crd, p: p["mode"]["enum"].append("Slow"),
    lambda crd, p: p["size"].update(maximum=9),
    lambda crd, p: p["size"].pop("minimum"),
    lambda crd, p: p["size"].update(type="number"),
    lambda crd, p: p["interval"].pop("pattern"),
    lambda crd, p: p["sets"]["items"].pop("required"),
    lambda crd, p: p["paused"].update(description="Stop.", default=False),
    lambda crd, p: crd["spec"]["names"]["shortNames"].append("sp"),
    lambda crd, p: crd["spec"]["versions"].append({"name": "v2", "served": True}),
    lambda crd, p: crd["spec"]["versions"][0].pop("additionalPrinterColumns"),
]


@pytest.mark.parametrize(("change", "message"), SHRINKS)
def test_what_takes_less_is_named(change: Change, message: str) -> None:
    lost = shrinks(changed(lambda crd, p: None), changed(change))
    assert len(lost) == 1
    assert lost[0].startswith(message)


@pytest.mark.parametrize("change", GROWS)
def test_what_takes_more_or_the_same_is_fine(change: Change) -> None:
    assert shrinks(changed(lambda crd, p: None), changed(change)) == []


def test_a_field_may_go_where_unknown_fields_are_kept() -> None:
    def lose_zones(crd: dict[str, Any], _: Any) -> None:
        old = crd["spec"]["versions"][1]["schema"]["openAPIV3Schema"]["properties"]["spec"]
        del old["properties"]["zones"]

    assert shrinks(changed(lambda crd, p: None), changed(lose_zones)) == []


def test_a_version_that_had_no_schema_is_compared_too() -> None:
    old = changed(lambda crd, p: crd["spec"]["versions"][0].pop("schema"))
    assert "v1 is required now" not in shrinks(old, old)
    assert "v1.spec is required now" in shrinks(old, changed(lambda crd, p: None))
