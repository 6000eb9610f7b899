"""What a cluster needs inside: names, storage, and an S3 server where its image is asked for."""

from __future__ import annotations

from collections.abc import Collection
from string import Template

from .settings import SOURCE, Instance
from .shell import Trouble, run

FOLDER = SOURCE / "manifests"
ALWAYS = ("coredns", "storage")
BY_IMAGE = {"ghcr.io/versity/versitygw:v1.8.0": "s3"}
PATIENCE = "90s"


def manifest(instance: Instance, images: Collection[str]) -> str:
    """All of it as one stream, with the instance's own addresses."""
    names = [*ALWAYS, *(name for image, name in BY_IMAGE.items() if image in images)]
    texts = [(FOLDER / f"{name}.yaml").read_text() for name in names]
    return Template("---\n".join(texts)).substitute(dns_address=instance.dns_address)


def apply(instance: Instance, images: Collection[str]) -> None:
    """Server-side, as the cluster's own maker; again without effect."""
    command = [*_kubectl(instance), "apply", "--server-side", "--force-conflicts", "--field-manager=local-cluster"]
    run([*command, "-f", "-"], stdin=manifest(instance, images))


def wait(instance: Instance) -> None:
    """Until names are resolved and the rest of it runs."""
    command = [*_kubectl(instance), "--namespace=kube-system"]
    try:
        run([*command, "wait", "--for=condition=Available", f"--timeout={PATIENCE}", "deployment", "--all"])
    except Trouble as trouble:
        raise Trouble(f"{trouble}\n{run([*command, 'describe', 'pods'])[-3000:]}") from trouble


def _kubectl(instance: Instance) -> list[str]:
    return [str(instance.kubectl), f"--kubeconfig={instance.kubeconfig}"]
