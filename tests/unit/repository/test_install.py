"""The outside view's pure parts: what counts as ready, what a person is told, and waiting with a last word."""

from typing import Any, cast

import pytest
from kubernetes.client.exceptions import ApiException

from deploy.demo.applications import Elasticsearch, Etcd, Prometheus
from deploy.install.cluster import Cluster, pod_is_ready, why_not_ready
from deploy.install.waiting import NotInTime, State, eventually

NO_CLUSTER = cast(Cluster, None)


def _pod(*conditions: dict[str, str], deleted: bool = False, **status: Any) -> dict[str, Any]:
    metadata = {"name": "p"} | ({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {})
    return {"metadata": metadata, "status": {"conditions": list(conditions), **status}}


READY = {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(("pod", "ready"), [(_pod(READY), True), (_pod(READY, deleted=True), False), (_pod(), False)])
def test_a_pod_on_its_way_out_is_not_ready(pod: dict[str, Any], ready: bool) -> None:
    assert pod_is_ready(pod) is ready


def test_the_kubelets_and_the_schedulers_words_are_passed_on() -> None:
    pulling = [{"name": "etcd", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such host"}}}]
    assert why_not_ready(_pod(containerStatuses=pulling)) == "etcd: ErrImagePull no such host"
    unscheduled = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
    assert why_not_ready(_pod(unscheduled)) == "0/1 nodes are available"


def test_waiting_ends_with_what_was_seen_last() -> None:
    with pytest.raises(NotInTime, match="three members did not come about in 0 s; last seen: 2 members"):
        eventually(lambda: State(False, "2 members"), 0, "three members")


def test_a_server_that_does_not_answer_yet_is_waited_for() -> None:
    answers = iter([None, State(True, "ready")])

    def question() -> State:
        if (answer := next(answers)) is None:
            raise ApiException(status=503, reason="Service Unavailable")
        return answer

    assert eventually(question, 5).text == "ready"


@pytest.mark.parametrize(
    ("kind", "spec", "edit", "grows_by"),
    [
        (Etcd, {"size": 3}, {"size": 5}, 2),
        (
            Elasticsearch,
            {"client-node-replicas": 3, "master-node-replicas": 2, "data-node-replicas": 3},
            {"data-node-replicas": 4},
            1,
        ),
        (Prometheus, {"replicas": 1, "shards": 2}, {"replicas": 2}, 2),
    ],
)
def test_the_demos_edit_asks_for_more_pods(
    kind: type[Etcd | Elasticsearch | Prometheus], spec: dict[str, int], edit: dict[str, int], grows_by: int
) -> None:
    application = kind(NO_CLUSTER, "v1", "Kind", "default", "name")
    assert application.larger(spec)[0] == edit
    assert application.wanted(spec | edit) - application.wanted(spec) == grows_by
