"""Settings by version: what one needs stops the boot of another."""

import pytest

from es_operator.api.v1 import NodeSet
from es_operator.rules.settings import flat, java_options, own, passing_settings, quorum, settings_of
from es_operator.versions import Version, version_of
from tests.unit.es.worlds import UUID, new, node_set, replaced, running, spec_of


def _all(version: str, *node_sets: dict[str, object], **more: object) -> dict[str, object]:
    seen = new(spec_of(*node_sets, version=version, **more))
    group = seen.layout.groups[0]
    parsed = version_of(version)
    assert parsed is not None
    return {**settings_of(seen, group, parsed), **passing_settings(seen, group, parsed)}


def test_6_8_counts_its_masters_by_hand_and_has_a_boolean_a_role() -> None:
    settings = _all("6.8.23", node_set(count=3, roles=["master", "ingest"]), node_set("d", 2, roles=["data"]))
    assert settings["discovery.zen.minimum_master_nodes"] == 2
    assert settings["discovery.zen.ping.unicast.hosts"] == ["c-es-discovery.ns.svc"]
    assert (settings["node.master"], settings["node.data"], settings["node.ingest"]) == (True, False, True)
    assert "cluster.initial_master_nodes" not in settings
    assert "node.roles" not in settings
    assert "xpack.security.enabled" not in settings, "an OSS image does not know it"


@pytest.mark.parametrize("version", ["7.17.29", "8.19.0", "9.2.0"])
def test_from_7_on_the_first_masters_are_named_and_nothing_of_zen_is_left(version: str) -> None:
    settings = _all(version)
    assert settings["cluster.initial_master_nodes"] == ["c-es-all-0", "c-es-all-1", "c-es-all-2"]
    assert settings["discovery.seed_hosts"] == ["c-es-discovery.ns.svc"]
    assert settings["node.roles"] == ["master", "data", "ingest"]
    assert not [name for name in settings if name.startswith("discovery.zen")]
    assert "node.master" not in settings


def test_7_8_has_booleans_yet_and_7_9_has_roles() -> None:
    assert _all("7.8.1")["node.master"] is True
    assert "node.roles" in _all("7.9.0")


def test_coordinating_only_is_said_by_an_empty_list() -> None:
    seen = new(spec_of(node_set(), node_set("coordinate", 1, roles=[])))
    settings = settings_of(seen, seen.layout.groups[1], Version(8, 19, 0))
    assert settings["node.roles"] == []
    assert passing_settings(seen, seen.layout.groups[1], Version(8, 19, 0)) == {}


def test_security_is_turned_off_only_where_it_is_on_by_default() -> None:
    assert _all("8.0.0")["xpack.security.enabled"] is False
    assert "xpack.security.enabled" not in _all("7.17.29")


def test_mmap_is_off_unless_it_is_allowed() -> None:
    assert _all("8.19.0")["node.store.allow_mmap"] is False
    assert "node.store.allow_mmap" not in _all("8.19.0", allowMmap=True)
    assert _all("6.1.3")["index.store.type"] == "niofs"


def test_zones_make_copies_spread() -> None:
    settings = _all("8.19.0", node_set(zones=["a", "b"]))
    assert settings["node.attr.zone"] == "a"
    assert settings["cluster.routing.allocation.awareness.attributes"] == "zone"


def test_the_users_lines_win_and_those_of_the_node_set_last() -> None:
    config = {"network": {"host": "_site_"}, "a.b": 1}
    settings = _all("8.19.0", node_set(config={"a": {"b": 2}}), config=config)
    assert (settings["network.host"], settings["a.b"]) == ("_site_", 2)


def test_what_passes_is_not_part_of_what_makes_nodes_restart() -> None:
    """Else every new master would restart all the others."""
    three, five = new(spec_of(node_set(count=3))), new(spec_of(node_set(count=5)))
    version = Version(6, 8, 23)
    assert settings_of(three, three.layout.groups[0], version) == settings_of(five, five.layout.groups[0], version)
    formed = replaced(running(), reported_uuid=UUID)
    fresh = new()
    assert settings_of(formed, formed.layout.groups[0], version) == settings_of(fresh, fresh.layout.groups[0], version)
    assert passing_settings(formed, formed.layout.groups[0], Version(8, 19, 0)) == {}


def _heap(version: str, **fields: object) -> str:
    parsed = version_of(version)
    assert parsed is not None
    seen = new(spec_of(node_set(**fields)))  # type: ignore[arg-type]
    found: NodeSet = seen.hub.node_sets[0]
    return java_options(parsed, found)


def test_before_7_11_the_heap_is_half_of_the_limit() -> None:
    limits = {"limits": {"memory": "4Gi"}}
    assert _heap("7.10.2", resources=limits) == "-Xms2048m -Xmx2048m"
    assert _heap("7.11.0", resources=limits) == ""
    assert _heap("6.8.23", resources={"limits": {"memory": "100Gi"}}) == "-Xms31744m -Xmx31744m"
    assert _heap("6.8.23") == ""


def test_a_heap_that_was_asked_for_is_given() -> None:
    assert _heap("8.19.0", heap="2g", javaOptions="-Dx=1") == "-Xms2g -Xmx2g -Dx=1"
    old = _heap("6.8.23", javaOptions="-Xms256m -Xmx256m", resources={"limits": {"memory": "4Gi"}})
    assert old == "-Xms256m -Xmx256m"


@pytest.mark.parametrize(("masters", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_a_majority(masters: int, needed: int) -> None:
    assert quorum(masters) == needed


def test_settings_have_one_full_name() -> None:
    assert flat({"a": {"b": {"c": 1}}, "d.e": [1]}) == {"a.b.c": 1, "d.e": [1]}


@pytest.mark.parametrize(
    ("setting", "ours"),
    [("discovery.seed_hosts", True), ("cluster.name", True), ("discovery", False), ("cluster.name.x", False)],
)
def test_which_settings_are_the_operators(setting: str, ours: bool) -> None:
    assert own(setting) is ours
