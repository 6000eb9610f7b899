"""Where the API server is and who we are to it: from a service account, or from kubeconfig files."""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from common.kube.kubeconfig import Cluster, ConfigError, User, load

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TOKEN_AGE = 60.0  # seconds between reads of a token file, as in client-go; the kubelet renews it at 80 % of its life


class Access(msgspec.Struct, kw_only=True):
    """How to reach and convince one API server."""

    server: str
    namespace: str = "default"
    """The namespace where nothing else is said."""
    ca_file: str | None = None
    ca_data: bytes | None = None
    insecure: bool = False
    """No verification; only where the kubeconfig says so in so many words."""
    server_name: str | None = None
    """The name to verify the certificate against, where it is not the address's."""
    proxy: str | None = None
    certificate: bytes | None = None
    key: bytes | None = None
    token: str | None = None
    token_file: str | None = None
    user: str | None = None
    """Whom to act as (impersonation)."""
    groups: tuple[str, ...] = ()
    _token_read: float = -TOKEN_AGE

    def __repr__(self) -> str:
        return f"Access({self.server!r})"  # its fields are credentials, and a traceback or a log may show this

    def headers(self) -> dict[str, str]:
        """Who we are, for each request; a token file is read again from time to time, since tokens are rotated."""
        headers = {}
        if self.token_file is not None and time.monotonic() - self._token_read >= TOKEN_AGE:
            self.refresh()
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.user:
            headers["Impersonate-User"] = self.user
        return headers

    def refresh(self) -> bool:
        """Read the token file now. True where there is a new token."""
        if self.token_file is None:
            return False
        before = self.token
        self.token = Path(self.token_file).read_text().strip()
        self._token_read = time.monotonic()
        return self.token != before

    def ssl_context(self) -> ssl.SSLContext | None:
        """Verified TLS with our certificate; None for a plain http server (a local proxy)."""
        if not self.server.startswith("https:"):
            return None
        data = self.ca_data.decode() if self.ca_data is not None else None
        context = ssl.create_default_context(cafile=self.ca_file, cadata=data)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate is not None and self.key is not None:
            _load_pair(context, self.certificate, self.key)
        return context


def access_from(
    kubeconfig: str | None = None, context: str | None = None, environment: Mapping[str, str] = os.environ
) -> Access:
    """The access to use, in the order of controller-runtime.

    The given kubeconfig; $KUBECONFIG (several files may be named); the pod's service account; ~/.kube/config.
    Raises ConfigError where there is none, or where it asks for what is not supported.
    """
    named = kubeconfig or environment.get("KUBECONFIG")
    if named:
        return _from_files([Path(p) for p in named.split(os.pathsep) if p], context)
    host = environment.get("KUBERNETES_SERVICE_HOST")
    if host and (SERVICE_ACCOUNT / "token").exists():
        return in_cluster(host, environment.get("KUBERNETES_SERVICE_PORT", "443"))
    home = Path(environment.get("HOME", "~")).expanduser() / ".kube" / "config"
    return _from_files([home], context)


def in_cluster(host: str, port: str, account: Path = SERVICE_ACCOUNT) -> Access:
    """The access of a pod by its service account."""
    namespace = account / "namespace"
    return Access(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        namespace=namespace.read_text().strip() if namespace.exists() else "default",
        ca_file=str(account / "ca.crt"),
        token_file=str(account / "token"),
    )


def _from_files(paths: list[Path], context: str | None) -> Access:
    config = load(paths)
    chosen = config.contexts.get(context or config.current_context)
    if chosen is None:
        raise ConfigError(f"no context {context or config.current_context!r} in {', '.join(map(str, paths))}")
    cluster = config.clusters.get(chosen.cluster)
    if cluster is None or not cluster.server:
        raise ConfigError(f"no cluster {chosen.cluster!r} with a server in {', '.join(map(str, paths))}")
    user = config.users.get(chosen.user, User())
    return access_of(cluster, user, chosen.namespace or "default")


def access_of(cluster: Cluster, user: User, namespace: str) -> Access:
    """The access that a cluster and a user of a kubeconfig describe."""
    if user.unsupported:
        raise ConfigError(
            f"the kubeconfig logs in by {user.unsupported}, which the operator cannot; "
            "use a token or a client certificate (`kubectl create token`, `kubectl config view --raw --minify`)"
        )
    if bool(user.certificate) != bool(user.key):
        raise ConfigError("the kubeconfig has a client certificate without its key, or the key alone")
    return Access(
        server=cluster.server.rstrip("/"),
        namespace=namespace,
        ca_data=cluster.ca,
        insecure=cluster.insecure,
        server_name=cluster.server_name,
        proxy=cluster.proxy,
        certificate=user.certificate,
        key=user.key,
        token=user.token,
        token_file=None if user.token_file is None else str(user.token_file),
        user=user.act_as,
        groups=user.act_as_groups,
    )


def _load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # OpenSSL reads both from one file and Python only from a file: a private one that is gone at once.
    with tempfile.NamedTemporaryFile(prefix="triad-") as pair:
        pair.write(certificate + b"\n" + key)
        pair.flush()
        context.load_cert_chain(pair.name)
