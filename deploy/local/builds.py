"""Programs that are built from pinned Go modules, once: the cache's key is everything that decides the result."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from .progress import Schedule
from .settings import MODULES, cache_folder, locked
from .shell import Trouble, run

KUBERNETES_VERSION = "1.34.4"
PROMETHEUS_VERSION = "3.5.0"
STORE = "etcd-3.6.16"  # what the API server keeps its objects in


@dataclass(frozen=True)
class Build:
    """A Go module of ours that pins a program and everything in it."""

    module: str
    seconds: float  # on two cores, after those before it (they share packages); for the estimates only
    package: str = "tool"  # `tool` is every tool that go.mod names
    stamps: tuple[tuple[str, str], ...] = ()

    @property
    def folder(self) -> Path:
        """Its go.mod and go.sum."""
        return MODULES / self.module

    @property
    def flags(self) -> tuple[str, ...]:
        """No paths of this machine and no debug tables in the programs."""
        words = ["-s -w", *(f"-X {variable}={value}" for variable, value in self.stamps)]
        return ("-trimpath", "-ldflags", " ".join(words))

    @property
    def output(self) -> Path:
        """Where its programs are, once built."""
        return cache_folder() / "build" / f"{self.module}-{self.key()}"

    def key(self) -> str:
        """Sources, pinned versions, flags and compiler: another of any of them is another program."""
        digest = hashlib.sha256("\0".join((*self.flags, self.package, go_version())).encode())
        for path in sorted(path for path in self.folder.iterdir() if path.is_file()):
            content = path.read_bytes()
            digest.update(f"{path.name} {len(content)}\n".encode() + content)
        return digest.hexdigest()[:16]

    def built(self) -> bool:
        """Whether the cache has it."""
        return self.output.is_dir()


def _kubernetes() -> Build:
    package = "k8s.io/component-base/version"
    major, minor, _ = KUBERNETES_VERSION.split(".")
    stamps = {"gitVersion": f"v{KUBERNETES_VERSION}", "gitMajor": major, "gitMinor": minor}
    return Build("kubernetes", 250, ".", tuple((f"{package}.{name}", value) for name, value in stamps.items()))


BUILDS = {
    build.module: build
    for build in (
        _kubernetes(),
        Build("pause", 3, "."),
        Build("etcd-3.5.35", 20),
        Build("etcd-3.6.8", 35),
        Build("etcd-3.6.16", 35),
        Build("etcd-3.7.3", 35),
        Build("coredns", 85),
        Build("prometheus", 130, stamps=(("github.com/prometheus/common/version.Version", PROMETHEUS_VERSION),)),
        Build("config-reloader", 65),
        Build("versitygw", 45),
    )
}


@cache
def go_version() -> str:
    """The compiler's own words, e.g. `go1.26.8`."""
    if not shutil.which("go"):
        raise Trouble("Go is not installed; the local cluster's programs are built with it (1.24 or later)")
    return run(["go", "env", "GOVERSION"]).strip()


def build_all(wanted: Iterable[Build]) -> None:
    """Build what the cache does not have, telling how long it will still take."""
    missing = [build for build in wanted if not build.built()]
    schedule = Schedule([(f"building {build.module}", build.seconds) for build in missing])
    for build in missing:
        schedule.run(partial(_build_unless_built, build))


def _build_unless_built(build: Build) -> None:
    """Two that start at one moment build it once."""
    with locked(build.module, cache_folder() / "locks"):
        if not build.built():
            _build(build)


def _build(build: Build) -> None:
    """Into a folder beside its place, then renamed: a build that was cut off is never taken for a whole one."""
    parent = build.output.parent
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f".{build.module}-*"):
        shutil.rmtree(left, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{build.module}-", dir=parent))
    try:
        run(
            ["go", "build", *build.flags, "-o", f"{scratch}/", build.package],
            cwd=build.folder,
            env={"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"},
        )
        scratch.chmod(0o755)
        os.rename(scratch, build.output)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
