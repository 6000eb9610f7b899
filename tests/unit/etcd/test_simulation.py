"""Whatever befalls a cluster, no rule costs it the quorum or a write, and afterwards it settles.

Volumes are lost, and clients write, from the moment at which the operator has seen that the cluster was formed: for the
moments before, docs/etcd.md says what may happen.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.etcd.simulation import Simulation

SIZES = st.sampled_from([1, 3, 5])
HAPPENINGS = st.one_of(
    st.tuples(st.just("kill"), st.integers(0, 5)),
    st.tuples(st.just("lose"), st.integers(0, 5)),
    st.tuples(st.just("resize"), SIZES),
    st.tuples(st.just("edit"), st.just(0)),
    st.tuples(st.just("cut"), st.integers(0, 6)),
    st.tuples(st.just("look"), st.just(0)),
    st.tuples(st.just("time"), st.just(0)),
    st.tuples(st.just("write"), st.just(0)),
)
PATIENCE = 200  # looks until everything must be as wanted


def befall(world: Simulation, what: str, number: int) -> None:
    match what:
        case "kill" | "lose":
            strike(world, f"db-{number}", volume_too=what == "lose" or world.ephemeral)
        case "resize":
            world.size = number
        case "edit":
            world.template += 1
        case "cut":
            world.look(number)
        case "look":
            world.look()
        case "time":
            world.pass_time()
        case "write" if world.formed:
            world.write()


def strike(world: Simulation, pod: str, *, volume_too: bool) -> None:
    if not volume_too:
        world.kill(pod)
    elif world.formed:
        world.lose(pod)


def settle(world: Simulation) -> None:
    quiet = 0
    for _ in range(PATIENCE):
        quiet = quiet + 1 if world.look() == 0 else 0
        before = world.alive, world.leader
        world.pass_time()
        if quiet >= 6 and before == (world.alive, world.leader):
            return
    raise AssertionError(f"it never settles: {world}")


@pytest.mark.parametrize("ephemeral", [False, True])
@given(size=SIZES, formed=st.booleans(), happenings=st.lists(HAPPENINGS, min_size=8, max_size=40))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(size=3, formed=True, happenings=[("write", 0), ("lose", 1), ("time", 0), ("look", 0)])
@example(size=3, formed=True, happenings=[("edit", 0), ("look", 0), ("look", 0), ("time", 0), ("look", 0), ("look", 0)])
@example(size=5, formed=True, happenings=[("kill", 0), ("kill", 1), ("resize", 3), ("look", 0), ("look", 0)])
@example(
    size=3,
    formed=True,
    happenings=[
        ("resize", 5),
        ("edit", 0),
        ("edit", 0),
        ("look", 0),
        ("look", 0),
        ("time", 0),
        ("kill", 3),
        ("time", 0),
    ],
)
@example(size=5, formed=True, happenings=[("write", 0), ("resize", 1), ("look", 0), ("lose", 4), ("time", 0)])
def test_it_settles_with_every_write(
    ephemeral: bool, size: int, formed: bool, happenings: list[tuple[str, int]]
) -> None:
    world = Simulation(size=size, ephemeral=ephemeral)
    if formed:
        settle(world)
    for what, number in happenings:
        befall(world, what, number)
    settle(world)
    assert len(world.listed) == len(world.alive) == world.size
    assert set(world.pods) == {f"db-{i}" for i in range(world.size)}
    assert not any(m.learner for m in world.listed.values())
    assert all(world.disk(i).writes >= world.acknowledged for i in world.listed)
    assert ephemeral or set(world.claims) == set(world.pods)
    single = ephemeral and world.size == 1
    assert single or all(p.revision == world.template for p in world.pods.values())


def test_the_model_knows_a_lost_quorum_when_it_sees_one() -> None:
    world = Simulation(size=3)
    settle(world)
    world.write()
    world.kill("db-0")
    world.kill("db-1")
    assert not world.quorate
    settle(world)
    assert world.quorate
