"""What a shard of Qdrant Edge has for each point: its vectors, and indexes of what filters ask."""

from typing import Protocol

import qdrant_edge as edge

from services.search.index.conditions import KEYWORDS, NUMBERS, USER_ID, WORDS_NAME
from services.search.index.crops import CROPS_NAME


class Shard(Protocol):
    """What has the methods of a shard."""

    def info(self) -> "edge.ShardInfo":
        """As the shard's."""

    def update(self, operation: edge.UpdateOperation) -> None:
        """As the shard's."""


def is_up_to_date(shard: Shard) -> bool:
    """Whether it has all that `bring_up_to_date` adds."""
    # The sparse vector is added before any of them.
    return {USER_ID, *KEYWORDS, *NUMBERS} <= shard.info().payload_schema.keys()


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
    if USER_ID not in has:
        shard.update(
            edge.UpdateOperation.create_field_index(
                USER_ID, edge.KeywordIndexParams(is_tenant=True)
            )
        )
    for fields, kind in (
        (KEYWORDS, edge.PayloadSchemaType.Keyword),
        (NUMBERS, edge.PayloadSchemaType.Integer),
    ):
        for field in fields:
            if field not in has:
                shard.update(edge.UpdateOperation.create_field_index(field, kind))
