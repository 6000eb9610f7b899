"""Does going down really leave nothing behind? Start a cluster, go down, and compare the machine with what it was.

`python3 -m deploy.local check`: a cluster of its own name with pods in it, so that it can be run beside others.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from . import cgroups, kubectl, settings
from .down import down
from .images import programs
from .progress import duration, say
from .settings import Instance
from .shell import Trouble, run
from .up import chosen_parts, up

# Folders that containers leave things in when nobody looks.
WATCHED_FOLDERS = ("/run", "/run/netns", "/var/lib/cni", "/var/log", "/var/lib/kubelet", "/var/lib/containerd")
COUNTERS = re.compile(r"\[\d+:\d+\]")
GROUP = re.compile(r"triad-[^/\n]+")
POD = f"""
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: check}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Mi}}}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: check}}
spec:
  containers:
  - name: shell
    image: {programs.BUSYBOX}
    command: [sh, -c, "echo started > /data/log; cat /data/log; exec sleep 1000"]
    volumeMounts: [{{name: data, mountPath: /data}}]
  securityContext: {{runAsUser: 65532, fsGroup: 65532}}
  volumes:
  - name: data
    persistentVolumeClaim: {{claimName: check}}
"""


def check() -> None:
    """Raises with what was left behind, or with what does not work."""
    name = f"check-{os.getpid()}"
    os.environ["CLUSTER"] = name
    before = machine()
    parts = chosen_parts()
    try:
        seconds = _timed(lambda: up(parts))
        say(f"up: {duration(seconds)}")
        say(f"up again: {duration(_timed(lambda: up(parts)))}")
        instance = settings.find(name)
        if instance and "node" in parts:
            _use(instance)
    finally:
        say(f"down: {duration(_timed(lambda: down(name)))}")
    left = {line for line in machine() - before if not _anothers(line, name)}
    if left:
        raise Trouble("left behind:\n" + "\n".join(sorted(f"  {line}" for line in left)))
    say("nothing was left behind")


def machine() -> set[str]:
    """What there is of interfaces, addresses, routes, packet filter rules, mounts, control groups, processes, files."""
    seen = {f"link {line.split(': ')[1].split('@')[0]}" for line in run(["ip", "-o", "link"]).splitlines()}
    seen |= {f"address {' '.join(line.split()[1:4])}" for line in run(["ip", "-o", "address"]).splitlines()}
    seen |= {f"route {line.strip()}" for line in run(["ip", "route"]).splitlines()}
    for program in ("iptables-save", "ip6tables-save"):
        rules = run([program]).splitlines() if shutil.which(program) else []
        seen |= {f"{program} {COUNTERS.sub('', line)}" for line in rules if not line.startswith("#")}
    seen |= {f"mount {line}" for line in Path("/proc/self/mounts").read_text().splitlines()}
    seen |= {f"cgroup {path}" for path in cgroups.MOUNT.glob("*/*") if path.is_dir()}
    seen |= {f"file {path}" for folder in WATCHED_FOLDERS for path in Path(folder).glob("*")}
    return seen | {f"process {line}" for line in _processes()}


def _use(instance: Instance) -> None:
    """A pod with a volume: its log, a command in it, a name that it resolves."""
    run(kubectl.words(instance, "apply", "-f", "-"), stdin=POD)
    seconds = _timed(
        lambda: run(kubectl.words(instance, "wait", "--for=condition=Ready", "--timeout=60s", "pod/check"))
    )
    say(f"a pod with a volume: {duration(seconds)}")
    if run(kubectl.words(instance, "logs", "check")) != "started\n":
        raise Trouble("the pod's log is not what it wrote")
    resolved = run(kubectl.words(instance, "exec", "check", "--", "nslookup", "kubernetes.default.svc.cluster.local"))
    if str(instance.services[1]) not in resolved:
        raise Trouble(f"names are not resolved:\n{resolved}")


def _processes() -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            group = (folder / "cgroup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if words and (mine := GROUP.search(group)):  # no words: ended, and about to be reaped
            found.append(f"{folder.name} {mine[0]} {words}")
    return found


def _anothers(line: str, name: str) -> bool:
    """Whether it belongs to another cluster that was started meanwhile."""
    others = [instance for instance in settings.every() if instance.name != name]
    marks = {mark for other in others for mark in (other.interface, cgroups.root_name(other), str(other.pods))}
    return any(re.search(rf"{re.escape(mark)}(?![-\w])", line) for mark in marks)


def _timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started
