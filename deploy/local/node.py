"""The node: scheduler, kubelet and kube-proxy, and what they change on the machine."""

from __future__ import annotations

import json
import time
from pathlib import Path

from . import cgroups, kubectl, pki, settings
from .containerd import socket
from .processes import log_tail, running, start
from .settings import Instance
from .shell import Trouble, succeeds

# kubelet writes these, and they are the machine's: no namespace holds them.
KERNEL_SETTINGS = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops")


def start_node(instance: Instance) -> None:
    """All of it; containerd runs already."""
    folder = instance.folder
    for user in ("scheduler", "kubelet", "proxy"):
        pki.kubeconfig(instance, user, folder / f"{user}.kubeconfig")
    programs = folder / "bin"
    scheduler: list[str | Path] = [
        programs / "kube-scheduler",
        "--leader-elect=false",
        f"--kubeconfig={folder}/scheduler.kubeconfig",
    ]
    start(instance, "kube-scheduler", scheduler)
    remember_kernel_settings()
    (folder / "kubelet.json").write_text(json.dumps(kubelet_config(instance), indent=2))
    kubelet: list[str | Path] = [
        programs / "kubelet",
        f"--config={folder}/kubelet.json",
        f"--kubeconfig={folder}/kubelet.kubeconfig",
        f"--hostname-override={instance.name}",
        f"--node-ip={instance.node_address}",
        f"--root-dir={folder}/kubelet",
        f"--cert-dir={folder}/kubelet/pki",
    ]
    start(instance, "kubelet", kubelet)
    proxy: list[str | Path] = [
        programs / "kube-proxy",
        f"--kubeconfig={folder}/proxy.kubeconfig",
        f"--hostname-override={instance.name}",
        "--proxy-mode=iptables",
        f"--cluster-cidr={instance.pods}",
        "--conntrack-max-per-core=0",  # the limit is the machine's, and may not be raised from here
    ]
    start(instance, "kube-proxy", proxy)


def kubelet_config(instance: Instance) -> dict[str, object]:
    """As small as the machine allows: no CAP_SYS_RESOURCE, cgroup v1 or v2, swap or not."""
    folder = instance.folder
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{folder}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{folder}/pki/kubelet.crt",
        "tlsPrivateKeyFile": f"{folder}/pki/kubelet.key",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroups.root_name(instance)}",
        "failCgroupV1": False,
        "enforceNodeAllocatable": [],
        "localStorageCapacityIsolation": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{socket(instance)}",
        "clusterDNS": [str(instance.dns_address)],
        "clusterDomain": "cluster.local",
        "resolvConf": _resolv_conf(instance),
        "volumePluginDir": f"{folder}/flexvolume",
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        # Images cannot be pulled again, so none may be collected.
        "imageGCHighThresholdPercent": 100,
        "imageMinimumGCAge": "720h",
        "maxPods": 200,
        # Tests wait for what kubelet does; the defaults are made for thousands of nodes.
        "syncFrequency": "10s",
        "nodeStatusUpdateFrequency": "5s",
        "serializeImagePulls": False,
        "registryPullQPS": 0,
    }


def wait_until_node_is_ready(instance: Instance, patience_seconds: float = 240.0) -> None:
    """Until pods may be scheduled to it."""
    command = kubectl.words(instance, "wait", "--for=condition=Ready", "--timeout=5s", f"node/{instance.name}")
    deadline = time.monotonic() + patience_seconds
    while not succeeds(command):
        for name in ("containerd", "kubelet"):
            if not running(instance, name):
                raise Trouble(f"{name} ended; its last words:\n{log_tail(instance, name)}")
        if time.monotonic() > deadline:
            raise Trouble(f"the node is not ready:\n{log_tail(instance, 'kubelet')}")
        time.sleep(0.2)


def remember_kernel_settings() -> None:
    """As they were before the first node of this machine."""
    with settings.locked("kernel"):
        record = _record()
        if not record.exists():
            values = {name: Path("/proc/sys", name).read_text() for name in KERNEL_SETTINGS}
            record.write_text(json.dumps(values))


def restore_kernel_settings() -> None:
    """After the last node of this machine."""
    with settings.locked("kernel"):
        if any(_has_node(instance) for instance in settings.every()) or not _record().exists():
            return
        for name, value in json.loads(_record().read_text()).items():
            Path("/proc/sys", name).write_text(value)
        _record().unlink()


def _has_node(instance: Instance) -> bool:
    return (instance.folder / "kubelet.json").exists()


def _record() -> Path:
    return settings.state_root() / "kernel-settings.json"


def _resolv_conf(instance: Instance) -> str:
    """A copy: the machine's own may be a link into /run, which looks different inside."""
    path = instance.folder / "resolv.conf"
    try:
        lines = Path("/etc/resolv.conf").read_text().splitlines()
    except FileNotFoundError:
        lines = []
    path.write_text("".join(f"{line}\n" for line in lines if line.startswith("nameserver")))
    return str(path)
