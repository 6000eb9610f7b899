"""What only a person can mend. Each refusal names the field and what to write there instead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from common.control.plan import Refused
from common.resources.fields import IMAGE_PATTERN, SUBDOMAIN_PATTERN
from common.resources.problem import Unacceptable
from common.workload.names import LONGEST_NAME, check_name
from common.workload.quantity import QuantityError, to_bytes
from es_operator.api.v1 import NodeSet
from es_operator.layout import doubled
from es_operator.observation import Observation
from es_operator.rules.outcome import listed
from es_operator.rules.settings import flat, own
from es_operator.versions import OLDEST, Version, version_of

_OBJECT_NAME, _IMAGE = re.compile(SUBDOMAIN_PATTERN), re.compile(IMAGE_PATTERN)
_ZONE = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_XMX = re.compile(r"(?:^|\s)-Xmx(\d+)([kKmMgG]?)(?=\s|$)")
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_TIERS = ("data_content", "data_hot", "data_warm", "data_cold", "data_frozen")
_CLASSIC_ROLES = ("master", "data", "ingest")


def refuse_invalid(seen: Observation) -> None:
    """Raise Refused for the first thing that is wrong."""
    for check in CHECKS:
        check(seen)


def names_fit(seen: Observation) -> None:
    """A StatefulSet with a longer name is accepted, and then no pod ever comes."""
    layout = seen.layout
    own_part = max((len(g.name) for g in layout.groups), default=0) - len(seen.key.name)
    try:
        check_name(seen.key.name, LONGEST_NAME - own_part)
    except Unacceptable as wrong:
        raise Refused(wrong.problem.code, wrong.problem.message) from None
    twice = doubled(layout)
    if twice:
        raise Refused("NamesCollide", f"two node sets or zones would both be named {twice}: rename one of them")


def version_known(seen: Observation) -> None:
    """Settings, roles and upgrade paths follow from the version: without it nothing can be right."""
    said = seen.hub.version or "nothing"
    if seen.version is None:
        raise Refused(
            "VersionUnknown",
            f"{said[:80]!r} is no version of Elasticsearch: write one such as 8.19.0 (in an old resource: as the tag "
            "of elastic-search-image)",
        )
    if seen.version < OLDEST:
        raise Refused("VersionTooOld", f"Elasticsearch {seen.version} is older than {OLDEST}, the oldest that can run")


def version_change_allowed(seen: Observation) -> None:
    """Patch releases roll like any change; more than that needs the care of an upgrade, which is not there yet."""
    before, wanted = seen.record.version if seen.record else None, seen.version
    if before is None or wanted is None or not seen.cluster_uuid or before == wanted:
        return
    if before[:2] != wanted[:2]:
        raise Refused(
            "UpgradeNotYetSupported",
            f"the cluster runs {before} and this release upgrades within one minor version only: set the version back "
            f"to {before}, or to a later patch release of {before.major}.{before.minor}",
        )
    newest = _newest_running(seen)
    if newest is not None and wanted < newest:
        raise Refused(
            "DowngradeRefused",
            f"a node has started on {newest}, and Elasticsearch never goes back: set the version to {newest} or later",
        )


def masters_wanted(seen: Observation) -> None:
    """Without a master there is no cluster; without data nodes there is nowhere to put an index."""
    if not seen.layout.masters:
        raise Refused("NoMasters", "no node is wanted that may be elected master: ask for at least 1, better 3")
    if not any(g.count and g.node_set.data for g in seen.layout.groups):
        raise Refused("NoDataNodes", "no node is wanted that holds data: ask for at least 1")


def names_usable(seen: Observation) -> None:
    """Old resources have no schema; what could not be the name of anything is told here, where the field is known."""
    hub = seen.hub
    objects = [("serviceAccountName", hub.service_account_name), *(("pull secret", s) for s in hub.image_pull_secrets)]
    objects += [(f"{s.name}: storage class", s.storage.storage_class_name) for s in hub.node_sets]
    images = [("image", hub.image)]
    zones = [(f"{s.name}: zone", zone) for s in hub.node_sets for zone in s.zones]
    for pattern, named in ((_OBJECT_NAME, objects), (_IMAGE, images), (_ZONE, zones)):
        for where, text in named:
            if text is not None and not pattern.fullmatch(text):
                raise Refused("NameInvalid", f"{where} is {text[:80]!r}, which names nothing: correct it")


def node_sets_told_apart(seen: Observation) -> None:
    """Two of one name would be one StatefulSet."""
    name, times = Counter(s.name for s in seen.hub.node_sets).most_common(1)[0]
    if times > 1:
        raise Refused("NamesCollide", f"{times} node sets are named {name}: rename all but one")


def roles_exist(seen: Observation) -> None:
    """A role that a version does not know stops the boot."""
    version = seen.version or OLDEST
    for node_set in seen.hub.node_sets:
        if not version.has_data_tiers:
            _refuse_roles(node_set, [r for r in node_set.roles if r in _TIERS], version, "7.10")
        if not version.has_node_roles:
            _refuse_roles(node_set, [r for r in node_set.roles if r not in _CLASSIC_ROLES], version, "7.9")
        if "voting_only" in node_set.roles and "master" not in node_set.roles:
            raise Refused("RoleIncomplete", f"node set {node_set.name}: voting_only is for nodes with the role master")


def _refuse_roles(node_set: NodeSet, unknown: list[str], version: Version, since: str) -> None:
    if unknown:
        raise Refused(
            "RoleUnknown",
            f"node set {node_set.name}: Elasticsearch {version} has no role {listed(unknown)}, which came with {since}",
        )


def amounts_readable(seen: Observation) -> None:
    """Old resources have no schema, so amounts are checked here."""
    for node_set in seen.hub.node_sets:
        resources = node_set.resources
        amounts = {
            "storage size": node_set.storage.size,
            **{f"resources.requests.{name}": amount for name, amount in resources.requests.items()},
            **{f"resources.limits.{name}": amount for name, amount in resources.limits.items()},
        }
        for where, amount in amounts.items():
            try:
                enough = to_bytes(amount) > 0
            except QuantityError:
                enough = False
            if not enough:
                raise Refused(
                    "AmountInvalid",
                    f"{node_set.name}: {where} is {str(amount)[:40]!r}: write an amount such as 512Mi, 10Gi or 500m",
                )


def heap_fits(seen: Observation) -> None:
    """A heap as large as the limit is killed by the kernel as soon as it fills: the JVM needs memory beside it."""
    for node_set in seen.hub.node_sets:
        limit = node_set.resources.limits.get("memory")
        found = _XMX.search(f"-Xmx{node_set.heap}" if node_set.heap else node_set.java_options)
        if limit is None or found is None:
            continue
        heap = int(found[1]) * _UNITS[found[2].lower()]
        if heap >= to_bytes(limit):
            raise Refused(
                "HeapTooLarge",
                f"{node_set.name}: a heap of {found[1]}{found[2]} does not fit into a memory limit of {limit}: give it "
                "half of the limit",
            )


def settings_ours(seen: Observation) -> None:
    """A setting that two hands make is made by neither."""
    for where, config in [("config", seen.hub.config), *((s.name, s.config) for s in seen.hub.node_sets)]:
        taken = [name for name in flat(config) if own(name)]
        if taken:
            raise Refused(
                "SettingReserved",
                f"{where}: {listed([t[:80] for t in taken])} follows from other fields of the resource: take it out",
            )


def storage_does_not_shrink(seen: Observation) -> None:
    """A claim can grow, never shrink; growing is not there yet either, but waits in a condition."""
    for group in seen.layout.groups:
        live = seen.live(group)
        if live is None or not live.storage_size:
            continue
        if to_bytes(group.node_set.storage.size) < to_bytes(live.storage_size):
            raise Refused(
                "StorageShrinks",
                f"{group.node_set.name}: volumes are {live.storage_size} and can never be made smaller: set the size "
                f"back, or add a node set with smaller volumes and then take this one away",
            )


def secrets_exist(seen: Observation) -> None:
    """Pods that refer to a Secret which is not there never start."""
    if seen.around.missing_secrets:
        raise Refused(
            "SecretMissing",
            f"Secret {listed(seen.around.missing_secrets)} is not in namespace {seen.key.namespace}: create it, or "
            "take the reference out",
        )


def reclaim_policy_exists(seen: Observation) -> None:
    """The API server would refuse the StorageClass."""
    policy = seen.notes.reclaim_policy
    if seen.layout.zone_classes and policy not in ("", "Delete", "Retain"):
        raise Refused("ReclaimPolicyUnknown", f"volume-reclaim-policy is {policy[:40]!r}: write Delete or Retain")


def _newest_running(seen: Observation) -> Version | None:
    running = [version_of(n.version) for n in seen.cluster.nodes] if seen.cluster else []
    return max((v for v in running if v is not None), default=None)


CHECKS: tuple[Callable[[Observation], None], ...] = (
    names_usable, names_fit, node_sets_told_apart, version_known, masters_wanted, roles_exist, amounts_readable,
    heap_fits, settings_ours, reclaim_policy_exists, secrets_exist, version_change_allowed, storage_does_not_shrink,
)  # fmt: skip
