"""How an image comes to be: which programs it needs, and its layers, each made once and kept by content."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .. import debian
from ..builds import Build
from ..settings import cache_folder, locked
from .oci import Entry, Image, Layer, write_layer

KEPT_SECONDS = 7 * 86400.0


@dataclass(frozen=True)
class Recipe:
    """An image that can be asked for by name."""

    name: str
    make: Callable[[], Image]
    builds: tuple[Build, ...] = ()
    seconds: float = 2.0  # to make it, without the builds; for the estimates only


@cache
def sources_key() -> str:
    """The recipes themselves: a changed one makes its layers anew."""
    digest = hashlib.sha256()
    for path in sorted([*Path(__file__).parent.rglob("*"), Path(debian.__file__)]):
        if path.suffix in (".py", ".sh", ".properties"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def cached_layer(name: str, key: Iterable[str], entries: Callable[[Path], Iterable[Entry]]) -> Layer:
    """The layer from the cache, or made now; `key` holds all that decides its content besides the recipes.

    `entries` is given a folder for what it has to unpack or copy, which stays until the layer is written.
    """
    hashed = hashlib.sha256("\0".join((sources_key(), *key)).encode()).hexdigest()[:16]
    folder = cache_folder() / "layers"
    path, record = folder / f"{name}-{hashed}.tar", folder / f"{name}-{hashed}.json"
    with locked(f"layer-{name}", cache_folder() / "locks"):
        if not record.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _remove_old(folder, name)
            with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as scratch:
                made = Path(scratch, "layer.tar")
                digest = write_layer(entries(Path(scratch)), made).digest
                made.rename(path)
            record.write_text(json.dumps({"digest": digest}))
    return Layer(path, json.loads(record.read_text())["digest"])


def _remove_old(folder: Path, name: str) -> None:
    """Every changed line of code makes a layer; those that nobody made for a while would fill the disk."""
    pattern = re.compile(rf"{re.escape(name)}-[0-9a-f]{{16}}\.(tar|json)")
    limit = time.time() - KEPT_SECONDS
    for path in folder.iterdir():
        if pattern.fullmatch(path.name) and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
