"""The composition root of search."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial

from argus.search.v1 import (
    operator_pb2_grpc,
    reindex_pb2_grpc,
    saved_pb2_grpc,
    search_pb2_grpc,
    vector_pb2_grpc,
)
from redis.asyncio import Redis

from services.clients.catalog import GrpcCatalog
from services.clients.contents import StoredContents, open_http
from services.clients.query_embedder import GrpcQueryEmbedder
from services.clients.space import CurrentSpace
from services.clients.standings import GrpcStandings
from services.imaging.decode import ImageLimits
from services.runtime.alarm import Alarm
from services.runtime.audit import RedisAudit
from services.runtime.background import BackgroundTasks
from services.runtime.channel import open_channel, peer_dependency
from services.runtime.deleted_accounts import AccountRemoval
from services.runtime.health import Dependency
from services.runtime.identity import TokenVerifier
from services.runtime.keys import PublishedKeys
from services.runtime.migrations import SCHEMAS, migrate
from services.runtime.mutual_tls import mutual_tls
from services.runtime.outgoing import ServiceToken
from services.runtime.postgres import open_pool, probe
from services.runtime.postgres_listener import PostgresListener
from services.runtime.redis import REDIS_ERRORS, ClosedSessions, open_redis
from services.runtime.redis import probe as probe_redis
from services.runtime.server import RunningServer, public_services, serving
from services.runtime.wakeup import Wakeup
from services.search.checking import IndexChecks
from services.search.duplicates.comparing import Comparer
from services.search.duplicates.finder import DuplicateFinder
from services.search.duplicates.grpc_fingerprints import GrpcFingerprints
from services.search.duplicates.kept_clusters import KeptClusters
from services.search.erasure import AccountErasure
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index_servicer import IndexServicer
from services.search.indexing.embed_stream import EmbedStream
from services.search.indexing.gate import Gate
from services.search.indexing.image_worker import ImageWorker
from services.search.indexing.indexer import Indexer
from services.search.indexing.redis_events import RedisEvents
from services.search.mapping.atlas import Atlas
from services.search.mapping.layout_files import LayoutFiles
from services.search.mapping.map_maker import MapMaker
from services.search.meaning.cutoffs import Cutoffs
from services.search.meaning.grpc_references import GrpcReferences
from services.search.meaning.reference_vectors import ReferenceVectors
from services.search.operator_servicer import SearchOperatorServicer
from services.search.ports import EventStream, VectorIndex
from services.search.query.kept_pages import KeptPages
from services.search.query.neighbours import Neighbours
from services.search.query.planner import Planner
from services.search.query.query_vectors import RememberedQueries
from services.search.query.searcher import Searcher
from services.search.redis_removals import RedisRemovals
from services.search.redis_versions import RedisVersions
from services.search.reindexing.desk import ReindexDesk
from services.search.reindexing.grpc_models import GrpcModels
from services.search.reindexing.redis_reindexes import RedisReindexes
from services.search.reindexing.runner import ReindexRunner
from services.search.saved.arriving import Arrivals
from services.search.saved.comparison import Comparisons
from services.search.saved.library import SavedLibrary
from services.search.saved.matcher import Matcher
from services.search.saved.own_images import OwnImages
from services.search.saved.postgres_arrivals import PostgresArrivals
from services.search.saved.postgres_matches import CHANNEL, PostgresMatches
from services.search.saved.postgres_searches import PostgresSavedSearches
from services.search.saved.servicer import SavedSearchServicer
from services.search.saved.watching import NewMatches
from services.search.servicer import SearchServicer
from services.search.settings import SearchSettings
from services.search.snapshots.restored import RESTORED, RestoredVectors
from services.search.space_in_use import SpaceInUse
from services.search.vector_servicer import VectorServicer

IMAGES_AT_ONCE = 32
"""Images that are fetched or embedded at once, for each stream; the embedder takes as many from
one."""

POSTGRES_CONNECTIONS = 6
"""Enough for the comparison, the indexer, and calls beside them."""

MESSAGE_OVERHEAD_BYTES = 1024
"""What a message needs besides the image."""


@asynccontextmanager
async def build(settings: SearchSettings) -> AsyncIterator[RunningServer]:
    """Builds search from its settings, top to bottom; ends it upwards."""
    images_at_once = IMAGES_AT_ONCE * settings.embed_streams
    tls = mutual_tls(settings)
    async with (
        open_redis(settings.redis_url) as redis,
        await open_pool(settings.postgres_url, max_size=POSTGRES_CONNECTIONS) as pool,
        _open_index(settings, redis) as index,
        open_channel(
            settings.auth_url, max_message_bytes=settings.max_message_bytes, peer="auth", tls=tls
        ) as auth_channel,
        open_channel(
            settings.storage_url,
            max_message_bytes=settings.max_message_bytes,
            peer="storage",
            tls=tls,
        ) as storage_channel,
        open_channel(
            settings.embedder_url,
            max_message_bytes=settings.max_message_bytes,
            peer="embedder",
            tls=tls,
            balanced=True,
        ) as embedder_channel,
        open_http(images_at_once) as http,
    ):
        await migrate(pool, schema=SCHEMAS["search"], package=__package__ or "services.search")
        keys = PublishedKeys(auth_channel)
        verifier = TokenVerifier(
            keys,
            ClosedSessions(redis),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
        )
        token = ServiceToken(auth_channel, service="search", secret=settings.service_secret)
        space = CurrentSpace(embedder_channel, token)
        in_use = SpaceInUse(index, space)
        half_bytes = settings.search_memory_bytes // 2
        queries = RememberedQueries(
            GrpcQueryEmbedder(embedder_channel, in_use), most_bytes=half_bytes
        )
        catalog = GrpcCatalog(storage_channel)
        references = ReferenceVectors(
            settings.vector_dir / "references", GrpcReferences(embedder_channel, token)
        )
        contents = StoredContents(storage_channel, token, http)
        cutoffs = Cutoffs(index, references)
        searcher = Searcher(
            index,
            Planner(index, queries, catalog, contents, ImageLimits()),
            catalog,
            cutoffs,
            KeptPages(half_bytes),
        )
        maps = LayoutFiles(settings.vector_dir / "maps", most_bytes=settings.search_map_bytes)
        fingerprints = GrpcFingerprints(storage_channel, token)
        comparer = Comparer(fingerprints, index, settings.vector_dir / "duplicates")
        duplicates = DuplicateFinder(index, queries, catalog, comparer, KeptClusters())
        checks = IndexChecks(index, GrpcStandings(storage_channel, token))
        events = RedisEvents(redis, settings.replica)
        saved_searches = PostgresSavedSearches(pool)
        new_matches, arrival_log = PostgresMatches(pool), PostgresArrivals(pool)
        # Queries that are embedded for no call of their owner's.
        own_queries = GrpcQueryEmbedder(embedder_channel, in_use, on_behalf=False)
        alarm, to_compare = Alarm(), Wakeup()
        reindexes = RedisReindexes(redis)
        desk = ReindexDesk(reindexes, GrpcModels(embedder_channel, token), index, in_use.get)

        @asynccontextmanager
        async def reindex_workers(images: EventStream) -> AsyncIterator[ImageWorker]:
            # Streams of its own: what the other model is refused with ends them.
            streams = settings.embed_streams
            async with aclosing(
                EmbedStream(embedder_channel, token, space, streams=streams)
            ) as stream:
                yield _image_worker(settings, images, contents, stream)

        async with (
            aclosing(
                EmbedStream(embedder_channel, token, space, streams=settings.embed_streams)
            ) as stream,
            aclosing(Atlas(index, queries, maps, MapMaker(index, maps.folder))) as atlas,
            aclosing(cutoffs),
            BackgroundTasks() as background,
            serving(
                settings,
                servicers=[
                    partial(
                        search_pb2_grpc.add_SearchServiceServicer_to_server,
                        SearchServicer(searcher, atlas, duplicates),
                    ),
                    partial(
                        saved_pb2_grpc.add_SavedSearchServiceServicer_to_server,
                        SavedSearchServicer(
                            SavedLibrary(
                                saved_searches, searcher, most=settings.search_saved_searches
                            ),
                            NewMatches(new_matches, catalog, alarm),
                        ),
                    ),
                    partial(
                        reindex_pb2_grpc.add_IndexServiceServicer_to_server, IndexServicer(desk)
                    ),
                    partial(
                        vector_pb2_grpc.add_VectorServiceServicer_to_server,
                        VectorServicer(Neighbours(index)),
                    ),
                    partial(
                        operator_pb2_grpc.add_SearchOperatorServiceServicer_to_server,
                        SearchOperatorServicer(checks, index, contents, in_use.get),
                    ),
                ],
                audit=RedisAudit(redis),
                verifier=verifier,
                dependencies=[
                    Dependency("redis", partial(probe_redis, redis)),
                    Dependency("postgres", partial(probe, pool)),
                    Dependency("background", background.probe),
                    Dependency("index", index.probe),
                    Dependency("keys", keys.probe),
                    peer_dependency("auth", auth_channel, *public_services("auth")),
                    peer_dependency("storage", storage_channel, *public_services("storage")),
                    peer_dependency("embedder", embedder_channel, *public_services("embedder")),
                ],
                error_table=REDIS_ERRORS,
            ) as server,
        ):

            def searcher_of(user_id: str) -> Searcher:
                own = OwnImages(contents, user_id)
                return Searcher(
                    index, Planner(index, own_queries, own, contents, ImageLimits()), own, cutoffs
                )

            matcher = Matcher(
                arrival_log,
                saved_searches,
                new_matches,
                Comparisons(saved_searches, searcher_of),
                index=index,
                embedder=own_queries,
                wakeup=to_compare,
            )
            worker = _image_worker(settings, events, contents, stream)
            # While half are embedded, the others are fetched.
            indexer = Indexer(
                events,
                contents,
                stream,
                index,
                worker,
                arrivals=Arrivals(arrival_log, index, to_compare),
                changeover=reindexes,
                use=in_use.use,
                restore=RestoredVectors(settings.vector_dir / RESTORED, index, contents).bring,
                capacity=2 * images_at_once,
            )
            runner = ReindexRunner(
                reindexes,
                events,
                contents,
                index,
                current=in_use.get,
                workers=reindex_workers,
                replica=settings.replica,
                capacity=2 * images_at_once,
            )
            removal = AccountRemoval(
                redis,
                service="search",
                consumer=settings.replica,
                erase=AccountErasure(index, maps, saved_searches, RedisRemovals(redis)).erase,
            )
            background.start("indexer", indexer.run)
            background.start("saved searches", matcher.run)
            listener = PostgresListener(settings.postgres_url, CHANNEL, alarm)
            background.start("new matches", listener.run, vital=False)
            background.start("reindexing", runner.run)
            background.start("deleted accounts", removal.run, vital=False)
            yield server


def _image_worker(
    settings: SearchSettings, events: EventStream, contents: StoredContents, stream: EmbedStream
) -> ImageWorker:
    slots = IMAGES_AT_ONCE * settings.embed_streams
    return ImageWorker(
        events,
        contents,
        stream,
        Gate(slots=slots, budget_bytes=settings.search_image_budget_bytes),
        max_image_bytes=settings.max_message_bytes - MESSAGE_OVERHEAD_BYTES,
        crops=settings.search_crops,
    )


@asynccontextmanager
async def _open_index(settings: SearchSettings, redis: Redis) -> AsyncIterator[VectorIndex]:
    index: VectorIndex
    if settings.qdrant_url:
        # 45 MiB of client that a process with its own index does not need.
        from services.search.index.qdrant_server import ServerIndex, connect  # noqa: PLC0415

        index = ServerIndex(
            connect(settings.qdrant_url, settings.qdrant_api_key.get_secret_value()),
            settings.graph(),
            settings.cluster(),
            RedisVersions(redis),
            crops=settings.search_crops,
        )
    else:
        index = EdgeIndex(
            settings.vector_dir,
            graph=settings.graph(),
            build=settings.build(),
            crops=settings.search_crops,
        )
    try:
        yield index
    finally:
        await index.close()
