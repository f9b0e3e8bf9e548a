"""Vectors on a Qdrant server or cluster.

Each space is a collection of its own. The alias `images` names the one that
searches use; what is asked of the server always says which it means.
"""

import asyncio
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import grpc
import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from services.clients.model import Space, Vector
from services.runtime.filters import Operator
from services.search.errors import IndexUnavailable, PointRefused, SpaceGone
from services.search.index import qdrant_collection
from services.search.index.conditions import (
    KEYWORDS,
    LAYOUT,
    NUMBERS,
    USER_ID,
    VECTOR_NAME,
    WORDS_NAME,
    layouts,
    payload_of,
    scope_condition,
    sparse,
    word_condition,
    words_of,
)
from services.search.index.crops import (
    CROP_BOXES,
    CROPS_NAME,
    NEAREST,
    SCANNED,
    crops_of,
    joined,
)
from services.search.index.ranking import page_after
from services.search.index.tuning import ClusterTuning, GraphTuning
from services.search.index.vectors import check_point, check_vector
from services.search.index.versions import NoVersions, Versions
from services.search.model import Cursor, Hit, ImagePoint, Scope, StoredVector

ALIAS = "images"
TIMEOUT_S = 5
_SPACE_PREFIX = "images-"

DEFAULT_GRAPH = GraphTuning()
DEFAULT_CLUSTER = ClusterTuning()

_REFUSED = (400, 413, 422, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE)
_GONE = (404, grpc.StatusCode.NOT_FOUND)

_log = logging.getLogger(__name__)


def connect(url: str, api_key: str) -> AsyncQdrantClient:
    """Opens a client; it connects when it is first used.

    Args:
        url: REST address; gRPC, which is used where it can be, is one port above.
        api_key: Key of the server; empty for none.
    """
    address = httpx.URL(url)
    return AsyncQdrantClient(
        url=url,
        api_key=api_key or None,
        grpc_port=(address.port or 6333) + 1,
        prefer_grpc=True,
        timeout=TIMEOUT_S,
        # Asks the server at once, and warns if it is not up yet.
        check_compatibility=False,
        # A server that vanished, with its machine, is noticed; one that comes back is found soon.
        grpc_options={
            "grpc.keepalive_time_ms": 30_000,
            "grpc.keepalive_timeout_ms": 5_000,
            "grpc.initial_reconnect_backoff_ms": 100,
            "grpc.max_reconnect_backoff_ms": 1_000,
        },
    )


class ServerIndex:
    """Collections of a Qdrant server.

    Args:
        client: Whom to ask; closed with the index.
        graph: What graphs are like, and how they are searched.
        cluster: How collections are spread.
        versions: Of users' images, for all who write there; None: nobody says when images change.
        crops: Whether it keeps parts of images.
    """

    def __init__(
        self,
        client: AsyncQdrantClient,
        graph: GraphTuning = DEFAULT_GRAPH,
        cluster: ClusterTuning = DEFAULT_CLUSTER,
        versions: Versions | None = None,
        *,
        crops: bool = False,
    ) -> None:
        self.keeps_crops = crops
        self._client = client
        self._graph = graph
        self._cluster = cluster
        self._versions = versions or NoVersions()
        self._open: set[str] = set()
        self._late: set[str] = set()

    async def open(self, space: Space) -> None:
        """Makes the collection, or gives it today's settings."""
        if space.name in self._open:
            return
        with _translated():
            if not await self._client.collection_exists(space.name):
                await self._create(space)
            elif await qdrant_collection.update(
                self._client, space.name, self._graph, self._cluster
            ):
                _log.info("changed the settings of the vector space %s", space.name)
            await self._add_words(space)
            if self.keeps_crops:
                await self._add_crops(space)
            await self._client.create_payload_index(
                space.name,
                USER_ID,
                models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True),
                wait=True,
            )
            for field in KEYWORDS:
                await self._client.create_payload_index(
                    space.name, field, models.PayloadSchemaType.KEYWORD, wait=True
                )
            for field in NUMBERS:
                await self._client.create_payload_index(
                    space.name, field, models.PayloadSchemaType.INTEGER, wait=True
                )
            params = (await self._client.get_collection(space.name)).config.params
            # Copies that get a write later answer as if it had not been.
            late = (params.replication_factor or 1) > (params.write_consistency_factor or 1)
            (self._late.add if late else self._late.discard)(space.name)
        self._open.add(space.name)

    async def upsert(self, space: Space, points: Sequence[ImagePoint]) -> None:
        """Writes points and waits until the server has them in its log and segments."""
        if not points:
            return
        for point in points:
            check_point(point, space)
        users = {point.user_id for point in points}
        async with self._versions.writing(users):
            with self._in(space), _refusing():
                await self._client.upsert(
                    space.name,
                    [
                        models.PointStruct(
                            id=point.image_id,
                            vector=_vectors(point),
                            payload=payload_of(point, space),
                        )
                        for point in map(self._kept, points)
                    ],
                    wait=True,
                )

    async def delete(self, image_ids: Sequence[str]) -> None:
        """Deletes from every collection that holds images."""
        if not image_ids:
            return
        ids: list[models.ExtendedPointId] = list(image_ids)
        with _translated():
            spaces = await self._spaces()
            users = await self._owners(spaces, ids)
        async with self._versions.writing(users):
            with _translated():
                for name in spaces:
                    await self._client.delete(name, models.PointIdsList(points=ids), wait=True)

    async def search(
        self,
        space: Space,
        vector: Vector,
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
        exact: bool = False,
        crops: bool = False,
    ) -> list[Hit]:
        """Searches the HNSW graph, or scans where the filter leaves little."""
        check_vector(vector, space)
        condition = scope_condition(scope, _Conditions())
        params = qdrant_collection.search_params(self._graph, exact=exact)

        async def whole(count: int) -> list[Hit]:
            with self._in(space):
                answer = await self._client.query_points(
                    space.name,
                    query=vector,
                    using=VECTOR_NAME,
                    query_filter=condition,
                    limit=count,
                    with_payload=False,
                    search_params=params,
                )
            return [Hit(str(point.id), point.score) for point in answer.points]

        if not (crops and self.keeps_crops):
            return await page_after(whole, after=after, limit=limit)
        scans = exact or await self.count_in(space, scope, exact=False) <= SCANNED

        async def parts(count: int) -> list[Hit]:
            near = models.Prefetch(
                query=vector,
                using=VECTOR_NAME,
                filter=condition,
                limit=max(NEAREST, count),
                params=params,
            )
            with self._in(space):
                answer = await self._client.query_points(
                    space.name,
                    prefetch=None if scans else near,
                    query=[vector],
                    using=CROPS_NAME,
                    query_filter=condition,
                    limit=count,
                    with_payload=False,
                    search_params=params,
                )
            return [Hit(str(point.id), point.score) for point in answer.points]

        return await page_after(joined(whole, parts), after=after, limit=limit)

    async def search_words(
        self,
        space: Space,
        weights: Mapping[str, float],
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
    ) -> list[Hit]:
        """Adds up weights in the sparse index."""
        query = _sparse(sparse(weights))
        condition = scope_condition(scope, _Conditions())

        async def best(count: int) -> list[Hit]:
            with self._in(space):
                answer = await self._client.query_points(
                    space.name,
                    query=query,
                    using=WORDS_NAME,
                    query_filter=condition,
                    limit=count,
                    with_payload=False,
                )
            return [Hit(str(point.id), point.score) for point in answer.points]

        return await page_after(best, after=after, limit=limit)

    async def version(self, space: Space, user_id: str) -> str | None:
        """Known where every copy has a write before it is acknowledged."""
        return None if space.name in self._late else await self._versions.of(user_id)

    async def own(
        self, space: Space, user_id: str, image_ids: Sequence[str]
    ) -> Mapping[str, Vector]:
        """Reads vectors by whose they are and by id."""
        if not image_ids:
            return {}
        with self._in(space):
            records, _ = await self._client.scroll(
                space.name,
                scroll_filter=scope_condition(Scope(user_id, within=image_ids), _Conditions()),
                limit=len(image_ids),
                with_payload=[USER_ID],
                with_vectors=[VECTOR_NAME],
            )
        return {
            str(record.id): stored.vector
            for record in records
            if (stored := _stored(record)) is not None
        }

    async def stored(
        self, space: Space, image_ids: Sequence[str], *, crops: bool = False
    ) -> Mapping[str, StoredVector]:
        """Reads vectors by id."""
        has_crops = crops and self.keeps_crops
        with self._in(space):
            records = await self._client.retrieve(
                space.name,
                list(image_ids),
                with_payload=[USER_ID, CROP_BOXES] if has_crops else [USER_ID],
                with_vectors=[VECTOR_NAME, CROPS_NAME] if has_crops else [VECTOR_NAME],
            )
        return {
            str(record.id): stored for record in records if (stored := _stored(record)) is not None
        }

    async def image_ids(
        self, space: Space, scope: Scope, *, limit: int, after: str = ""
    ) -> list[str]:
        """Reads ids only."""
        condition = scope_condition(scope, _Conditions())
        with self._in(space):
            return await self._ids(space.name, condition, limit=limit, after=after)

    async def _ids(
        self, space_name: str, condition: models.Filter | None, *, limit: int, after: str
    ) -> list[str]:
        records, _ = await self._client.scroll(
            space_name,
            scroll_filter=condition,
            # The engine's offset is the first id that it gives.
            limit=limit + 1,
            offset=after or None,
            with_payload=False,
            with_vectors=False,
        )
        return [found for record in records if (found := str(record.id)) != after][:limit]

    async def all_ids(self, space_name: str, *, limit: int, after: str = "") -> list[str]:
        """Reads ids only."""
        try:
            with _translated():
                return await self._ids(space_name, None, limit=limit, after=after)
        except SpaceGone:
            return []

    async def in_use(self) -> str:
        """Asks where the alias points."""
        with _translated():
            return await self._aliased()

    async def use(self, space: Space) -> None:
        """Points the alias at the collection."""
        with self._in(space):
            await self._point_alias(space)

    async def lacks(self, space_name: str, image_ids: Sequence[str]) -> bool:
        """Reads ids only."""
        try:
            with _translated():
                if not await self._client.collection_exists(space_name):
                    return True
                found = await self._client.retrieve(
                    space_name, list(image_ids), with_payload=False, with_vectors=False
                )
        except SpaceGone:
            return True
        return len(found) < len(set(image_ids))

    async def count(self, space: Space) -> int:
        """Counts exactly."""
        with self._in(space):
            return (await self._client.count(space.name, exact=True)).count

    async def count_in(self, space: Space, scope: Scope, *, exact: bool = True) -> int:
        """Counts, or asks the payload indexes."""
        condition = scope_condition(scope, _Conditions())
        with self._in(space):
            return (await self._client.count(space.name, count_filter=condition, exact=exact)).count

    async def word_counts(
        self, space: Space, user_id: str, words: Sequence[str]
    ) -> Mapping[str, int]:
        """Counts exactly, all at once."""

        async def count(word: str) -> int:
            condition = word_condition(user_id, word, _Conditions())
            found = await self._client.count(space.name, count_filter=condition, exact=True)
            return found.count

        with self._in(space):
            counts = await asyncio.gather(*(count(word) for word in words))
        return {word: count for word, count in zip(words, counts, strict=True) if count}

    async def outdated(self, space: Space) -> bool:
        """Counts exactly."""
        make = _Conditions()
        present = [make.equals(LAYOUT, one) for one in layouts(crops=self.keeps_crops)]
        condition = make.none_of(present)
        with self._in(space):
            found = await self._client.count(space.name, count_filter=condition, exact=True)
        return found.count > 0

    async def values(
        self, space: Space, field: str, scope: Scope, *, limit: int
    ) -> Mapping[str, int]:
        """Counts exactly."""
        with self._in(space):
            found = await self._client.facet(
                space.name,
                field,
                facet_filter=scope_condition(scope, _Conditions()),
                limit=limit,
                exact=True,
            )
        return {str(hit.value): hit.count for hit in found.hits}

    async def count_of_user(self, user_id: str) -> int:
        """Counts exactly, in every collection that holds images."""
        condition = _Conditions().equals(USER_ID, user_id)
        with _translated():
            return sum(
                [
                    (await self._client.count(name, count_filter=condition, exact=True)).count
                    for name in await self._spaces()
                ]
            )

    async def delete_of_user(self, user_id: str) -> None:
        """Deletes by whose they are, from every collection that holds images."""
        condition = _Conditions().equals(USER_ID, user_id)
        chosen = models.FilterSelector(filter=condition)
        async with self._versions.writing([user_id]):
            with _translated():
                for name in await self._spaces():
                    await self._client.delete(name, chosen, wait=True)

    async def probe(self) -> None:
        """Asks the server for its collections."""
        with _translated():
            await self._client.get_collections()

    async def close(self) -> None:
        """Closes the client."""
        await self._client.close()

    async def _owners(
        self, spaces: Sequence[str], ids: Sequence[models.ExtendedPointId]
    ) -> set[str]:
        """Whose images these are, in all spaces."""
        return {
            str((record.payload or {}).get(USER_ID, ""))
            for name in spaces
            for record in await self._client.retrieve(name, ids, with_payload=[USER_ID])
        }

    async def _spaces(self) -> list[str]:
        """Names of all collections that hold images."""
        collections = (await self._client.get_collections()).collections
        return [one.name for one in collections if one.name.startswith(_SPACE_PREFIX)]

    @contextmanager
    def _in(self, space: Space) -> Iterator[None]:
        """Turns the client's failures into errors; a collection that is gone is opened anew."""
        try:
            with _translated():
                yield
        except SpaceGone:
            self._open.discard(space.name)
            raise

    async def _create(self, space: Space) -> None:
        try:
            await self._client.create_collection(
                space.name,
                vectors_config={
                    VECTOR_NAME: models.VectorParams(
                        size=space.dimension,
                        distance=models.Distance.COSINE,
                        on_disk=qdrant_collection.is_on_disk(self._graph),
                    )
                },
                sparse_vectors_config={WORDS_NAME: models.SparseVectorParams()},
                hnsw_config=qdrant_collection.hnsw(self._graph),
                quantization_config=qdrant_collection.quantization(self._graph),
                shard_number=self._cluster.shards or None,
                replication_factor=self._cluster.replication_factor or None,
                write_consistency_factor=self._cluster.write_consistency or None,
            )
        except (ApiException, QdrantException, grpc.RpcError):
            # Another replica may have been faster.
            if not await self._client.collection_exists(space.name):
                raise
        _log.info("made the vector space %s", space.name)

    async def _add_words(self, space: Space) -> None:
        """Gives a collection of former code its sparse vector; its points stay as they are."""
        params = (await self._client.get_collection(space.name)).config.params
        if WORDS_NAME in (params.sparse_vectors or {}):
            return
        # Servers have this from 1.18 on. Asked for twice, by replicas, it is there.
        await self._client.create_vector_name(
            space.name,
            WORDS_NAME,
            models.SparseVectorNameConfig(sparse=models.SparseVectorConfig()),
            wait=True,
        )
        _log.info("added words to the vector space %s", space.name)

    async def _add_crops(self, space: Space) -> None:
        """Gives a collection the vectors of images' parts, without a graph of theirs."""
        params = (await self._client.get_collection(space.name)).config.params
        if isinstance(params.vectors, Mapping) and CROPS_NAME in params.vectors:
            return
        await self._client.create_vector_name(
            space.name, CROPS_NAME, qdrant_collection.crops_config(space.dimension), wait=True
        )
        await self._client.update_collection(
            space.name, vectors_config={CROPS_NAME: qdrant_collection.crops_settings()}
        )
        _log.info("added parts of images to the vector space %s", space.name)

    def _kept(self, point: ImagePoint) -> ImagePoint:
        """A point as it is kept: a collection without their vectors would refuse parts."""
        return point if self.keeps_crops else replace(point, crops=None)

    async def _aliased(self) -> str:
        """Name of the collection that the alias points at; empty if there is none."""
        aliases = (await self._client.get_aliases()).aliases
        return next((one.collection_name for one in aliases if one.alias_name == ALIAS), "")

    async def _point_alias(self, space: Space) -> None:
        aliased = await self._aliased()
        if aliased == space.name:
            return
        change: list[models.AliasOperations] = [
            models.CreateAliasOperation(
                create_alias=models.CreateAlias(collection_name=space.name, alias_name=ALIAS)
            )
        ]
        if aliased:
            change.insert(
                0,
                models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=ALIAS)),
            )
        await self._client.update_collection_aliases(change)


_BOUNDS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


def _vectors(point: ImagePoint) -> dict[str, models.Vector]:
    vectors: dict[str, models.Vector] = {VECTOR_NAME: point.vector}
    if words := words_of(point):
        vectors[WORDS_NAME] = _sparse(words)
    if point.crops:
        vectors[CROPS_NAME] = [crop.vector for crop in point.crops]
    return vectors


def _sparse(vector: Mapping[int, float]) -> models.SparseVector:
    return models.SparseVector(indices=list(vector), values=list(vector.values()))


class _Conditions:
    """Conditions as the client writes them."""

    def equals(self, field: str, value: str) -> models.Filter:
        condition = models.FieldCondition(key=field, match=models.MatchValue(value=value))
        return models.Filter(must=[condition])

    def compares(self, field: str, op: Operator, value: int) -> models.Filter:
        bounds = {"gte": value, "lte": value} if op == "=" else {_BOUNDS[op]: value}
        condition = models.FieldCondition(key=field, range=models.Range(**bounds))
        return models.Filter(must=[condition])

    def is_one_of(self, image_ids: Collection[str]) -> models.Filter:
        return models.Filter(must=[models.HasIdCondition(has_id=list(image_ids))])

    def all_of(self, conditions: list[models.Filter]) -> models.Filter:
        return models.Filter(must=list(conditions))

    def any_of(self, conditions: list[models.Filter]) -> models.Filter:
        return models.Filter(should=list(conditions))

    def none_of(self, conditions: list[models.Filter]) -> models.Filter:
        return models.Filter(must_not=list(conditions))


def _stored(record: models.Record) -> StoredVector | None:
    """A point as it was kept; None if it lacks something, and so must be made anew."""
    vectors, payload = record.vector, record.payload
    if not isinstance(vectors, dict) or not payload:
        return None
    vector = vectors.get(VECTOR_NAME)
    if not isinstance(vector, list):
        return None
    return StoredVector(
        str(payload.get(USER_ID, "")),
        [float(part) for part in vector if not isinstance(part, list)],
        crops_of(vectors.get(CROPS_NAME), payload.get(CROP_BOXES)),
    )


def _status(error: Exception) -> object:
    """What the server says of a request, in the words of whichever protocol carried it."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code
    return error.code() if isinstance(error, grpc.RpcError) else None


@contextmanager
def _refusing() -> Iterator[None]:
    """Tells what the server, or the client for it, will never take.

    Raises:
        PointRefused: it is so.
    """
    try:
        yield
    except (ApiException, grpc.RpcError, TypeError, ValueError) as error:
        if isinstance(error, TypeError | ValueError) or _status(error) in _REFUSED:
            _log.warning("the vector index refuses points: %r", error)
            raise PointRefused("the index cannot hold what is known of the image") from error
        raise


@contextmanager
def _translated() -> Iterator[None]:
    """Turns the client's failures into errors.

    Raises:
        SpaceGone: the server has not the collection.
        IndexUnavailable: anything else.
    """
    try:
        yield
    except (ApiException, QdrantException, httpx.HTTPError, grpc.RpcError, OSError) as error:
        _log.warning("the vector index failed: %r", error)
        if _status(error) in _GONE:
            raise SpaceGone("the vector space is gone", retry_after_s=1) from error
        raise IndexUnavailable("the vector index does not answer", retry_after_s=1) from error
