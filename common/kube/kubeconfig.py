"""kubeconfig files: read, merged (the first that names a thing wins), paths taken from the file's own folder."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ConfigError(Exception):
    """The configuration cannot be used; the message says what to do about it. It never holds a credential."""


class Cluster(msgspec.Struct, frozen=True):
    """A `cluster` entry."""

    server: str = ""
    ca: bytes | None = None
    insecure: bool = False
    server_name: str | None = None
    proxy: str | None = None


class User(msgspec.Struct, frozen=True):
    """A `user` entry."""

    certificate: bytes | None = None
    key: bytes | None = None
    token: str | None = None
    token_file: Path | None = None
    act_as: str | None = None
    act_as_groups: tuple[str, ...] = ()
    unsupported: str = ""
    """The way of logging in that is not supported, where it asks for one."""

    def __repr__(self) -> str:
        return "User(…)"  # its fields are credentials


class Context(msgspec.Struct, frozen=True):
    """A `context` entry: a cluster, a user, a namespace."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""


class Kubeconfig(msgspec.Struct):
    """Several files merged."""

    current_context: str = ""
    contexts: dict[str, Context] = {}
    clusters: dict[str, Cluster] = {}
    users: dict[str, User] = {}


def load(paths: Sequence[Path]) -> Kubeconfig:
    """Read and merge. As with kubectl, a missing file is passed over when several are named."""
    merged = Kubeconfig()
    there = [p for p in paths if p.exists()]
    if not there:
        raise ConfigError(
            f"no kubeconfig at {', '.join(map(str, paths))}; give one by --kubeconfig or KUBECONFIG, or run in a pod"
        )
    for path in there:
        document = _document(path)
        merged.current_context = merged.current_context or str(document.get("current-context") or "")
        for name, entry in _named(document, "contexts", "context"):
            context = Context(*(str(entry.get(f) or "") for f in ("cluster", "user", "namespace")))
            merged.contexts.setdefault(name, context)
        for name, entry in _named(document, "clusters", "cluster"):
            if name not in merged.clusters:
                merged.clusters[name] = _cluster(entry, path)
        for name, entry in _named(document, "users", "user"):
            if name not in merged.users:
                merged.users[name] = _user(entry, path)
    return merged


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.load(path.read_text(), Loader=_LOADER)  # noqa: S506 - a safe loader, the C one where there is one
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"cannot read {path}: {wrong}") from wrong
    except yaml.YAMLError:
        # Not chained: the parser's message quotes the line, which may be a token.
        raise ConfigError(f"{path} is not YAML") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path} is not a kubeconfig")
    return document


def _named(document: Mapping[str, Any], plural: str, singular: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for item in document.get(plural) or ():
        yield str(item["name"]), item.get(singular) or {}


def _cluster(entry: Mapping[str, Any], path: Path) -> Cluster:
    return Cluster(
        server=str(entry.get("server") or ""),
        ca=_content(entry, "certificate-authority", path),
        insecure=entry.get("insecure-skip-tls-verify") is True,
        server_name=entry.get("tls-server-name"),
        proxy=entry.get("proxy-url"),
    )


def _user(entry: Mapping[str, Any], path: Path) -> User:
    ways = {"exec": "an exec plugin", "auth-provider": "an auth provider", "username": "a password"}
    token_file = entry.get("tokenFile")
    return User(
        certificate=_content(entry, "client-certificate", path),
        key=_content(entry, "client-key", path),
        token=entry.get("token"),
        token_file=path.parent / token_file if token_file else None,
        act_as=entry.get("as"),
        act_as_groups=tuple(entry.get("as-groups") or ()),
        unsupported=next((said for field, said in ways.items() if entry.get(field)), ""),
    )


def _content(entry: Mapping[str, Any], field: str, path: Path) -> bytes | None:
    """What `<field>-data` holds or the file of `<field>`; inline data wins, as with kubectl."""
    data = entry.get(f"{field}-data")
    if data:
        try:
            return base64.b64decode(data, validate=False)
        except (binascii.Error, ValueError):
            raise ConfigError(f"{field}-data in {path} is not base64") from None
    named = entry.get(field)
    if not named:
        return None
    try:
        return (path.parent / str(named)).read_bytes()
    except OSError as wrong:
        raise ConfigError(f"cannot read {field} named in {path}: {wrong}") from wrong
