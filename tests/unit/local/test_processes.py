"""Telling a process that was started from another one with its number."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import cli, processes
from deploy.local.settings import TREE, Instance
from deploy.local.shell import Trouble, run, succeeds


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    (tmp_path / "pid").mkdir()
    return Instance("shop", 0, tmp_path)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def record(instance: Instance, pid: int, started: str) -> None:
    (instance.folder / "pid" / "etcd.pid").write_text(f"{pid} {started}\n")


def test_a_process_is_known_by_its_pid_and_its_start(instance: Instance, child: subprocess.Popen[bytes]) -> None:
    started = Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    record(instance, child.pid, started)
    assert processes.running(instance, "etcd") == child.pid
    record(instance, child.pid, str(int(started) - 1))
    assert processes.running(instance, "etcd") is None, "another process has its number"


def test_what_ended_does_not_run_even_while_nobody_has_asked_for_its_status(instance: Instance) -> None:
    process = subprocess.Popen(["sleep", "60"])
    started = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    record(instance, process.pid, started)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert processes.running(instance, "etcd") is None
    process.wait()


@pytest.mark.parametrize("content", ["", "12", "1 2 3"])
def test_a_pid_file_that_was_cut_off_counts_as_none(instance: Instance, content: str) -> None:
    (instance.folder / "pid" / "etcd.pid").write_text(content)
    assert processes.running(instance, "etcd") is None
    assert processes.started(instance) == ["etcd"]


def test_entering_a_cluster_that_does_not_run_says_so(instance: Instance) -> None:
    with pytest.raises(Trouble, match="not running; start it with `make cluster`"):
        processes.enter_words(instance)


def test_a_command_that_fails_says_what_it_said() -> None:
    with pytest.raises(Trouble, match=r"failed \(3\):\n  no such thing"):
        run(["sh", "-c", "echo no such thing >&2; exit 3"])
    with pytest.raises(Trouble, match="no-such-program is not installed"):
        run(["no-such-program"])
    assert run(["cat"], stdin="given") == "given"
    assert run(["cat"]) == "", "nothing waits for a terminal"
    assert not succeeds(["no-such-program"])


def test_a_cluster_that_the_user_brought_is_used_and_none_is_built(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/config")
    monkeypatch.setenv("TRIAD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("TRIAD_CACHE", str(tmp_path / "cache"))
    assert cli.main(["up"]) == 0
    assert capsys.readouterr().out == "/home/me/.kube/config\n"
    assert list(tmp_path.iterdir()) == []


def test_trouble_is_one_line_and_a_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("PARTS", "moon")
    assert cli.main(["up"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "local cluster: PARTS=moon: known parts are control-plane, node\n"


def test_nothing_but_the_standard_library_is_needed() -> None:
    run([sys.executable, "-S", "-c", "import deploy.local.cli, deploy.local.volumes"], cwd=TREE)


def test_options_of_another_program_are_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "bin").mkdir(parents=True)
    (folder / "instance.json").write_text('{"number": 0}')
    (folder / "bin" / "kubectl").write_text('#!/bin/sh\necho "$@"\n')
    (folder / "bin" / "kubectl").chmod(0o755)
    command = [sys.executable, "-m", "deploy.local", "kubectl", "-n", "kube-system", "get", "pods", "--help"]
    said = run(command, env={"TRIAD_STATE": str(tmp_path), "CLUSTER": "shop"}, cwd=TREE)
    assert said.endswith(" -n kube-system get pods --help\n")
    assert f"--kubeconfig={folder / 'kubeconfig'}" in said


def test_a_kubeconfig_of_ours_that_is_gone_is_no_cluster(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("TRIAD_STATE", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "triad" / "kubeconfig"))
    monkeypatch.delenv("CLUSTER", raising=False)
    assert cli.main(["kubeconfig"]) == 1
    assert "the cluster triad is not running" in capsys.readouterr().err
