"""Elasticsearch's own API, 6.8 to 9: the two dozen calls that are needed, over the official client's transport.

The official client of one major version refuses servers of another, or is refused by them; its transport (pool, dead
nodes, retries) is not bound to a version. Plain JSON is accepted by all of them. Nothing here asks for the whole
cluster state, and `filter_path` keeps answers small however large the cluster is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

from es_operator.observation import (
    ALLOCATION,
    EXCLUDED,
    MINIMUM_MASTERS,
    Copy,
    Disk,
    Health,
    Node,
)  # fmt: skip
from es_operator.rules.settings import flat
from es_operator.versions import Version

PORT = 9200
TIMEOUT = 5.0  # seconds for an answer; a node that takes longer is no node to ask
SLOW = 60.0  # seconds for calls that wait for something: voting exclusions, a flush
RETRIES = 2  # further nodes to ask when one does not answer
MOST_ENDPOINTS = 8  # nodes to ask in turn; a cluster of hundreds needs no pool of hundreds
HEADERS = {"accept": "application/json"}
_HEALTH_FIELDS = ",".join(Health.__struct_fields__)
_NO_INDEX = "triad-no-such-index"  # keeps every index out of the answer to _cluster/state/metadata


class NotAnswering(ConnectionError):
    """No node answered in time."""


class Failed(Exception):
    """Elasticsearch answered that it will not, or cannot now."""

    def __init__(self, path: str, status: int, body: Any) -> None:
        reason = body.get("error") if isinstance(body, Mapping) else None
        text = reason.get("reason") if isinstance(reason, Mapping) else reason
        super().__init__(f"{path.split('?')[0]}: {status} {str(text or '')[:300]}")
        self.status = status


class Client:
    """Asks one cluster."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    async def health(self) -> Health | None:
        """The cluster's health; None while it has no master."""
        status, body = await self._ask("GET", f"/_cluster/health?timeout=2s&filter_path={_HEALTH_FIELDS}")
        if status >= 500 or status == 408:
            return None
        return Health(**body)

    async def nodes(self) -> tuple[Node, ...]:
        """The nodes that have joined; none while there is no master."""
        columns = "name,id,master,node.role,version"
        status, body = await self._ask("GET", f"/_cat/nodes?format=json&full_id=true&h={columns}")
        if status >= 500:
            return ()
        return tuple(Node(n["name"], n["id"], n["node.role"], n["master"] == "*", n["version"]) for n in body)

    async def identity(self) -> tuple[str, tuple[str, ...]]:
        """The cluster's UUID and the nodes excluded from voting; empty while there is no master."""
        fields = "cluster_uuid,metadata.cluster_uuid,metadata.cluster_coordination.voting_config_exclusions.node_name"
        path = f"/_cluster/state/metadata/{_NO_INDEX}?ignore_unavailable=true&allow_no_indices=true"
        status, body = await self._ask("GET", f"{path}&filter_path={fields}")
        if status >= 500:
            return "", ()
        metadata = body.get("metadata", {})
        exclusions = metadata.get("cluster_coordination", {}).get("voting_config_exclusions", [])
        uuid = body.get("cluster_uuid") or metadata.get("cluster_uuid", "")
        return str(uuid), tuple(e["node_name"] for e in exclusions)

    async def settings(self) -> dict[str, str]:
        """Dynamic settings that the operator makes; transient ones win."""
        names = (ALLOCATION, EXCLUDED, MINIMUM_MASTERS)
        fields = ",".join(f"{kind}.{name}" for kind in ("persistent", "transient") for name in names)
        body = await self._must("GET", f"/_cluster/settings?filter_path={fields}")
        merged = {**flat(body.get("persistent", {})), **flat(body.get("transient", {}))}
        return {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in merged.items()}

    async def copies(self) -> tuple[Copy, ...]:
        """Every copy of every shard, unassigned ones too."""
        body = await self._must("GET", "/_cat/shards?format=json&h=index,shard,prirep,state,node")
        return tuple(
            # the node of a copy that moves is written as `from -> ip id to`
            Copy(c["index"], c["shard"], c["state"], (c["node"] or "").split(" ", 1)[0], c["prirep"] == "p")
            for c in body
        )

    async def disks(self) -> tuple[Disk, ...]:
        """The disks of the data nodes."""
        columns = "node,shards,disk.indices,disk.used,disk.total"
        body = await self._must("GET", f"/_cat/allocation?format=json&bytes=b&h={columns}")
        return tuple(
            Disk(d["node"], *(int(d[c] or 0) for c in ("shards", "disk.indices", "disk.used", "disk.total")))
            for d in body
            if d["node"] != "UNASSIGNED"
        )

    async def why_it_stays(self, copy: Copy) -> str:
        """Why a copy cannot leave its node; empty when it can, or already does."""
        path = "/_cluster/allocation/explain?filter_path=can_move_to_other_node,node_allocation_decisions"
        asked = {"index": copy.index, "shard": int(copy.shard), "primary": copy.primary, "current_node": copy.node}
        status, body = await self._ask("POST", path, asked)
        if status >= 400 or body.get("can_move_to_other_node") != "no":
            return ""
        reasons = (
            f"{d.get('node_name')}: {decider.get('explanation')}"
            for d in body.get("node_allocation_decisions", [])
            for decider in d.get("deciders", [])[:1]
        )
        return f"{copy.index}[{copy.shard}] may go nowhere; {'; '.join(reasons)}"[:600]

    async def put_setting(self, name: str, value: str | int | None) -> None:
        """Set a persistent setting, or back to its default, and end a transient one, which would win over it."""
        await self._must("PUT", "/_cluster/settings", {"persistent": {name: value}, "transient": {name: None}})

    async def flush(self, version: Version) -> None:
        """Flush all indices. One that cannot be flushed costs time at its recovery and no data: so no failure here."""
        path = "/_flush/synced" if version.has_synced_flush else "/_flush?wait_if_ongoing=true"
        await self._ask("POST", path, timeout=SLOW)

    async def exclude_from_voting(self, node: str, version: Version) -> None:
        """Returns when the node's vote no longer counts."""
        name = quote(node, safe="")
        by_query = version >= Version(7, 8, 0)
        path = f"?{urlencode({'node_names': node})}&timeout=30s" if by_query else f"/{name}?timeout=30s"
        await self._must("POST", f"/_cluster/voting_config_exclusions{path}", timeout=SLOW)

    async def clear_voting_exclusions(self) -> None:
        """Let every node vote again."""
        await self._must("DELETE", "/_cluster/voting_config_exclusions?wait_for_removal=false")

    async def _must(self, method: str, path: str, body: Any = None, timeout: float = TIMEOUT) -> Any:
        status, answer = await self._ask(method, path, body, timeout)
        if status >= 400:
            raise Failed(path, status, answer)
        return answer

    async def _ask(self, method: str, path: str, body: Any = None, timeout: float = TIMEOUT) -> tuple[int, Any]:
        from elastic_transport import TransportError

        headers = HEADERS if body is None else {**HEADERS, "content-type": "application/json"}
        try:
            async with asyncio.timeout(timeout * 2):  # the pool may try further nodes
                answer = await self._transport.perform_request(
                    method, path, body=body, headers=headers, request_timeout=timeout, max_retries=RETRIES,
                    retry_on_status=(), retry_on_timeout=False,
                )  # fmt: skip
        except (TransportError, TimeoutError, OSError) as error:
            raise NotAnswering(f"{path.split('?')[0]}: {type(error).__name__}") from error
        return answer.meta.status, answer.body


@asynccontextmanager
async def connected(addresses: Sequence[str]) -> AsyncIterator[Client]:
    """A client of the cluster whose nodes have these addresses."""
    # Imported here: 20 MiB and a third of a second that an operator without a running cluster need not pay.
    from elastic_transport import AiohttpHttpNode, AsyncTransport, NodeConfig

    # A node that does not answer is nothing to log each time: the resource's status says so once.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    nodes = [NodeConfig("http", address, PORT, request_timeout=TIMEOUT) for address in addresses[:MOST_ENDPOINTS]]
    transport = AsyncTransport(nodes, node_class=AiohttpHttpNode, max_retries=RETRIES)
    try:
        yield Client(transport)
    finally:
        await transport.close()
