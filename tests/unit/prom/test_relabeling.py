import pytest

from prom_operator.api.shared import RelabelConfig
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.relabeling import check_generated, steps
from prom_operator.configuration.version import Version

V3 = Version(3, 5, 0)
V2 = Version(2, 30, 0)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (RelabelConfig(target_label="a", replacement="b"), {"target_label": "a", "replacement": "b"}),
        (RelabelConfig(action="LabelDrop", regex="x.*"), {"action": "labeldrop", "regex": "x.*"}),
        (
            RelabelConfig(source_labels=("a",), action="hashmod", modulus=2, target_label="h"),
            {"source_labels": ["a"], "target_label": "h", "modulus": 2, "action": "hashmod"},
        ),
        (
            RelabelConfig(source_labels=("a.b",), action="keep", regex="x"),
            {"source_labels": ["a.b"], "regex": "x", "action": "keep"},
        ),
        (
            RelabelConfig(source_labels=("a",), target_label="b", action="keepequal"),
            {"source_labels": ["a"], "target_label": "b", "action": "keepequal"},
        ),
    ],
)
def test_what_is_written(given: RelabelConfig, written: dict[str, object]) -> None:
    assert steps([given], V3, "r") == [written]


@pytest.mark.parametrize(
    ("given", "version", "said"),
    [
        (RelabelConfig(), V3, "replace needs a targetLabel"),
        (RelabelConfig(action="nonsense"), V3, "unknown action"),
        (RelabelConfig(action="hashmod", target_label="a"), V3, "needs a modulus"),
        (RelabelConfig(action="keep", regex="("), V3, "regex '('"),
        (RelabelConfig(action="keep", regex="(?=a)"), V3, "regex"),
        (RelabelConfig(action="labeldrop", regex="a", target_label="b"), V3, "takes a regex only"),
        (RelabelConfig(action="lowercase", target_label="a", replacement="x"), V3, "takes no replacement"),
        (RelabelConfig(action="lowercase", target_label="a"), V2, "needs Prometheus 2.36"),
        (RelabelConfig(action="keepequal", target_label="a", regex="x"), V3, "sourceLabels and targetLabel only"),
        (RelabelConfig(source_labels=("a.b",), action="keep", regex="x"), V2, "not a label name"),
        (RelabelConfig(target_label="a-b", replacement="x"), V2, "not a label name"),
        (RelabelConfig(source_labels=("",), action="keep"), V3, "empty source label"),
    ],
)
def test_what_prometheus_would_refuse_is_left_out(given: RelabelConfig, version: Version, said: str) -> None:
    with pytest.raises(LeftOut) as raised:
        steps([RelabelConfig(target_label="fine"), given], version, "relabelings")
    assert raised.value.code == "InvalidRelabeling"
    assert raised.value.message.startswith("relabelings[1]: ")
    assert said in raised.value.message


def test_a_template_is_a_target_for_replace() -> None:
    assert steps([RelabelConfig(target_label="a_${1}", regex="(.*)")], V2, "r")


@pytest.mark.parametrize("step", [{"regex": "("}, {"target_label": ""}])
def test_generated_steps_are_checked_too(step: dict[str, str]) -> None:
    with pytest.raises(LeftOut):
        check_generated([step], V3)
