"""A tiny model of Kubernetes and etcd: just enough for the rules to act on and to be caught when they do harm.

It knows what etcd and Kubernetes do by themselves (pods are made again, a member without data only starts where the
list names it), it keeps count of acknowledged writes, and it raises as soon as a step would have lost one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from common.control.plan import Action, Apply, Call, Delete
from etcd_operator.analyze import analyze
from etcd_operator.api import v1
from etcd_operator.calls import AddLearner, MoveLeader, PromoteMember, RemoveMember, RestartMember
from etcd_operator.membership import volume_of
from etcd_operator.observation import ClaimSeen, Member, Observation, PodSeen, SetSeen
from etcd_operator.preconditions import done, unmet
from etcd_operator.record import Record, read
from etcd_operator.versions import parse
from tests.unit.etcd.world import KEY, META, spec


@dataclass
class Disk:
    """A volume: which member it holds, and how many writes."""

    member: int = 0
    writes: int = 0


@dataclass
class Listed:
    """A member in etcd's list."""

    pod: str
    learner: bool = False
    started: bool = False


@dataclass
class RunningPod:
    """A pod and its volume."""

    uid: str
    volume: str
    revision: int
    running: bool = False
    age: int = 0


@dataclass
class Simulation:
    """One cluster."""

    size: int
    ephemeral: bool = False
    template: int = 0
    """Changes with every edit of the pod template."""
    replicas: int | None = None
    revision: int = 0
    data: dict[str, str] | None = None
    pods: dict[str, RunningPod] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    disks: dict[str, Disk] = field(default_factory=dict)
    listed: dict[int, Listed] = field(default_factory=dict)
    leader: int = 0
    acknowledged: int = 0
    _last: int = 0

    def number(self) -> int:
        """A number never given before."""
        self._last += 1
        return self._last

    # What the world does by itself.

    def pass_time(self) -> None:
        """Kubernetes makes pods and starts them; etcd elects and copies."""
        for name in [n for n in self.pods if _ordinal(n) >= (self.replicas or 0)]:
            self.kill(name)
        for name in (f"db-{i}" for i in range(self.replicas or 0)):
            if name not in self.pods:
                self._make(name)
        for name, pod in self.pods.items():
            pod.age += 1
            pod.running = pod.running or self._starts(name, pod)
        for pod in self.pods.values():
            pod.running = pod.running and (not self.listed or self.disks[pod.volume].member in self.listed)
        self._elect()
        self._copy()

    def _make(self, name: str) -> None:
        uid = f"pod-{self.number()}"
        volume = uid
        if not self.ephemeral:
            volume = self.claims.setdefault(name, f"claim-{self.number()}")
        self.disks.setdefault(volume, Disk())
        self.pods[name] = RunningPod(uid, volume, self.revision)

    def _starts(self, name: str, pod: RunningPod) -> bool:
        disk = self.disks[pod.volume]
        if disk.member:
            return True
        record = self.record
        if record is None or not record.expects(name):
            return False  # "couldn't find local name in the initial cluster configuration"
        if not record.existing:
            assert not self.acknowledged, "a new cluster was formed over acknowledged writes"
            disk.member = self.number()
            self.listed[disk.member] = Listed(name, started=True)
            return True
        found = next((i for i, m in self.listed.items() if m.pod == name), 0)
        if not found or len(record.initial) != len(self.listed) or not self.quorate:
            return False
        if self.listed[found].started:
            # Its volume went between its first start and the next look. Raft panics in it: the leader's heartbeat
            # commits entries that it no longer has. It never voted, so nothing is forgotten; a voter must not do that.
            assert self.listed[found].learner, f"{name} came back under its old ID without its data"
            return False
        disk.member, self.listed[found].started = found, True
        return True

    def _elect(self) -> None:
        if not self.quorate:
            self.leader = 0
        elif self.leader not in self.alive:
            voters = [i for i in self.alive if not self.listed[i].learner]
            self.leader = max(voters, key=lambda i: self.disk(i).writes)
            assert self.disk(self.leader).writes >= self.acknowledged, "an acknowledged write is lost"

    def _copy(self) -> None:
        if self.leader:
            for member in self.alive:
                self.disk(member).writes = self.disk(self.leader).writes

    def write(self) -> None:
        """A client writes; acknowledged as soon as a majority has it."""
        if self.leader:
            self.disk(self.leader).writes += 1
            self._copy()
            self.acknowledged = self.disk(self.leader).writes

    # What befalls it.

    def kill(self, name: str) -> None:
        """A pod is deleted."""
        pod = self.pods.pop(name, None)
        if pod is not None and self.ephemeral:
            del self.disks[pod.volume]
        if self.leader not in self.alive:
            self.leader = 0

    def lose(self, name: str) -> None:
        """A pod and its volume are deleted, where a majority keeps its data."""
        held = self.pods[name].volume if name in self.pods else self.claims.get(name, "")
        intact = [d for v, d in self.disks.items() if v != held and d.writes >= self.acknowledged]
        voters = [i for i, m in self.listed.items() if not m.learner]
        if sum(d.member in voters for d in intact) < len(voters) // 2 + 1:
            return
        self.kill(name)
        if not self.ephemeral:
            self.disks.pop(self.claims.pop(name, ""), None)

    # What is to be seen of it.

    @property
    def record(self) -> Record | None:
        """What the operator wrote down."""
        return None if self.data is None else read(self.data)

    @property
    def formed(self) -> bool:
        """The operator knows that there is a cluster, and has said so."""
        return self.record is not None and self.record.existing

    @property
    def alive(self) -> list[int]:
        """Members that run."""
        running = {self.disks[p.volume].member for p in self.pods.values() if p.running}
        return [i for i in self.listed if i in running]

    @property
    def quorate(self) -> bool:
        """A majority of the voters runs."""
        voters = [i for i, m in self.listed.items() if not m.learner]
        return bool(voters) and sum(i in self.alive for i in voters) >= len(voters) // 2 + 1

    def disk(self, member: int) -> Disk:
        """The volume of a member."""
        return next(d for d in self.disks.values() if d.member == member)

    def observe(self) -> Observation:
        """What the operator would see."""
        wish = {"storage": {"ephemeral": True}} if self.ephemeral else {}
        annotations = {"metadata": {"annotations": {"edit": str(self.template)}}}
        seen = Observation(
            key=KEY, resource=v1.KIND.resource, meta=META, spec=spec(size=self.size, podTemplate=annotations, **wish),
            stateful_set=None if self.replicas is None else SetSeen(
                uid="sts", replicas=self.replicas, version=parse("3.6.16"),
                claim_spec=None if self.ephemeral else {"resources": {"requests": {"storage": "8Gi"}}},
            ),
            record=self.record,
            pods=tuple(
                PodSeen(name=n, ordinal=_ordinal(n), uid=p.uid, ready=p.running, outdated=p.revision != self.revision)
                for n, p in self.pods.items()
            ),
            claims=tuple(
                ClaimSeen(name=f"data-{p}", pod=p, ordinal=_ordinal(p), uid=uid, requested=8 << 30)
                for p, uid in self.claims.items()
            ),
            cluster_id=7 if self.alive else 0,
        )  # fmt: skip
        members = tuple(self._member(seen, i) for i in self.listed) if self.leader else ()
        return msgspec.structs.replace(seen, members=members)

    def _member(self, seen: Observation, member: int) -> Member:
        listed, alive = self.listed[member], member in self.alive
        pod = self.pods.get(listed.pod)
        uid = seen.volume_uid(listed.pod)
        return Member(
            id=member, pod=listed.pod, ordinal=_ordinal(listed.pod), url=f"http://{listed.pod}.db.default.svc:2380",
            learner=listed.learner, started=listed.started, alive=alive, leader=member == self.leader,
            raft_index=2000 * self.disk(member).writes if alive else 0, version=parse("3.6.16"),
            volume=volume_of(self.record, listed.pod, member, uid, started=listed.started, alive=alive),
            pod_seconds=100.0 * pod.age if pod is not None else 0.0,
        )  # fmt: skip

    # What the operator does to it.

    def look(self, steps: int | None = None) -> int:
        """One look of the operator, cut off after so many steps. Returns how many steps changed something."""
        plan = analyze(self.observe())
        changed = 0
        for step in plan.steps[:steps]:
            if isinstance(step.action, Apply) and step.action.object["kind"] not in {"ConfigMap", "StatefulSet"}:
                continue
            before = repr(self)
            self.act(step.action)
            changed += repr(self) != before
        return changed

    def act(self, action: Action) -> None:
        """Carry one step out, as act.py does: what it rests on is looked at anew."""
        match action:
            case Apply(object=manifest):
                self._apply(dict(manifest))
            case Delete(kind="Pod", name=name, uid=uid):
                if name in self.pods and self.pods[name].uid == uid:
                    self.kill(name)
            case Delete(kind="PersistentVolumeClaim", name=name):
                self._delete_claim(name.removeprefix("data-"))
            case Call():
                self._call(action, self.observe())

    def _apply(self, manifest: dict[str, Any]) -> None:
        if manifest["kind"] == "ConfigMap":
            self.data = manifest["data"]
        if manifest["kind"] == "StatefulSet":
            self.replicas = manifest["spec"]["replicas"]
            self.revision = int(manifest["spec"]["template"]["metadata"]["annotations"]["edit"])

    def _delete_claim(self, pod: str) -> None:
        """The claim goes when no pod uses it; here the pod goes with it."""
        volume = self.claims.get(pod)
        if volume is not None:
            assert self.disks[volume].member not in self.listed, f"the data of member {pod} was deleted"
            self.kill(pod)
            del self.claims[pod], self.disks[volume]

    def _call(self, call: Call, seen: Observation) -> None:
        if done(call, seen) or unmet(call, seen):
            return
        match call:
            case AddLearner(pod=pod):
                self.listed[self.number()] = Listed(pod, learner=True)
            case PromoteMember(id=id_):
                self.listed[id_].learner = False
                assert self.quorate, "a promotion has cost the quorum"
            case RemoveMember(id=id_):
                self._remove(id_)
            case MoveLeader(to_id=to):
                assert to in self.alive
                assert not self.listed[to].learner
                self.leader = to
            case RestartMember(pod=pod):
                assert not self.ephemeral, "a restart would have cost the data"
                voters = [i for i, m in self.listed.items() if not m.learner]
                self.kill(pod)
                assert self.quorate or len(voters) <= 2, "a restart has cost the quorum"

    def _remove(self, member: int) -> None:
        del self.listed[member]
        assert self.quorate, "a removal has cost the quorum"
        self.leader = 0 if member == self.leader else self.leader


def _ordinal(pod: str) -> int:
    return int(pod.rpartition("-")[2])
