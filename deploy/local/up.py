"""`up`: build what is missing, start what does not run, and say where the kubeconfig is."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import addons, cgroups, components, containerd, debian, network, node, pki, settings
from .builds import BUILDS, STORE, build_all
from .down import remove
from .images import catalogue
from .images.oci import Image
from .processes import running, start
from .progress import duration, say
from .settings import Instance
from .shell import Trouble

PARTS = ("control-plane", "node")
COMMANDS = ("ip", "nsenter", "unshare", "openssl")
FREE_GIGABYTES = {"building": 8, "running": 2}


def chosen_parts() -> tuple[str, ...]:
    """`PARTS`: the control plane alone, or (by default) the node with it."""
    given = os.environ.get("PARTS", "").replace(",", " ").split() or list(PARTS)
    if unknown := sorted(set(given) - set(PARTS)):
        raise Trouble(f"PARTS={' '.join(unknown)}: known parts are {', '.join(PARTS)}")
    return PARTS if "node" in given else ("control-plane",)


def check_machine(building: bool) -> None:
    """What no program can put right by itself is said before anything is begun."""
    if os.geteuid():
        raise Trouble("the local cluster needs root: it makes namespaces, mounts and control groups of its own")
    if missing := [command for command in COMMANDS if not shutil.which(command)]:
        raise Trouble(f"not installed: {', '.join(missing)} (Debian: iproute2, util-linux, openssl)")
    wanted = FREE_GIGABYTES["building" if building else "running"]
    for folder in (settings.cache_folder(), settings.state_root()):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as refused:
            raise Trouble(f"cannot create {folder}: {refused.strerror}") from refused
        if (free := shutil.disk_usage(folder).free / 1e9) < wanted:
            raise Trouble(
                f"{folder} has {free:.1f} GB left and {wanted} GB are needed; TRIAD_CACHE and TRIAD_STATE move it"
            )


def up(parts: Sequence[str]) -> Path:
    """Bring the instance to what was asked for; what runs already is left alone."""
    begun = time.monotonic()
    recipes = catalogue.named([*catalogue.NODE, *catalogue.chosen()]) if "node" in parts else []
    builds = [BUILDS["kubernetes"], BUILDS[STORE], *catalogue.builds(recipes)]
    check_machine(building=not all(build.built() for build in builds))
    build_all(dict.fromkeys(builds))
    if recipes:
        debian.install_for_node()
    images = catalogue.make(recipes)
    name = settings.instance_name()
    with settings.locked(name):
        instance = _prepared(name)
        if recipes:
            _start_all(instance, images)
        else:
            components.start_control_plane(instance)
    say(f"cluster {name}: ready in {duration(time.monotonic() - begun)} ({instance.server})")
    return instance.kubeconfig


def make_images(names: Sequence[str]) -> list[str]:
    """Make images, and give them to the instance if it has a node; pods that start from now on have them."""
    check_machine(building=True)
    images = catalogue.make(catalogue.named(names))
    name = settings.instance_name()
    with settings.locked(name):
        instance = settings.find(name)
        if instance and running(instance, "containerd"):
            containerd.import_images(instance, images)
    return [reference for image in images for reference in image.references]


def _prepared(name: str) -> Instance:
    """Numbered, with namespaces, certificates and programs. What a crash left of an earlier one goes first."""
    left = settings.find(name)
    if left and not running(left, "namespaces"):
        say(f"cluster {name}: removing what is left of an earlier one")
        remove(left)
    instance = settings.allocate(name, network.unused)
    if not running(instance, "namespaces"):
        say(f"cluster {name}: network {instance.veth}, pods {instance.pods}, services {instance.services}")
    cgroups.create(instance)
    network.create(instance)
    pki.make(instance)
    components.link_programs(instance)
    return instance


def _start_all(instance: Instance, images: Sequence[Image]) -> None:
    """Images go in while the control plane and then the node come up; a pod must not come before its image."""
    containerd.start_containerd(instance)
    names = {reference for image in images for reference in image.references}
    own = [image for image in images if not addons.NEEDED.isdisjoint(image.references)]
    others = [image for image in images if image not in own]
    with ThreadPoolExecutor(max_workers=1) as importer:
        own_imported = importer.submit(containerd.import_images, instance, own)
        all_imported = importer.submit(containerd.import_images, instance, others)
        components.start_control_plane(instance)
        own_imported.result()
        node.start_node(instance)
        provisioner = [sys.executable, "-m", "deploy.local.volumes", instance.name]
        environment = {"PYTHONPATH": str(settings.TREE), "PYTHONDONTWRITEBYTECODE": "1"}
        start(instance, "volumes", provisioner, inside=False, env=environment)
        addons.apply(instance, names)
        node.wait_until_node_is_ready(instance)
        addons.wait(instance)
        all_imported.result()
