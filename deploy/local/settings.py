"""Where things are kept, and the addresses of an instance of the cluster."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from .shell import Trouble

SOURCE = Path(__file__).resolve().parent
TREE = SOURCE.parent.parent
MODULES = SOURCE / "modules"

VETH_NETWORKS = IPv4Network("10.245.0.0/16")
POD_NETWORKS = IPv4Network("10.244.0.0/16")
SERVICE_NETWORKS = IPv4Network("10.96.0.0/12")
INSTANCES = 256  # as many as there are pod networks of 254 addresses and service networks of 4094


def cache_folder() -> Path:
    """What was built, by content: outside the tree, shared by all checkouts and instances."""
    return Path(os.environ.get("TRIAD_CACHE") or "~/.cache/triad").expanduser()


def state_root() -> Path:
    """What runs. A folder an instance, on a real file system: containerd's overlays and the volumes are in it."""
    return Path(os.environ.get("TRIAD_STATE") or "/var/lib/triad")


@dataclass(frozen=True)
class Instance:
    """One cluster of the machine. Its number alone decides all its addresses, so that no two ever collide."""

    name: str
    number: int
    folder: Path

    @property
    def veth(self) -> IPv4Network:
        """The four addresses between the machine and the cluster's network namespace."""
        return IPv4Network((int(VETH_NETWORKS.network_address) + 4 * self.number, 30))

    @property
    def host_address(self) -> IPv4Address:
        """The machine, as seen from the cluster."""
        return self.veth[1]

    @property
    def address(self) -> IPv4Address:
        """The API server's, as seen from the machine."""
        return self.veth[2]

    @property
    def pods(self) -> IPv4Network:
        """Routed from the machine, so that an operator outside the cluster reaches pods by their addresses."""
        return IPv4Network((int(POD_NETWORKS.network_address) + 256 * self.number, 24))

    @property
    def node_address(self) -> IPv4Address:
        """The bridge's address: the pods' gateway, and the node's InternalIP."""
        return self.pods[1]

    @property
    def services(self) -> IPv4Network:
        """Routed as well; kube-proxy inside translates."""
        return IPv4Network((int(SERVICE_NETWORKS.network_address) + 4096 * self.number, 20))

    @property
    def dns_address(self) -> IPv4Address:
        """CoreDNS."""
        return self.services[10]

    @property
    def interface(self) -> str:
        """The machine's end of the veth pair (Linux allows 15 characters, so the name does not go in)."""
        return f"triad{self.number}"

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://{self.address}:6443"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.folder / "kubeconfig"

    @property
    def logs(self) -> Path:
        """One file a component."""
        return self.folder / "log"

    @property
    def kubectl(self) -> Path:
        """The client of the cluster's own version."""
        return self.folder / "bin" / "kubectl"


def instance_name() -> str:
    """`CLUSTER`, or the default one."""
    name = os.environ.get("CLUSTER") or "triad"
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", name):
        raise Trouble(f"CLUSTER={name}: use up to 40 lower-case letters, digits and dashes")
    return name


def find(name: str) -> Instance | None:
    """The instance as it was allocated, or None."""
    folder = state_root() / name
    try:
        number = json.loads((folder / "instance.json").read_text())["number"]
    except FileNotFoundError:
        return None
    return Instance(name, number, folder)


def every() -> list[Instance]:
    """All instances of this machine, running or left behind."""
    names = sorted(path.parent.name for path in state_root().glob("*/instance.json"))
    return [found for name in names if (found := find(name))]


def lowest_free(taken: set[int], usable: Callable[[int], bool] = lambda number: True) -> int:
    """The number of a new instance."""
    for number in range(INSTANCES):
        if number not in taken and usable(number):
            return number
    raise Trouble(f"{INSTANCES} clusters on one machine: end some with `python3 -m deploy.local down`")


def allocate(name: str, usable: Callable[[int], bool]) -> Instance:
    """Find or make the instance; the lock keeps two that start at one moment from taking one number."""
    with locked("allocation"):
        if found := find(name):
            return found
        instance = Instance(name, lowest_free({other.number for other in every()}, usable), state_root() / name)
        instance.logs.mkdir(parents=True, exist_ok=True)
        (instance.folder / "instance.json").write_text(json.dumps({"number": instance.number}))
        return instance


@contextmanager
def locked(subject: str, folder: Path | None = None) -> Iterator[None]:
    """Wait for, then hold, the machine-wide lock on a subject. The kernel lets go of it however the holder ends."""
    folder = folder or state_root() / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{subject}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
