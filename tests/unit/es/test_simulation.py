"""Whatever is asked for and whatever dies, no shard is lost by the operator's hand and the cluster settles."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.es.simulation import Shard, Simulation

LONG_ENOUGH = 250  # looks


def settle(world: Simulation) -> None:
    for _ in range(LONG_ENOUGH):
        world.look()
        world.pass_time()
        if world.settled():
            return
    raise AssertionError(f"did not settle: {world}")


def born(masters: int = 3, data: int = 3) -> Simulation:
    """A cluster that has formed and holds three shards of two copies, and one without a replica."""
    world = Simulation(masters, data)
    settle(world)
    nodes = [n for n in world.joined if n.startswith("c-es-d")]
    world.shards = [Shard(2, [nodes[i % data], nodes[(i + 1) % data]]) for i in range(3)] + [Shard(1, [nodes[-1]])]
    return world


def test_a_new_cluster_settles() -> None:
    settle(Simulation())


def test_it_shrinks_by_draining() -> None:
    world = born(3, 4)
    world.masters, world.data = 1, 2
    settle(world)


def test_it_rolls_while_it_is_resized() -> None:
    world = born(3, 2)
    world.template, world.masters, world.data = 1, 5, 4
    settle(world)


def test_a_drain_that_cannot_end_is_no_harm_and_ends_with_the_edit() -> None:
    world = born(3, 2)
    world.data = 1
    for _ in range(20):
        world.look()
        world.pass_time()
    assert world.replicas["c-es-d"] == 2
    world.data = 2
    settle(world)


edits = st.tuples(st.just("edit"), st.integers(1, 5), st.integers(2, 5), st.integers(0, 3))
looks = st.tuples(st.just("look"), st.none() | st.integers(0, 9))
kills = st.tuples(st.just("kill"), st.integers(0, 9))
ticks = st.tuples(st.just("tick"))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(edits, looks, looks, kills, ticks, ticks), max_size=40))
def test_any_order_of_edits_kills_and_cuts(happenings: list[tuple[object, ...]]) -> None:
    world = born()
    for happening in happenings:
        match happening:
            case ("edit", int(masters), int(data), int(template)):
                world.masters, world.data, world.template = masters, data, template
            case ("look", cut):
                world.look(cut if isinstance(cut, int) else None)
            case ("kill", int(which)) if world.pods:
                world.pods.pop(sorted(world.pods)[which % len(world.pods)])
            case _:
                world.pass_time()
    settle(world)
