"""The operators' own image: one for all three; the pod's arguments pick the operator.

Three layers by how often they change: Debian's Python, the locked dependencies, and this checkout's packages. So an
image with a changed line of code is made and imported in a second or two.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from .. import debian
from ..progress import say
from ..settings import TREE
from ..shell import run
from .base import account_entries, certificate_entries
from .oci import Entry, Image, Layer, folder_entries
from .recipe import Recipe, cached_layer

REFERENCE = "ghcr.io/triad-dev/triad:0.1.0"
PACKAGES = ("common", "etcd_operator", "es_operator", "prom_operator")
PYTHON_PACKAGES = ("python3", "libstdc++6")  # gRPC and RE2 are written in C++
LOCK = TREE / "requirements" / "runtime.lock"
LIBRARIES = "opt/triad/lib"  # the locked dependencies
CODE = "opt/triad/src"
# Debian's python3 brings these along, and no operator imports them.
UNUSED = ("lib2to3", "idlelib", "tkinter", "turtledemo", "pydoc_data", "ensurepip", "test")


def make() -> Image:
    """From the cache but for what changed."""
    python = _python_layer()
    version = _python_version(python)
    return Image(
        (REFERENCE,),
        (python, _dependencies_layer(version), _code_layer(version)),
        entrypoint=("python3", "-m"),
        user="65532:65532",
        folder="/home/nonroot",
        environment={
            "PYTHONPATH": f"/{CODE}:/{LIBRARIES}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "HOME": "/home/nonroot",
            "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
        },
    )


def _python_layer() -> Layer:
    def entries(scratch: Path) -> Iterator[Entry]:
        root = debian.unpack(PYTHON_PACKAGES, scratch)
        for library in (root / "usr" / "lib").glob("python3.*"):
            for name in UNUSED:
                shutil.rmtree(library / name, ignore_errors=True)
            _compile(library, f"/usr/lib/{library.name}", library.name.removeprefix("python"))
        yield from folder_entries(root, "")
        yield from account_entries()
        yield from certificate_entries()

    return cached_layer("python", PYTHON_PACKAGES, entries)


def _python_version(layer: Layer) -> str:
    """Of the image's interpreter, e.g. `3.11`: compiled files and wheels are made for just one."""
    with tarfile.open(layer.path) as archive:
        found = (re.fullmatch(r"usr/bin/python(3\.\d+)", name) for name in archive.getnames())
        return next(match[1] for match in found if match)


def _dependencies_layer(version: str) -> Layer:
    def entries(scratch: Path) -> Iterator[Entry]:
        folder = scratch / "lib"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps", "--require-hashes"]
        if version != f"{sys.version_info.major}.{sys.version_info.minor}":
            command += ["--only-binary=:all:", f"--python-version={version}"]
        run([*command, "--target", folder, "--requirement", LOCK], timeout=1200)
        shutil.rmtree(folder / "bin", ignore_errors=True)
        _compile(folder, f"/{LIBRARIES}", version)
        yield from folder_entries(folder, LIBRARIES)

    return cached_layer("dependencies", (version, LOCK.read_text()), entries)


def _code_layer(version: str) -> Layer:
    files = [path for package in PACKAGES for path in sorted((TREE / package).rglob("*")) if _is_source(path)]
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(TREE)}\0{path.stat().st_size}\0".encode() + path.read_bytes())

    def entries(scratch: Path) -> Iterator[Entry]:
        folder = scratch / "src"
        for path in files:
            copy = folder / path.relative_to(TREE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            copy.chmod(0o644)
        _compile(folder, f"/{CODE}", version)
        yield from folder_entries(folder, CODE)

    return cached_layer("code", (version, digest.hexdigest()), entries)


def _is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")


def _compile(folder: Path, place: str, version: str) -> None:
    """Compile ahead, since the image's files are read-only; never checked against the sources, which have no times."""
    interpreter = shutil.which(f"python{version}")
    if not interpreter:
        say(f"no python{version} here to compile {place} with: the operators start a little slower")
        return
    flags = ["-q", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", place]
    run([interpreter, "-m", "compileall", *flags, folder])


RECIPES = (Recipe("operators", make, seconds=30),)
