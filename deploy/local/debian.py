"""Debian's packages: installed on this machine when the node needs them, or unpacked into an image."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from .progress import say
from .shell import Trouble, run

# What the node needs, by the program that shows whether it is there.
NODE_PACKAGES = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "socat": "socat",  # kubectl port-forward
    "busybox": "busybox-static",
}
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}
# Dependencies of maintainer scripts, which never run in an image.
NOT_IN_IMAGES = {"dpkg", "debconf", "perl-base", "tar", "ca-certificates-java", "fonts-dejavu-core", "util-linux-extra"}
# Not `dpkg-deb --extract`: it puts folders in the place of the links from /bin to /usr/bin.
EXTRACT = 'dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink --directory "$2"'
NOT_FOR_IMAGES = ("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian")


def install_for_node() -> None:
    """Install what is absent, and nothing when nothing is."""
    missing = sorted({package for program, package in NODE_PACKAGES.items() if not shutil.which(program)})
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Trouble(f"install these first (no apt-get here to do it): {', '.join(missing)}")
    say(f"installing Debian packages: {', '.join(missing)}")
    _apt(["apt-get", "install", "-y", "--no-install-recommends", *missing])


def installed_program(name: str) -> Path:
    """Where it is on this machine."""
    found = shutil.which(name)
    if not found:
        raise Trouble(f"{name} is not installed (Debian package {NODE_PACKAGES.get(name, name)})")
    return Path(found).resolve()


def package_version(name: str) -> str:
    """Of a package of this machine."""
    return run(["dpkg-query", "--show", "--showformat=${Version}", name])


def busybox_commands() -> list[str]:
    """All that it can do, itself left out."""
    return [name for name in run(["busybox", "--list"]).split() if name != "busybox"]


def unpack(packages: Iterable[str], folder: Path) -> Path:
    """Make a root folder with the packages and all that they need, whatever this machine itself has installed.

    apt is asked to install them on an empty system, so the answer is the whole closure; no maintainer script runs.
    """
    archives, root = folder / "archives", folder / "root"
    (archives / "partial").mkdir(parents=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")  # as installed systems have it; packages still name the old places
    status = folder / "status"
    status.touch()
    options = [f"Dir::State::status={status}", f"Dir::Cache::archives={archives}", "APT::Install-Recommends=false"]
    command = ["apt-get", "-y", "--download-only", *(word for option in options for word in ("-o", option))]
    _apt([*command, "install", *packages])
    for archive in sorted(archives.glob("*.deb")):
        if archive.name.split("_", 1)[0] not in NOT_IN_IMAGES:
            run(["bash", "-o", "pipefail", "-c", EXTRACT, "bash", archive, root])
    for name in NOT_FOR_IMAGES:
        shutil.rmtree(root / name, ignore_errors=True)
    return root


def _apt(command: list[str]) -> None:
    """With package lists as they are; when there are none, or they are too old to be served, with new ones."""
    try:
        run(command, env=QUIET, timeout=900)
    except Trouble:
        run(["apt-get", "update"], env=QUIET, timeout=300)
        run(command, env=QUIET, timeout=900)
