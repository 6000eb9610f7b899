"""etcd 3.4 as Debian packages it: too old for its modules to be built, and where old clusters come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .. import debian
from ..shell import Trouble, run
from .base import account_entries
from .oci import Entry, Image, folder_entries
from .recipe import Recipe, cached_layer

VERSION = "3.4.23"  # bookworm's
PACKAGES = ("etcd-server", "etcd-client")
PROGRAMS = ("etcd", "etcdctl")


def make() -> Image:
    """The programs at upstream's places, with the libraries that Debian links them to."""

    def entries(scratch: Path) -> Iterator[Entry]:
        root = debian.unpack(PACKAGES, scratch)
        said = run([root / "usr" / "bin" / "etcd", "--version"])
        if VERSION not in said.splitlines()[0]:
            raise Trouble(f"this Debian has another etcd than {VERSION}: {said.splitlines()[0]}")
        yield from folder_entries(root, "")
        yield from account_entries()
        for name in PROGRAMS:
            yield Entry(f"usr/local/bin/{name}", link=f"/usr/bin/{name}")
        yield Entry("var/lib/etcd")

    return Image(
        (f"quay.io/coreos/etcd:v{VERSION}",),
        (cached_layer(f"etcd-{VERSION}", PACKAGES, entries),),
        command=("/usr/local/bin/etcd",),
        folder="/var/lib/etcd",
        ports=("2379/tcp", "2380/tcp"),
    )


RECIPES = (Recipe(f"etcd-{VERSION}", make, seconds=10),)
