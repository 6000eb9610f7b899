"""One control group an instance: whatever it starts is in it, so that going down finds everything and nothing else.

Pid files alone would miss what the components start themselves (containerd's shims, the pods), and namespaces cannot
tell instances apart after a crash, because the kernel uses their numbers again.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from .settings import Instance
from .shell import Trouble

MOUNT = Path("/sys/fs/cgroup")


def _hierarchies() -> list[Path]:
    """Version 2 has one; version 1 one a controller, and kubelet wants its root group in each."""
    if (MOUNT / "cgroup.controllers").exists():
        return [MOUNT]
    named = [path for path in sorted(MOUNT.iterdir()) if (path / "cgroup.procs").exists() and not path.is_symlink()]
    return [path for path in named if not (path / "cgroup.controllers").exists()]


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
    """Everything that lives in the instance: components, shims, pods."""
    group = _tracking() / root_name(instance)
    found: set[int] = set()
    for path in group.rglob("cgroup.procs"):
        try:
            found.update(int(line) for line in path.read_text().split())
        except OSError:
            continue  # the group went away while it was read
    return sorted(found)


def kill(instance: Instance, patience_seconds: float = 30.0) -> None:
    """End everything in the group. A process that dies in the kernel's good time is waited for."""
    deadline = time.monotonic() + patience_seconds
    while pids := processes(instance):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            raise Trouble(f"processes that do not end: {pids}")
        time.sleep(0.05)


def remove(instance: Instance) -> None:
    """Take the emptied groups away, innermost first."""
    for hierarchy in _hierarchies():
        group = hierarchy / root_name(instance)
        folders = [Path(folder) for folder, _, _ in os.walk(group, topdown=False)]
        for folder in folders:
            _remove_folder(folder)


def _remove_folder(folder: Path) -> None:
    for _ in range(100):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:  # busy: the kernel counts processes out of a group a moment after they are gone
            time.sleep(0.05)
        else:
            return
    raise Trouble(f"the control group {folder} is still in use")
