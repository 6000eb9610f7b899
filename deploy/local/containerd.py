"""The node's container runtime: its configuration, and the images that it is given."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from .images.oci import Image, write_archive
from .images.programs import PAUSE
from .processes import log_tail, start
from .progress import say
from .settings import Instance
from .shell import Trouble, run, succeeds

PATIENCE_SECONDS = 120.0  # for a machine that many others use as well
PLUGINS = "/usr/lib/cni"  # where Debian puts them


def start_containerd(instance: Instance) -> None:
    """Its own daemon with its own folders; one that the machine may have is not touched."""
    folder = _folder(instance)
    (folder / "cni").mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(_config(instance))
    (folder / "cni" / "10-bridge.conflist").write_text(json.dumps(_network(instance), indent=2))
    start(instance, "containerd", ["containerd", "--config", folder / "config.toml"])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not succeeds([*_ctr(instance), "version"]):
        if time.monotonic() > deadline:
            raise Trouble(f"containerd does not answer:\n{log_tail(instance, 'containerd')}")
        time.sleep(0.1)


def import_images(instance: Instance, images: Iterable[Image]) -> list[str]:
    """Give it those that it does not have as they are now; returns their names."""
    present = _present(instance)
    missing = [image for image in images if any(present.get(name) != image.digest for name in image.references)]
    if missing:
        _import(instance, missing)
    names = [name for image in missing for name in image.references]
    for name in names:
        say(f"image {name}")
    return names


def _import(instance: Instance, images: list[Image]) -> None:
    """Through a pipe: what goes in is as large as all layers together, and need not be on the disk twice."""
    command = [*_ctr(instance), "images", "import", "--digests=false", "-"]
    with tempfile.TemporaryFile() as said:
        importing = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=said)
        assert importing.stdin
        try:
            with importing.stdin as pipe:
                write_archive(images, pipe)
        except BrokenPipeError:
            pass  # it ended before it had read all; it says why
        if importing.wait():
            said.seek(0)
            raise Trouble(f"importing images failed:\n{said.read().decode(errors='replace')[-2000:]}")


def _present(instance: Instance) -> dict[str, str]:
    """Names and digests of what it has."""
    lines = run([*_ctr(instance), "images", "list"]).splitlines()[1:]
    return {fields[0]: fields[2] for line in lines if len(fields := line.split()) > 2}


def _ctr(instance: Instance) -> list[str]:
    return ["ctr", "--address", str(socket(instance)), "--namespace", "k8s.io"]


def socket(instance: Instance) -> Path:
    """Where kubelet and ctr reach it."""
    return _folder(instance) / "containerd.sock"


def _folder(instance: Instance) -> Path:
    return instance.folder / "containerd"


def _config(instance: Instance) -> str:
    folder = _folder(instance)
    unused = ["aufs", "btrfs", "devmapper", "zfs"]
    disabled = json.dumps([f"io.containerd.snapshotter.v1.{name}" for name in unused])
    return f"""\
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = {disabled}

[grpc]
address = "{socket(instance)}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE}"
# Without CAP_SYS_RESOURCE nothing may protect itself from the out-of-memory killer, and runc fails when told to.
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{PLUGINS}"
conf_dir = "{folder}/cni"
"""


def _network(instance: Instance) -> dict[str, object]:
    """Every pod on one bridge, with an address of the instance's own network."""
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": str(instance.pods)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": str(_folder(instance) / "addresses"),
    }
    bridge = {"type": "bridge", "bridge": "kbr0", "isGateway": True, "ipMasq": True, "hairpinMode": True}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [{**bridge, "ipam": addresses}, ports]}
