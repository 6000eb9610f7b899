"""Whose CRD it is. The rest of registration is tried on a real API server."""

from __future__ import annotations

import copy
import dataclasses

import msgspec
import pytest

from common.resources.crd import crd_of
from common.resources.register import LiveCrd, RegistrationError, why_left_alone
from tests.unit.resources.sample import KIND, OLD_KIND

NEW = crd_of([KIND, OLD_KIND])
OLD = crd_of([KIND])
NEWER = crd_of([dataclasses.replace(KIND, revision=2)])


def test_an_older_one_of_ours_is_replaced() -> None:
    assert why_left_alone(OLD, NEW) is None


def test_the_same_is_not_left_alone_so_that_drift_is_mended() -> None:
    assert why_left_alone(NEW, NEW) is None


def test_one_without_our_label_is_somebody_elses() -> None:
    theirs = copy.deepcopy(NEW)
    del theirs["metadata"]["labels"]
    assert "somebody else's" in (why_left_alone(theirs, NEW) or "")


def test_one_of_a_higher_revision_is_a_newer_operators() -> None:
    assert "newer operator" in (why_left_alone(NEWER, NEW) or "")


def test_one_that_knows_more_is_newer_though_its_revision_was_forgotten() -> None:
    assert "version v1beta1 removed" in (why_left_alone(NEW, OLD) or "")


def test_a_higher_revision_may_take_something_away() -> None:
    assert why_left_alone(NEW, NEWER) is None


def live(**conditions: str) -> LiveCrd:
    told = [{"type": type_, "status": status, "message": "taken"} for type_, status in conditions.items()]
    return msgspec.convert({"metadata": {"name": "a"}, "status": {"conditions": told}}, LiveCrd)


def test_established_is_what_the_api_server_says() -> None:
    assert not live().established
    assert not live(NamesAccepted="True", Established="False").established
    assert live(NamesAccepted="True", Established="True").established


def test_names_that_are_taken_end_the_wait() -> None:
    with pytest.raises(RegistrationError, match="CRD a: taken"):
        _ = live(NamesAccepted="False", Established="False").established
