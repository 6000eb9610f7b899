"""Changed pods, and versions."""

from __future__ import annotations

import pytest

from etcd_operator.analyze import analyze
from etcd_operator.versions import objection, parse
from tests.unit.etcd.world import applied, cluster, next_actions, reasons


def test_followers_restart_first() -> None:
    assert next_actions(cluster("abc", outdated="abc", leader="c")) == ["RestartMember db-1"]


def test_the_leader_hands_over_and_restarts_last() -> None:
    assert next_actions(cluster("abc", outdated="a")) == ["MoveLeader db-1"]
    assert next_actions(cluster("abc", outdated="a", leader="b")) == ["RestartMember db-0"]


@pytest.mark.parametrize("unwell", [{"down": "b"}, {"behind": "b"}, {"unready": "b"}])
def test_the_next_waits_until_the_last_is_well(unwell: dict[str, str]) -> None:
    seen = cluster("abc", outdated="c", **unwell)  # type: ignore[arg-type]
    assert next_actions(seen) == []
    assert reasons(seen) == ["Rolling"]


def test_a_broken_member_restarts_at_once_since_the_change_may_heal_it() -> None:
    assert next_actions(cluster("abc", outdated="abc", down="b")) == ["RestartMember db-1"]


def test_a_single_member_restarts_without_handing_over() -> None:
    assert next_actions(cluster("a", outdated="a")) == ["RestartMember db-0"]


def test_with_an_empty_dir_a_member_leaves_before_its_pod_goes() -> None:
    assert next_actions(cluster("abc", outdated="abc", ephemeral=True)) == ["RemoveMember db-2"]


def test_the_only_copy_in_an_empty_dir_is_not_restarted() -> None:
    seen = cluster("a", outdated="a", ephemeral=True)
    assert next_actions(seen) == []
    assert reasons(seen) == ["RestartWouldLoseData"]


def test_a_change_of_the_template_does_not_wait_for_health_to_be_applied() -> None:
    image = applied(cluster("abc", down="b", version="3.6.17"), "StatefulSet")["spec"]["template"]["spec"][
        "containers"
    ][0]
    assert image["image"] == "quay.io/coreos/etcd:v3.6.17"


def test_a_refused_version_leaves_the_image_and_says_why_and_healing_goes_on() -> None:
    seen = cluster("abc", version="3.5.35", lost="b")
    assert applied(seen, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":v3.6.16")
    assert next_actions(seen) == ["RemoveMember db-1"]
    degraded = next(c for c in analyze(seen).conditions if c.type == "Degraded")
    assert (degraded.status, degraded.reason) == ("True", "UpgradeRefused")


@pytest.mark.parametrize(
    ("now", "wanted", "objects"),
    [
        ("3.5.35", "3.5.36", ""),
        ("3.5.35", "3.5.1", ""),
        ("3.5.35", "3.6.16", ""),
        ("3.4.27", "3.5.35", ""),
        ("3.4.27", "3.6.16", "3.4 -> 3.5 -> 3.6"),
        ("3.5.25", "3.6.16", "3.5.26"),
        ("3.6.10", "3.7.3", "3.6.11"),
        ("3.6.16", "3.5.35", "going back"),
        ("3.6.16", "4.0.0", "no way"),
    ],
)
def test_the_ladder(now: str, wanted: str, objects: str) -> None:
    before, after = parse(now), parse(wanted)
    assert before is not None
    assert after is not None
    said = objection(before, after)
    assert (objects in said) if objects else said == ""


@pytest.mark.parametrize(("text", "canonical"), [("3.1.8", "3.1.8"), ("v3.1.8", "3.1.8"), ("3.6.0-rc.1", "3.6.0-rc.1")])
def test_versions_are_read_with_or_without_a_v(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize("text", ["", "3", "3.6", "latest", "vv3.6.1", "3.6.1\n", "3.6.1 ", "3.6.٣", "3.6.1;rm"])
def test_what_is_no_version(text: str) -> None:
    assert parse(text) is None


def test_a_pre_release_comes_before_its_release() -> None:
    before, after = parse("3.6.0-rc.1"), parse("3.6.0")
    assert before is not None
    assert after is not None
    assert before < after
