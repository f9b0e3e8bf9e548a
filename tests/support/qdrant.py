"""A stand-in for a Qdrant server: Qdrant's gRPC services over the client's local mode.

What Argus asks of a server is answered, in memory and exactly; everything else is UNIMPLEMENTED.
It has no shards, no replicas, no graph and no disk. `python -m tests.support.qdrant HOST:PORT`.
"""

import asyncio
import contextlib
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from typing import Any

import grpc
import qdrant_client.grpc as words
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc

GRPC_PORT = 6334
"""Where a server has its gRPC; REST, which a URL names, is one below."""

Answer = Callable[[Any, Any, Any], Awaitable[Any]]


def _refusing(answer: Answer) -> Answer:
    """Has a method refuse in a server's codes what local mode raises."""

    @wraps(answer)
    async def refusing(self: Any, request: Any, context: Any) -> Any:
        name = getattr(request, "collection_name", "")
        if name and isinstance(self, _Points) and not await self.engine.collection_exists(name):
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no collection {name}")
        try:
            return await answer(self, request, context)
        except (TypeError, ValueError) as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))

    return refusing


class _Points(words.PointsServicer):
    """Points of collections."""

    def __init__(self, engine: AsyncQdrantClient) -> None:
        self.engine = engine

    @_refusing
    async def Upsert(self, request: Any, context: Any) -> Any:
        points = [GrpcToRest.convert_point_struct(point) for point in request.points]
        return _written(await self.engine.upsert(request.collection_name, points))

    @_refusing
    async def Delete(self, request: Any, context: Any) -> Any:
        selector = GrpcToRest.convert_points_selector(request.points)
        return _written(await self.engine.delete(request.collection_name, selector))

    @_refusing
    async def CreateFieldIndex(self, request: Any, context: Any) -> Any:
        # Local mode has none, and finds the same.
        return _written(models.UpdateResult(status=models.UpdateStatus.COMPLETED))

    @_refusing
    async def CreateVectorName(self, request: Any, context: Any) -> Any:
        named: Any = models.SparseVectorNameConfig(sparse=models.SparseVectorConfig())
        if request.HasField("dense_config"):
            asked = request.dense_config
            named = models.DenseVectorNameConfig(
                dense=models.DenseVectorConfig(
                    size=asked.size,
                    distance=models.Distance.COSINE,
                    multivector_config=GrpcToRest.convert_multivector_config(
                        asked.multivector_config
                    ),
                )
            )
        return _written(
            await self.engine.create_vector_name(
                request.collection_name, request.vector_name, named
            )
        )

    @_refusing
    async def Facet(self, request: Any, context: Any) -> Any:
        found = await self.engine.facet(
            request.collection_name, request.key, facet_filter=_filter(request), limit=request.limit
        )
        return words.FacetResponse(
            hits=[
                words.FacetHit(value=words.FacetValue(string_value=str(hit.value)), count=hit.count)
                for hit in found.hits
            ]
        )

    @_refusing
    async def Query(self, request: Any, context: Any) -> Any:
        found = await self.engine.query_points(
            request.collection_name,
            query=GrpcToRest.convert_query(request.query),
            using=request.using or None,
            query_filter=_filter(request),
            limit=request.limit,
            prefetch=[GrpcToRest.convert_prefetch_query(one) for one in request.prefetch] or None,
            **_parts(request),
        )
        hits = [
            words.ScoredPoint(id=RestToGrpc.convert_extended_point_id(point.id), score=point.score)
            for point in found.points
        ]
        return words.QueryResponse(result=hits)

    @_refusing
    async def Get(self, request: Any, context: Any) -> Any:
        ids = [GrpcToRest.convert_point_id(one) for one in request.ids]
        found = await self.engine.retrieve(request.collection_name, ids, **_parts(request))
        return words.GetResponse(result=[_retrieved(record) for record in found])

    @_refusing
    async def Scroll(self, request: Any, context: Any) -> Any:
        after = GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None
        found, following = await self.engine.scroll(
            request.collection_name,
            scroll_filter=_filter(request),
            limit=request.limit,
            offset=after,
            **_parts(request),
        )
        return words.ScrollResponse(
            result=[_retrieved(record) for record in found],
            next_page_offset=None
            if following is None
            else RestToGrpc.convert_extended_point_id(str(following)),
        )

    @_refusing
    async def Count(self, request: Any, context: Any) -> Any:
        found = await self.engine.count(request.collection_name, _filter(request), exact=True)
        return words.CountResponse(result=words.CountResult(count=found.count))


class _Collections(words.CollectionsServicer):
    """Collections, and names for them."""

    def __init__(self, engine: AsyncQdrantClient) -> None:
        self.engine = engine
        self.configs: dict[str, Any] = {}
        """What was said of each collection's graph and copies, which local mode has not."""

    @_refusing
    async def Get(self, request: Any, context: Any) -> Any:
        if request.collection_name not in self.configs:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such collection")
        info = words.CollectionInfo(
            status=words.CollectionStatus.Green,
            optimizer_status=words.OptimizerStatus(ok=True),
            segments_count=1,
            config=self.configs[request.collection_name],
        )
        if not info.config.hnsw_config.HasField("full_scan_threshold"):
            info.config.hnsw_config.full_scan_threshold = 10_000
        found = await self.engine.get_collection(request.collection_name)
        for name in found.config.params.sparse_vectors or {}:
            info.config.params.sparse_vectors_config.map[name].SetInParent()
        vectors = found.config.params.vectors
        for name, params in vectors.items() if isinstance(vectors, dict) else ():
            has = info.config.params.vectors_config.params_map.map
            if name not in has:
                has[name].CopyFrom(RestToGrpc.convert_vector_params(params))
        return words.GetCollectionInfoResponse(result=info)

    @_refusing
    async def Update(self, request: Any, context: Any) -> Any:
        config = self.configs[request.collection_name]
        config.hnsw_config.MergeFrom(request.hnsw_config)
        config.params.MergeFrom(
            words.CollectionParams(
                **{
                    field.name: value
                    for field, value in request.params.ListFields()
                    if field.name in {"replication_factor", "write_consistency_factor"}
                }
            )
        )
        for name, change in request.vectors_config.params_map.map.items():
            # Local mode has no settings of vectors that were added later.
            if name in config.params.vectors_config.params_map.map:
                config.params.vectors_config.params_map.map[name].on_disk = change.on_disk
        if request.quantization_config.HasField("disabled"):
            config.ClearField("quantization_config")
        elif request.HasField("quantization_config"):
            kind = request.quantization_config.WhichOneof("quantization")
            asked = getattr(request.quantization_config, kind)
            config.quantization_config.CopyFrom(words.QuantizationConfig(**{kind: asked}))
        return words.CollectionOperationResponse(result=True)

    @_refusing
    async def CollectionExists(self, request: Any, context: Any) -> Any:
        exists = await self.engine.collection_exists(request.collection_name)
        return words.CollectionExistsResponse(result=words.CollectionExists(exists=exists))

    @_refusing
    async def Create(self, request: Any, context: Any) -> Any:
        made = await self.engine.create_collection(
            request.collection_name,
            vectors_config=GrpcToRest.convert_vectors_config(request.vectors_config),
            sparse_vectors_config={
                name: models.SparseVectorParams() for name in request.sparse_vectors_config.map
            },
        )
        self.configs[request.collection_name] = _config(request)
        return words.CollectionOperationResponse(result=made)

    @_refusing
    async def Delete(self, request: Any, context: Any) -> Any:
        gone = await self.engine.delete_collection(request.collection_name)
        return words.CollectionOperationResponse(result=gone)

    @_refusing
    async def List(self, request: Any, context: Any) -> Any:
        found = (await self.engine.get_collections()).collections
        return words.ListCollectionsResponse(
            collections=[words.CollectionDescription(name=one.name) for one in found]
        )

    @_refusing
    async def ListAliases(self, request: Any, context: Any) -> Any:
        found = (await self.engine.get_aliases()).aliases
        return words.ListAliasesResponse(
            aliases=[RestToGrpc.convert_alias_description(one) for one in found]
        )

    @_refusing
    async def UpdateAliases(self, request: Any, context: Any) -> Any:
        changes = [GrpcToRest.convert_alias_operations(one) for one in request.actions]
        done = await self.engine.update_collection_aliases(changes)
        return words.CollectionOperationResponse(result=done)


@contextlib.asynccontextmanager
async def stand_in(listen: str = "127.0.0.1:0") -> AsyncIterator[str]:
    """Serves at `host:port` of gRPC; yields the URL that Argus is told."""
    server = grpc.aio.server()
    engine = AsyncQdrantClient(":memory:")
    added: Any = words
    added.points_service_pb2_grpc.add_PointsServicer_to_server(_Points(engine), server)
    added.collections_service_pb2_grpc.add_CollectionsServicer_to_server(
        _Collections(engine), server
    )
    port = server.add_insecure_port(listen)
    await server.start()
    try:
        yield f"http://{listen.rpartition(':')[0]}:{port - 1}"
    finally:
        await server.stop(None)
        await engine.close()


def _config(request: Any) -> Any:
    """A new collection's, as it was asked for."""
    return words.CollectionConfig(
        params=words.CollectionParams(
            vectors_config=request.vectors_config,
            shard_number=request.shard_number or 1,
            replication_factor=request.replication_factor or 1,
            write_consistency_factor=request.write_consistency_factor or 1,
        ),
        hnsw_config=request.hnsw_config,
        optimizer_config=words.OptimizersConfigDiff(
            deleted_threshold=0.2,
            vacuum_min_vector_number=1000,
            default_segment_number=0,
            flush_interval_sec=5,
        ),
        wal_config=words.WalConfigDiff(wal_capacity_mb=32, wal_segments_ahead=0),
        quantization_config=request.quantization_config
        if request.HasField("quantization_config")
        else None,
    )


def _written(result: models.UpdateResult) -> Any:
    status = words.UpdateStatus.Value(result.status.value.capitalize())
    return words.PointsOperationResponse(
        result=words.UpdateResult(operation_id=result.operation_id, status=status)
    )


def _retrieved(record: models.Record) -> Any:
    # The client's own words for a point without a payload have none for the wire.
    whole = record.model_copy(update={"payload": record.payload or {}})
    return RestToGrpc.convert_record(whole)


def _filter(request: Any) -> models.Filter | None:
    return GrpcToRest.convert_filter(request.filter) if request.HasField("filter") else None


def _parts(request: Any) -> dict[str, Any]:
    """Which parts of points are asked for."""
    return {
        "with_payload": GrpcToRest.convert_with_payload_selector(request.with_payload),
        "with_vectors": GrpcToRest.convert_with_vectors_selector(request.with_vectors),
    }


async def _serve(listen: str) -> None:
    async with stand_in(listen):
        await asyncio.Event().wait()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asyncio.run(_serve(sys.argv[1]))
