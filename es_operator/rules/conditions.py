"""What a person should know though nothing is wrong with the resource: each says how to make it go away."""

from __future__ import annotations

from collections.abc import Iterator

from common.control.plan import Condition
from common.workload.quantity import to_bytes
from es_operator.api import v1
from es_operator.observation import Observation
from es_operator.rules.outcome import listed
from es_operator.rules.storage import missing_driver, missing_zones
from es_operator.versions import OLDEST_TESTED


def remarks(seen: Observation) -> Iterator[Condition]:
    """All that apply."""
    for remark in (
        even_masters, zones, storage, volume_growth, memory_mapping, plain_connections, old_version, fields, plain_text,
    ):  # fmt: skip
        condition = remark(seen)
        if condition is not None:
            yield condition


def even_masters(seen: Observation) -> Condition | None:
    """A majority of two is two: the second master makes an outage likelier, not less likely."""
    masters = len(seen.layout.masters)
    if masters > 2:
        return None
    needed = 3 - masters
    return Condition(
        "MasterLossSurvivable", "False", "TooFewMasters",
        f"the cluster stops when one of its {masters} master{'s' if masters > 1 else ''} does: {needed} more "
        f"{'is' if needed == 1 else 'are'} needed to survive the loss of one",
    )  # fmt: skip


def zones(seen: Observation) -> Condition | None:
    """Zones that this Kubernetes does not have: say precisely what it cannot give."""
    absent = missing_zones(seen)
    if not absent:
        return None
    required = any(g.zone in absent and g.node_set.zone_placement == "Required" for g in seen.layout.groups)
    outcome = "their nodes wait until one is" if required else "their nodes run on any machine instead"
    return Condition(
        "ZonesFound", "False", "NoMachineInZone",
        f"no machine has the label topology.kubernetes.io/zone with {listed(absent)}: {outcome}, and copies of a shard "
        "are spread over zones by name only",
    )  # fmt: skip


def storage(seen: Observation) -> Condition | None:
    """Volumes that this Kubernetes cannot make."""
    driver = missing_driver(seen)
    if driver is None or not seen.layout.zone_classes:
        return None
    return Condition(
        "StorageAsAsked", "False", "ProvisionerMissing",
        f"volumes by {seen.notes.provisioner} need the CSI driver {driver}, which is not installed here: new volumes "
        "are of the default StorageClass",
    )  # fmt: skip


def volume_growth(seen: Observation) -> Condition | None:
    """Volumes that shall grow."""
    for group in seen.layout.groups:
        live = seen.live(group)
        if live and live.storage_size and to_bytes(group.node_set.storage.size) > to_bytes(live.storage_size):
            return Condition(
                "VolumesAsAsked", "False", "GrowthNotYetSupported",
                f"{group.name}: volumes stay at {live.storage_size}; this release does not grow them",
            )  # fmt: skip
    return None


def memory_mapping(seen: Observation) -> Condition | None:
    """Off unless allowed: it needs a kernel setting on every machine."""
    if seen.hub.allow_mmap:
        return None
    way = "spec.allowMmap" if seen.resource == v1.RESOURCE else "spec.allowMmap of data.triad.dev/v1"
    return Condition(
        "MemoryMapped", "False", "NotAllowed",
        "indices are read without memory mapping, which needs no kernel setting; where vm.max_map_count is at least "
        f"262144 (1048576 from 8.16 on) on every machine, {way} makes searches faster",
    )  # fmt: skip


def plain_connections(seen: Observation) -> Condition | None:
    """Neither TLS nor passwords in this release; from 8.0 on Elasticsearch would have both by itself."""
    return Condition("Encrypted", "False", "NotYetSupported", "connections are plain HTTP and need no password")


def old_version(seen: Observation) -> Condition | None:
    """Versions that nobody tried."""
    if seen.version is None or seen.version >= OLDEST_TESTED:
        return None
    return Condition(
        "VersionTested", "False", "OlderThanTested",
        f"Elasticsearch {seen.version} is older than {OLDEST_TESTED}, the oldest that is tested",
    )  # fmt: skip


def fields(seen: Observation) -> Condition | None:
    """Fields of an older type that are set and do nothing yet: named, never silently ignored."""
    if not seen.notes.not_acted_on:
        return None
    return Condition(
        "FieldsNotActedOn", "True", "NotActedOn",
        f"set, but nothing is done about it in this release: {', '.join(seen.notes.not_acted_on)}",
    )  # fmt: skip


def plain_text(seen: Observation) -> Condition | None:
    """Whoever may read the resource reads the key."""
    if not seen.notes.plain_text_keys:
        return None
    return Condition(
        "CredentialsInSecrets", "False", "PlainText",
        f"{', '.join(seen.notes.plain_text_keys)} stands in the resource in plain text: take it out and change it; "
        "whoever may read the resource knows it",
    )  # fmt: skip
