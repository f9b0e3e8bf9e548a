"""What a shard of Qdrant Edge has for each point: its vectors, and indexes of what filters ask."""

from collections.abc import Mapping
from typing import Protocol

import qdrant_edge as edge

from services.search.index.conditions import KEYWORDS, NUMBERS, USER_ID, WORDS_NAME
from services.search.index.crops import CROPS_NAME

_READ = edge.Memory.Cached
"""Indexes are read where they lie. In memory of their own they would be put together at each
opening, which holds search: of a million images for 11 s and not 2.4."""

_INDEXES: Mapping[str, edge.KeywordIndexParams | edge.IntegerIndexParams] = {
    USER_ID: edge.KeywordIndexParams(is_tenant=True, memory=_READ),
    **{field: edge.KeywordIndexParams(memory=_READ) for field in KEYWORDS},
    **{field: edge.IntegerIndexParams(memory=_READ) for field in NUMBERS},
}


class Shard(Protocol):
    """What has the methods of a shard."""

    def info(self) -> "edge.ShardInfo":
        """As the shard's."""

    def update(self, operation: edge.UpdateOperation) -> None:
        """As the shard's."""


def is_up_to_date(shard: Shard) -> bool:
    """Whether it has all that `bring_up_to_date` adds."""
    # The sparse vector is added before any of them.
    return _INDEXES.keys() <= shard.info().payload_schema.keys()


def add_crops(shard: Shard, dimension: int) -> None:
    """Adds the vectors of images' parts; those that are there stay.

    Half precision is enough to find what is then compared in any case, and halves them.
    """
    shard.update(
        edge.UpdateOperation.create_dense_vector(
            CROPS_NAME,
            dimension,
            edge.Distance.Cosine,
            multivector_config=edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim),
            datatype=edge.VectorStorageDatatype.Float16,
        )
    )


def bring_up_to_date(shard: Shard) -> None:
    """Adds what a shard lacks of vectors and payload indexes; what is there stays.

    A new shard lacks all but its dense vector. A shard of former code gets an empty
    sparse vector and indexes over what its points have. Each step is in the shard's log and
    can be repeated, so that a crash between them is made good at the next opening.
    """
    # Does nothing where it is there.
    shard.update(edge.UpdateOperation.create_sparse_vector(WORDS_NAME))
    has = shard.info().payload_schema
    for field, index in _INDEXES.items():
        if field not in has:
            shard.update(edge.UpdateOperation.create_field_index(field, index))


def renew_indexes(shard: Shard) -> None:
    """Makes those payload indexes anew that are not as they are made now.

    That takes some 0.2 ms of each point, and nothing where all are.
    """
    for field, index in _INDEXES.items():
        shard.update(edge.UpdateOperation.create_field_index(field, index))
