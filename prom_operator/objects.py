"""The objects a Prometheus is made of, as they are wanted now."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from common.workload.owner import owner_reference
from prom_operator import names, pods
from prom_operator.api.v1 import PROMETHEUS
from prom_operator.built import Built
from prom_operator.observation import Observation
from prom_operator.pods import TEMPLATES

Manifest = dict[str, Any]


def files(seen: Observation, built: Built) -> Iterator[Manifest]:
    """What the pods mount: it is there before them."""
    data = {"prometheus.yaml.gz": base64.b64encode(built.configuration).decode()}
    yield TEMPLATES.render("config_secret", object=names.config_secret(seen.name), data=data, **_common(seen))
    for n, portion in enumerate(built.assets):
        if not portion:
            continue
        encoded = {name: base64.b64encode(text.encode()).decode() for name, text in portion.items()}
        yield TEMPLATES.render("config_secret", object=names.assets_secret(seen.name, n), data=encoded, **_common(seen))
    for n, portion in enumerate(built.rules):
        yield TEMPLATES.render(
            "rules_config_map", object=names.rules_config_map(seen.name, n), data=portion, **_common(seen)
        )


JOINS_AFTER = 3.0
"""Seconds after which a new Prometheus is made an owner of the Service: many that come together are written at once."""


def governing_service(seen: Observation) -> Iterator[Manifest]:
    """The Service that gives pods their names; none where the resource names one of its own."""
    if seen.spec.service_name:
        return
    service = seen.service
    # Its owners are written only by a Prometheus that is not among them, and not written again by those that are.
    owners = service.owners if joined(seen) or (service.owners and joins_in(seen) > 0) else service.sharing
    yield TEMPLATES.render(
        "governing_service",
        namespace=seen.meta.namespace,
        port=seen.spec.port_name or "web",
        # In one order, whatever order the live Service has: else each would find it different.
        owners=[_shared_owner(name, uid) for name, uid in sorted(owners)],
    )


def joined(seen: Observation) -> bool:
    """Whether the Service belongs to this Prometheus too."""
    return bool(seen.spec.service_name) or (seen.name, seen.meta.uid) in seen.service.owners


def joins_in(seen: Observation) -> float:
    """Seconds until it may be made an owner: not all at one moment, so that the first one writes for the rest."""
    share = zlib.crc32(seen.meta.uid.encode()) / 2**32
    return max(0.0, seen.created + JOINS_AFTER * (1 + share) - seen.now)


def _shared_owner(name: str, uid: str) -> dict[str, Any]:
    return {"apiVersion": PROMETHEUS.api_version, "kind": PROMETHEUS.kind, "name": name, "uid": uid}


def stateful_sets(seen: Observation, built: Built) -> Iterator[Manifest]:
    """One for each shard."""
    assert seen.version is not None  # noqa: S101 - refused before
    spec = seen.spec
    rule_maps = [names.rules_config_map(seen.name, n) for n in range(len(built.rules))]
    assets = [names.assets_secret(seen.name, n) for n in range(len(built.assets))]
    for shard in range(seen.shard_count):
        common = _common(seen)
        selector = names.pod_selector(seen.name, shard)
        yield TEMPLATES.render(
            "stateful_set",
            object=names.stateful_set(seen.name, shard),
            namespace=common["namespace"],
            labels={**seen.meta.labels, **common["labels"], **_shard_labels(seen.name, shard)},
            owner=common["owner"],
            annotations={names.VERSION: str(seen.version)},
            replicas=spec.replicas,
            service_name=spec.service_name or names.GOVERNING_SERVICE,
            management=spec.pod_management_policy or "Parallel",
            update_strategy=spec.update_strategy or {"type": "RollingUpdate"},
            min_ready_seconds=spec.min_ready_seconds or 0,
            selector=selector,
            template=pods.template(seen.name, spec, seen.version, shard, rule_maps, assets),
            claim=claim(seen),
            claim_retention=spec.persistent_volume_claim_retention_policy,
        )


def claim(seen: Observation) -> dict[str, Any] | None:
    """The claim of each replica; None where the time series are not kept in one."""
    storage = seen.spec.storage
    if storage is None or storage.empty_dir is not None or storage.ephemeral is not None:
        return None
    given = storage.volume_claim_template or {}
    metadata = given.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    kept = {name: metadata[name] for name in ("labels", "annotations") if metadata.get(name)}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": pods.claim_name(seen.name, seen.spec), **kept},
        "spec": {"accessModes": ["ReadWriteOnce"], **(given.get("spec") or {})},
    }


def _shard_labels(name: str, shard: int) -> dict[str, str]:
    return {names.SHARD: str(shard), names.NAME: name, "operator.prometheus.io/mode": "server"}


def _common(seen: Observation) -> dict[str, Any]:
    return {
        "namespace": seen.meta.namespace,
        "labels": names.owned_labels(seen.name),
        "owner": owner_reference(PROMETHEUS, seen.meta),
    }
