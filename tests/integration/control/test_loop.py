"""The loop against a real API server: one process of the toy operator, watched from outside."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from functools import partial
from typing import Any

from tests.integration.control.conftest import ROOT, Boxes, eventually


def writes(api: Any) -> dict[str, str]:
    """Write requests that the API server has counted for the types that the toy operator writes.

    Deletions and refused writes are left out: the namespaces of earlier tests are still being emptied.
    """
    body = api.rest_client.pool_manager.request("GET", f"{api.configuration.host}/metrics").data.decode()
    counted = (line.rsplit(" ", 1) for line in body.splitlines() if line.startswith("apiserver_request_total"))
    return {
        series: count
        for series, count in counted
        if re.search(r'code="2.*verb="(POST|PUT|PATCH|APPLY)"', series)
        and re.search(r'resource="(boxes|configmaps|events)"', series)
    }


def filled(boxes: Boxes, name: str, size: int) -> bool:
    contents = boxes.contents(name)
    return contents is not None and contents.data["size"] == str(size)


def is_available(boxes: Boxes, name: str) -> bool:
    return bool(boxes.condition(name, "Available").get("status") == "True")


def test_create_edit_drift_and_delete(boxes, start):
    start()
    boxes.create("a", size=2)
    eventually(lambda: filled(boxes, "a", 2))
    boxes.edit("a", size=3)
    eventually(lambda: filled(boxes, "a", 3))
    boxes.empty_out("a", size="0", foreign="kept")
    eventually(lambda: filled(boxes, "a", 3))
    assert boxes.contents("a").data["foreign"] == "kept"
    status = eventually(lambda: boxes.condition("a", "Available").get("status") == "True" and boxes.read("a")["status"])
    assert status["size"] == 3
    assert boxes.condition("a", "Accepted")["status"] == "True"
    assert "finalizers" not in boxes.read("a")["metadata"]
    boxes.delete("a")
    eventually(lambda: boxes.contents("a") is None, seconds=90)  # the garbage collector finds new types every 30 s


def test_a_second_look_writes_nothing_and_neither_does_a_restart(api, boxes, start):
    first = start()
    for name in "abcde":
        boxes.create(name, size=1)
    for name in "abcde":
        eventually(partial(is_available, boxes, name))
    time.sleep(1.5)
    before = writes(api)
    time.sleep(3)
    assert writes(api) == before
    assert first.stop() == 0
    start()
    time.sleep(2)
    assert writes(api) == before


def test_the_story_is_told_in_events(boxes, start):
    start()
    boxes.create("told", size=1)
    [event] = eventually(lambda: [e for e in boxes.events("told") if e.reason == "Applied"])
    assert event.note == "the box is to hold what its spec says: ConfigMap/told-contents"
    boxes.edit("told", label="fragile")
    [refusal] = eventually(lambda: [e for e in boxes.events("told") if e.type == "Warning"])
    assert (refusal.reason, refusal.action) == ("Fragile", "Accepted")
    assert boxes.condition("told", "Accepted")["status"] == "False"
    assert boxes.condition("told", "Available")["status"] == "True"
    assert boxes.contents("told").data == {"size": "1", "label": ""}


def test_the_younger_of_two_with_one_name_waits_and_takes_over_when_the_older_goes(boxes, start):
    start()
    boxes.create("twin", size=4)
    eventually(lambda: filled(boxes, "twin", 4))
    time.sleep(1.1)  # creationTimestamp has whole seconds
    boxes.create("twin", group="old.toy.triad.dev", size=7)
    eventually(lambda: boxes.condition("twin", "Accepted", "old.toy.triad.dev").get("reason") == "NameTaken")
    assert filled(boxes, "twin", 4)
    boxes.delete("twin")
    eventually(lambda: filled(boxes, "twin", 7))


def test_a_change_while_the_operator_was_away_is_found(boxes, start):
    first = start()
    boxes.create("a", size=2)
    eventually(lambda: filled(boxes, "a", 2))
    first.kill()
    boxes.edit("a", size=5)
    boxes.create("b", size=6)
    start()
    eventually(lambda: filled(boxes, "a", 5) and filled(boxes, "b", 6))


def test_only_one_of_two_replicas_acts_and_the_other_takes_over(boxes, start):
    first = start("--leader-elect")
    eventually(lambda: "This replica leads" in first.log.read_text())
    second = start("--leader-elect")
    boxes.create("a", size=2)
    eventually(lambda: filled(boxes, "a", 2))
    assert "This replica leads" not in second.log.read_text()
    assert first.stop() == 0
    eventually(lambda: "This replica leads" in second.log.read_text())
    boxes.edit("a", size=3)
    eventually(lambda: filled(boxes, "a", 3))


def test_an_api_server_that_goes_away_and_comes_back_loses_nothing(boxes, start, wire):
    operator = start(through=str(wire.kubeconfig))
    boxes.create("kept", size=1)
    boxes.create("gone", size=1)
    eventually(lambda: filled(boxes, "kept", 1) and filled(boxes, "gone", 1))
    wire.cut()
    boxes.edit("kept", size=2)
    boxes.delete("gone")
    boxes.create("new", size=3)
    time.sleep(3)
    assert boxes.contents("new") is None
    wire.mend()
    eventually(lambda: filled(boxes, "kept", 2) and filled(boxes, "new", 3), operator.log.read_text, seconds=60)
    assert operator.process.poll() is None


def test_an_operator_that_cannot_reach_the_api_server_says_so_in_one_line(tmp_path, wire):
    wire.close()
    command = [sys.executable, "-m", "tests.toy", "run", "--kubeconfig", str(wire.kubeconfig)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    [line] = [line for line in ended.stderr.splitlines() if "Cannot start" in line]
    assert "Traceback" not in ended.stderr
    assert "127.0.0.1" in line
