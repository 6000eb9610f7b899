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
from prom_operator.told import Told, upcoming


def apply(seen: Observation) -> Plan:
    """Apply every object; where nothing differs nothing is written."""
    built = build(seen)
    files = list(objects.files(seen, built))
    servers = [*objects.stateful_sets(seen, built), *objects.governing_service(seen)]
    mounted = {(f["kind"], f["metadata"]["name"]) for f in files}
    refresh, look_again = _refresh(seen, built)
    if not objects.joined(seen) and seen.service.owners:
        look_again = min(objects.joins_in(seen) or objects.JOINS_AFTER, look_again or 2 * objects.JOINS_AFTER)
    return Plan(
        steps=(
            *apply_all(files, "write configuration and rules" if seen.shards else "create the servers"),
            *apply_all(servers, "as the resource says" if seen.shards else "create the servers"),
            *_surplus(seen, mounted),
            *refresh,
        ),
        conditions=tuple(conditions_of(seen, built)),
        status=status_of(seen),
        look_again=look_again,
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


def _refresh(seen: Observation, built: Built) -> tuple[list[Step], float | None]:
    """Tell the pods of new files, and when to look again for telling them once more."""
    now: dict[Told, list[tuple[str, str]]] = {}
    later: list[float] = []
    for pod in seen.pods:
        told, seconds = upcoming(pod.told, built.digest, seen.now)
        if told is not None and seconds <= 0:
            now.setdefault(told, []).append((pod.name, pod.uid))
            _, seconds = upcoming(told, built.digest, seen.now)
            later.append(seconds)
        elif told is not None:
            later.append(seconds)
    why = "let the kubelets fetch the configuration now"
    steps = [Step(RefreshPods(tuple(pods), told), why, quiet=True) for told, pods in now.items()]
    return steps, min(later, default=None)
