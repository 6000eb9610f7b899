"""A tiny model of Kubernetes and Elasticsearch: enough for the rules to act on, and to be caught when they do harm.

It knows what both do by themselves (pods are made again, shards leave excluded nodes, copies are built), and raises
as soon as a step takes away the last copy of a shard or the last master.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from common.control.plan import Action, Apply, Delete
from es_operator.analyze import analyze
from es_operator.calls import (
    ClearVotingExclusions,
    EnableAllocation,
    ExcludeFromAllocation,
    ExcludeFromVoting,
    Flush,
    LowerReplicas,
    ReplaceBrokenPod,
    RestartNode,
)  # fmt: skip
from es_operator.objects import MASTERS_KEY, UUID_KEY
from es_operator.observation import (
    ALLOCATION,
    EXCLUDED,
    Cluster,
    Copy,
    Health,
    Node,
    Observation,
    Pod,
    Record,
    Workload,
)  # fmt: skip
from es_operator.versions import Version
from tests.unit.es.worlds import NOW, UUID, new, node_set, replaced, spec_of

STARTS_AFTER = 2  # ticks from a pod's creation until its node has joined
TICK = 30.0  # seconds


@dataclass
class Running:
    """A pod; its node joins some ticks after it was made."""

    uid: str
    group: str
    revision: int
    age: int = 0

    @property
    def joined(self) -> bool:
        return self.age >= STARTS_AFTER


@dataclass
class Shard:
    """The nodes that have a copy of it, and how many there shall be."""

    wanted: int
    nodes: list[str] = field(default_factory=list)


@dataclass
class Simulation:
    """One cluster with dedicated masters, and data nodes in one set."""

    masters: int = 3
    data: int = 3
    template: int = 0
    now: float = NOW
    record: dict[str, str] | None = None
    replicas: dict[str, int] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    pods: dict[str, Running] = field(default_factory=dict)
    shards: list[Shard] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    exclusions: set[str] = field(default_factory=set)
    formed: bool = False
    _count: int = 0

    # What is seen.

    def observe(self) -> Observation:
        java = f"-Dt={self.template}"
        seen = new(spec_of(
            node_set("m", self.masters, roles=["master"], javaOptions=java),
            node_set("d", self.data, roles=["data"], javaOptions=java),
        ))  # fmt: skip
        record = None
        if self.record is not None:
            masters = tuple(filter(None, self.record.get(MASTERS_KEY, "").split(",")))
            record = Record(masters, self.record[UUID_KEY], Version(8, 19, 0))
        return replaced(
            seen,
            record=record,
            workloads=tuple(
                Workload(name, f"uid-{name}", "1", count, str(self.revisions[name]), "10Gi")
                for name, count in sorted(self.replicas.items())
            ),
            pods=tuple(
                Pod(
                    name, p.uid, p.group, str(p.revision), ready=p.joined, ip="10.0.0.1",
                    created=self.now - p.age * TICK, ready_since=self.now,
                )
                for name, p in sorted(self.pods.items())
            ),
            cluster=self._cluster(),
            now=self.now,
        )  # fmt: skip

    @property
    def joined(self) -> list[str]:
        return [name for name, p in sorted(self.pods.items()) if p.joined]

    @property
    def voters(self) -> list[str]:
        return [n for n in self.joined if n.startswith("c-es-m") and n not in self.exclusions]

    def _cluster(self) -> Cluster | None:
        if not self.joined:
            return None
        if not self.formed or not self.voters:
            return Cluster(uuid="")
        nodes = tuple(
            Node(n, f"id-{n}", "m" if n.startswith("c-es-m") else "d", n == self.voters[0], "8.19.0")
            for n in self.joined
        )
        return Cluster(
            uuid=UUID, health=self._health(), nodes=nodes, settings=dict(self.settings), copies=self._copies(),
            voting_exclusions=tuple(sorted(self.exclusions)),
        )  # fmt: skip

    def _started(self, shard: Shard) -> list[str]:
        return [n for n in shard.nodes if n in self.joined]

    def _health(self) -> Health:
        started = [len(self._started(s)) for s in self.shards]
        missing = sum(s.wanted - n for s, n in zip(self.shards, started, strict=True))
        if not all(started):
            return Health("red", unassigned_shards=missing)
        return Health("yellow" if missing else "green", unassigned_shards=missing)

    def _copies(self) -> tuple[Copy, ...]:
        rows = []
        for number, shard in enumerate(self.shards):
            started = self._started(shard)
            rows += [Copy("i", str(number), "STARTED", node, i == 0) for i, node in enumerate(started)]
            rows += [Copy("i", str(number), "UNASSIGNED")] * (shard.wanted - len(started))
        return tuple(rows)

    # What both do by themselves.

    def pass_time(self) -> None:
        self.now += TICK
        for pod in self.pods.values():
            pod.age += 1
        wanted = {f"{name}-{i}": name for name, count in self.replicas.items() for i in range(count)}
        self.pods = {name: pod for name, pod in self.pods.items() if name in wanted}
        for name, group in wanted.items():
            if name not in self.pods:
                self._count += 1
                self.pods[name] = Running(f"pod-{self._count}", group, self.revisions[group])
        first = set(filter(None, (self.record or {}).get(MASTERS_KEY, "").split(",")))
        if not self.formed and first and len(first & set(self.joined)) * 2 > len(first):
            self.formed = True
        if self.formed and self.voters:
            self._allocate()

    def _allocate(self) -> None:
        excluded = set(self.settings.get(EXCLUDED, "").split(","))
        free = [n for n in self.joined if n.startswith("c-es-d") and n not in excluded]
        for shard in self.shards:
            there = self._started(shard)
            room = [n for n in free if n not in shard.nodes]
            if there and len(there) < shard.wanted and room and self.settings.get(ALLOCATION, "all") == "all":
                shard.nodes = [*there, room.pop(0)]
            for node in [n for n in there if n in excluded and room]:
                shard.nodes.remove(node)
                shard.nodes.append(room.pop(0))

    # What the operator does.

    def look(self, cut_after: int | None = None) -> None:
        """One look; the operator is killed after so many steps."""
        for step in analyze(self.observe()).steps[:cut_after]:
            if not self._act(step.action):
                return

    def _act(self, action: Action) -> bool:
        """False where a live look refuses: then the rest of the plan is not tried."""
        match action:
            case Apply(object=manifest):
                self._apply(dict(manifest))
            case Delete(name=name):
                assert self.replicas.pop(name) == 0, "only an empty StatefulSet is deleted"
            case ExcludeFromAllocation(nodes=nodes):
                self._set(EXCLUDED, ",".join(nodes))
            case EnableAllocation(shards=shards):
                self._set(ALLOCATION, shards or "")
            case ExcludeFromVoting(node=node):
                self.exclusions.add(node)
                assert self.voters, "nobody is left to be elected"
            case ClearVotingExclusions():
                self.exclusions.clear()
            case Flush():
                pass
            case RestartNode(pod=name, uid=uid):
                return self._restart(name, uid)
            case LowerReplicas():
                self._lower(action)
            case ReplaceBrokenPod():
                raise AssertionError("no pod is ever broken here")
            case _:
                raise AssertionError(f"unexpected: {action}")
        return True

    def _set(self, name: str, value: str) -> None:
        self.settings.pop(name, None)
        if value:
            self.settings[name] = value

    def _apply(self, manifest: dict[str, dict[str, object]]) -> None:
        name, kind = str(manifest["metadata"]["name"]), str(manifest["kind"])
        if kind == "ConfigMap":
            self.record = {k: str(v) for k, v in manifest["data"].items()}
        if kind == "StatefulSet":
            count = int(str(manifest["spec"]["replicas"]))
            assert count >= self.replicas.get(name, 0), "an apply never takes a node away"
            self.replicas[name] = count
            template = str(manifest["spec"]["template"])
            if self.templates.get(name) != template:
                self.templates[name] = template
                self.revisions[name] = self.revisions.get(name, 0) + 1

    def _restart(self, name: str, uid: str) -> bool:
        pod = self.pods.get(name)
        if pod is None or pod.uid != uid:
            return True
        for shard in self.shards:
            started = self._started(shard)
            assert started != [name] or shard.wanted == 1, f"{name} holds the last copy"
        others = [n for n in self.voters if n != name]
        assert others or not name.startswith("c-es-m") or len(self.voters) == 1, "no master would be left"
        del self.pods[name]
        return True

    def _lower(self, call: LowerReplicas) -> None:
        for shard in self.shards:
            assert not set(shard.nodes) & set(call.nodes), "a node with a shard is taken away"
        gone = set(call.nodes)
        assert {f"{call.workload}-{i}" for i in range(call.replicas, self.replicas[call.workload])} == gone
        if call.workload.startswith("c-es-m"):
            assert gone <= self.exclusions, "a master goes that still votes"
            assert len(gone) == 1
        self.replicas[call.workload] = call.replicas

    # What shall be true in the end.

    def settled(self) -> bool:
        return (
            self.formed
            and self.replicas == {"c-es-m": self.masters, "c-es-d": self.data}
            and len(self.joined) == self.masters + self.data
            and all(p.revision == self.revisions[p.group] for p in self.pods.values())
            and not self.settings
            and not self.exclusions
            and all(len(self._started(s)) == s.wanted for s in self.shards)
        )
