"""`down`: leave the machine as it was found, also after a start that was cut off half way."""

from __future__ import annotations

import shutil

from . import cgroups, network, node, settings
from .progress import say
from .settings import Instance


def down(name: str) -> None:
    """End everything of the instance and remove its folder. Nothing to end is fine too."""
    with settings.locked(name):
        instance = settings.find(name)
        if not instance:
            say(f"cluster {name}: not there")
            return
        remove(instance)
        say(f"cluster {name}: gone")


def remove(instance: Instance) -> None:
    """Nobody is asked to end in peace: what they would still write goes as well.

    Every mount was made in the cluster's own mount namespace, which ends with its last process; so nothing but plain
    files is left below the folder.
    """
    cgroups.end(instance)
    network.remove(instance)
    shutil.rmtree(instance.folder)
    node.restore_kernel_settings()
