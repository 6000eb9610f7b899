"""How an image comes to be: which programs it needs, and its layers, each made once and kept by content."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..builds import Build
from ..settings import cache_folder, locked
from .oci import Entry, Image, Layer, write_layer


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
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in (".py", ".sh", ".yml"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def cached_layer(name: str, key: Iterable[str], entries: Callable[[], Iterable[Entry]]) -> Layer:
    """The layer from the cache, or made now. `key` holds all that decides its content besides the recipes."""
    hashed = hashlib.sha256("\0".join((sources_key(), *key)).encode()).hexdigest()[:16]
    folder = cache_folder() / "layers"
    path, record = folder / f"{name}-{hashed}.tar", folder / f"{name}-{hashed}.json"
    with locked(f"layer-{name}", cache_folder() / "locks"):
        if not record.exists():
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, scratch = tempfile.mkstemp(prefix=f".{name}-", dir=folder)
            os.close(descriptor)
            try:
                digest = write_layer(entries(), Path(scratch)).digest
                os.rename(scratch, path)
                record.write_text(json.dumps({"digest": digest}))
            finally:
                Path(scratch).unlink(missing_ok=True)
    return Layer(path, json.loads(record.read_text())["digest"])
