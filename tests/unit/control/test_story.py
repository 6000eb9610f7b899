from typing import Any, cast

import pytest

from common.control.events import Recorder
from common.control.plan import Condition, Plan
from common.control.story import tell_conditions
from common.kube.objects import Meta
from common.resources.kind import CustomResource
from tests.toy.operator import BOX


class Notebook:
    """Writes down what would become an event."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def tell(self, about: CustomResource, level: str, reason: str, action: str, note: str) -> None:
        self.told.append((level, reason, note))


def news(before: list[dict[str, Any]], *conditions: Condition) -> list[tuple[str, str, str]]:
    notebook = Notebook()
    box = CustomResource(kind=BOX, metadata=Meta(name="b"), spec=None, status={"conditions": before})
    tell_conditions(cast("Recorder", notebook), box, Plan(conditions=conditions))
    return notebook.told


UP = {"type": "Available", "status": "True", "reason": "Ready"}
FINE = {"type": "Degraded", "status": "False", "reason": "Healthy"}
DOWN = Condition("Available", "False", "QuorumLost", "1 of 3 members answers")


def test_service_that_stops_is_a_warning_and_service_that_has_not_begun_is_none():
    assert news([UP], DOWN) == [("Warning", "QuorumLost", "Available is False: 1 of 3 members answers")]
    assert news([], DOWN) == []
    assert [level for level, _, _ in news([FINE], DOWN)] == ["Normal"]


def test_recovery_is_told_as_normal():
    down = {"type": "Available", "status": "False", "reason": "QuorumLost"}
    assert news([down], Condition("Available", "True", "Ready")) == [("Normal", "Ready", "Available is True")]


@pytest.mark.parametrize(
    ("condition", "level"),
    [
        (Condition("Degraded", "True", "MembersDown"), "Warning"),
        (Condition("Accepted", "False", "InvalidSpec"), "Warning"),
        (Condition("Reconciled", "False", "InvalidMonitor"), "Warning"),
        (Condition("Progressing", "False", "Settled"), "Normal"),
    ],
)
def test_what_is_bad_depends_on_the_condition(condition, level):
    assert [told[0] for told in news([UP], condition)] == [level]


def test_what_was_told_before_is_not_told_again():
    assert news([UP], Condition("Available", "True", "Ready", "other words")) == []
