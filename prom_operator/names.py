"""Names and labels of what belongs to a Prometheus: the same as prometheus-operator's, since dashboards, alerts and
network policies of its users refer to them.
"""

from __future__ import annotations

from common.workload.names import labels
from prom_operator.api.v1 import KIND

OPERATOR = "prometheus-operator"
APPLICATION = "prometheus"
GOVERNING_SERVICE = "prometheus-operated"
SHARD = "operator.prometheus.io/shard"
NAME = "operator.prometheus.io/name"
CONFIGURATION = "triad.dev/configuration"
"""Annotation of pods: what their kubelet was told to fetch (see told.py)."""
VERSION = "triad.dev/version"
"""Annotation of StatefulSets: version of Prometheus that their pods run."""
LONGEST_NAME = 52 - len("prometheus-") - len("-shard-99")
"""Characters of a Prometheus's name, so that its StatefulSets' pods can carry their revision as a label."""


def config_secret(name: str) -> str:
    """The Secret with the configuration."""
    return f"prometheus-{name}"


def rules_config_map(name: str, n: int) -> str:
    """The n-th ConfigMap with rule files."""
    return f"prometheus-{name}-rulefiles-{n}"


def assets_secret(name: str, n: int) -> str:
    """The n-th Secret with TLS files."""
    return f"prometheus-{name}-tls-assets-{n}"


def stateful_set(name: str, shard: int) -> str:
    """The StatefulSet of a shard."""
    return f"prometheus-{name}" if shard == 0 else f"prometheus-{name}-shard-{shard}"


def database_volume(name: str) -> str:
    """The volume with the time series."""
    return f"prometheus-{name}-db"


def owned_labels(name: str) -> dict[str, str]:
    """Labels of every owned object."""
    return labels(OPERATOR, APPLICATION, KIND.key, name)


def pod_selector(name: str, shard: int) -> dict[str, str]:
    """What a StatefulSet selects its pods by. Exactly prometheus-operator's, for it can not be changed afterwards:
    so a StatefulSet that prometheus-operator made is taken over as it stands.
    """
    return {
        "app.kubernetes.io/name": APPLICATION,
        "app.kubernetes.io/managed-by": OPERATOR,
        "app.kubernetes.io/instance": name,
        "prometheus": name,
        SHARD: str(shard),
        NAME: name,
    }
