"""Starting and ending the cluster's own programs, each with a log and a pid file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import cgroups
from .settings import Instance
from .shell import Trouble

# The shell enters the control group before it becomes the program: nothing that the program starts can slip out.
# Then it takes as many open files as the machine gives: containers inherit the limit.
ENTER = """
echo $$ > "$1" || exit
shift
{ ulimit -n 1048576 || ulimit -n "$(ulimit -H -n)"; } 2>/dev/null
exec "$@"
"""


def start(
    instance: Instance,
    name: str,
    command: Sequence[str | Path],
    *,
    inside: bool = True,
    env: Mapping[str, str] | None = None,
) -> None:
    """Start it if it does not run: in the cluster's namespaces, unless told otherwise."""
    if running(instance, name):
        return
    words = [str(word) for word in command]
    if inside:
        words = [*enter_words(instance), *words]
    with (instance.logs / f"{name}.log").open("ab") as log:
        child = subprocess.Popen(
            ["/bin/sh", "-c", ENTER, "sh", str(cgroups.entry(instance)), *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env={**_environment(), **(env or {})},
        )
    _pid_file(instance, name).parent.mkdir(exist_ok=True)
    _pid_file(instance, name).write_text(f"{child.pid} {_started(child.pid)}\n")


def _environment() -> dict[str, str]:
    """Nothing of the person's who starts it: a proxy or a KUBECONFIG would change what the programs do."""
    return {"PATH": f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin", "HOME": "/root"}


def enter_words(instance: Instance) -> list[str]:
    """The command that enters the namespaces.

    Not `ip netns exec`: it mounts /sys anew, and then kubelet finds no control groups.
    """
    pid = running(instance, "namespaces")
    if not pid:
        raise Trouble(f"the cluster {instance.name} is not running; start it with `make cluster`")
    return ["nsenter", f"--net=/proc/{pid}/ns/net", f"--mount=/proc/{pid}/ns/mnt", "--"]


def running(instance: Instance, name: str) -> int | None:
    """Its pid, when it is the very process that was started: pids are used again, start times are not."""
    try:
        pid, started = _pid_file(instance, name).read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    return int(pid) if started and _started(int(pid)) == started else None


def started(instance: Instance) -> list[str]:
    """The names of all that was ever started."""
    return sorted(path.stem for path in (instance.folder / "pid").glob("*.pid"))


def log_tail(instance: Instance, name: str, lines: int = 12) -> str:
    """The end of its log, for the message when it does not come up."""
    try:
        text = (instance.logs / f"{name}.log").read_text(errors="replace")
    except FileNotFoundError:
        return "(no log)"
    return "\n".join("  " + line for line in text.splitlines()[-lines:])


def _pid_file(instance: Instance, name: str) -> Path:
    return instance.folder / "pid" / f"{name}.pid"


def _started(pid: int) -> str:
    """The process's start in clock ticks since boot; empty when it is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in "ZX" else fields[19]
