"""etcd's command line by version: which flags there are, and where its health is asked."""

from __future__ import annotations

import re

from msgspec import Struct

from common.workload.quantity import to_bytes
from etcd_operator.api.v1 import EtcdOptions
from etcd_operator.versions import Version

CLIENT_PORT = 2379
PEER_PORT = 2380
METRICS_PORT = 2381
_METRICS_LISTENER = Version(3, 3, 0)
_CORRUPTION_CHECK = Version(3, 4, 0)
_FEATURE_GATES = Version(3, 6, 0)
_LIVEZ = {(3, 4): Version(3, 4, 29), (3, 5): Version(3, 5, 11)}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ns|us|µs|ms|s|m|h)")
_MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}

OURS = frozenset(
    {
        "ETCD_NAME", "ETCD_DATA_DIR", "ETCD_LISTEN_PEER_URLS", "ETCD_LISTEN_CLIENT_URLS", "ETCD_LISTEN_METRICS_URLS",
        "ETCD_INITIAL_ADVERTISE_PEER_URLS", "ETCD_ADVERTISE_CLIENT_URLS", "ETCD_INITIAL_CLUSTER",
        "ETCD_INITIAL_CLUSTER_STATE", "ETCD_INITIAL_CLUSTER_TOKEN", "ETCD_FORCE_NEW_CLUSTER", "ETCD_CONFIG_FILE",
        "ETCD_DISCOVERY", "ETCD_DISCOVERY_SRV", "POD_NAME",
    }
)  # fmt: skip
"""Environment variables that users may not set. etcd ends at once where a flag and its variable are both given."""


class Health(Struct, frozen=True):
    """Where the kubelet asks how a member is. The metrics listener never asks for a client's certificate."""

    port: int
    ready_path: str
    live_path: str
    """Empty where no path says that a member lives without also asking for a quorum: then the port is all there is."""


def health(version: Version) -> Health:
    """Probes for a version.

    `/health` fails without a leader. As a liveness probe it would have the kubelet restart every healthy member of a
    cluster that waits for its quorum. Source: etcd, "Monitoring etcd": `/livez` and `/readyz` from 3.4.29, 3.5.11, 3.6.
    """
    port = METRICS_PORT if version >= _METRICS_LISTENER else CLIENT_PORT
    if version >= _LIVEZ.get(version.line, _FEATURE_GATES):
        return Health(port, "/readyz", "/livez")
    return Health(port, "/health", "")


def arguments(version: Version, options: EtcdOptions, env: frozenset[str] = frozenset()) -> list[str]:
    """Flags beyond those that say who a member is. One whose variable is in `env` is left to the user."""
    flags: dict[str, str] = {}
    if version >= _METRICS_LISTENER:
        flags["listen-metrics-urls"] = f"http://0.0.0.0:{METRICS_PORT}"
    flags.update(_compaction(version, options))
    if options.corruption_check and version >= _FEATURE_GATES:
        flags["feature-gates"] = "InitialCorruptCheck=true"
    elif options.corruption_check and version >= _CORRUPTION_CHECK:
        flags["experimental-initial-corrupt-check"] = "true"
    if options.quota_backend is not None:
        flags["quota-backend-bytes"] = str(to_bytes(options.quota_backend))
    if options.max_request is not None:
        flags["max-request-bytes"] = str(to_bytes(options.max_request))
    if options.heartbeat_interval is not None:
        flags["heartbeat-interval"] = str(milliseconds(options.heartbeat_interval))
    if options.election_timeout is not None:
        flags["election-timeout"] = str(milliseconds(options.election_timeout))
    if options.snapshot_count is not None:
        flags["snapshot-count"] = str(options.snapshot_count)
    if options.log_level is not None:
        flags["log-level"] = options.log_level
    return [f"--{name}={value}" for name, value in flags.items() if variable(name) not in env]


def variable(flag: str) -> str:
    """The environment variable of a flag."""
    return "ETCD_" + flag.upper().replace("-", "_")


def milliseconds(duration: str) -> int:
    """A Go duration in whole milliseconds, at least 1."""
    return max(1, round(sum(float(n) * _MILLISECONDS[unit] for n, unit in _DURATION.findall(duration))))


def _compaction(version: Version, options: EtcdOptions) -> dict[str, str]:
    """Before 3.3, whole hours only."""
    if options.auto_compaction_retention == "0":
        return {}
    if version < _METRICS_LISTENER:
        hours = milliseconds(options.auto_compaction_retention) / _MILLISECONDS["h"]
        return {"auto-compaction-retention": str(max(1, round(hours)))}
    return {
        "auto-compaction-mode": options.auto_compaction_mode,
        "auto-compaction-retention": options.auto_compaction_retention,
    }
