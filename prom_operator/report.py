"""What the resource's status says: prometheus-operator's fields, and conditions that name what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from common.control.plan import Condition
from prom_operator import names
from prom_operator.built import Built, Exclusion
from prom_operator.observation import Observation
from prom_operator.rules.not_acted_on import not_acted_on

NAMED = 5  # resources that are left out and named one by one in a condition's message
LONGEST_MESSAGE = 2000  # characters
COMPLETE = "ConfigurationComplete"


def status_of(seen: Observation) -> dict[str, Any]:
    """The status without conditions."""
    shards = [_shard(seen, number) for number in range(seen.shard_count)]
    total = {
        name: sum(s[name] for s in shards)
        for name in ("replicas", "updatedReplicas", "availableReplicas", "unavailableReplicas")
    }
    selector = ",".join(f"{k}={v}" for k, v in _selector(seen.name).items())
    return {
        "paused": seen.spec.paused,
        **total,
        "shards": seen.shard_count,
        "selector": selector,
        "shardStatuses": shards,
    }


def _selector(name: str) -> dict[str, str]:
    return {k: v for k, v in names.pod_selector(name, 0).items() if k != names.SHARD}


def _shard(seen: Observation, number: int) -> dict[str, Any]:
    live = seen.shard(number)
    replicas, updated, available = (live.replicas, live.updated, live.available) if live else (0, 0, 0)
    return {
        "shardID": str(number),
        "replicas": replicas,
        "updatedReplicas": updated,
        "availableReplicas": available,
        "unavailableReplicas": max(0, seen.spec.replicas - available),
    }


def conditions_of(seen: Observation, built: Built) -> Iterator[Condition]:
    """How it is, then what a person should know."""
    yield available(seen)
    yield Condition("Reconciled", "True", "Applied", f"{built.jobs} scrape jobs, {built.rule_files} rule files")
    yield _complete(built.left_out)
    yield from remarks(seen)


def available(seen: Observation) -> Condition:
    """True when every wanted pod is available, as prometheus-operator has it."""
    wanted = seen.spec.replicas * seen.shard_count
    there = sum(s.available for s in seen.shards if s.number < seen.shard_count)
    if there >= wanted:
        return Condition("Available", "True", "AllPodsReady", f"{there} of {wanted} pods are available")
    reason = "SomePodsNotReady" if there else "NoPodReady"
    return Condition("Available", "False", reason, f"{there} of {wanted} pods are available")


def remarks(seen: Observation) -> Iterator[Condition]:
    """Fields that are set and that nothing is done with."""
    ignored = not_acted_on(seen)
    if ignored:
        message = f"set, and not acted on by this release: {', '.join(ignored)}"
        yield Condition("FieldsNotActedOn", "True", "NotActedOn", message)


def _complete(left_out: tuple[Exclusion, ...]) -> Condition:
    if not left_out:
        return Condition(COMPLETE, "True", "NothingLeftOut", "every selected monitor and rule is in the configuration")
    named = "; ".join(str(one) for one in left_out[:NAMED])
    more = len(left_out) - NAMED
    message = f"{named}; and {more} more" if more > 0 else named
    shown = message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
    reason = left_out[0].code if len({one.code for one in left_out}) == 1 else "SomeLeftOut"
    return Condition(COMPLETE, "False", reason, f"left out: {shown}")
