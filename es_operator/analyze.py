"""From what is seen to what is done next. The order of the rules is the policy."""

from __future__ import annotations

from common.control.plan import Apply, Plan, Step, apply_all
from es_operator import objects
from es_operator.observation import Observation
from es_operator.report import conditions_of, status_of
from es_operator.rules.bootstrap import form
from es_operator.rules.drain import drain, remove_empty
from es_operator.rules.heal import not_answering, nothing_runs, replace_broken
from es_operator.rules.refusals import refuse_invalid
from es_operator.rules.roll import roll
from es_operator.rules.settle import settle
from es_operator.rules.upkeep import allow_allocation, enough_masters, exclude_what_leaves, let_vote_again

RULES = (
    replace_broken,
    nothing_runs,
    form,
    not_answering,
    enough_masters,
    allow_allocation,
    let_vote_again,
    exclude_what_leaves,
    drain,
    remove_empty,
    roll,
    settle,
)


def analyze(seen: Observation) -> Plan:
    """The plan for one cluster. Raises Refused where only a person can go on."""
    if seen.hub.paused:
        return _reported(seen, Plan(look_again=None))
    refuse_invalid(seen)
    plan = next(plan for plan in (rule(seen) for rule in RULES) if plan is not None)
    return _reported(seen, Plan((*upkeep(seen), *plan.steps), reasons=plan.reasons, look_again=plan.look_again))


def upkeep(seen: Observation) -> tuple[Step, ...]:
    """Apply every object. The ConfigMap goes first, alone: it holds who may form the cluster, and no pod may start
    before that is written down.
    """
    version = seen.version
    assert version is not None  # noqa: S101 - refused before
    new = not seen.workloads
    why = "create the cluster" if new else "as the resource says"
    remembered = Step(Apply(objects.config_map(seen, version)), f"{why}: settings, and who may form it", alone=new)
    beside = (*objects.storage_classes(seen), *objects.services(seen), objects.budget(seen))
    return (remembered, *apply_all((*objects.workloads(seen, version), *beside), why))


def _reported(seen: Observation, plan: Plan) -> Plan:
    return Plan(
        steps=plan.steps,
        conditions=tuple(conditions_of(seen, plan)),
        status=status_of(seen, plan),
        reasons=plan.reasons,
        look_again=plan.look_again,
    )
