"""One control group an instance: whatever it starts is in it, so that going down finds everything and nothing else.

Pid files alone would miss what the components start themselves (containerd's shims, the pods), and namespaces cannot
tell instances apart after a crash, because the kernel uses their numbers again.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from .settings import Instance
from .shell import Trouble

MOUNT = Path("/sys/fs/cgroup")
QUIET_LOOKS = 3  # in a row that find nothing, before it is believed


def _hierarchies() -> list[Path]:
    """Version 2 has one; version 1 one a controller (and, mixed, one of version 2 without any): runc uses them all."""
    if (MOUNT / "cgroup.controllers").exists():
        return [MOUNT]
    return [path for path in sorted(MOUNT.iterdir()) if (path / "cgroup.procs").exists() and not path.is_symlink()]


def _tracking() -> Path:
    """The hierarchy whose lists of processes are looked at; pods are in all of them."""
    candidates = [MOUNT, MOUNT / "pids", MOUNT / "memory", MOUNT / "systemd"]
    for path in candidates:
        if (path / "cgroup.procs").exists():
            return path
    raise Trouble("no control groups at /sys/fs/cgroup: the local cluster needs them, version 1 or 2")


def root_name(instance: Instance) -> str:
    """Its path below each hierarchy; kubelet's `cgroupRoot`."""
    return f"triad-{instance.name}"


def create(instance: Instance) -> None:
    """The instance's group with a leaf for its own programs (version 2 allows processes in leaves only)."""
    for hierarchy in _hierarchies():
        group = hierarchy / root_name(instance)
        try:
            (group / "system").mkdir(parents=True, exist_ok=True)
        except OSError as refused:
            raise Trouble(f"cannot create the control group {group}: {refused.strerror}") from refused
        if hierarchy == MOUNT:
            controllers = (MOUNT / "cgroup.controllers").read_text().split()
            for parent in (MOUNT, group):
                _enable(parent / "cgroup.subtree_control", controllers)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if hierarchy != MOUNT and (hierarchy / name).exists():
                (group / name).write_text((hierarchy / name).read_text())


def _enable(control: Path, controllers: list[str]) -> None:
    for controller in controllers:
        try:
            control.write_text(f"+{controller}")
        except OSError:
            continue  # cpu is refused while real-time processes run; kubelet names what it lacks


def entry(instance: Instance) -> Path:
    """The file into which a new program's shell writes its own pid."""
    return _tracking() / root_name(instance) / "system" / "cgroup.procs"


def processes(instance: Instance) -> list[int]:
    """Everything that lives in the instance: components, shims, pods. A process that moves from one group to another
    while they are read could be missed in one hierarchy, so all are read.
    """
    found: set[int] = set()
    for hierarchy in _hierarchies():
        for folder, _, files in os.walk(hierarchy / root_name(instance)):
            if "cgroup.procs" in files:
                found.update(_members(Path(folder, "cgroup.procs")))
    return sorted(found)


def _members(path: Path) -> list[int]:
    try:
        return [int(line) for line in path.read_text().split()]
    except OSError:
        return []  # the group went away while it was read


def end(instance: Instance, patience_seconds: float = 120.0) -> None:
    """End everything in the groups and take them away, again until a last look finds nothing: a container that is
    just being created makes groups even while it is being killed.
    """
    deadline = time.monotonic() + patience_seconds
    quiet = 0
    while quiet < QUIET_LOOKS:
        pids = processes(instance)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        left = [] if pids else _remove(instance)
        quiet = 0 if pids or left else quiet + 1
        if time.monotonic() > deadline:
            raise Trouble(f"these do not end: processes {pids}, control groups {[str(path) for path in left]}")
        time.sleep(0.05)


def _remove(instance: Instance) -> list[Path]:
    """Take the emptied groups away, innermost first. Returns those that are still counted as in use."""
    groups = [hierarchy / root_name(instance) for hierarchy in _hierarchies()]
    for group in groups:
        for folder, _, _ in os.walk(group, topdown=False):
            with suppress(OSError):  # busy: the kernel counts processes out of a group a moment after they are gone
                Path(folder).rmdir()
    return [group for group in groups if group.exists()]
