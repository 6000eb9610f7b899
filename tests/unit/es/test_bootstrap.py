"""A brand-new cluster is formed once, by a list that is frozen before the first pod exists."""

from typing import Any

from common.control.plan import Apply
from es_operator.analyze import analyze
from es_operator.objects import MASTERS_KEY, UUID_KEY, config_map
from es_operator.observation import NO_CLUSTER, Claim, Cluster, Observation, Record
from es_operator.rules.bootstrap import initial_masters
from es_operator.rules.size import replicas_now
from es_operator.versions import Version
from tests.unit.es.worlds import UUID, asks_for, new, node_set, replaced, running, spec_of, waits_for, with_cluster

THREE = ("c-es-all-0", "c-es-all-1", "c-es-all-2")


def settings(seen: Observation) -> str:
    data: dict[str, Any] = config_map(seen, Version(8, 19, 0))["data"]
    return str(data["c-es-all.yml"])


def test_a_new_cluster_names_its_first_masters() -> None:
    assert initial_masters(new()) == THREE
    assert "cluster.initial_master_nodes" in settings(new())


def test_what_is_frozen_stays_whatever_the_resource_asks_for_meanwhile() -> None:
    seen = replaced(asks_for(new(), spec_of(node_set(count=5))), record=Record(THREE))
    assert initial_masters(seen) == THREE


def test_no_master_joins_while_the_first_election_is_on() -> None:
    started = replaced(running(), record=Record(THREE), cluster=Cluster(uuid=NO_CLUSTER))
    asked = asks_for(started, spec_of(node_set(count=5)))
    assert replicas_now(asked, asked.layout.groups[0]) == 3
    formed = asks_for(running(), spec_of(node_set(count=5)))
    assert replicas_now(formed, formed.layout.groups[0]) == 5


def test_once_the_uuid_is_known_the_list_is_gone_for_ever() -> None:
    seen = replaced(running(), record=Record(THREE))
    data = config_map(seen, Version(8, 19, 0))["data"]
    assert (data[UUID_KEY], MASTERS_KEY in data) == (UUID, False)
    assert "initial_master_nodes" not in settings(seen)


def test_the_status_remembers_where_the_record_was_deleted() -> None:
    seen = replaced(running(), record=None, cluster=None, reported_uuid=UUID)
    assert initial_masters(seen) == ()
    assert config_map(seen, Version(8, 19, 0))["data"][UUID_KEY] == UUID


def test_volumes_of_a_former_cluster_are_never_bootstrapped_over() -> None:
    """They may hold a part of its state only, and two halves would both take writes."""
    found = replaced(new(), claims=(Claim("data-c-es-all-0", "10Gi", bound=True),))
    assert initial_masters(found) == ()
    answering = replaced(running(), record=Record(), cluster=Cluster(uuid=""))
    assert waits_for(answering) == "NothingToFormFrom"


def test_a_lost_record_beside_existing_workloads_is_no_new_cluster() -> None:
    assert initial_masters(replaced(running(), record=None, cluster=None)) == ()


def test_before_7_there_is_no_list() -> None:
    assert initial_masters(new(spec_of(version="6.8.23"))) == ()


def test_the_record_is_written_before_the_first_pod_can_exist() -> None:
    first, *others = analyze(new()).steps
    assert isinstance(first.action, Apply)
    assert first.action.object["kind"] == "ConfigMap"
    assert first.alone
    assert not any(s.alone for s in others)


def test_a_cluster_that_forms_is_waited_for() -> None:
    seen = replaced(running(), record=Record(THREE), cluster=Cluster(uuid=NO_CLUSTER))
    assert waits_for(seen) == "Forming"
    assert waits_for(with_cluster(running(), health=None)) == "NoMaster"
