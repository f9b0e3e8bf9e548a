"""Between the contract's messages of duplicates and search's own words."""

from argus.search.v1 import duplicates_pb2

from services.search.duplicates.limits import DEFAULT_COSINE, DEFAULT_DISTANCE
from services.search.duplicates.model import DuplicatesRequest, Kind, Progress, Summary, Told

_KINDS = {
    duplicates_pb2.DuplicateCluster.EXACT: Kind.EXACT,
    duplicates_pb2.DuplicateCluster.NEAR: Kind.NEAR,
    duplicates_pb2.DuplicateCluster.ALIKE: Kind.ALIKE,
}
_OF_KIND = {kind: number for number, kind in _KINDS.items()}
_STAGES = {
    "waiting": duplicates_pb2.DuplicatesProgress.WAITING,
    "reading": duplicates_pb2.DuplicatesProgress.READING,
    "comparing": duplicates_pb2.DuplicatesProgress.COMPARING,
}


def to_duplicates_request(
    message: duplicates_pb2.FindDuplicatesRequest, user_id: str
) -> DuplicatesRequest:
    """A request that keeps the contract's constraints."""
    return DuplicatesRequest(
        user_id=user_id,
        kinds=frozenset(_KINDS[kind] for kind in message.kinds) or frozenset(Kind),
        max_distance=(
            message.max_distance if message.HasField("max_distance") else DEFAULT_DISTANCE
        ),
        min_cosine=message.min_cosine if message.HasField("min_cosine") else DEFAULT_COSINE,
        filter=message.filter,
        min_size=max(2, message.min_size),
        after_cursor=message.after_cursor,
        limit=message.limit,
    )


def from_told(told: Told) -> duplicates_pb2.FindDuplicatesResponse:
    """What is told as a message."""
    if isinstance(told, Progress):
        progress = duplicates_pb2.DuplicatesProgress(
            stage=_STAGES[told.stage], done_count=told.done_count
        )
        return duplicates_pb2.FindDuplicatesResponse(progress=progress)
    if isinstance(told, Summary):
        clusters = told.clusters
        summary = duplicates_pb2.DuplicatesSummary(
            image_count=clusters.image_count,
            without_embedding_count=clusters.without_vector_count,
            cluster_count=len(clusters),
            duplicate_count=len(clusters.ids) - len(clusters),
            duplicate_bytes=clusters.duplicate_bytes,
            max_distance=told.max_distance,
            min_cosine=told.min_cosine,
            model=told.model,
        )
        return duplicates_pb2.FindDuplicatesResponse(summary=summary)
    cluster = duplicates_pb2.DuplicateCluster(
        kind=_OF_KIND[told.kind], image_count=told.image_count, first=told.first
    )
    for member in told.members:
        cluster.images.add(image=member.image, distance=member.distance, cosine=member.cosine)
    return duplicates_pb2.FindDuplicatesResponse(cluster=cluster, cursor=told.cursor)
