"""Observations in few words: `cluster("abc", lost="b")` is three members of which the second lost its volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.control.operator import Key
from common.control.plan import Apply, Plan, Step
from common.kube.objects import Meta
from common.resources.decode import decode
from etcd_operator.analyze import analyze
from etcd_operator.api import v1
from etcd_operator.api.v1 import EtcdClusterSpec
from etcd_operator.observation import ClaimSeen, Member, Observation, PodSeen, SetSeen, Volume
from etcd_operator.record import Held, Record
from etcd_operator.versions import parse

KEY = Key(v1.KIND.key, "default", "db")
META = Meta(name="db", namespace="default", uid="uid-of-db")


def spec(**fields: Any) -> EtcdClusterSpec:
    """A v1 spec as a user would write it."""
    manifest = {"metadata": {"name": "db", "namespace": "default"}, "spec": {"version": "3.6.16", **fields}}
    resource = decode(v1.KIND, manifest)
    assert resource.problem is None, resource.problem
    wish: EtcdClusterSpec = resource.spec
    return wish


def new(**fields: Any) -> Observation:
    """A resource of which nothing is there yet."""
    return Observation(key=KEY, resource=v1.KIND.resource, meta=META, spec=spec(**fields))


def cluster(
    members: str = "abc", *, size: int | None = None, leader: str = "a", lost: str = "", down: str = "",
    learner: str = "", behind: str = "", unstarted: str = "", silent: str = "", outdated: str = "", unready: str = "",
    young: str = "", dirty: str = "", unlisted: str = "", version: str = "3.6.16", ephemeral: bool = False,
    known: bool = True,
    replicas: int | None = None, **fields: Any,
) -> Observation:  # fmt: skip
    """A running cluster; members are letters, a stands for db-0.

    `lost` lost their volumes, `down` do not answer, `silent` do not for long, `behind` lack raft entries, `unstarted`
    have not joined, `unlisted` may not join yet by what was
    written down; `dirty` are pods without a member on a volume with a former member's data.
    """
    pods = replicas if replicas is not None else max(_number(m) for m in members + dirty) + 1
    seen = [
        Member(
            id=_id(m),
            pod=_pod(m),
            ordinal=_number(m),
            url=f"http://{_pod(m)}.db.default.svc:2380",
            learner=m in learner,
            started=m not in unstarted,
            alive=m not in down + lost + silent + unstarted,
            leader=m == leader,
            raft_index=10_000 - 5_000 * (m in behind),
            version=parse("3.6.16"),
            volume=Volume.GONE if m in lost else Volume.UNKNOWN if m in silent else Volume.THERE,
            pod_seconds=1.0 if m in young else 1000.0 if m in silent else 60.0,
        )
        for m in members
    ]
    letters = [chr(ord("a") + i) for i in range(pods)]
    held = {
        _pod(m): Held(
            _id(m) + (900 if m in dirty else 0), _volume(m, ephemeral) if m not in lost else "old", m not in learner
        )
        for m in members + dirty
        if m not in silent + unstarted
    }
    wish = {"storage": {"ephemeral": True}} if ephemeral else {}
    return Observation(
        key=KEY,
        resource=v1.KIND.resource,
        meta=META,
        spec=spec(size=size or len(members), version=version, **wish, **fields),
        stateful_set=SetSeen(
            uid="sts",
            replicas=pods,
            version=parse("3.6.16"),
            image="quay.io/coreos/etcd:v3.6.16",
            claim_spec=None
            if ephemeral
            else {"resources": {"requests": {"storage": "8Gi"}}, "accessModes": ["ReadWriteOnce"]},
        ),
        record=Record(tuple((_listed(m, unlisted), m.url) for m in seen), True, 7, held),
        pods=tuple(
            PodSeen(
                name=_pod(m),
                ordinal=_number(m),
                uid=f"pod-{m}",
                outdated=m in outdated,
                address=f"10.0.0.{_number(m)}",
                ready=m not in unready + down + lost + silent + unstarted + dirty,
            )
            for m in letters
        ),
        claims=()
        if ephemeral
        else tuple(
            ClaimSeen(name=f"data-{_pod(m)}", pod=_pod(m), ordinal=_number(m), uid=_volume(m, False), requested=8 << 30)
            for m in letters
        ),
        members=tuple(seen) if known else (),
        cluster_id=7 if known else 0,
    )


def _listed(member: Member, unlisted: str) -> str:
    joins = not member.started and chr(ord("a") + member.ordinal) not in unlisted
    return member.pod if joins else f"member-{member.id:x}"


def _number(letter: str) -> int:
    return ord(letter) - ord("a")


def _id(letter: str) -> int:
    return 0x100 + _number(letter)


def _pod(letter: str) -> str:
    return f"db-{_number(letter)}"


def _volume(letter: str, ephemeral: bool) -> str:
    return f"pod-{letter}" if ephemeral else f"claim-{letter}"


def deeds(plan: Plan) -> list[Step]:
    """The steps beyond the upkeep of objects."""
    return [s for s in plan.steps if not isinstance(s.action, Apply)]


def next_actions(seen: Observation) -> list[str]:
    """What analyze would do, in words: `RemoveMember db-1`, `Delete Pod db-1`."""
    return [_words(step) for step in deeds(analyze(seen))]


def _words(step: Step) -> str:
    action: Any = step.action
    name = type(action).__name__
    if name == "Delete":
        return f"Delete {action.kind} {action.name}"
    return f"{name} {getattr(action, 'pod', None) or action.to_pod}"


def reasons(seen: Observation) -> list[str]:
    """The codes of what the cluster waits for."""
    return [r.code for r in analyze(seen).reasons]


def applied(seen: Observation, kind: str, names: Sequence[str] = ()) -> dict[str, Any]:
    """The manifest of a kind that analyze would apply."""
    found = [dict(s.action.object) for s in analyze(seen).steps if isinstance(s.action, Apply)]
    return next(m for m in found if m["kind"] == kind and (not names or m["metadata"]["name"] in names))
