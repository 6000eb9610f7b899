"""The cluster's namespaces: its own network, and its own view of a few folders that programs insist on.

All mounts, rules, routes and bridges are made inside, so the machine's own stay as they are, and all vanish with the
last process inside. On the machine there is only one end of a veth pair, with the routes to pods and services.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from .processes import enter_words, log_tail, running, start
from .settings import Instance
from .shell import Trouble, run, succeeds

KINDS = ("net", "mnt")

# What has fixed paths: containerd's shims, the CNI's namespaces and iptables' lock in /run, the plugins' records in
# /var/lib/cni, kubelet's links in /var/log. Shared again, because kubelet and containerd pass mounts to each other.
MOUNTS = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock /run/netns "$1/private/var/lib/cni" "$1/private/var/log" /var/lib/cni
mount --bind "$1/private/var/lib/cni" /var/lib/cni
mount --bind "$1/private/var/log" /var/log
mount --make-rshared /
exec sleep infinity
"""

NETWORK = """
set -e
ip link set lo up
ip address replace "$2/30" dev eth0
ip link set eth0 up
ip route replace default via "$1"
ip link show kbr0 >/dev/null 2>&1 || ip link add kbr0 type bridge
ip address replace "$3/$4" dev kbr0
ip link set kbr0 up
bridged=/proc/sys/net/bridge/bridge-nf-call-iptables # else a pod could not reach a Service whose pod is its neighbour
[ ! -e $bridged ] || echo 1 > $bridged
echo 1 > /proc/sys/net/ipv4/ip_forward
"""


def unused(number: int) -> bool:
    """Whether nobody else on this machine, or beyond its routes, has the addresses of that number."""
    instance = Instance("candidate", number, Path("/nonexistent"))
    routes = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"]) or "[]")
    taken = {str(route.get("dst", "")) for route in routes} | {str(route.get("dev", "")) for route in routes}
    ours = {str(instance.veth), str(instance.pods), str(instance.services), instance.interface}
    return not ours & taken and not succeeds(["ip", "link", "show", instance.interface])


def create(instance: Instance) -> None:
    """Make the namespaces and connect them; each part only if it is missing."""
    succeeds(["modprobe", "--all", "overlay", "br_netfilter"])  # where they are not part of the kernel
    if not running(instance, "namespaces"):
        keeper: list[str | Path] = [
            "unshare",
            "--net",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            MOUNTS,
            "sh",
            instance.folder,
        ]
        start(instance, "namespaces", keeper, inside=False)
        _wait_for_keeper(instance)
    if not succeeds(["ip", "link", "show", instance.interface]):
        pid = str(running(instance, "namespaces"))
        peer = ["peer", "name", "eth0", "netns", pid]
        run(["ip", "link", "add", instance.interface, "type", "veth", *peer])
    run(["ip", "address", "replace", f"{instance.host_address}/30", "dev", instance.interface])
    run(["ip", "link", "set", instance.interface, "up"])
    addresses = [str(instance.host_address), str(instance.address), str(instance.node_address)]
    prefix = str(instance.pods.prefixlen)
    run([*enter_words(instance), "sh", "-c", NETWORK, "sh", *addresses, prefix])
    for network in (instance.pods, instance.services):
        run(["ip", "route", "replace", str(network), "via", str(instance.address), "dev", instance.interface])


def remove(instance: Instance) -> None:
    """The machine's end of the pair goes, and its routes with it; the rest went with the processes."""
    if succeeds(["ip", "link", "show", instance.interface]):
        run(["ip", "link", "delete", instance.interface])


def _wait_for_keeper(instance: Instance, patience_seconds: float = 60.0) -> None:
    """Until the keeper has become `sleep`: any earlier its namespaces may not be there, or not be as they should."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline and (pid := running(instance, "namespaces")):
        mine = [os.readlink(f"/proc/self/ns/{kind}") for kind in KINDS]
        its = [os.readlink(f"/proc/{pid}/ns/{kind}") for kind in KINDS]
        if not set(mine) & set(its) and Path(f"/proc/{pid}/comm").read_text() == "sleep\n":
            return
        time.sleep(0.01)
    raise Trouble(f"no new network and mount namespaces here:\n{log_tail(instance, 'namespaces')}")
