"""What a cluster needs inside: names, storage, and an S3 server where its image is asked for."""

from __future__ import annotations

from collections.abc import Collection
from string import Template

from . import kubectl
from .images import programs
from .settings import SOURCE, Instance
from .shell import Trouble, run

FOLDER = SOURCE / "manifests"
ALWAYS = ("coredns", "storage")
BY_IMAGE = {programs.S3: "s3"}
NEEDED = {programs.PAUSE, programs.BUSYBOX, programs.COREDNS, *BY_IMAGE}  # by pods that start with the node
PATIENCE = "240s"


def manifest(instance: Instance, images: Collection[str]) -> str:
    """All of it as one stream, with the instance's own addresses."""
    names = [*ALWAYS, *(name for image, name in BY_IMAGE.items() if image in images)]
    texts = [(FOLDER / f"{name}.yaml").read_text() for name in names]
    return Template("---\n".join(texts)).substitute(dns_address=instance.dns_address)


def apply(instance: Instance, images: Collection[str]) -> None:
    """Server-side, as the cluster's own maker; again without effect."""
    options = ["--server-side", "--force-conflicts", "--field-manager=local-cluster"]
    run(kubectl.words(instance, "apply", *options, "-f", "-"), stdin=manifest(instance, images))


def wait(instance: Instance) -> None:
    """Until names are resolved and the rest of it runs."""
    command = kubectl.words(instance, "--namespace=kube-system")
    try:
        run([*command, "wait", "--for=condition=Available", f"--timeout={PATIENCE}", "deployment", "--all"])
    except Trouble as trouble:
        raise Trouble(f"{trouble}\n{run([*command, 'describe', 'pods'])[-3000:]}") from trouble
