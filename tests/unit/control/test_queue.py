import asyncio

import pytest

from common.control.queue import FIRST_BACKOFF, LONGEST_BACKOFF, WorkQueue


@pytest.fixture
async def queue():
    queue: WorkQueue[str] = WorkQueue("test")
    yield queue
    queue.close()


async def taken(queue: WorkQueue[str]) -> str:
    return await asyncio.wait_for(queue.get(), 1)


async def test_a_key_stands_on_the_queue_once(queue):
    queue.add("a")
    queue.add("b")
    queue.add("a")
    assert [await taken(queue), await taken(queue)] == ["a", "b"]
    assert len(queue) == 0


async def test_a_key_that_changes_while_it_is_looked_at_is_looked_at_once_more_but_not_at_the_same_time(queue):
    queue.add("a")
    await taken(queue)
    queue.add("a")
    queue.add("a")
    assert len(queue) == 0
    queue.done("a")
    assert await taken(queue) == "a"
    queue.done("a")
    assert len(queue) == 0


async def test_the_earlier_due_time_wins(queue):
    queue.add_after("a", 60)
    queue.add_after("a", 0.001)
    queue.add_after("a", 120)
    assert await taken(queue) == "a"


async def test_a_look_serves_what_was_due_later(queue):
    queue.add_after("a", 0.01)
    queue.add("a")
    await taken(queue)
    queue.done("a")
    await asyncio.sleep(0.03)
    assert len(queue) == 0


async def test_the_backoff_doubles_up_to_its_limit_and_is_forgotten_after_success(queue):
    backoffs = [queue.add_failed("a") for _ in range(40)]
    assert backoffs[:4] == [FIRST_BACKOFF, FIRST_BACKOFF * 2, FIRST_BACKOFF * 4, FIRST_BACKOFF * 8]
    assert backoffs[-1] == LONGEST_BACKOFF
    queue.forget_failures("a")
    assert queue.add_failed("a") == FIRST_BACKOFF


async def test_a_waiting_taker_is_woken(queue):
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a")
    assert await asyncio.wait_for(waiting, 1) == "a"
