"""Metrics under the names that controller-runtime's dashboards know."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

RECONCILES = Counter(
    "controller_runtime_reconcile", "Looks at a resource, by outcome.", ["controller", "result"], registry=REGISTRY
)
RECONCILE_ERRORS = Counter(
    "controller_runtime_reconcile_errors", "Looks that failed.", ["controller"], registry=REGISTRY
)
RECONCILE_SECONDS = Histogram(
    "controller_runtime_reconcile_time_seconds", "How long a look took.", ["controller"], registry=REGISTRY
)
QUEUE_DEPTH = Gauge("workqueue_depth", "Keys that wait to be looked at.", ["name"], registry=REGISTRY)
QUEUE_ADDS = Counter("workqueue_adds", "Keys put on the queue.", ["name"], registry=REGISTRY)
QUEUE_RETRIES = Counter("workqueue_retries", "Keys put on the queue after a failure.", ["name"], registry=REGISTRY)
REQUESTS = Counter("rest_client_requests", "Requests to the API server.", ["method", "code"], registry=REGISTRY)
IS_LEADER = Gauge("leader_election_master_status", "1 where this process holds the lease.", ["name"], registry=REGISTRY)
CLUSTERS = Gauge("triad_resources", "Custom resources known, by kind.", ["kind"], registry=REGISTRY)
HELD = Gauge(
    "triad_cluster_held",
    "1 where a rule holds the cluster where it is, by the rule's reason.",
    ["kind", "namespace", "name", "reason"],
    registry=REGISTRY,
)
