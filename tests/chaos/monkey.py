"""The monkey: which pods die, when and how, all decided by the seed."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubernetes.client.exceptions import ApiException

from deploy.install.cluster import Cluster

PAUSE = (4.0, 15.0)  # seconds between two attacks
ALL_AT_ONCE = 0.12  # the share of attacks that take every pod of a cluster, as when a node pool restarts
ABRUPT = 0.5  # the share of kills that leave one second instead of the pod's own grace period

Pods = Callable[[], list[dict[str, Any]]]


@dataclass
class Monkey:
    """Kills pods of its victims until it is told to stop."""

    cluster: Cluster
    victims: Mapping[str, Pods]
    """How to find the pods of each victim; an operator is a victim like a database."""
    favourites: frozenset[str]
    """Those it attacks three times as often as the others."""
    seed: int
    say: Callable[[str], None]
    kills: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def run(self, seconds: float) -> None:
        """Attack, pause, attack, for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.attack()
            time.sleep(min(self._random.uniform(*PAUSE), max(left, 0)))

    def attack(self) -> None:
        """One victim, one of its pods or all of them, abruptly or not."""
        # All is drawn before anything is looked at, so that the seed alone decides the plan.
        names = sorted(self.victims)
        (victim,) = self._random.choices(names, [3 if name in self.favourites else 1 for name in names])
        everyone = self._random.random() < ALL_AT_ONCE
        grace = 1 if self._random.random() < ABRUPT else None
        place = self._random.random()
        pods = [p for p in self.victims[victim]() if "deletionTimestamp" not in p["metadata"]]
        if not pods:
            return
        chosen = pods if everyone else [pods[int(place * len(pods))]]
        for pod in chosen:
            self._kill(victim, pod["metadata"], grace)

    def _kill(self, victim: str, metadata: Mapping[str, Any], grace: int | None) -> None:
        path = self.cluster.path("v1", "Pod", metadata["namespace"], metadata["name"])
        options: dict[str, Any] = {"preconditions": {"uid": metadata["uid"]}}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        try:
            self.cluster.request("DELETE", path, options)
        except ApiException as error:
            if error.status not in (404, 409):
                raise
            return
        self.kills[victim] += 1
        self.say(f"killed {metadata['name']}" + (" abruptly" if grace is not None else ""))
