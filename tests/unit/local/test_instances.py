"""Addresses and names of the clusters of one machine."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.local import settings
from deploy.local.settings import INSTANCES, Instance
from deploy.local.shell import Trouble


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIAD_STATE", str(tmp_path))
    return tmp_path


def anyone(number: int) -> bool:
    return True


def test_no_two_instances_share_an_address() -> None:
    instances = [Instance("x", number, Path("/nonexistent")) for number in range(INSTANCES)]
    for networks in ([i.veth for i in instances], [i.pods for i in instances], [i.services for i in instances]):
        ordered = sorted(networks)
        assert not any(one.overlaps(other) for one, other in pairwise(ordered))


def test_all_addresses_of_the_last_instance_lie_in_the_documented_networks() -> None:
    last = Instance("x", INSTANCES - 1, Path("/nonexistent"))
    assert last.veth.subnet_of(settings.VETH_NETWORKS)
    assert last.pods.subnet_of(settings.POD_NETWORKS)
    assert last.services.subnet_of(settings.SERVICE_NETWORKS)


def test_the_two_ends_of_the_pair_are_in_one_network() -> None:
    instance = Instance("x", 65, Path("/nonexistent"))
    assert (str(instance.host_address), str(instance.address)) == ("10.245.1.5", "10.245.1.6")
    assert instance.server == "https://10.245.1.6:6443"
    assert len(instance.interface) <= 15


def test_an_instance_keeps_its_number(state: Path) -> None:
    assert settings.allocate("one", anyone).number == 0
    assert settings.allocate("two", anyone).number == 1
    assert settings.allocate("one", anyone).number == 0
    assert [instance.name for instance in settings.every()] == ["one", "two"]


def test_a_number_that_is_free_again_is_used_again(state: Path) -> None:
    settings.allocate("one", anyone)
    settings.allocate("two", anyone)
    (state / "one" / "instance.json").unlink()
    assert settings.allocate("three", anyone).number == 0


def test_addresses_that_somebody_else_has_are_left_to_them(state: Path) -> None:
    assert settings.allocate("one", lambda number: number > 4).number == 5


def test_more_instances_than_addresses_are_refused() -> None:
    with pytest.raises(Trouble, match="256 clusters"):
        settings.lowest_free(set(range(INSTANCES)))


@pytest.mark.parametrize("name", ["UPPER", "a/b", "../x", "-a", "a-", "x" * 41, "a b"])
def test_a_name_that_could_leave_the_folder_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER", name)
    with pytest.raises(Trouble, match="CLUSTER="):
        settings.instance_name()


def test_the_default_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER", "")
    assert settings.instance_name() == "triad"


def test_the_record_is_readable(state: Path) -> None:
    instance = settings.allocate("one", anyone)
    assert json.loads((instance.folder / "instance.json").read_text()) == {"number": 0}
    assert settings.find("one") == instance
    assert settings.find("other") is None
