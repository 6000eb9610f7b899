"""The cluster's certificates, made with the openssl command: Python's standard library cannot sign.

ECDSA keys, because an RSA key costs seconds on a small machine and these are made anew for each instance.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .settings import Instance
from .shell import run

VALID_DAYS = 3650
ADMIN = "/O=system:masters/CN=kubernetes-admin"


def make(instance: Instance) -> None:
    """Everything that the control plane and the node authenticate with."""
    folder = instance.folder / "pki"
    folder.mkdir(exist_ok=True)
    if not (folder / "ca.crt").exists():
        _authority(folder)
    if not (folder / "service-account.key").exists():
        _key(folder / "service-account.key")
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    names.append("kubernetes.default.svc.cluster.local")
    addresses = ["127.0.0.1", instance.address, instance.services[1], instance.node_address]
    serving = [*(f"DNS:{name}" for name in names), *(f"IP:{address}" for address in addresses)]
    _issue(folder, "apiserver", "/CN=kube-apiserver", serving)
    _issue(folder, "admin", ADMIN)
    # The API server speaks to the kubelet (logs, exec) as a member of system:masters, so no binding is needed first.
    _issue(folder, "apiserver-kubelet", "/O=system:masters/CN=kube-apiserver-kubelet-client")
    _issue(folder, "controller-manager", "/CN=system:kube-controller-manager")
    _issue(folder, "scheduler", "/CN=system:kube-scheduler")
    _issue(folder, "proxy", "/CN=system:kube-proxy")
    node = f"system:node:{instance.name}"
    _issue(folder, "kubelet", f"/O=system:nodes/CN={node}", [f"DNS:{instance.name}", f"IP:{instance.node_address}"])


def kubeconfig(instance: Instance, user: str, path: Path) -> None:
    """A kubeconfig that names files, so that programs which read only the paths can use it as well."""
    folder = instance.folder / "pki"
    path.write_text(
        f"""\
apiVersion: v1
kind: Config
current-context: {instance.name}
clusters:
- name: {instance.name}
  cluster:
    server: {instance.server}
    certificate-authority: {folder}/ca.crt
users:
- name: {user}
  user:
    client-certificate: {folder}/{user}.crt
    client-key: {folder}/{user}.key
contexts:
- name: {instance.name}
  context:
    cluster: {instance.name}
    user: {user}
    namespace: default
"""
    )
    path.chmod(0o600)


def _key(path: Path) -> None:
    run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", path])
    path.chmod(0o600)


def _authority(folder: Path) -> None:
    _key(folder / "ca.key")
    made = folder / "ca.crt.new"
    extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"]
    added = [word for extension in extensions for word in ("-addext", extension)]
    subject = ["-subj", "/CN=triad-local", "-days", str(VALID_DAYS)]
    command: list[str | Path] = ["openssl", "req", "-x509", "-new", "-sha256"]
    run([*command, *subject, *added, "-key", folder / "ca.key", "-out", made])
    made.rename(folder / "ca.crt")


def _issue(folder: Path, name: str, subject: str, alternatives: Iterable[str] = ()) -> None:
    """A certificate for both ends of TLS. It is there only when it is whole."""
    certificate = folder / f"{name}.crt"
    if certificate.exists():
        return
    _key(folder / f"{name}.key")
    request = run(["openssl", "req", "-new", "-sha256", "-key", folder / f"{name}.key", "-subj", subject])
    extensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
    if alternatives := ",".join(alternatives):
        extensions += f"subjectAltName={alternatives}\n"
    (folder / f"{name}.ext").write_text(extensions)
    signing: list[str | Path] = [
        "-CA",
        folder / "ca.crt",
        "-CAkey",
        folder / "ca.key",
        "-CAcreateserial",
        "-days",
        str(VALID_DAYS),
    ]
    made = folder / f"{name}.crt.new"
    command: list[str | Path] = ["openssl", "x509", "-req", "-sha256", *signing]
    run([*command, "-extfile", folder / f"{name}.ext", "-out", made], stdin=request)
    made.rename(certificate)
