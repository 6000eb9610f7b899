import json
from pathlib import Path

import pytest
import yaml

from common.control.cli import main
from tests.toy.operator import OPERATOR

BOX = {"apiVersion": "toy.triad.dev/v1", "kind": "Box", "metadata": {"name": "b"}, "spec": {"size": 2}}


@pytest.fixture
def planned(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def run(*documents: object, output: str = "json") -> tuple[int, str, str]:
        file = tmp_path / "world.yaml"
        file.write_text(documents[0] if isinstance(documents[0], str) else yaml.safe_dump_all(documents))
        code = main(OPERATOR, ["plan", "-f", str(file), "-o", output])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def box(**spec: object) -> dict[str, object]:
    return {**BOX, "spec": spec}


def test_a_new_resource_shows_its_objects_whole_with_status_and_reasons(planned):
    code, out, err = planned(BOX)
    plan = json.loads(out)
    assert (code, err) == (0, "")
    [step] = plan["steps"]
    assert step["action"] == "apply"
    assert step["object"]["data"] == {"size": "2", "label": ""}
    assert step["object"]["metadata"]["namespace"] == "default"
    assert step["why"]
    assert plan["status"]["size"] == 0
    assert plan["reasons"] == ["Empty: Box b is being filled"]


def test_yaml_says_the_same_as_json(planned):
    _, as_json, _ = planned(BOX)
    _, as_yaml, _ = planned(BOX, output="yaml")
    plan, other = json.loads(as_json), yaml.safe_load(as_yaml)
    for p in (plan, other):
        for condition in p["status"]["conditions"]:
            condition.pop("lastTransitionTime")
    assert plan == other


def test_what_is_there_already_is_not_done_again(planned):
    _, out, _ = planned(BOX)
    code, again, _ = planned(BOX, json.loads(out)["steps"][0]["object"])
    plan = json.loads(again)
    assert code == 0
    assert plan["steps"] == []
    assert plan["status"]["size"] == 2


def test_calls_are_shown_with_their_arguments_and_not_made(planned):
    _, out, _ = planned(box(size=3, ring=True))
    assert json.loads(out)["steps"][1] == {
        "action": "call", "object": {"call": "Ring", "times": 3}, "why": "the bell is to ring",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (box(size=0), "spec.size"),
        (box(size="many"), "spec.size"),
        (box(label="x" * 301), "spec.label"),
        (box(label="fragile"), "Fragile"),
        ({"kind": "Box"}, "apiVersion"),
        ("- just\n- a list", "no Kubernetes object"),
        ("a: [", "not YAML"),
        ("{{ not a template }}", "not YAML"),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}, "NothingToPlan"),
        ({**BOX, "metadata": {"name": "b", "labels": 7}}, "metadata.labels"),
    ],
)
def test_a_refusal_is_one_line_on_stderr_and_exit_1(planned, document, says):
    code, out, err = planned(document)
    assert code == 1
    assert out == "" or json.loads(out)["steps"] == []
    assert err.count("\n") == 1
    assert says in err


def test_a_file_that_is_not_there(capsys):
    assert main(OPERATOR, ["plan", "-f", "/nowhere/at/all.yaml"]) == 1
    assert "/nowhere/at/all.yaml" in capsys.readouterr().err


def test_the_younger_of_two_with_one_name_is_refused(planned):
    old = {**BOX, "metadata": {"name": "b", "creationTimestamp": "2020-01-01T00:00:00Z"}}
    young = {**BOX, "apiVersion": "old.toy.triad.dev/v1", "metadata": {"name": "b"}}
    code, out, err = planned(young, old)
    assert code == 1
    assert "NameTaken" in err
    assert "Box.toy.triad.dev default/b is older" in err
    assert len(json.loads(out)["steps"]) == 1
