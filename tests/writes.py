"""Write requests as the API server counts them."""

from __future__ import annotations

import re
from collections import Counter

from deploy.install.cluster import Cluster

WRITES = frozenset({"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"})
# Leases are renewed for ever by design; reviews are POST requests that change nothing; a node's own heartbeat, and the
# tokens that the kubelet renews for pods, go on on any cluster.
NOT_OURS = frozenset({"leases", "tokenreviews", "subjectaccessreviews", "nodes", "serviceaccounts"})
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def counted(metrics: str) -> Counter[tuple[str, str]]:
    """Write requests by verb and resource, from the text of the API server's /metrics."""
    writes: Counter[tuple[str, str]] = Counter()
    for line in metrics.splitlines():
        if not line.startswith("apiserver_request_total{"):
            continue
        labels, _, value = line.rpartition(" ")
        found = dict(_LABEL.findall(labels))
        if found["verb"] in WRITES and found["resource"] not in NOT_OURS:
            writes[found["verb"], found["resource"]] += int(float(value))
    return writes


def write_requests(cluster: Cluster) -> Counter[tuple[str, str]]:
    """Write requests since the API server started."""
    return counted(cluster.request("GET", "/metrics").decode())
