"""The two writers, each on the client that its application's users have, through the Service they would use."""

from __future__ import annotations

import aetcd
from elasticsearch import AsyncElasticsearch, BadRequestError

from tests.chaos.writer import REQUEST_SECONDS, Writer

INDEX = "chaos"
SHARDS = 3
PAGE = 5000


class EtcdWriter(Writer):
    """Sequential keys."""

    def __init__(self, address: str, run: str) -> None:
        super().__init__()
        self._address = address
        self._prefix = f"/chaos/{run}/".encode()
        self._client = self._new_client()

    def _new_client(self) -> aetcd.Client:
        return aetcd.Client(host=self._address, port=2379, timeout=int(REQUEST_SECONDS))

    async def open(self) -> None:
        """Nothing to prepare: keys need no table."""
        await self._client.connect()

    async def write(self, number: int) -> None:
        """One put."""
        await self._client.put(self._key(number), str(number).encode())

    async def reconnect(self) -> None:
        """A channel to a Service is pinned to one member, so a new one is needed when that member is gone."""
        old, self._client = self._client, self._new_client()
        await old.close()

    async def stored(self) -> set[int]:
        """A linearizable range over the prefix; a value that is not its key's own does not count."""
        found = await self._client.get_prefix(self._prefix)
        return {int(kv.value) for kv in found if bytes(kv.key) == self._key(int(kv.value))}

    async def close(self) -> None:
        """Close the channel."""
        await self._client.close()

    def _key(self, number: int) -> bytes:
        return self._prefix + b"%08d" % number


class ElasticsearchWriter(Writer):
    """One document a request, into an index with one replica."""

    def __init__(self, address: str, run: str) -> None:
        super().__init__()
        self._index = f"{INDEX}-{run}"
        self._client = AsyncElasticsearch(
            f"http://{address}:9200", request_timeout=REQUEST_SECONDS, max_retries=0, retry_on_timeout=False
        )

    async def open(self) -> None:
        """Make the index. Acknowledged means on disk on every copy in sync: durability `request` is the default."""
        try:
            await self._client.indices.create(
                index=self._index, settings={"number_of_shards": SHARDS, "number_of_replicas": 1}
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise

    async def write(self, number: int) -> None:
        """One document under its number."""
        await self._client.index(index=self._index, id=str(number), document={"number": number})

    async def reconnect(self) -> None:
        """The client's pool does that by itself."""

    async def stored(self) -> set[int]:
        """All documents, in pages by number."""
        await self._client.options(request_timeout=60).indices.refresh(index=self._index)
        found: set[int] = set()
        after: list[int] | None = None
        while True:
            page = await self._client.search(
                index=self._index, size=PAGE, sort=[{"number": "asc"}], search_after=after,
                allow_partial_search_results=False,
            )  # fmt: skip
            hits = page["hits"]["hits"]
            if not hits:
                return found
            found |= {int(hit["_id"]) for hit in hits if int(hit["_id"]) == hit["_source"]["number"]}
            after = hits[-1]["sort"]

    async def close(self) -> None:
        """Close the pool."""
        await self._client.close()
