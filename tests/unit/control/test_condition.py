from common.control.condition import changed, merged, timestamp
from common.control.plan import Condition

NOON = 1_700_000_000.0
READY = Condition("Available", "True", "Ready", "3 of 3 members are ready")


def test_times_are_written_as_the_api_server_writes_them():
    assert timestamp(NOON) == "2023-11-14T22:13:20Z"


def test_the_time_moves_only_with_the_status():
    first = merged([], [READY], NOON, 1)
    reworded = merged(first, [Condition("Available", "True", "StillReady", "all well")], NOON + 60, 2)
    flipped = merged(reworded, [Condition("Available", "False", "Down")], NOON + 120, 2)
    assert reworded[0]["lastTransitionTime"] == timestamp(NOON)
    assert reworded[0]["reason"] == "StillReady"
    assert flipped[0]["lastTransitionTime"] == timestamp(NOON + 120)


def test_what_is_no_longer_wanted_goes():
    first = merged([], [READY, Condition("Degraded", "True", "MemberLost")], NOON, 1)
    assert [c["type"] for c in merged(first, [READY], NOON, 1)] == ["Available"]


def test_a_second_look_changes_nothing():
    first = merged([], [READY], NOON, 3)
    assert merged(first, [READY], NOON + 999, 3) == first
    assert changed(first, [READY]) == []


def test_another_reason_is_news_and_another_message_is_not():
    first = merged([], [READY], NOON, 1)
    assert changed(first, [Condition("Available", "True", "Ready", "3 of 3 members, revision 7")]) == []
    news = Condition("Available", "True", "Recovered")
    assert changed(first, [news]) == [news]
