"""The provisioner of the cluster's StorageClass: a folder a claim, as a `local` volume.

kube-controller-manager's own host-path provisioner makes folders that only root can write, and Kubernetes applies
fsGroup to `local` volumes but not to hostPath ones; and it cannot grow a volume. This one can: a folder has no size.
Run beside the cluster as a program of its own: `python3 -m deploy.local.volumes INSTANCE`.
"""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from common.kube.quantity import parse

from . import settings
from .settings import Instance

PROVISIONER = "local.triad.dev/folder"
CLAIMS = "/api/v1/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
WANTED_PROVISIONER = "volume.kubernetes.io/storage-provisioner"  # set on a claim by Kubernetes' own binder
RETRY_SECONDS = 1.0

Body = Mapping[str, Any]


def volume_for(claim: Body, policy: str, folder: Path, node: str) -> Body | None:
    """The volume that a claim waits for, or None when it waits for none of ours."""
    meta, spec = claim["metadata"], claim["spec"]
    if meta.get("annotations", {}).get(WANTED_PROVISIONER) != PROVISIONER or spec.get("volumeName"):
        return None
    name = f"pvc-{meta['uid']}"
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {PROVISIONED_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": spec["storageClassName"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": meta["namespace"],
                "name": meta["name"],
                "uid": meta["uid"],
            },
            "local": {"path": str(folder / name)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }


def grown(claim: Body) -> str | None:
    """The size that a bound claim asks for, when it asks for more than it has."""
    wanted = claim["spec"].get("resources", {}).get("requests", {}).get("storage")
    has = claim.get("status", {}).get("capacity", {}).get("storage")
    return wanted if wanted and has and parse(wanted) > parse(has) else None


def released(volume: Body) -> bool:
    """Whether a volume of ours has lost its claim and is to go with it."""
    return bool(
        volume["metadata"].get("annotations", {}).get(PROVISIONED_BY) == PROVISIONER
        and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
        and volume.get("status", {}).get("phase") == "Released"
    )


class Api:
    """As much of the API server as this needs, with the standard library."""

    def __init__(self, instance: Instance) -> None:
        folder = instance.folder / "pki"
        self._context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        self._context.load_cert_chain(folder / "admin.crt", folder / "admin.key")
        self._address = str(instance.address)

    def ask(self, method: str, path: str, body: Body | None = None) -> Body:
        """One request; what is there already, or gone already, is as good as done."""
        connection = http.client.HTTPSConnection(self._address, 6443, timeout=30, context=self._context)
        try:
            kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
            connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": kind})
            answer = connection.getresponse()
            content: Body = json.loads(answer.read() or b"{}")
            if answer.status >= 300 and answer.status not in (404, 409):
                raise OSError(f"{method} {path}: {answer.status} {content.get('message')}")
            return content
        finally:
            connection.close()

    def follow(self, path: str) -> Iterator[Body]:
        """Every object as it is, and as it becomes. Ends when the API server ends the watch."""
        listed = self.ask("GET", path)
        yield from listed["items"]
        version = listed["metadata"]["resourceVersion"]
        connection = http.client.HTTPSConnection(self._address, 6443, timeout=600, context=self._context)
        try:
            connection.request("GET", f"{path}?watch=1&timeoutSeconds=300&resourceVersion={version}")
            for line in connection.getresponse():
                event = json.loads(line)
                if event["type"] in ("ADDED", "MODIFIED"):
                    yield event["object"]
                elif event["type"] == "ERROR":
                    return
        finally:
            connection.close()


def provision(api: Api, instance: Instance, claim: Body) -> None:
    """Give a claim its volume, or the size that it asks for."""
    folder = instance.folder / "volumes"
    storage_class = claim["spec"].get("storageClassName")
    if claim["metadata"].get("annotations", {}).get(WANTED_PROVISIONER) != PROVISIONER or not storage_class:
        return
    if not claim["spec"].get("volumeName"):
        policy = api.ask("GET", f"/apis/storage.k8s.io/v1/storageclasses/{storage_class}").get(
            "reclaimPolicy", "Delete"
        )
        if volume := volume_for(claim, policy, folder, instance.name):
            path = Path(volume["spec"]["local"]["path"])
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o777)  # for pods that are not root and name no fsGroup
            api.ask("POST", VOLUMES, volume)
    elif wanted := grown(claim):
        meta = claim["metadata"]
        capacity = {"capacity": {"storage": wanted}}
        api.ask("PATCH", f"{VOLUMES}/{claim['spec']['volumeName']}", {"spec": capacity})
        status = f"/api/v1/namespaces/{meta['namespace']}/persistentvolumeclaims/{meta['name']}/status"
        api.ask("PATCH", status, {"status": capacity})


def reclaim(api: Api, instance: Instance, volume: Body) -> None:
    """Take a released volume away with its folder."""
    if released(volume):
        name = volume["metadata"]["name"]
        shutil.rmtree(instance.folder / "volumes" / name, ignore_errors=True)
        api.ask("DELETE", f"{VOLUMES}/{name}")


def follow_for_ever(api: Api, path: str, look: Callable[[Body], None]) -> None:
    """List, watch, and again from the start after whatever went wrong."""
    while True:
        try:
            for seen in api.follow(path):
                look(seen)
        except (OSError, http.client.HTTPException, ValueError, KeyError) as trouble:
            print(f"{path}: {trouble!r}", file=sys.stderr, flush=True)
            time.sleep(RETRY_SECONDS)


def main(name: str) -> None:
    """Until it is ended."""
    instance = settings.find(name)
    if not instance:
        sys.exit(f"no cluster {name}")
    api = Api(instance)
    looks = ((CLAIMS, provision), (VOLUMES, reclaim))
    threads = [
        threading.Thread(target=follow_for_ever, args=(api, path, lambda seen, look=look: look(api, instance, seen)))
        for path, look in looks
    ]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main(sys.argv[1])
