"""The API server through the official client, for any kind and without types."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml
from kubernetes.client.exceptions import ApiException
from kubernetes.config import new_client_from_config

Manifest = Mapping[str, Any]
FIELD_MANAGER = "triad-install"
REQUEST_SECONDS = 30


class Cluster:
    """One cluster. Raises ApiException for whatever the API server refuses."""

    def __init__(self, kubeconfig: str) -> None:
        self.kubeconfig = kubeconfig
        self._client = new_client_from_config(config_file=kubeconfig)
        self._served: dict[tuple[str, str], tuple[str, bool]] = {}

    def close(self) -> None:
        """Close the connections that are kept."""
        self._client.rest_client.close()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
        timeout: float = REQUEST_SECONDS,
    ) -> bytes:
        """Any request at all; returns what was answered."""
        method, url, headers, body, _ = self._client.param_serialize(
            method, f"{path}?{urlencode(query)}" if query else path,
            header_params={"Accept": "application/json", "Content-Type": content_type},
            body=body, auth_settings=["BearerToken"],
        )  # fmt: skip
        answer = self._client.rest_client.request(method, url, headers=headers, body=body, _request_timeout=timeout)
        answer.read()
        if not 200 <= answer.status < 300:
            raise ApiException(http_resp=answer)
        return bytes(answer.data)

    def _json(self, method: str, path: str, body: Any = None, **options: Any) -> dict[str, Any]:
        decoded = json.loads(self.request(method, path, body, **options))
        assert isinstance(decoded, dict)
        return decoded

    def _discover(self, api_version: str, kind: str) -> tuple[str, bool]:
        """Plural, and whether namespaced. Asked again while it is missing: operators register kinds as they start."""
        if (api_version, kind) not in self._served:
            root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            for served in self._json("GET", root)["resources"]:
                if "/" not in served["name"]:
                    self._served[api_version, served["kind"]] = served["name"], served["namespaced"]
        try:
            return self._served[api_version, kind]
        except KeyError:
            raise ApiException(status=404, reason=f"{kind} of {api_version} is not served") from None

    def path(self, api_version: str, kind: str, namespace: str | None = None, name: str | None = None) -> str:
        """The REST path of a collection or an object."""
        plural, namespaced = self._discover(api_version, kind)
        parts = [f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"]
        if namespaced and namespace is not None:
            parts += ["namespaces", namespace]
        return "/".join([*parts, plural, *([quote(name)] if name else [])])

    def get(self, api_version: str, kind: str, namespace: str | None, name: str) -> dict[str, Any] | None:
        """The object, or None where there is none."""
        try:
            return self._json("GET", self.path(api_version, kind, namespace, name))
        except ApiException as error:
            if error.status == 404:
                return None
            raise

    def list_(
        self, api_version: str, kind: str, namespace: str | None = None, selector: str = ""
    ) -> list[dict[str, Any]]:
        """All objects of a kind, in one namespace or everywhere."""
        query = {"labelSelector": selector} if selector else None
        items = self._json("GET", self.path(api_version, kind, namespace), query=query)["items"]
        return list(items)

    def apply(self, manifest: Manifest, namespace: str = "default") -> dict[str, Any]:
        """Server-side apply, as `kubectl apply --server-side --force-conflicts`."""
        path = self._path_of(manifest, namespace)
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return self._json("PATCH", path, dict(manifest), content_type="application/apply-patch+yaml", query=query)

    def apply_file(self, file: Path, namespace: str = "default") -> list[dict[str, Any]]:
        """Apply each document of a file, in order."""
        return [self.apply(manifest, namespace) for manifest in manifests_of(file)]

    def patch(self, api_version: str, kind: str, namespace: str | None, name: str, patch: Manifest) -> dict[str, Any]:
        """A merge patch: what a person's `kubectl edit` amounts to."""
        path = self.path(api_version, kind, namespace, name)
        return self._json("PATCH", path, dict(patch), content_type="application/merge-patch+json")

    def delete(self, api_version: str, kind: str, namespace: str | None, name: str) -> bool:
        """Delete in the background; False where it was not there."""
        try:
            self.request("DELETE", self.path(api_version, kind, namespace, name))
        except ApiException as error:
            if error.status == 404:
                return False
            raise
        return True

    def delete_manifest(self, manifest: Manifest, namespace: str = "default") -> bool:
        """Delete the object that a manifest describes."""
        metadata = manifest["metadata"]
        return self.delete(
            manifest["apiVersion"], manifest["kind"], metadata.get("namespace", namespace), metadata["name"]
        )

    def pods(self, namespace: str, selector: str) -> list[dict[str, Any]]:
        """The pods that a selector picks, sorted by name."""
        return sorted(self.list_("v1", "Pod", namespace, selector), key=lambda pod: str(pod["metadata"]["name"]))

    def ask_pod(
        self, namespace: str, pod: str, port: int, path: str, *, method: str = "GET", body: Any = None,
        query: Mapping[str, str] | None = None, timeout: float = 5,
    ) -> Any:  # fmt: skip
        """An HTTP request to a pod by way of the API server, so that it works from outside of any cluster."""
        proxied = f"/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy{path}"
        return json.loads(self.request(method, proxied, body, query=query, timeout=timeout))

    def logs(self, namespace: str, pod: str, lines: int = 200) -> str:
        """The end of a pod's log: that of its first container."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}"
        first = json.loads(self.request("GET", path))["spec"]["containers"][0]["name"]
        query = {"tailLines": str(lines), "container": first}
        return self.request("GET", f"{path}/log", query=query).decode(errors="replace")

    def _path_of(self, manifest: Manifest, namespace: str) -> str:
        metadata = manifest["metadata"]
        return self.path(
            manifest["apiVersion"], manifest["kind"], metadata.get("namespace", namespace), metadata["name"]
        )


def manifests_of(file: Path) -> Iterator[dict[str, Any]]:
    """The documents of a YAML file."""
    for document in yaml.safe_load_all(file.read_text()):
        if document:
            yield document


def pod_is_ready(pod: Manifest) -> bool:
    """Running, probed, and not on its way out."""
    conditions = pod.get("status", {}).get("conditions", [])
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def why_not_ready(pod: Manifest) -> str:
    """What a pod waits for, in the kubelet's or the scheduler's words."""
    status = pod.get("status", {})
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting")
        if waiting and waiting.get("reason") != "PodInitializing":
            return f"{container['name']}: {waiting['reason']} {waiting.get('message', '')}".strip()
    for condition in status.get("conditions", []):
        if condition["status"] == "False" and condition.get("message"):
            return " ".join(str(condition["message"]).split())
    return str(status.get("phase", "not seen yet"))
