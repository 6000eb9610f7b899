"""Layers that several images stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .. import debian
from .oci import Entry, Layer
from .recipe import cached_layer

USERS = """\
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
"""
GROUPS = "root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def account_entries(users: str = "", groups: str = "") -> Iterator[Entry]:
    """What a program that is not root looks up, and a /tmp for those that want one."""
    yield Entry("etc")
    yield Entry("etc/passwd", (USERS + users).encode(), mode=0o644)
    yield Entry("etc/group", (GROUPS + groups).encode(), mode=0o644)
    yield Entry("etc/nsswitch.conf", b"hosts: files dns\n", mode=0o644)
    yield Entry("tmp", mode=0o1777)
    yield Entry("home/nonroot", mode=0o700, uid=65532, gid=65532)


def certificate_entries() -> Iterator[Entry]:
    """The authorities that this machine trusts."""
    if CERTIFICATES.exists():
        yield Entry("etc/ssl/certs/ca-certificates.crt", CERTIFICATES, mode=0o644)


def static_layer() -> Layer:
    """For programs that need no library, as upstream's distroless `static` is."""

    def entries(_: Path) -> Iterator[Entry]:
        yield from account_entries()
        yield from certificate_entries()

    return cached_layer("static", (), entries)


def busybox_layer() -> Layer:
    """Debian's busybox with a link for each of its commands."""
    program = debian.installed_program("busybox")

    def entries(_: Path) -> Iterator[Entry]:
        yield from account_entries()
        yield Entry("bin/busybox", program)
        for name in debian.busybox_commands():
            yield Entry(f"bin/{name}", link="busybox")

    return cached_layer("busybox", (debian.package_version("busybox-static"),), entries)
