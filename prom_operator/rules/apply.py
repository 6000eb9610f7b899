"""Make it so: files first, then the servers, then what is surplus goes, and the kubelets hear of new files."""

from __future__ import annotations

from collections.abc import Iterator

from common.control.plan import Delete, Plan, Step, apply_all
from common.kube.resource import STATEFUL_SET
from prom_operator import objects
from prom_operator.built import Built, build
from prom_operator.calls import RefreshPods
from prom_operator.observation import Observation
from prom_operator.report import conditions_of, status_of


def apply(seen: Observation) -> Plan:
    """Apply every object; where nothing differs nothing is written."""
    built = build(seen)
    files = list(objects.files(seen, built))
    servers = [*objects.stateful_sets(seen, built), *objects.governing_service(seen)]
    mounted = {(f["kind"], f["metadata"]["name"]) for f in files}
    return Plan(
        steps=(
            *apply_all(files, "write configuration and rules" if seen.shards else "create the servers"),
            *apply_all(servers, "as the resource says" if seen.shards else "create the servers"),
            *_surplus(seen, mounted),
            *_refresh(seen, built),
        ),
        conditions=tuple(conditions_of(seen, built)),
        status=status_of(seen),
    )


def _surplus(seen: Observation, mounted: set[tuple[str, str]]) -> Iterator[Step]:
    """Shards above the wanted number, and files that no pod of the present template mounts.

    Files wait until every pod is of the present template: an older one that restarts would look for them in vain.
    """
    for shard in seen.shards:
        if shard.number >= seen.shard_count:
            resource = STATEFUL_SET
            why = f"{seen.shard_count} shards are wanted"
            yield Step(Delete(resource.api_version, resource.kind, seen.meta.namespace, shard.name, shard.uid), why)
    if any(not s.settled or s.updated < s.wanted for s in seen.shards):
        return
    for one in seen.owned:
        if (one.kind, one.name) not in mounted:
            yield Step(Delete(one.api_version, one.kind, seen.meta.namespace, one.name, one.uid), "no longer used")


def _refresh(seen: Observation, built: Built) -> Iterator[Step]:
    behind = tuple((p.name, p.uid) for p in seen.pods if p.told != built.digest)
    if behind:
        yield Step(RefreshPods(behind, built.digest), "let the kubelets fetch the configuration now", quiet=True)
