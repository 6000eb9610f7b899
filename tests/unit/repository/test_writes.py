"""Counting write requests is what "idle means idle" rests on."""

from tests.writes import counted

METRICS = """\
# HELP apiserver_request_total [STABLE] Counter of apiserver requests
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="apps",resource="statefulsets",scope="resource",subresource="",verb="APPLY",version="v1"} 3
apiserver_request_total{code="409",component="apiserver",dry_run="",group="apps",resource="statefulsets",scope="resource",subresource="",verb="APPLY",version="v1"} 1
apiserver_request_total{code="200",component="apiserver",dry_run="",group="apps",resource="statefulsets",scope="cluster",subresource="",verb="LIST",version="v1"} 90
apiserver_request_total{code="200",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="PUT",version="v1"} 1.2e+03
apiserver_request_total{code="201",component="apiserver",dry_run="",group="",resource="events",scope="resource",subresource="",verb="POST",version="v1"} 1e+01
"""  # noqa: E501


def test_writes_are_counted_over_all_answers_and_reads_and_leases_are_not() -> None:
    assert counted(METRICS) == {("APPLY", "statefulsets"): 4, ("POST", "events"): 10}
