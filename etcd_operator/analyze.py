"""The policy: what is checked, what is kept up, and in which order an administrator would look at things."""

from __future__ import annotations

import msgspec

from common.control.plan import Apply, Plan, Step, apply_all
from etcd_operator.membership import next_record, replicas
from etcd_operator.objects import Objects
from etcd_operator.observation import Observation
from etcd_operator.report import conditions, status
from etcd_operator.rules.bootstrap import await_quorum, bootstrap, free_stuck_pods
from etcd_operator.rules.membership import (
    add_member,
    drop_leftovers,
    finish_learner,
    replace_lost_member,
    shrink,
    start_joining_member,
)  # fmt: skip
from etcd_operator.rules.paused import paused
from etcd_operator.rules.refuse import CHECKS
from etcd_operator.rules.roll import roll
from etcd_operator.rules.settle import await_members, settle
from etcd_operator.rules.upgrade import release

RULES = (
    free_stuck_pods, bootstrap, await_quorum, replace_lost_member, start_joining_member, finish_learner, add_member,
    shrink, drop_leftovers, roll, await_members, settle,
)  # fmt: skip


def analyze(seen: Observation) -> Plan:
    """The next safe steps for one cluster. Pure. Raises Refused where only a person can go on."""
    if (held := paused(seen)) is not None:
        return _reported(seen, held)
    for check in CHECKS:
        check(seen)
    version, image, refused = release(seen)
    upkeep = _upkeep(seen, Objects(seen, next_record(seen), replicas(seen), version, image))
    outcome = next(plan for rule in RULES if (plan := rule(seen)) is not None)
    plan = msgspec.structs.replace(outcome, steps=upkeep + outcome.steps)
    if refused is not None:
        plan = msgspec.structs.replace(plan, reasons=(*plan.reasons, refused))
    return _reported(seen, plan)


def _upkeep(seen: Observation, objects: Objects) -> tuple[Step, ...]:
    """Every object, as it is wanted now.

    The member list is written before the StatefulSet grows: a new pod must find its name in it. At the first look all
    go out together, since no pod is there to read anything yet.
    """
    if seen.stateful_set is None:
        return apply_all(objects, "the cluster is created")
    members, *rest = objects
    return (
        Step(Apply(members), "the member list changed", alone=True, quiet=True),
        *apply_all(rest, "brought in line with the resource"),
    )


def _reported(seen: Observation, plan: Plan) -> Plan:
    """With conditions and status; without a further look where no pod runs that could change unseen."""
    return msgspec.structs.replace(
        plan,
        conditions=conditions(seen, plan),
        status=status(seen, plan),
        look_again=plan.look_again if any(pod.address for pod in seen.pods) else None,
    )
