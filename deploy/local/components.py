"""The command line of each program of the cluster."""

from __future__ import annotations

import ssl
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

from . import pki
from .builds import BUILDS, STORE
from .processes import log_tail, running, start
from .settings import Instance
from .shell import Trouble

PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl")


def link_programs(instance: Instance) -> None:
    """One executable under all its names."""
    folder = instance.folder / "bin"
    folder.mkdir(exist_ok=True)
    built = BUILDS["kubernetes"].output / "kubernetes"
    for name in PROGRAMS:
        link = folder / name
        if link.is_symlink() and link.readlink() == built:
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(built)


def start_control_plane(instance: Instance) -> None:
    """The store, the API server and the controllers: objects live and are collected, but no pod runs."""
    start(instance, "etcd", _etcd(instance))
    start(instance, "kube-apiserver", _apiserver(instance))
    pki.kubeconfig(instance, "admin", instance.kubeconfig)
    wait_until_ready(instance)
    start(instance, "kube-controller-manager", _controller_manager(instance))


def wait_until_ready(instance: Instance, patience_seconds: float = 240.0) -> None:
    """Until the API server says so itself."""
    deadline = time.monotonic() + patience_seconds
    while not api_ready(instance):
        for name in ("etcd", "kube-apiserver"):
            if not running(instance, name):
                raise Trouble(f"{name} ended; its last words:\n{log_tail(instance, name)}")
        if time.monotonic() > deadline:
            raise Trouble(f"the API server is not ready:\n{log_tail(instance, 'kube-apiserver')}")
        time.sleep(0.1)


def api_ready(instance: Instance) -> bool:
    """One look at /readyz with the administrator's certificate."""
    folder = instance.folder / "pki"
    try:
        context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        context.load_cert_chain(folder / "admin.crt", folder / "admin.key")
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
        with urllib.request.build_opener(*handlers).open(f"{instance.server}/readyz", timeout=3) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _etcd(instance: Instance) -> list[str | Path]:
    return [
        BUILDS[STORE].output / "server",
        f"--data-dir={instance.folder / 'etcd'}",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--quota-backend-bytes=8589934592",
        "--unsafe-no-fsync",  # the cluster does not outlive a crash of the machine anyway
        "--log-level=warn",
    ]


def _apiserver(instance: Instance) -> list[str | Path]:
    folder = instance.folder / "pki"
    return [
        instance.folder / "bin" / "kube-apiserver",
        "--etcd-servers=http://127.0.0.1:2379",
        # Not the loopback: pods reach it through the service address.
        "--bind-address=0.0.0.0",
        f"--advertise-address={instance.address}",
        "--secure-port=6443",
        f"--client-ca-file={folder}/ca.crt",
        f"--tls-cert-file={folder}/apiserver.crt",
        f"--tls-private-key-file={folder}/apiserver.key",
        f"--kubelet-client-certificate={folder}/apiserver-kubelet.crt",
        f"--kubelet-client-key={folder}/apiserver-kubelet.key",
        f"--kubelet-certificate-authority={folder}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={folder}/service-account.key",
        f"--service-account-signing-key-file={folder}/service-account.key",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--service-cluster-ip-range={instance.services}",
        "--allow-privileged=true",
        # A benchmark's burst of a thousand clusters is to be held up by the API server's work, not by its limits.
        "--max-requests-inflight=3000",
        "--max-mutating-requests-inflight=1500",
    ]


def _controller_manager(instance: Instance) -> list[str | Path]:
    folder = instance.folder / "pki"
    config = instance.folder / "controller-manager.kubeconfig"
    pki.kubeconfig(instance, "controller-manager", config)
    return [
        instance.folder / "bin" / "kube-controller-manager",
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={folder}/service-account.key",
        f"--root-ca-file={folder}/ca.crt",
        f"--cluster-signing-cert-file={folder}/ca.crt",
        f"--cluster-signing-key-file={folder}/ca.key",
        f"--cluster-cidr={instance.pods}",
        f"--service-cluster-ip-range={instance.services}",
        f"--flex-volume-plugin-dir={instance.folder}/flexvolume",
        # The default of 20 requests a second makes a hundred new StatefulSets wait for a minute.
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
    ]
