"""What common.workload makes, as the API server's own admission sees it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from common.kube.client import Client
from common.kube.errors import Forbidden
from common.kube.resource import DISRUPTION_BUDGET, NAMESPACE, POD, SERVICE_ACCOUNT
from common.workload.budget import disruption_budget
from common.workload.names import labels, selector
from common.workload.security import container_security, pod_security


@pytest.fixture
async def namespace(client: Client) -> AsyncIterator[str]:
    """One that enforces the restricted Pod Security Standard."""
    name = f"workload-{uuid.uuid4().hex[:8]}"
    enforced = {"pod-security.kubernetes.io/enforce": "restricted"}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": enforced}}
    await client.create(manifest, NAMESPACE)
    async with asyncio.timeout(10):
        while await client.get(SERVICE_ACCOUNT, name, "default") is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    yield name
    await client.delete(NAMESPACE, None, name)


def pod(namespace: str, pod_context: dict[str, Any], container_context: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "namespace": namespace},
        "spec": {
            "securityContext": pod_context,
            "containers": [{"name": "a", "image": "a", "securityContext": container_context}],
        },
    }


async def test_restricted_pod_security_takes_our_pods(client: Client, namespace: str) -> None:
    with pytest.raises(Forbidden, match="PodSecurity"):
        await client.create(pod(namespace, {}, {}), POD)
    assert await client.create(pod(namespace, pod_security(1000, 0), container_security(read_only_root=False)), POD)


async def test_a_disruption_budget_is_taken(client: Client, namespace: str) -> None:
    ours = labels("etcd-operator", "etcd", "EtcdCluster.data.triad.dev", "a")
    metadata = {"name": "a", "namespace": namespace, "labels": ours}
    budget = disruption_budget(metadata, selector("etcd", "EtcdCluster.data.triad.dev", "a"), 1)
    assert await client.create(budget, DISRUPTION_BUDGET)
