"""OCI images as one tar each, written with nothing but the standard library.

The same files always give the same digest: entries are sorted and carry no time and no owner of this machine.
Format: https://github.com/opencontainers/image-spec (image layout, configuration, layer).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import stat
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # the kernel's name and the image format's


@dataclass(frozen=True)
class Entry:
    """One path of a layer: a file (bytes, or a path to copy), a symbolic link, or, with neither, a folder."""

    name: str
    content: bytes | Path | None = None
    link: str | None = None
    mode: int = 0o755
    uid: int = 0
    gid: int = 0

    def header(self) -> tarfile.TarInfo:
        """As tar stores it; owners by number, because names are the image's own affair."""
        info = tarfile.TarInfo(self.name.strip("/"))
        info.mode, info.uid, info.gid = self.mode, self.uid, self.gid
        if self.link is not None:
            info.type, info.linkname, info.mode = tarfile.SYMTYPE, self.link, 0o777
        elif self.content is None:
            info.type = tarfile.DIRTYPE
        else:
            info.size = self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)
        return info


def folder_entries(folder: Path, prefix: str, uid: int = 0, gid: int = 0) -> Iterator[Entry]:
    """Everything below a folder of this machine, with its modes."""
    for parent, folders, files in os.walk(folder):
        for name in sorted(folders + files):
            path = Path(parent, name)
            status = path.lstat()
            inside = f"{prefix.rstrip('/')}/{path.relative_to(folder)}"
            mode = stat.S_IMODE(status.st_mode)
            if stat.S_ISLNK(status.st_mode):
                yield Entry(inside, link=str(path.readlink()), uid=uid, gid=gid)
            elif stat.S_ISDIR(status.st_mode):
                yield Entry(inside, mode=mode, uid=uid, gid=gid)
            elif stat.S_ISREG(status.st_mode):
                yield Entry(inside, content=path, mode=mode, uid=uid, gid=gid)


@dataclass(frozen=True)
class Layer:
    """A layer's tar on disk. Not compressed: it never crosses a network."""

    path: Path
    digest: str

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size


def write_layer(entries: Iterable[Entry], path: Path) -> Layer:
    """A layer with these entries."""
    with path.open("wb") as target:
        write_tar(entries, target)
    return Layer(path, file_digest(path))


def write_tar(entries: Iterable[Entry], target: IO[bytes]) -> None:
    """In the order of names, so that folders come before what is in them; of two with one name, the last."""
    by_name = {entry.name.strip("/"): entry for entry in entries}
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT, bufsize=1 << 20) as archive:
        for _, entry in sorted(by_name.items()):
            if isinstance(entry.content, Path):
                with entry.content.open("rb") as source:
                    archive.addfile(entry.header(), source)
            else:
                archive.addfile(entry.header(), io.BytesIO(entry.content or b""))


def file_digest(path: Path) -> str:
    """As OCI writes it."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


@dataclass(frozen=True)
class Image:
    """What an image says besides its layers."""

    references: tuple[str, ...]
    layers: tuple[Layer, ...]
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    folder: str = "/"
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def config(self) -> bytes:
        """The image configuration."""
        variables = {"PATH": PATH, **self.environment}
        run: dict[str, Any] = {
            "Env": [f"{name}={value}" for name, value in variables.items()],
            "WorkingDir": self.folder,
        }
        run |= {"Entrypoint": list(self.entrypoint)} if self.entrypoint else {}
        run |= {"Cmd": list(self.command)} if self.command else {}
        run |= {"User": self.user} if self.user else {}
        run |= {"ExposedPorts": {port: {} for port in self.ports}} if self.ports else {}
        run |= {"Volumes": {volume: {} for volume in self.volumes}} if self.volumes else {}
        layers = {"type": "layers", "diff_ids": [layer.digest for layer in self.layers]}
        return _json(
            {"architecture": ARCHITECTURES[platform.machine()], "os": "linux", "config": run, "rootfs": layers}
        )

    def manifest(self) -> bytes:
        """What its digest is the digest of."""
        kind = "application/vnd.oci.image"
        layers = [_descriptor(f"{kind}.layer.v1.tar", layer.digest, layer.size) for layer in self.layers]
        config = self.config()
        described = _descriptor(f"{kind}.config.v1+json", _digest(config), len(config))
        return _json(
            {"schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json", "config": described, "layers": layers}
        )

    @property
    def digest(self) -> str:
        """The image's own."""
        return _digest(self.manifest())


def write_archive(images: Iterable[Image], target: IO[bytes]) -> None:
    """One tar with several images; a layer that they share is in it once."""
    kind = "application/vnd.oci.image"
    blobs: dict[str, bytes | Path] = {}
    index = []
    for image in images:
        manifest = image.manifest()
        blobs |= {layer.digest: layer.path for layer in image.layers}
        blobs |= {_digest(image.config()): image.config(), image.digest: manifest}
        for reference in image.references:
            described = _descriptor(f"{kind}.manifest.v1+json", image.digest, len(manifest))
            # containerd's own annotation holds the full name; the standard one holds a tag only.
            index.append({**described, "annotations": {"io.containerd.image.name": reference}})
    layout: dict[str, bytes | Path] = {
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        "index.json": _json({"schemaVersion": 2, "mediaType": f"{kind}.index.v1+json", "manifests": index}),
        **{f"blobs/{digest.replace(':', '/')}": content for digest, content in blobs.items()},
    }
    write_tar((Entry(name, content, mode=0o644) for name, content in layout.items()), target)


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest, "size": size}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
