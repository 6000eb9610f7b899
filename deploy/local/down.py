"""`down`: leave the machine as it was found, also after a start that was cut off half way."""

from __future__ import annotations

import shutil

from . import cgroups, network, node, settings
from .processes import started, stop
from .progress import say
from .settings import Instance

# Those that write first, then what they write to; whatever is left ends with the control group.
ORDER = ("volumes", "kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd")


def down(name: str) -> None:
    """End everything of the instance and remove its folder. Nothing to end is fine too."""
    with settings.locked(name):
        instance = settings.find(name)
        if not instance:
            say(f"cluster {name}: not there")
            return
        _end(instance)
        say(f"cluster {name}: gone")


def _end(instance: Instance) -> None:
    for component in ORDER:
        if component in started(instance):
            stop(instance, component)
    cgroups.kill(instance)
    cgroups.remove(instance)
    network.remove(instance)
    # Every mount below it was made inside the cluster's own mount namespace, which is gone by now.
    shutil.rmtree(instance.folder)
    node.restore_kernel_settings()
